"""Gates on a set of themes: no catch-all that holds two themes, no two themes that the same responses raise.

A gate splits only where each part is a theme by itself: a theme that is merely broad gets sub-themes instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from analysis.embed import Vectors
from analysis.space import unit_rows
from analysis.types import Groups

if TYPE_CHECKING:
    from analysis.themes import Corpus

_PARTS = 0.15  # of a catch-all's respondents that each of its parts has
_CUTS = tuple(round(0.76 - 0.02 * step, 2) for step in range(15))


class GateSettings(Protocol):
    """The settings that the gate on catch-alls reads; see defaults.toml."""

    @property
    def catch_all_share(self) -> float:
        """Share of respondents above which a theme may be a catch-all."""

    @property
    def catch_all_gain(self) -> float:
        """How much tighter its parts must be."""

    @property
    def catch_all_between(self) -> float:
        """How near the parts may be to one another."""


def cohesion(placed: Vectors) -> float:
    """Mean cosine of rows to their centroid: 1 for rows that are all alike."""
    return float((placed @ unit_rows(placed.sum(axis=0, keepdims=True))[0]).mean())


def mean_cohesion(placed: Vectors, parts: Groups) -> float:
    """Cohesion of the rows within their parts."""
    each = [placed[parts == part] for part in range(int(parts.max()) + 1)]
    return float(np.average([cohesion(rows) for rows in each], weights=[len(rows) for rows in each]))


def split_catch_alls(
    corpus: Corpus, placed: Vectors, groups: Groups, least_respondents: int, settings: GateSettings
) -> Groups:
    """Split large groups whose parts are tighter and apart; what is in no part is left loose (-1)."""
    split, everyone = groups.copy(), corpus.respondents()
    for group in range(int(groups.max(initial=-1)) + 1):
        rows = np.flatnonzero(groups == group)
        people = corpus.respondents(rows)
        if people <= settings.catch_all_share * everyone:
            continue
        parts = parted(corpus, placed, rows, max(least_respondents, round(_PARTS * people)))
        if parts.max() > 0 and _is_catch_all(placed[rows], parts, settings):
            split[rows] = np.where(parts > 0, int(split.max()) + parts, np.where(parts == 0, group, -1))
    return split


def _is_catch_all(placed: Vectors, parts: Groups, settings: GateSettings) -> bool:
    each = [placed[parts == part] for part in range(int(parts.max()) + 1)]
    tight = mean_cohesion(placed, parts)
    centroids = unit_rows(np.array([rows.sum(axis=0) for rows in each]))
    between = (centroids @ centroids.T)[np.triu_indices(len(each), 1)].max()
    return bool(tight - cohesion(placed) >= settings.catch_all_gain and between <= settings.catch_all_between)


def parted(corpus: Corpus, placed: Vectors, rows: Groups, least: int, cuts: tuple[float, ...] = _CUTS) -> Groups:
    """Cut some rows in two or more parts of `least` respondents at the greatest distance that gives them.

    Returns for each row its part, from 0, or -1 where it is in none; all 0 if no cut gives two parts.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    whole = np.zeros(len(rows), dtype=np.int64)
    if len(rows) < 2 * least:
        return whole
    tree = linkage(_with_angle(placed[rows]), method="average", metric="cosine")
    for cut in cuts:
        label = fcluster(tree, cut, criterion="distance")
        kept = [k for k in np.unique(label) if corpus.respondents(rows[label == k]) >= least]
        if len(kept) > 1:
            order = sorted(kept, key=lambda k: (-int((label == k).sum()), int(np.flatnonzero(label == k)[0])))
            return np.array([order.index(k) if k in order else -1 for k in label], dtype=np.int64)
    return whole


def join_overlapping(corpus: Corpus, groups: Groups, most: float) -> Groups:
    """Join the groups that are raised by the same responses, the smaller into the larger, until none are left."""
    joined = groups.copy()
    while repeats := _repeats(corpus, joined, most):
        smaller, larger = repeats[0]
        joined[joined == smaller] = larger
    return joined


def repeating(corpus: Corpus, groups: Groups, most: float) -> frozenset[int]:
    """The groups most of whose responses raise a larger group too."""
    return frozenset(smaller for smaller, _ in _repeats(corpus, groups, most))


def _repeats(corpus: Corpus, groups: Groups, most: float) -> list[tuple[int, int]]:
    """Pairs of groups (smaller, larger) in which more than `most` of the smaller's responses raise the larger."""
    raised = {
        group: frozenset(corpus.wholes[i] for i in np.flatnonzero(groups == group))
        for group in range(int(groups.max(initial=-1)) + 1)
    }
    by_size = sorted((group for group in raised if raised[group]), key=lambda group: (-len(raised[group]), group))
    return [
        (smaller, larger)
        for place, smaller in enumerate(by_size)
        for larger in by_size[:place]
        if len(raised[smaller] & raised[larger]) > most * len(raised[smaller])
    ]


def _with_angle(placed: Vectors) -> Vectors:
    rows = placed.astype(np.float64)
    rows[~rows.any(axis=1), 0] = 1.0  # a row of nothing has no angle
    return np.asarray(rows, dtype=np.float64)
