import random
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis.campaigns import link_duplicates
from analysis.clean import CleanSettings
from analysis.types import SafeText

DEFAULTS = tomllib.loads((Path(analysis.__file__).parent / "defaults.toml").read_text("utf-8"))
SETTINGS = CleanSettings(**DEFAULTS["clean"])
LETTER = (
    "Please do not close the swimming pool on our estate. It is the only place where our children learn to swim and "
    "where older residents keep moving through the winter. The council must think again before it is too late."
)
OTHER = (
    "We ask that the night bus be brought back to the river because nurses and cleaners walk home for an hour in the "
    "dark after every late shift, and nobody in the town hall seems to have noticed or to care at all."
)


def linked(answers: dict[str, str]) -> dict[str, str]:
    return link_duplicates(list(answers), [SafeText(text) for text in answers.values()], SETTINGS)


def test_the_same_letter_is_linked_whatever_its_case_punctuation_signature_or_added_line() -> None:
    links = linked(
        {
            "a": LETTER,
            "b": LETTER,
            "c": LETTER.upper().replace(".", "!!"),
            "d": LETTER + " My own two girls go there every Saturday.",
            "e": "Dear sirs,\n" + LETTER + "\nYours, [PERSON 1]",
            "f": OTHER,
        }
    )
    assert set(links) | set(links.values()) == set("abcde")
    assert len(set(links.values())) == 1
    assert next(iter(links.values())) in {"a", "b", "c"}


def test_short_equal_answers_are_coincidence() -> None:
    assert linked({"a": "More parks please", "b": "More parks please", "c": "more parks please!"}) == {}


def test_different_long_answers_stay_apart() -> None:
    assert linked({"a": LETTER, "b": OTHER, "c": OTHER[:60] + LETTER[60:120] + " and much else that is my own"}) == {}


def test_a_long_answer_that_quotes_the_letter_is_its_own() -> None:
    own = " ".join(f"word{number}" for number in range(200))
    assert linked({"a": LETTER, "b": f"{LETTER} {own}"}) == {}


def variants(seed: int) -> dict[str, str]:
    rng = random.Random(seed)
    words = [f"w{number}" for number in range(400)]
    templates = [" ".join(rng.choices(words, k=30)) for _ in range(3)]
    own = [" ".join(rng.choices(words, k=rng.randint(0, 12))) for _ in range(8)]
    return {f"r{i}": f"{rng.choice(templates)} {rng.choice(own)}" for i in range(20)}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(seed: int, rng: random.Random) -> None:
    answers = variants(seed)
    shuffled = list(answers.items())
    rng.shuffle(shuffled)
    links = linked(answers)
    assert links == linked(dict(shuffled))
    assert links
    assert not set(links) & set(links.values())


def test_planted_campaigns_are_found_whole_among_noise() -> None:
    rng = random.Random(7)
    words = [f"w{number}" for number in range(2000)]
    answers = {f"n{i}": " ".join(rng.choices(words, k=rng.randint(12, 40))) for i in range(300)}
    for name in ("p", "q"):
        template = " ".join(rng.choices(words, k=60))
        answers |= {f"{name}{i}": f"{template} {' '.join(rng.choices(words, k=rng.randint(0, 20)))}" for i in range(40)}
    links = linked(answers)
    assert sorted(Counter(links.values()).values()) == [39, 39], "the representatives are not linked to themselves"
    assert not [one for one in (*links, *links.values()) if one.startswith("n")]
    assert all(one[0] == head[0] for one, head in links.items())


@pytest.mark.parametrize("text", ["but " * 25_000, "x" * 100_000, "", "[PERSON 1] " * 20, "\ud83d " * 20])
def test_hostile_texts(text: str) -> None:
    assert set(linked({"a": text, "b": text, "c": OTHER})) <= {"a", "b"}


def test_ids_and_texts_must_match() -> None:
    with pytest.raises(ValueError, match="shorter"):
        link_duplicates(["a", "b"], [SafeText(LETTER)], SETTINGS)
