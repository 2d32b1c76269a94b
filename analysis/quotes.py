"""Which residents' words stand for a theme: typical ones that differ from one another, and the view that few take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis.embed import Vectors, content_hash

VectorOf = Callable[[Sequence[str]], Vectors]
"""Unit vectors of texts by their content hashes."""

_NEAR = 0.8  # of the nearest answer's nearness to the theme: answers nearer than this are typical
_LEAST_TYPICAL = 3  # answers of which quotes are taken though they be less near
_SPREAD = 0.4  # weight of differing from the quotes before beside being typical
_LEAST_SHARE_OF_MAIN = 0.5  # a side with more than this share of the commonest one's people is no minority
_NO_SIDE = ("open", "unclear")


def spread(ordered: pd.DataFrame, wanted: int, vector_of: VectorOf | None) -> pd.DataFrame:
    """Choose `wanted` rows that are typical and differ: maximal marginal relevance (Carbonell and Goldstein 1998).

    `ordered` has `text`, `score` (nearness to the theme) and `stance`, the best choice first; the stances of its first
    rows are those of the quotes, fewer where too few are typical. Without vectors the first rows are chosen.
    """
    first = ordered.head(wanted)
    if vector_of is None or len(ordered) <= wanted:
        return first
    rows = ordered.reset_index(drop=True)
    vectors = vector_of([content_hash(text) for text in rows["text"]])
    chosen: list[int] = []
    for stance in first["stance"]:
        near = [i for i in _near(rows, stance) if i not in chosen]
        if not near:
            continue
        alike = (vectors[near] @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(near))
        worth = (1 - _SPREAD) * rows["score"].to_numpy()[near] - _SPREAD * alike
        chosen.append(near[int(np.argmax(np.round(worth, 6)))])
    return rows.loc[chosen]


def _near(rows: pd.DataFrame, stance: str) -> list[int]:
    own = rows[rows["stance"] == stance].sort_values("score", ascending=False, kind="stable")
    typical = int((own["score"] >= _NEAR * own["score"].max()).sum())
    return [int(i) for i in own.index[: max(_LEAST_TYPICAL, typical)]]


def minority(rows: pd.DataFrame, shown: Sequence[str], least: int) -> pd.DataFrame:
    """Choose the most typical answer, none of those `shown`, of the side that fewer people take; no row if none can be.

    At least `least` people must take that side, and clearly more the commonest. Which side an answer takes is told by
    its question or from its words (`stance`): that an answer is merely unlike the others makes it no view.
    """
    told = rows[~rows["stance"].isin(_NO_SIDE)]
    people = told.groupby("stance")["respondent"].nunique()
    if len(people) < 2:
        return rows.iloc[:0]
    side = min(people.index, key=lambda name: (people[name], name))
    if not least <= people[side] <= _LEAST_SHARE_OF_MAIN * people.max():
        return rows.iloc[:0]
    theirs = (told["stance"] == side) & ~told["text"].isin(shown)
    chosen: pd.DataFrame = told.loc[theirs].head(1)
    return chosen
