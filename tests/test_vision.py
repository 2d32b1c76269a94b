"""Links to the vision: what a framework must hold, what a linker learns of it, how responses are scored."""

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from analysis.embed import CODER_CHANGES, SentenceEncoder, VectorStore, content_hash
from analysis.errors import InputError
from analysis.linker import VisionLinker, examples_as_read, fit_linker
from analysis.settings import Settings
from analysis.types import VisionCode
from analysis.vision import (
    Example,
    Framework,
    examples_of,
    folds_of,
    load_framework,
    response_scores,
    samples_f1,
    shipped_frameworks,
    shipped_tuned_vectors,
    shipped_vectors,
)

MANIFESTO = [
    "EMPLOYMENT",
    "EDUCATION",
    "REGENERATION",
    "HOUSING",
    "HEALTH",
    "COMMUNITY",
    "ENVIRONMENT",
    "CRIME",
    "FAIRNESS",
    "ARTS",
]
WORDS = {
    "SEA": ["harbour", "boats", "tide", "gulls", "pier", "fishing", "sailing", "lighthouse"],
    "HILL": ["mountain", "peak", "climb", "ridge", "boulder", "summit", "slope", "goat"],
    "FARM": ["wheat", "tractor", "barn", "plough", "orchard", "harvest", "sheep", "hens"],
}
FOREIGN = [
    "parliament",
    "quasar",
    "saxophone",
    "spreadsheet",
    "volcano",
    "dentist",
    "ballot",
    "pudding",
    "comet",
    "tuba",
    "ledger",
    "sonata",
]


def sentences(words: Sequence[str], count: int, seed: int) -> list[str]:
    chooser = np.random.default_rng(seed)
    return [" ".join(chooser.choice(words, size=4, replace=False)) for _ in range(count)]


def small_framework(**changes: object) -> dict[str, object]:
    themes = [
        {
            "code": code,
            "title": words[0],
            "aspiration": "",
            "belongs": words[1:3],
            "phrases": words[3:5],
            "statements": sentences(words, 20, i),
        }
        for i, (code, words) in enumerate(WORDS.items())
    ]
    both = [f"{a} {b}" for a, b in zip(sentences(WORDS["SEA"], 8, 7), sentences(WORDS["HILL"], 8, 8), strict=True)]
    shared = [{"text": text, "themes": ["SEA", "HILL"]} for text in both]
    outside = [{"text": text} for text in sentences(FOREIGN[:8], 30, 9)]
    head = {"id": "coast", "title": "The coast"}
    return {"framework": head, "themes": themes, "shared": shared, "outside": outside, **changes}


@pytest.fixture(scope="module")
def linker() -> VisionLinker:
    from analysis.settings import load_settings

    framework = Framework.model_validate(small_framework())
    return fit_linker(framework, FakeEncoder().encode, load_settings().vision)


# --- frameworks -------------------------------------------------------------------------------------------------------


def test_the_shipped_framework_has_the_ten_themes_with_enough_to_learn_from() -> None:
    framework = load_framework("borough_manifesto")
    assert list(framework.codes) == MANIFESTO
    assert {
        theme.code: len(set(theme.statements)) for theme in framework.themes if len(set(theme.statements)) < 40
    } == {}
    assert all(theme.title and theme.aspiration and theme.belongs for theme in framework.themes)
    assert "borough_manifesto" in shipped_frameworks()


def test_no_statement_of_the_shipped_framework_stands_under_two_labels() -> None:
    labels: dict[str, set[frozenset[str]]] = {}
    for example in examples_of(load_framework("borough_manifesto")):
        if not example.is_phrase:
            labels.setdefault(example.text.casefold(), set()).add(frozenset(example.themes))
    assert {text for text, sets in labels.items() if len(sets) > 1} == set()


def test_every_word_of_a_framework_is_an_example_with_its_labels() -> None:
    framework = Framework.model_validate(small_framework())
    examples = examples_of(framework)
    assert len(examples) == 3 * (20 + 1 + 2 + 2) + 8 + 30
    assert sum(example.is_phrase for example in examples) == 3 * 5
    assert sum(example.themes == () for example in examples) == 30
    assert sum(example.themes == ("SEA", "HILL") for example in examples) == 8
    assert all(not example.is_phrase for example in examples if len(example.themes) != 1)


def test_a_framework_beside_the_consultation_is_found_and_its_fingerprint_follows_its_content(tmp_path: Path) -> None:
    text = framework_toml()
    (tmp_path / "mine.toml").write_text("\ufeff" + text, encoding="utf-8")
    (tmp_path / "other.toml").write_text(text.replace("statement 3", "statement three"), encoding="utf-8")
    mine, other = load_framework("mine.toml", tmp_path), load_framework("other.toml", tmp_path)
    assert mine.codes == other.codes == ("ONE", "TWO")
    assert mine.fingerprint == load_framework(str(tmp_path / "mine.toml")).fingerprint != other.fingerprint


def framework_toml() -> str:
    statements = [f"statement {i}" for i in range(6)]
    theme = 'aspiration = ""\nbelongs = ["x"]\nstatements = ' + str(statements).replace("'", '"')
    themes = "\n".join(f'[[themes]]\ncode = "{code}"\ntitle = "t"\n{theme}' for code in ("ONE", "TWO"))
    return f'[framework]\nid = "mine"\ntitle = "Mine"\n{themes}\n'


def coded_lines(*rows: dict[str, object]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def test_coded_answers_beside_a_framework_are_examples_of_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(framework_toml(), encoding="utf-8")
    alone = load_framework("mine.toml", tmp_path)
    rows = [{"text": "both", "themes": ["ONE", "TWO"], "writer": "ann"}, {"text": "neither", "themes": []}]
    (tmp_path / "mine_examples.jsonl").write_text("\n" + coded_lines(*rows) + "\n", encoding="utf-8")
    framework = load_framework("mine.toml", tmp_path)
    assert examples_of(framework)[: len(examples_of(alone))] == examples_of(alone)
    assert examples_of(framework)[len(examples_of(alone)) :] == (
        Example("both", (VisionCode("ONE"), VisionCode("TWO")), False, "ann"),
        Example("neither", (), False),
    )
    assert framework.fingerprint != alone.fingerprint


def test_every_fault_of_coded_answers_is_named(tmp_path: Path) -> None:
    coded = tmp_path / "bad_examples.jsonl"
    coded.write_text('{"text": "a", "themes": []}\n{"text"\nnonsense\n', encoding="utf-8")
    message = refused(tmp_path, framework_toml())
    assert "line 2" in message
    assert "line 3" in message
    assert "line 1" not in message
    coded.write_text(coded_lines({"text": "secret words", "themes": ["NINE"]}), encoding="utf-8")
    message = refused(tmp_path, framework_toml())
    assert "NINE" in message
    assert "secret" not in message
    coded.write_text(coded_lines({"text": "", "themes": ["ONE"]}, {"text": "a"}), encoding="utf-8")
    message = refused(tmp_path, framework_toml())
    assert "examples.0.text" in message
    assert "examples.1.themes" in message


def refused(tmp_path: Path, text: str) -> str:
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_framework("bad.toml", tmp_path)
    return str(caught.value)


def test_every_fault_of_a_framework_is_named_at_once(tmp_path: Path) -> None:
    text = framework_toml().replace('code = "ONE"', 'code = "one"').replace('title = "Mine"', "")
    text = text.replace('code = "TWO"\ntitle = "t"', 'code = "TWO"\ntitle = ""\ncolour = "red"')
    text += '[[shared]]\ntext = ""\nthemes = ["TWO"]\n'
    message = refused(tmp_path, text)
    places = [
        "framework.title",
        "themes.0.code",
        "themes.1.title",
        "themes.1.colour",
        "shared.0.text",
        "shared.0.themes",
    ]
    assert [place for place in places if place not in message] == []
    assert "pydantic" not in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace('"TWO"', '"ONE"'), "used twice: ONE"),
        (lambda text: text + '[[shared]]\ntext = "x"\nthemes = ["ONE", "NINE"]\n', "do not exist: NINE"),
        (lambda text: text + "[[themes", "not valid TOML"),
        (lambda text: text.split("[[themes]]")[0], "themes"),
    ],
)
def test_a_framework_that_cannot_be_used_is_refused(tmp_path: Path, change, words: str) -> None:  # type: ignore[no-untyped-def]
    assert words in refused(tmp_path, change(framework_toml()))


@pytest.mark.parametrize("name", ["no_such_vision", "../borough_manifesto.toml", "folder"])
def test_an_unknown_framework_is_answered_with_the_known_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"borough_manifesto.*nor a file") as caught:
        load_framework(name, tmp_path)
    assert f"'{name}'" in str(caught.value)


# --- the linker -------------------------------------------------------------------------------------------------------


def linked(linker: VisionLinker, texts: Sequence[str]) -> list[set[str]]:
    links = linker.rule.links(linker.score(FakeEncoder().encode(texts), texts))
    return [{code for code, hit in zip(linker.codes, row, strict=True) if hit} for row in links]


def test_planted_texts_are_linked_to_their_theme(linker: VisionLinker) -> None:
    for code, words in WORDS.items():
        fresh = [text for text in sentences(words, 40, 99) if text not in sentences(words, 20, list(WORDS).index(code))]
        assert len(fresh) > 20
        right = sum(found == {code} for found in linked(linker, fresh))
        assert right >= 0.9 * len(fresh)


def test_a_text_of_two_themes_is_linked_to_both(linker: VisionLinker) -> None:
    both = [f"{a} {b}" for a, b in zip(sentences(WORDS["SEA"], 20, 41), sentences(WORDS["HILL"], 20, 42), strict=True)]
    assert sum(found == {"SEA", "HILL"} for found in linked(linker, both)) >= 16


def test_foreign_texts_are_linked_to_nothing(linker: VisionLinker) -> None:
    known_outside = sentences(FOREIGN[:8], 40, 55)
    assert linked(linker, known_outside) == [set()] * 40
    never_seen = sentences([f"{word}x" for word in FOREIGN], 40, 5)
    assert sum(bool(found) for found in linked(linker, never_seen)) <= 4


def test_scores_are_probabilities_and_do_not_depend_on_the_neighbours(linker: VisionLinker) -> None:
    texts = [*sentences(WORDS["FARM"], 5, 1), *sentences(FOREIGN, 5, 1)]
    together = linker.score(FakeEncoder().encode(texts), texts)
    alone = np.vstack([linker.score(FakeEncoder().encode([text]), [text]) for text in texts])
    assert together.shape == (10, 3)
    assert ((together >= 0) & (together <= 1)).all()
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert linker.score(FakeEncoder().encode([])).shape == (0, 3)


def test_the_same_framework_gives_the_same_linker(linker: VisionLinker, settings: Settings) -> None:
    again = fit_linker(Framework.model_validate(small_framework()), FakeEncoder().encode, settings.vision)
    vectors = FakeEncoder().encode([*sentences(FOREIGN, 10, 2), *sentences(WORDS["SEA"], 10, 2)])
    assert again.rule == linker.rule
    np.testing.assert_array_equal(again.score(vectors), linker.score(vectors))


def test_words_tell_what_meaning_does_not(linker: VisionLinker) -> None:
    """The same vector, that of a text of no theme, is read by its words."""
    nowhere = FakeEncoder().encode(["zzz"])
    sea, farm = (linker.score(nowhere, [" ".join(WORDS[code])])[0] for code in ("SEA", "FARM"))
    assert sea[0] > farm[0]
    assert farm[2] > sea[2]
    np.testing.assert_array_equal(linker.score(nowhere), linker.score(nowhere))


def test_more_examples_teach_a_fitted_framework_something_new(settings: Settings) -> None:
    framework, encode = Framework.model_validate(small_framework()), FakeEncoder().encode
    more = [Example(text, (VisionCode("FARM"),), False) for text in sentences(FOREIGN[8:], 20, 31)]
    fresh = [text for text in sentences(FOREIGN[8:], 30, 77) if text not in {each.text for each in more}]
    before = fit_linker(framework, encode, settings.vision)
    after = fit_linker(framework, encode, settings.vision, more)
    assert sum(found == {"FARM"} for found in linked(before, fresh)) < len(fresh) / 2
    assert sum(found == {"FARM"} for found in linked(after, fresh)) > len(fresh) * 0.8
    assert linked(after, sentences(WORDS["SEA"], 10, 99)) == linked(before, sentences(WORDS["SEA"], 10, 99))


def test_scores_are_the_share_that_is_right(settings: Settings) -> None:
    """Calibration, on planted texts whose label is drawn at random: half of the scores of a fuzzy theme are right."""
    chooser = np.random.default_rng(3)
    texts = sentences(WORDS["SEA"], 60, 1) + sentences(WORDS["HILL"], 60, 2)
    labels = [{"SEA"} if chooser.random() < 0.7 else {"HILL"} for _ in texts[:60]] + [{"HILL"}] * 60
    more = [
        Example(f"{text} {i}", tuple(map(VisionCode, own)), False)
        for i, (text, own) in enumerate(zip(texts, labels, strict=True))
    ]
    noisy = Framework.model_validate(small_framework(shared=[], outside=[]))
    fitted = fit_linker(noisy, FakeEncoder().encode, settings.vision, more)
    scores = fitted.score(FakeEncoder().encode(fresh := sentences(WORDS["SEA"], 60, 71)), fresh)[:, 0]
    assert 0.55 < scores.mean() < 0.95


def test_a_framework_without_phrases_shared_and_outside_examples_is_enough(settings: Settings) -> None:
    themes = [
        {"code": code, "title": words[0], "aspiration": "", "belongs": words[1:2], "statements": sentences(words, 5, 3)}
        for code, words in list(WORDS.items())[:2]
    ]
    framework = Framework.model_validate({"framework": {"id": "a", "title": "A"}, "themes": themes})
    least = fit_linker(framework, FakeEncoder().encode, settings.vision)
    scores = least.score(FakeEncoder().encode(["boats tide pier sailing", "summit goat peak climb"]))
    assert scores.argmax(axis=1).tolist() == [0, 1]


EXAMPLES = st.builds(
    Example,
    text=st.text(min_size=1, max_size=8),
    themes=st.sampled_from([(), ("A",), ("B",), ("A", "B")]),
    is_phrase=st.booleans(),
    writer=st.sampled_from(["", "", "ann", "bob", "cat", "dan"]),
)


@given(st.lists(EXAMPLES, max_size=40, unique_by=lambda each: each.text), st.randoms(use_true_random=False))
def test_folds_hold_writers_together_and_spread_the_rest_whatever_the_order(
    examples: list[Example], shuffler: random.Random
) -> None:
    fold = dict(zip((each.text for each in examples), folds_of(examples, 4).tolist(), strict=True))
    assert set(fold.values()) <= set(range(4))
    for writer in {each.writer for each in examples} - {""}:
        assert len({fold[each.text] for each in examples if each.writer == writer}) == 1
    for themes in {each.themes for each in examples}:
        own = [fold[each.text] for each in examples if not each.writer and each.themes == themes]
        sizes = [own.count(number) for number in range(4)]
        assert max(sizes) - min(sizes) <= 1, "with two examples or more, no fold has all of a theme"
    shuffled = shuffler.sample(examples, len(examples))
    assert folds_of(shuffled, 4).tolist() == [fold[each.text] for each in shuffled]


def test_writers_of_one_manner_are_held_out_together() -> None:
    writers = ["town-1", "tale-1", "", "town-2", "tale-2", "ann"]
    examples = [Example(f"text {i}", ("HOMES",), False, writer) for i, writer in enumerate(writers)]
    fold = folds_of(examples, 4).tolist()
    assert fold[0] == fold[3]
    assert fold[1] == fold[4]
    assert fold[2] == fold[5]
    assert len(set(fold)) == 3


# --- scores -----------------------------------------------------------------------------------------------------------


def slow_samples_f1(linked: list[set[int]], truth: list[set[int]]) -> float:
    def one(a: set[int], b: set[int]) -> float:
        if not a and not b:
            return 1.0
        precision = len(a & b) / len(a) if a else 0.0
        recall = len(a & b) / len(b) if b else 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    return sum(map(one, linked, truth)) / len(truth) if truth else 0.0


LABELS = st.sets(st.integers(0, 4))


@given(st.lists(st.tuples(LABELS, LABELS), max_size=12))
def test_samples_f1_is_that_of_sets(pairs: list[tuple[set[int], set[int]]]) -> None:
    def matrix(sets: list[set[int]]) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([[i in each for i in range(5)] for each in sets], dtype=bool).reshape(-1, 5)

    ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    assert samples_f1(matrix(ours), matrix(theirs)) == pytest.approx(slow_samples_f1(ours, theirs))


SCORES = st.floats(0, 1, width=32)


@given(st.data())
def test_a_response_scores_mostly_as_its_whole_and_partly_as_its_best_segment(data: st.DataObject) -> None:
    responses, segments = data.draw(st.integers(0, 5)), data.draw(st.integers(0, 8))
    segments = segments if responses else 0
    whole = data.draw(npst.arrays(np.float64, (responses, 3), elements=SCORES))
    parts = data.draw(npst.arrays(np.float64, (segments, 3), elements=SCORES))
    owners = st.integers(0, max(responses - 1, 0))
    owner = np.array(data.draw(st.lists(owners, min_size=segments, max_size=segments)), dtype=np.int64)
    before = whole.copy()
    found = response_scores(whole, parts, owner)
    for row in range(responses):
        own = [parts[i] for i in range(segments) if owner[i] == row] or [whole[row]]
        np.testing.assert_allclose(found[row], 0.8 * whole[row] + 0.2 * np.max(own, axis=0))
    np.testing.assert_array_equal(whole, before)
    order = np.array(data.draw(st.permutations(range(segments))), dtype=np.int64)
    np.testing.assert_array_equal(response_scores(whole, parts[order], owner[order]), found)


def test_shipped_statements_hold_no_personal_data_patterns() -> None:
    texts = [example.text for example in examples_of(load_framework("borough_manifesto"))]
    personal = re.compile(r"[\w.]+@[\w.]+\.\w+|\b0\d{9,10}\b|\b[A-Z]{1,2}\d{1,2} ?\d[A-Z]{2}\b")
    assert [text for text in texts if personal.search(text)] == []


@pytest.mark.parametrize(
    ("shipped", "changes"), [(shipped_vectors, None), (shipped_tuned_vectors, CODER_CHANGES)], ids=["plain", "tuned"]
)
def test_shipped_vectors_cover_the_shipped_framework_and_are_the_models(
    shipped: Callable[[Framework], Path], changes: Path | None, settings: Settings, tmp_path: Path
) -> None:
    encoder = SentenceEncoder(settings.embed, changes)
    store = VectorStore(tmp_path / "none.npz", encoder.fingerprint)
    framework = load_framework("borough_manifesto")
    store.adopt(shipped(framework))
    texts = [example.text for example in examples_as_read(framework)]
    assert not store.missing([content_hash(text) for text in texts])
    some = texts[::97]
    assert np.allclose(store.of(some), encoder.encode(some), atol=2e-3)
