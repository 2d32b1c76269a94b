"""The coder of given themes: planted topics get their themes, several at once; order, waves, mode, odd inputs."""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from conftest import FakeEncoder
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analysis.codebook import Codebook, codebook_frame, codebook_from_frame, themes_table
from analysis.coder import Reading, code_to_themes, facets_of, text_scores
from analysis.embed import content_hash
from analysis.given import CodeFrame, GivenTheme, code_with_frame, given_theme_id
from analysis.settings import load_settings
from analysis.space import Space
from analysis.tables import checked
from analysis.themes import Coded, Corpus, code_wave
from analysis.types import ThemeState, VisionCode, Wave

ALL = load_settings()
THEMES, CODER = ALL.themes, ALL.code_frame
WORDS = {
    "litter": ["rubbish", "mattresses", "bins", "dumped", "rats", "sweepers"],
    "rents": ["landlords", "mortgage", "evicted", "deposit", "tenants", "flats"],
    "buses": ["timetable", "drivers", "stops", "fares", "delays", "passengers"],
    "police": ["burglary", "knives", "patrols", "gangs", "dealers", "officers"],
}
FILLER = ["really", "please", "here", "again", "somewhere", "always"]
encode = FakeEncoder().encode


def theme(name: str, label: str | None = None) -> GivenTheme:
    words = WORDS[name]
    return GivenTheme(
        given_theme_id(name), label or name.title(), f"{words[0]} and {words[1]}, {words[2]} or {words[3]}."
    )


FRAME = CodeFrame(tuple(theme(name) for name in ("litter", "rents", "buses")))


def saying(*names: str, seed: int) -> str:
    """A response with a sentence on each of the topics."""
    chooser = random.Random(f"{names}{seed}")
    return " ".join(
        " ".join([name, *chooser.sample(WORDS[name], 3), *chooser.sample(FILLER, 2)]).capitalize() + "."
        for name in names
    )


def planted(count: int = 12) -> dict[str, frozenset[str]]:
    """Response to its topics: one or two of the frame, or one outside it."""
    names = list(WORDS)
    said = {saying(name, seed=seed): frozenset({name}) for name in names for seed in range(count)}
    pairs = [*pairwise(names[:3]), ("litter", "buses")]
    return said | {saying(*pair, seed=seed): frozenset(pair) for pair in pairs for seed in range(count // 3)}


def corpus_of(responses: list[str], parted: bool = True) -> Corpus:
    rows = [
        (part, text, content_hash(text))
        for text in responses
        for part in ([f"{p}." for p in text.rstrip(".").split(". ")] if parted else [text])
    ]
    texts = {content_hash(text): text for row in rows for text in row[:2]}
    return Corpus.of(rows, lambda hashes: encode([texts[each] for each in hashes]))


def coded(responses: list[str], frame: CodeFrame = FRAME, book: Codebook | None = None, wave: str = "w1") -> Coded:
    def find(part: Corpus, known: Codebook) -> Coded:
        return code_wave(part, known, Wave(wave), encode, THEMES)

    corpus = corpus_of(responses)
    return code_with_frame(corpus, book or Codebook.empty(), Wave(wave), frame, encode, find, THEMES, CODER)


def themes_of(responses: list[str], result: Coded) -> dict[str, frozenset[str]]:
    corpus, found = corpus_of(responses), {text: set[str]() for text in responses}
    for whole, best, also in zip(corpus.wholes, result.theme, result.also, strict=True):
        rows = [int(best), *(row for row, _ in also)]
        found[whole] |= {result.codebook.themes[row].label.casefold() for row in rows if row >= 0}
    return {text: frozenset(names) for text, names in found.items()}


def test_planted_topics_get_their_themes_several_at_once_and_strangers_none() -> None:
    truth = planted()
    found = themes_of(list(truth), coded(list(truth)))
    inside = [found[text] == names for text, names in truth.items() if "police" not in names]
    outside = [not found[text] for text, names in truth.items() if "police" in names]
    assert np.mean(inside) >= 0.85
    assert np.mean(outside) >= 0.6
    assert all(found[text] for text, names in truth.items() if len(names) == 2)


def test_the_order_of_responses_and_of_themes_changes_nothing() -> None:
    truth = list(planted(6))
    base = themes_of(truth, coded(truth))

    @hypothesis_settings(max_examples=5, deadline=None)
    @given(st.permutations(truth), st.permutations(FRAME.themes))
    def holds(responses: list[str], themes: list[GivenTheme]) -> None:
        assert themes_of(responses, coded(responses, CodeFrame(tuple(themes)))) == base

    holds()


def test_words_score_as_a_plain_reading_of_the_definition_says() -> None:
    """An oracle: with words that have nothing in common but themselves, soft matching is exact matching."""
    responses, frame = ["rubbish bins here", "flats"], [theme("litter"), theme("rents")]
    corpus = corpus_of(responses, parted=False)
    from analysis import coder

    scores = coder._words(corpus, frame, _orthogonal)
    texts = [*corpus.wholes, *(f"{t.label} {t.description}" for t in frame)]
    sets = [set(coder._words_of(text)) for text in texts]
    for row, of_response in enumerate(sets[:2]):
        for column, of_theme in enumerate(sets[2:]):

            def weight(words: set[str]) -> float:
                return sum(np.log(5 / (1 + sum(word in s for s in sets))) for word in words)

            shared = weight(of_response & of_theme)
            expected = (shared / weight(of_theme) + shared / weight(of_response)) / 2
            assert scores[row, column] == pytest.approx(expected, abs=1e-6)


def _orthogonal(words: list[str]) -> np.ndarray:
    return np.eye(len(words), dtype=np.float32)


def test_a_description_is_read_as_the_list_that_it_is() -> None:
    money = GivenTheme(
        given_theme_id("m"), "Money", "Deposit limits, loss limits and checks of income, such as payslips."
    )
    assert facets_of(money) == ("Money", "Deposit limits", "loss limits", "checks of income")


def test_examples_help_where_the_description_lacks_the_words() -> None:
    bare = [replace(theme("litter"), description=""), replace(theme("rents"), description="")]
    told = [replace(t, examples=(" ".join(WORDS[n][:3]),)) for t, n in zip(bare, ("litter", "rents"), strict=True)]
    said = [" ".join(WORDS[name][:4]) for name in ("litter", "rents")]
    corpus = corpus_of(said, parted=False)
    before, after = (
        text_scores(corpus, each, encode, Reading(encode, np.zeros(64, np.float32))) for each in (bare, told)
    )
    own = np.array([said.index(text) for text in corpus.texts])
    assert (after[range(2), own] > before[range(2), own] + 0.1).all()


def test_alone_nothing_else_is_found_and_beside_it_is_marked_as_found() -> None:
    responses = list(planted(40))
    alone, beside = coded(responses), coded(responses, replace(FRAME, mode="beside"))
    assert {t.origin for t in alone.codebook.themes} == {"given"}
    found = [t for t in beside.codebook.themes if t.origin == "found"]
    assert [t.label for t in beside.codebook.themes[:3]] == ["Litter", "Rents", "Buses"]
    assert found
    assert any(len({*WORDS["police"]} & {*" ".join([t.label, *t.keywords]).casefold().split()}) > 2 for t in found)
    truth = planted(40)
    outside = [names == {"police"} for names in map(truth.get, corpus_of(responses).wholes)]
    assert np.mean(beside.theme[outside] >= 3) > 0.8
    assert np.mean(beside.theme[~np.array(outside)] < 3) > 0.95


def test_given_themes_are_confirmed_kept_between_waves_and_written_to_the_table() -> None:
    frame = replace(FRAME, themes=(replace(FRAME.themes[0], vision=(VisionCode("ENVIRONMENT"),)), *FRAME.themes[1:]))
    first = coded(list(planted(8)), frame)
    again = codebook_from_frame(codebook_frame(first.codebook))
    assert again.themes == first.codebook.themes
    np.testing.assert_array_equal(again.centroids, first.codebook.centroids)
    edited = replace(
        frame, themes=(replace(frame.themes[0], description="Anything of rubbish and bins."), *frame.themes[1:])
    )
    second = coded([saying("rents", seed=99), saying("litter", seed=98)], edited, again, "w2")
    assert [t.theme_id for t in second.codebook.themes] == [t.theme_id for t in first.codebook.themes]
    assert {t.first_wave for t in second.codebook.themes} == {"w1"}
    assert {t.state for t in second.codebook.themes} == {ThemeState.CONFIRMED}
    assert second.codebook.themes[0].description == "Anything of rubbish and bins."
    table = checked("themes", themes_table(second.codebook))
    assert table["origin"].tolist() == ["given"] * 3
    assert table["vision"].tolist() == ["ENVIRONMENT", "", ""]


def test_what_a_later_wave_brings_beside_the_frame_is_emerging() -> None:
    frame = replace(FRAME, mode="beside")
    first = coded([text for text, names in planted(12).items() if "police" not in names], frame)
    assert {t.origin for t in first.codebook.themes} == {"given"}
    second = coded(
        [*list(planted(6)), *(saying("police", seed=seed) for seed in range(100, 150))], frame, first.codebook, "w2"
    )
    new = [t for t in second.codebook.themes if t.origin == "found"]
    assert new
    assert {(t.state, t.first_wave) for t in new} == {(ThemeState.EMERGING, "w2")}


def test_a_found_theme_is_not_named_as_a_given_one() -> None:
    def find(part: Corpus, known: Codebook) -> Coded:
        made = code_wave(part, known, Wave("w1"), encode, THEMES)
        named = tuple(replace(t, label="litter") for t in made.codebook.themes)
        return replace(made, codebook=replace(made.codebook, themes=named))

    frame, responses = replace(FRAME, mode="beside"), list(planted(40))
    result = code_with_frame(corpus_of(responses), Codebook.empty(), Wave("w1"), frame, encode, find, THEMES, CODER)
    assert {t.label for t in result.codebook.themes if t.origin == "found"} == {"litter (found)"}


@pytest.mark.parametrize("mode", ["alone", "beside"])
@pytest.mark.parametrize("responses", [[], [saying("litter", seed=1)], ["...", "££"]])
def test_odd_waves_are_coded(mode: str, responses: list[str]) -> None:
    frame = replace(FRAME, mode=mode)  # type: ignore[arg-type]
    result = coded(responses, frame)
    assert len(result.theme) == len(corpus_of(responses).texts)
    assert [t.label for t in result.codebook.themes] == ["Litter", "Rents", "Buses"]
    later = coded([saying("litter", seed=2)], frame, result.codebook, "w2")
    assert result.codebook.themes[0].first_wave == later.codebook.themes[0].first_wave
    assert themes_of([saying("litter", seed=2)], later) == {saying("litter", seed=2): frozenset({"litter"})}


def test_one_given_theme_takes_what_speaks_to_it() -> None:
    truth = planted(8)
    found = themes_of(list(truth), coded(list(truth), CodeFrame((theme("litter"),))))
    has = np.array([bool(found[text]) for text in truth])
    should = np.array(["litter" in names for names in truth.values()])
    assert has[should].mean() > 0.9
    assert has[~should].mean() < 0.25


@hypothesis_settings(max_examples=20, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=8, unique=True))
def test_any_text_is_scored_with_finite_numbers(responses: list[str]) -> None:
    corpus = corpus_of(responses, parted=False)
    placed = Space.of(corpus, 1).place(corpus, THEMES)
    marks = code_to_themes(
        corpus, placed, FRAME.themes, encode, Reading(encode, corpus.vectors.mean(axis=0)), 0.75, CODER
    )
    assert np.isfinite(marks.scores).all()
    assert marks.has.shape == marks.scores.shape == (len(corpus.texts), 3)
