"""Coding: segments that are parts of their responses, themes and vision links brought up to the response."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from conftest import FakeEncoder, responses_table

from analysis import themes
from analysis.codebook import Codebook, Theme
from analysis.coding import code_themes, link_vision, read_plainly, response_themes, split_responses, texts_to_embed
from analysis.embed import Vectors, content_hash
from analysis.labels import Guide
from analysis.linker import VisionLinker
from analysis.priorities import RESPONSE_KEY
from analysis.settings import Settings
from analysis.space import Space, unit_rows
from analysis.tables import CONTRACT, checked, empty_table
from analysis.types import Stance, ThemeId, ThemeState, VisionCode, Wave
from analysis.vision import Scores

WAVE = Wave("w1")
STANCE_OF: dict[str, Stance] = {"likes": "like", "hopes": "hope"}
ANSWERS = [
    {"response_id": "r1", "text": "The parks are lovely in summer. The buses are always late, though."},
    {"response_id": "r2", "text": "We need more police at night.\n\n  Café prices are too high ☕!  "},
    {"response_id": "r2", "question_id": "likes", "text": "The parks are lovely in summer."},
    {"response_id": "r3", "text": "n/a", "status": "non_substantive"},
    {"response_id": "r4", "text": "", "status": "blank"},
    {"response_id": "r5", "text": "", "status": "rejected", "question_id": ""},
]
GUIDE = Guide((), lambda vectors: np.zeros((len(vectors), 1)))


class Vocabulary:
    """The store of a run: vectors by content hash, nothing for what was never embedded."""

    def __init__(self, texts: Sequence[str]) -> None:
        vectors = FakeEncoder().encode(texts)
        self._vectors = {content_hash(text): vector for text, vector in zip(texts, vectors, strict=True)}

    def __call__(self, hashes: Sequence[str]) -> Vectors:
        return np.stack([self._vectors[h] for h in hashes]) if hashes else np.zeros((0, 0), dtype=np.float32)


class Above:
    """A rule simpler than the real one: every theme from a score on."""

    def __init__(self, least: float) -> None:
        self.least = least

    def links(self, scores: Scores) -> np.ndarray:  # type: ignore[type-arg]
        return scores >= self.least

    def margins(self, scores: Scores) -> np.ndarray:  # type: ignore[type-arg]
        return np.abs(scores - self.least).min(axis=1)


def word_linker(words: dict[str, str], threshold: float = 0.5) -> VisionLinker:
    """A linker whose scores are how near a text is to a theme's word; needs no fitting."""
    directions = FakeEncoder().encode(list(words.values()))

    def score(vectors: Vectors, texts: Sequence[str] | None) -> Scores:
        assert texts is None or len(texts) == len(vectors)
        return np.clip(vectors @ directions.T, 0, 1).astype(np.float64)

    return VisionLinker(tuple(VisionCode(code) for code in words), Above(threshold), score)


# --- segments ---------------------------------------------------------------------------------------------------------


def test_a_segment_is_exactly_the_part_of_its_response_that_its_offsets_name(settings: Settings) -> None:
    responses = responses_table(ANSWERS)
    segments = checked("segments", split_responses(responses, settings.segment))
    text_of = {
        key: text
        for *key_parts, text in responses[[*RESPONSE_KEY, "text"]].itertuples(index=False)
        for key in [tuple(key_parts)]
    }
    for row in segments.itertuples():
        assert text_of[(row.wave, row.response_id, row.question_id)][row.start : row.end] == row.text
    assert list(segments["segment_id"]) == list(dict.fromkeys(segments["segment_id"]))
    assert set(segments["response_id"]) == {"r1", "r2"}
    assert (segments.groupby(["response_id", "question_id"]).size() == [2, 2, 1]).all()


def test_identifiers_do_not_depend_on_the_other_responses(settings: Settings) -> None:
    whole = split_responses(responses_table(ANSWERS), settings.segment)
    turned = split_responses(responses_table(ANSWERS[::-1]), settings.segment)
    alone = split_responses(responses_table(ANSWERS[:1]), settings.segment)
    assert set(whole["segment_id"]) == set(turned["segment_id"])
    assert alone["segment_id"].tolist() == whole["segment_id"].tolist()[:2]
    other_wave = split_responses(responses_table([{**ANSWERS[0], "wave": "w2"}]), settings.segment)
    assert set(other_wave["segment_id"]) & set(alone["segment_id"]) == set()


def test_what_says_nothing_has_no_segment(settings: Settings) -> None:
    for responses in (responses_table(ANSWERS[3:]), empty_table("responses")):
        segments = split_responses(responses, settings.segment)
        assert len(segments) == 0
        assert list(segments.columns) == list(CONTRACT["segments"])
        assert texts_to_embed(responses, segments) == []


def test_every_segment_and_every_substantive_response_gets_a_vector_once(settings: Settings) -> None:
    responses = responses_table(ANSWERS)
    segments = split_responses(responses, settings.segment)
    texts = texts_to_embed(responses, segments)
    assert texts == sorted(set(texts))
    assert set(texts) == {*segments["text"], *(str(answer["text"]) for answer in ANSWERS[:3])}


# --- themes -----------------------------------------------------------------------------------------------------------


def codebook_of(*words: str, wave: str = "w0") -> Codebook:
    found = [Theme(ThemeId(f"t-{w}"), w, "", (w,), Wave(wave), ThemeState.CONFIRMED) for w in words]
    return Codebook.empty(Space(np.zeros(64, dtype=np.float32))).extended(found, FakeEncoder().encode(words))


def coded(answers: list[dict[str, str]], book: Codebook, settings: Settings, wave: Wave = WAVE) -> pd.DataFrame:
    responses = responses_table(answers)
    segments = split_responses(responses, settings.segment)
    store = Vocabulary(texts_to_embed(responses, segments))
    result = code_themes(responses, segments, book, wave, FakeEncoder().encode, store, settings.themes, GUIDE)
    assert result.codebook.themes[: len(book.themes)] == book.themes
    return checked("segments", result.segments)


def test_segments_get_the_theme_they_are_near_to_or_none(settings: Settings) -> None:
    book = codebook_of("parks", "buses")
    settings = settings.model_copy(update={"themes": settings.themes.model_copy(update={"assign_similarity": 0.25})})
    found = coded(ANSWERS, book, settings)
    whole = found.merge(responses_table(ANSWERS), on=RESPONSE_KEY, suffixes=("", "_whole"))["text_whole"]
    own, around = (FakeEncoder().encode(texts.tolist()) for texts in (found["text"], whole))
    nearest = book.cosines(unit_rows((own + around) / 2)).max(axis=1)
    np.testing.assert_allclose(found["theme_score"], nearest, atol=1e-4)
    for row, near in zip(found.itertuples(), nearest, strict=True):
        assert (row.theme_id == "") == (near < settings.themes.assign_similarity)
        if "parks" in row.text or "buses" in row.text:
            assert row.theme_id == ("t-parks" if "parks" in row.text else "t-buses")
    assert set(found["theme_id"]) == {"t-parks", "t-buses", ""}


def test_equal_segments_of_several_responses_get_one_theme(settings: Settings) -> None:
    found = coded(ANSWERS, codebook_of("parks", "buses"), settings)
    same = found[found["text"].str.startswith("The parks")]
    assert len(same) == 2
    assert same["theme_id"].nunique() == 1


def test_the_first_themes_are_found_in_the_texts_and_count_respondents(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        themes, "_cluster", lambda texts, *_: np.array(["rent" in text for text in texts], dtype=np.int64)
    )
    words = ["high", "unfair", "rising", "absurd", "painful", "steep", "crushing", "endless"]
    answers = [{"response_id": f"a{i}{w}", "text": f"The rent {i} is {w}"} for i in range(2) for w in words]
    answers += [
        {"response_id": f"b{i}{w}", "text": f"Our parks {i} look {w}", "respondent": "p-one"}
        for i in range(2)
        for w in words
    ]
    few = settings.themes.model_copy(update={"min_documents": 10, "assign_similarity": 0.4})
    responses = responses_table(answers)
    segments = split_responses(responses, settings.segment)
    store = Vocabulary(texts_to_embed(responses, segments))
    result = code_themes(responses, segments, Codebook.empty(), WAVE, FakeEncoder().encode, store, few, GUIDE)
    (theme,) = result.codebook.themes  # the parks are the wish of one respondent
    assert "rent" in theme.label.casefold()
    rents = result.segments["text"].str.contains("rent")
    assert set(result.segments.loc[rents, "theme_id"]) == {theme.theme_id}
    assert (result.segments.loc[~rents, "theme_id"] == theme.theme_id).sum() == 0


def test_a_wave_without_segments_leaves_the_codebook_as_it_is(settings: Settings) -> None:
    assert len(coded(ANSWERS[3:], codebook_of("parks"), settings)) == 0
    assert len(coded(ANSWERS[3:], Codebook.empty(), settings)) == 0


def test_a_theme_of_a_response_stands_once_with_its_best_score() -> None:
    plain = {"wave": "w1", "response_id": "r1", "question_id": "hopes", "text": "x", "start": 0, "end": 1, "vision": ""}
    rows = [
        {"theme_id": "t-a", "theme_score": 0.4},
        {"theme_id": "t-a", "theme_score": 0.9},
        {"theme_id": "t-b", "theme_score": 0.3},
        {"theme_id": "", "theme_score": 0.95},
        {"theme_id": "t-a", "theme_score": 0.5, "question_id": "likes"},
        {"theme_id": "t-a", "theme_score": 0.6, "wave": "w2"},
    ]
    segments = pd.DataFrame([{**plain, "segment_id": f"s{i}", **row} for i, row in enumerate(rows)])
    found = checked("response_themes", response_themes(segments, STANCE_OF))
    assert set(found.itertuples(index=False, name=None)) == {
        ("w1", "r1", "hopes", "t-a", 0.9, "hope"),
        ("w1", "r1", "hopes", "t-b", 0.3, "hope"),
        ("w1", "r1", "likes", "t-a", 0.5, "like"),
        ("w2", "r1", "hopes", "t-a", 0.6, "hope"),
    }
    turned = response_themes(segments.iloc[::-1], STANCE_OF)
    pd.testing.assert_frame_equal(turned.reset_index(drop=True), found)
    none = checked("response_themes", response_themes(segments.assign(theme_id=""), STANCE_OF))
    assert (len(none), list(none.columns)) == (0, list(CONTRACT["response_themes"]))


# --- vision -----------------------------------------------------------------------------------------------------------

LEAST = 0.15
LINKER = word_linker({"GREEN": "parks", "MOVE": "buses"}, threshold=LEAST)


def linked(  # type: ignore[no-untyped-def]
    answers: list[dict[str, str]], book: Codebook, settings: Settings, linker: VisionLinker = LINKER, places=()
):
    responses = responses_table(answers)
    segments = split_responses(responses, settings.segment)
    plain = read_plainly(responses, segments, places)
    store = Vocabulary([*texts_to_embed(responses, segments), *plain.values()])
    near = book.cosines(store([content_hash(t) for t in segments["text"]])).argmax(axis=1) if len(segments) else []
    themed = segments.assign(theme_id=[book.themes[i].theme_id for i in near])
    return link_vision(responses, themed, book, linker, store, None, plain)


def test_segments_and_responses_are_linked_by_their_scores(settings: Settings) -> None:
    result = linked(ANSWERS, codebook_of("parks", "buses"), settings)
    encode = FakeEncoder().encode
    for row in checked("segments", result.segments).itertuples():
        scores = LINKER.score(encode([row.text]))[0]
        assert row.vision == "; ".join(c for c, s in zip(LINKER.codes, scores, strict=True) if s >= LEAST)
    found = {
        (row.response_id, row.question_id, row.vision_code): row.score
        for row in checked("response_vision", result.response_vision).itertuples()
    }
    expected = {}
    for answer in ANSWERS[:3]:
        question = answer.get("question_id", "hopes")
        own = result.segments[
            (result.segments["response_id"] == answer["response_id"]) & (result.segments["question_id"] == question)
        ]
        whole = LINKER.score(encode([answer["text"]]))[0]
        score = 0.8 * whole + 0.2 * LINKER.score(encode(own["text"].tolist())).max(axis=0)
        expected |= {
            (answer["response_id"], question, c): s for c, s in zip(LINKER.codes, score, strict=True) if s >= LEAST
        }
    assert {code for *_, code in found} == {"GREEN", "MOVE"}
    assert ("r2", "hopes", "GREEN") not in found
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_new_theme_is_linked_to_what_its_segments_speak_to_and_an_old_one_keeps_its_links(settings: Settings) -> None:
    old = codebook_of("buses").with_vision([(VisionCode("GREEN"),)])
    new = Theme(ThemeId("t-parks"), "parks", "", (), WAVE, ThemeState.EMERGING)
    book = old.extended([new], FakeEncoder().encode(["parks"]))
    answers = [
        *({"response_id": f"p{i}", "text": f"lovely parks number {i}"} for i in range(5)),
        *({"response_id": f"b{i}", "text": f"late buses number {i}"} for i in range(5)),
    ]
    result = linked(answers, book, settings)
    assert [theme.vision for theme in result.codebook.themes] == [("GREEN",), ("GREEN",)]
    np.testing.assert_array_equal(result.codebook.centroids, book.centroids)
    swapped = word_linker({"MOVE": "parks", "GREEN": "buses"}, threshold=0.3)
    assert [theme.vision for theme in linked(answers, book, settings, swapped).codebook.themes] == [
        ("GREEN",),
        ("MOVE",),
    ]


def test_a_theme_has_at_most_two_links_the_commonest_first(settings: Settings) -> None:
    linker = word_linker({"A": "alpha", "B": "parks", "C": "gamma", "D": "delta"}, threshold=0.2)
    texts = ["parks gamma alpha delta one", "parks gamma alpha two", "parks gamma three", "parks four five"]
    answers = [{"response_id": f"r{i}", "text": text} for i, text in enumerate(texts)]
    book = codebook_of("parks", wave="w1")
    links = linker.rule.links(linker.score(FakeEncoder().encode(texts)))
    assert links.sum(axis=0).tolist() == [2, 4, 3, 1], "the planted texts do not fit the linker"
    assert linked(answers, book, settings, linker).codebook.themes[0].vision == ("B", "C")


def test_a_theme_that_speaks_to_nothing_has_no_link(settings: Settings) -> None:
    book = codebook_of("parks", wave="w1")
    answers = [{"response_id": f"r{i}", "text": f"lovely parks number {i}"} for i in range(3)]
    result = linked(answers, book, settings, word_linker({"A": "zinc", "B": "quartz"}, threshold=0.9))
    assert result.codebook.themes[0].vision == ()
    assert set(result.segments["vision"]) == {""}
    assert len(checked("response_vision", result.response_vision)) == 0


def test_the_name_of_the_place_is_no_topic(settings: Settings) -> None:
    """Park City says nothing of parks, neither listed nor shown by what people write; their words stay as they are."""
    book, linker = codebook_of("buses", wave="w1"), word_linker({"GREEN": "park", "MOVE": "buses"}, LEAST)
    answers = [{"response_id": f"r{i}", "text": f"late buses in Park City, number {i}"} for i in range(8)]
    for listed, few in (((), answers), (("Park City",), answers[:3])):
        result = linked(few, book, settings, linker, listed)
        assert set(result.response_vision["vision_code"]) == {"MOVE"}
        assert result.segments["text"].str.contains("Park City").all()
    three = linked(answers[:3], book, settings, linker).response_vision
    assert set(three["vision_code"]) == {"GREEN", "MOVE"}, "three show nothing"


def test_a_wave_without_a_substantive_answer_can_be_linked(settings: Settings) -> None:
    book = codebook_of("parks")
    result = linked(ANSWERS[3:], book, settings)
    assert len(checked("segments", result.segments)) == len(checked("response_vision", result.response_vision)) == 0
    assert result.codebook.themes == book.themes


def test_centroids_of_the_helper_are_unit_rows() -> None:
    book = codebook_of("parks", "buses")
    np.testing.assert_allclose(book.centroids, unit_rows(book.centroids), atol=1e-6)
