"""Stance: questions are read aright, clear answers get their side, vague ones none; themes keep their sides apart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from conftest import responses_table
from hypothesis import given
from hypothesis import strategies as st

from analysis.coding import split_responses
from analysis.embed import Vectors
from analysis.settings import load_settings
from analysis.stance import (
    CUE_NAMES,
    SIDES,
    StanceModel,
    cues_of,
    features,
    load_stance_model,
    read_question,
    tell_stances,
    with_sides,
)

SETTINGS = load_settings()
CUES_ONLY = load_stance_model("a model that it was not trained with")
BAN = "Should dogs be banned from the cemetery?"
POOL = "Should the council build a new pool?"
COMMENTS = "Do you have any other comments?"


def no_vectors(hashes: Sequence[str]) -> Vectors:
    return np.zeros((len(hashes), 0), dtype=np.float32)


@pytest.mark.parametrize(
    ("asks", "question"),
    [
        ("end", BAN),
        ("end", "Do you agree with closing the tip on Sundays?"),
        ("end", "What are your views on cutting the night bus?"),
        ("end", "Should cars be kept out of the square?"),
        ("bring", POOL),
        ("bring", "Do you support the proposal for a tram?"),
        ("bring", "What do you think of the draft plan?"),
        ("ideas", "How could we make the station safer?"),
        ("ideas", "What ideas do you have for the market?"),
        ("nothing", COMMENTS),
        ("nothing", "What is it like to live here?"),
        ("nothing", "What do you think of the parks?"),
        ("nothing", ""),
    ],
)
def test_questions_are_read(asks: str, question: str) -> None:
    assert read_question(question).asks == asks


@pytest.mark.parametrize(
    ("side", "question", "text"),
    [
        ("agree", BAN, "Yes, I fully agree, and the sooner the better."),
        ("disagree", BAN, "No. I am strongly against it, it is unfair and unnecessary."),
        ("agree", POOL, "I support this, it is a great idea and much needed."),
        ("disagree", POOL, "I oppose it. It would be a waste of money and ruin the park."),
        ("agree", COMMENTS, "I love the park, it is wonderful and the staff are so friendly."),
        ("disagree", COMMENTS, "The streets are filthy, dangerous and a disgrace."),
        ("unclear", BAN, "I don't know, I have no view either way."),
        ("unclear", COMMENTS, "When is the meeting?"),
    ],
)
def test_plain_answers_get_their_side(side: str, question: str, text: str) -> None:
    chances = CUES_ONLY.probabilities([text], no_vectors([text]), [read_question(question)])
    assert CUES_ONLY.sides(chances) == [side]


def test_bad_of_a_thing_is_for_its_end_and_bad_of_the_end_against_it() -> None:
    asked = [read_question("Should the factory be closed?")] * 2
    harm, loss = (
        "The factory is filthy and its noise is awful.",
        "Closing it would be a terrible disaster and would ruin us.",
    )
    chances = CUES_ONLY.probabilities([harm, loss], no_vectors([harm, loss]), asked)
    assert chances[0, 0] > chances[0, 1]
    assert chances[1, 1] > chances[1, 0]


def test_negation_turns_good_words() -> None:
    good, bad = (CUE_NAMES.index(name) for name in ("good", "bad"))
    assert cues_of("it is safe")[good] > 0
    assert cues_of("it is not safe")[good] == 0
    assert cues_of("it is not safe")[bad] > 0


@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_text_gives_probabilities(texts: list[str]) -> None:
    asked = [read_question(BAN)] * len(texts)
    chances = CUES_ONLY.probabilities(texts, no_vectors(texts), asked)
    assert chances.shape == (len(texts), 3)
    assert np.allclose(chances.sum(axis=1), 1) and (chances >= 0).all()
    assert len(features(texts, asked)) == len(texts)


def test_below_the_threshold_nothing_is_told() -> None:
    model = StanceModel(np.zeros((0, 3)), CUES_ONLY.lexical, CUES_ONLY.bias, 0.6)
    assert model.sides(np.array([[0.59, 0.2, 0.21], [0.61, 0.2, 0.19], [0.1, 0.7, 0.2], [0.1, 0.1, 0.8]])) == [
        "unclear", "agree", "disagree", "unclear",
    ]  # fmt: skip
    assert model.sides(np.zeros((0, 3))) == []


def coded(rows: list[dict[str, object]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    responses = responses_table(rows)
    return responses, split_responses(responses, SETTINGS.segment)


def told(responses: pd.DataFrame, segments: pd.DataFrame, questions: dict[str, str]) -> pd.DataFrame:
    return tell_stances(segments, responses, questions, no_vectors, CUES_ONLY, SETTINGS.stance)


def test_a_response_can_take_different_sides_in_different_themes() -> None:
    text = "I love the park, it is beautiful and wonderful. The fly-tipping is a disgusting, awful disgrace."
    responses, segments = coded([{"response_id": "a", "question_id": "open", "text": text}])
    assert len(segments) == 2
    themed = segments.assign(theme_id=["parks", "litter"])
    stances = told(responses, themed, {"open": COMMENTS})
    key = ["wave", "response_id", "question_id", "theme_id"]
    found = with_sides(themed[key].assign(score=0.5, stance="open"), themed, stances, CUES_ONLY)
    assert found.set_index("theme_id")["stance"].to_dict() == {"parks": "agree", "litter": "disagree"}


def test_asked_stances_stay_and_other_languages_are_unclear() -> None:
    rows: list[dict[str, object]] = [
        {"response_id": "a", "question_id": "likes", "text": "I love the park."},
        {"response_id": "b", "question_id": "open", "text": "J'adore le parc, il est superbe.", "language": "fr"},
    ]
    responses, segments = coded(rows)
    themed = segments.assign(theme_id="parks")
    stances = told(responses, themed, {"open": COMMENTS})
    assert stances.empty
    links = themed[["wave", "response_id", "question_id", "theme_id"]].assign(score=0.5, stance=["like", "open"])
    found = with_sides(links, themed, stances, CUES_ONLY)
    assert found.set_index("response_id")["stance"].to_dict() == {"a": "like", "b": "unclear"}


def test_probabilities_are_the_segments_in_any_order() -> None:
    rows: list[dict[str, object]] = [
        {"response_id": f"r{i}", "question_id": "open", "text": text}
        for i, text in enumerate(["Yes please, a great idea.", "No. A waste of money. We need a doctor.", "Who pays?"])
    ]
    responses, segments = coded(rows)
    one = told(responses, segments, {"open": POOL}).set_index("segment_id")
    other = told(responses[::-1], segments[::-1], {"open": POOL}).set_index("segment_id")
    pd.testing.assert_frame_equal(one.sort_index(), other.sort_index())
    assert np.allclose(one.sum(axis=1), 1, atol=1e-3)
    assert len(SIDES) == one.shape[1]
