"""Quotes: typical and unlike one another, each side in turn; a less common view only where one is told."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from conftest import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from analysis.embed import Vectors, content_hash
from analysis.quotes import minority, spread

BUSES = [f"the bus is late again {word}" for word in ("today", "friday", "always", "still")]
FARES = "fares went up twice"


def rows(*said: tuple[str, float, str]) -> pd.DataFrame:
    table = pd.DataFrame(said, columns=["text", "score", "stance"])
    return table.assign(respondent=[f"p{i}" for i in range(len(table))])


def vectors_of(texts: Sequence[str]):  # type: ignore[no-untyped-def]
    by_hash = {content_hash(text): text for text in texts}

    def vector_of(hashes: Sequence[str]) -> Vectors:
        return FakeEncoder().encode([by_hash[h] for h in hashes])

    return vector_of


def test_the_most_typical_comes_first_and_the_next_is_unlike_it() -> None:
    ordered = rows(*((text, 0.9 - i / 100, "open") for i, text in enumerate(BUSES)), (FARES, 0.8, "open"))
    chosen = spread(ordered, 2, vectors_of(ordered["text"]))
    assert list(chosen["text"]) == [BUSES[0], FARES]
    assert list(spread(ordered, 2, None)["text"]) == BUSES[:2]


def test_what_is_far_from_the_theme_is_not_quoted_for_being_unlike() -> None:
    ordered = rows(*((text, 0.9, "open") for text in BUSES), (FARES, 0.3, "open"))
    assert list(spread(ordered, 4, vectors_of(ordered["text"]))["text"]) == [BUSES[0], *BUSES[1:]] or FARES not in set(
        spread(ordered, 4, vectors_of(ordered["text"]))["text"]
    )


def test_the_stances_are_those_of_the_first_rows() -> None:
    ordered = rows((BUSES[0], 0.9, "dislike"), (FARES, 0.5, "like"), *((text, 0.8, "dislike") for text in BUSES[1:]))
    assert list(spread(ordered, 3, vectors_of(ordered["text"]))["stance"]) == ["dislike", "like", "dislike"]


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["like", "hope"])), max_size=12), st.integers(0, 5))
def test_no_row_is_chosen_twice_and_none_is_made_up(said: list[tuple[float, str]], wanted: int) -> None:
    ordered = rows(*((f"text number {i}", score, stance) for i, (score, stance) in enumerate(said)))
    chosen = spread(ordered, wanted, vectors_of(ordered["text"]))
    assert len(chosen) <= min(wanted, len(ordered))
    assert chosen["text"].is_unique
    assert set(chosen["text"]) <= set(ordered["text"])
    assert not wanted or bool(len(chosen)) == bool(len(ordered))


def sides(**people: int) -> pd.DataFrame:
    return rows(*((f"{side} {i}", 1 - i / 100, side) for side, count in people.items() for i in range(count)))


@pytest.mark.parametrize(
    ("people", "found"),
    [
        ({"dislike": 20, "like": 6}, ["like 0"]),
        ({"agree": 20, "disagree": 10, "unclear": 90}, ["disagree 0"]),
        ({"dislike": 20, "like": 4}, []),  # too few to be quoted
        ({"dislike": 20, "like": 11}, []),  # too many to be a minority
        ({"open": 40}, []),
        ({"like": 40}, []),
    ],
)
def test_the_less_common_side_is_quoted_where_enough_take_it(people: dict[str, int], found: list[str]) -> None:
    assert list(minority(sides(**people), [], 5)["text"]) == found


def test_what_is_shown_already_is_not_shown_as_the_less_common_view() -> None:
    table = sides(dislike=20, like=6)
    assert list(minority(table, ["like 0"], 5)["text"]) == ["like 1"]
    assert len(minority(table, [f"like {i}" for i in range(6)], 5)) == 0
    assert np.array_equal(table["text"], sides(dislike=20, like=6)["text"])
