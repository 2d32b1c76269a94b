"""The sentence on what people say: only what several say, in words of theirs, as a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.phrases import Tagger
from analysis.says import sentence


def said(*texts: str, own: tuple[str, ...] = ("roads", "traffic")) -> str:
    tagger = Tagger(texts)
    return sentence([tagger.tag(text) for text in texts], own)


NOTHING = tuple(f"word{i} alone" for i in range(20))


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("We need more bus shelters", "The town needs more bus shelters."), "ask for more bus shelters"),
        (("Please, a skating rink", "We need a skating rink", "We want a skating rink"), "ask for a skating rink"),
        (("Widen the road!", "They should widen the road"), "want to widen the road"),
        (("The rent is too high.", "the rent is too high"), "say that the rent is too high"),
        (("Dogs should be banned", "Dogs should be banned from here"), "say that dogs should be banned"),
    ],
)
def test_what_several_people_say_is_told(texts: tuple[str, ...], told: str) -> None:
    many = said(*texts, *texts)
    assert many.startswith("Many ")
    assert told in many
    few = said(*texts, *NOTHING)
    assert few.startswith("People speak of roads and traffic; some ")
    assert told in few
    assert few.endswith(".")


@pytest.mark.parametrize(
    "texts",
    [
        ("We need more bus stops", "We need more police"),
        ("Require businesses to recycle", "Require businesses to close"),
        ("The two go hand in hand", "They should go hand in hand"),
        ("Candidates should be required to publish", "Candidates should be required to resign"),
    ],
)
def test_what_one_person_says_or_what_goes_on_otherwise_is_not_told(texts: tuple[str, ...]) -> None:
    assert said(*texts) == "People speak of roads and traffic."


def test_without_words_there_is_a_sentence_too() -> None:
    assert said("!!!", own=()) == "Remarks that share no clear words."


@given(
    st.lists(st.sampled_from(["We need", "more parks", "Build", "the road", "is", "too", "narrow", "."]), max_size=30)
)
def test_it_is_always_one_sentence(parts: list[str]) -> None:
    text = " ".join(parts)
    told = said(text, text, "something else")
    assert told[0].isupper()
    assert told.endswith(".")
    assert "  " not in told
