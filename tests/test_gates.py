"""Gates on a theme set: planted catch-alls come apart, planted repeats come together, all else is left alone."""

from collections.abc import Sequence

import numpy as np
import pytest
from conftest import DIMENSIONS, word_direction
from hypothesis import given
from hypothesis import strategies as st

from analysis.embed import Vectors, content_hash
from analysis.gates import cohesion, join_overlapping, mean_cohesion, parted, repeating, split_catch_alls
from analysis.settings import load_settings
from analysis.space import unit_rows
from analysis.themes import Corpus
from analysis.types import Groups

SETTINGS = load_settings().themes


def corpus_of(texts: Sequence[str], wholes: Sequence[str] | None = None) -> Corpus:
    rows = tuple(texts)
    nothing = np.zeros((len(rows), 1), dtype=np.float32)
    who = tuple(frozenset({text}) for text in rows)
    return Corpus(rows, tuple(wholes or rows), nothing, nothing, who, np.zeros((len(rows), 0)))


def around(topic: str, count: int, noise: float) -> Vectors:
    chance = np.random.default_rng(int(content_hash(topic), 16) % 2**32)
    shift = chance.normal(size=(count, DIMENSIONS))
    return unit_rows(word_direction(topic) + noise * shift / np.linalg.norm(shift, axis=1, keepdims=True))


@pytest.mark.parametrize(("topics", "parts"), [(("parks", "buses"), 2), (("parks",), 1)])
def test_a_group_of_two_topics_is_split_and_one_of_one_is_not(topics: tuple[str, ...], parts: int) -> None:
    placed = np.vstack([around(topic, 20, 0.8) for topic in topics])
    corpus = corpus_of([f"{i}" for i in range(len(placed))])
    split = split_catch_alls(corpus, placed, np.zeros(len(placed), dtype=np.int64), 5, SETTINGS)
    assert len(set(split.tolist())) == parts
    for start in range(0, len(placed), 20):
        assert len(set(split[start : start + 20].tolist())) == 1


def test_a_small_group_is_no_catch_all() -> None:
    placed = np.vstack([around("parks", 20, 0.8), around("buses", 20, 0.8)])
    corpus = corpus_of([f"{i}" for i in range(len(placed))])
    groups = np.zeros(len(placed), dtype=np.int64)
    few = SETTINGS.model_copy(update={"catch_all_share": 1.0})
    np.testing.assert_array_equal(split_catch_alls(corpus, placed, groups, 5, few), groups)
    np.testing.assert_array_equal(split_catch_alls(corpus, placed, groups, 21, SETTINGS), groups)


def test_parts_have_enough_people_and_the_largest_comes_first() -> None:
    placed = np.vstack([around("parks", 8, 0.5), around("buses", 12, 0.5), around("rents", 3, 0.5)])
    corpus = corpus_of([f"{i}" for i in range(len(placed))])
    parts = parted(corpus, placed, np.arange(len(placed)), 5)
    assert parts.tolist() == [1] * 8 + [0] * 12 + [-1] * 3
    assert mean_cohesion(placed, parts) > cohesion(placed)


def test_themes_of_the_same_responses_are_joined_and_others_are_not() -> None:
    wholes = [f"answer {i % 10}" for i in range(20)] + [f"answer {i}" for i in range(100, 110)]
    corpus = corpus_of([f"{i}" for i in range(30)], wholes)
    groups = np.repeat([0, 1, 2], 10)
    assert repeating(corpus, groups, 0.7) == {1}
    np.testing.assert_array_equal(join_overlapping(corpus, groups, 0.7), np.repeat([0, 0, 2], 10))
    np.testing.assert_array_equal(join_overlapping(corpus, groups, 1.0), groups)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 4)), min_size=1, max_size=40))
def test_after_joining_no_two_groups_overlap(rows: list[tuple[int, int]]) -> None:
    corpus = corpus_of([f"{i}" for i in range(len(rows))], [f"answer {whole}" for whole, _ in rows])
    groups: Groups = np.array([group for _, group in rows], dtype=np.int64)
    joined = join_overlapping(corpus, groups, 0.7)
    np.testing.assert_array_equal(joined < 0, groups < 0)
    raised = [{corpus.wholes[i] for i in np.flatnonzero(joined == g)} for g in sorted(set(joined.tolist()) - {-1})]
    for one in raised:
        for other in raised:
            assert one is other or len(one & other) <= 0.7 * min(len(one), len(other))
