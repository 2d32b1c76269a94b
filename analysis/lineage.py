"""What became of every theme when a codebook was rebuilt: which themes are the old ones, which merged, split, went.

A response goes from an old theme to a new one if one of its segments was in the first and is in the second. Themes that
share at least half of their responses (Jaccard) are the same theme and keep the identifier.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.codebook import Codebook, Theme, theme_id_of
from analysis.priorities import RESPONSE_KEY
from analysis.tables import CONTRACT, empty_table, rows_of
from analysis.types import Relation, ThemeId, ThemeState, Wave

SAME = 0.5  # Jaccard of responses from which two themes are one
_MOST = 0.5  # share of a theme's responses that is most of them
_WORTH_TELLING = 0.1  # of either theme's responses: a smaller stream is not listed
_FEW = 3  # nor is one of fewer responses


@dataclass(frozen=True, slots=True)
class Stream:
    """Responses that went from an old theme to a new one, and how many each has."""

    old: str
    new: str
    responses: int
    old_size: int
    new_size: int

    @property
    def jaccard(self) -> float:
        """Shared responses among all of either."""
        return self.responses / (self.old_size + self.new_size - self.responses)

    @property
    def of_old(self) -> float:
        """Share of the old theme's responses that went this way."""
        return self.responses / self.old_size

    @property
    def of_new(self) -> float:
        """Share of the new theme's responses that came this way."""
        return self.responses / self.new_size


@dataclass(frozen=True, slots=True)
class Moves:
    """All streams between two codings of the same segments, and how many responses each theme has."""

    streams: tuple[Stream, ...]
    old: Mapping[str, int]
    new: Mapping[str, int]


def moves_between(before: pd.DataFrame, after: pd.DataFrame) -> Moves:
    """Compare two codings: tables of segments (`segment_id`, the keys of a response, `theme_id`, '' for none)."""
    columns = ["segment_id", *RESPONSE_KEY, "theme_id"]
    old, new = (table.loc[table["theme_id"] != "", columns] for table in (before, after))
    both = old.merge(new[["segment_id", "theme_id"]], on="segment_id", suffixes=("", "_new"))
    went = both.drop_duplicates([*RESPONSE_KEY, "theme_id", "theme_id_new"])
    counted = went.groupby(["theme_id", "theme_id_new"]).size().reset_index(name="responses")
    old_sizes, new_sizes = _sizes(old), _sizes(new)
    streams = tuple(
        Stream(r.theme_id, r.theme_id_new, int(r.responses), old_sizes[r.theme_id], new_sizes[r.theme_id_new])
        for r in rows_of(counted.sort_values(["theme_id", "theme_id_new"]))
    )
    return Moves(streams, old_sizes, new_sizes)


def _sizes(segments: pd.DataFrame) -> dict[str, int]:
    """Responses of each theme."""
    counts = segments.drop_duplicates([*RESPONSE_KEY, "theme_id"])["theme_id"].value_counts()
    return {str(name): int(counts[name]) for name in sorted(counts.index)}


def same_themes(moves: Moves, given: Collection[str] = ()) -> dict[str, str]:
    """Pair new themes with the old ones that they substantially are, new to old, one to one.

    Of all pairings the one with the greatest sum of Jaccard coefficients, counting those of `SAME` or more. Themes in
    `given`, of a code frame, are themselves and nothing else.
    """
    from scipy.optimize import linear_sum_assignment

    olds, news = sorted(moves.old), sorted(moves.new)
    likeness = np.zeros((len(olds), len(news)))
    for stream in moves.streams:
        if stream.old in given or stream.new in given:
            likeness[olds.index(stream.old), news.index(stream.new)] = 2.0 * (stream.old == stream.new)
        elif stream.jaccard >= SAME:
            likeness[olds.index(stream.old), news.index(stream.new)] = stream.jaccard
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    return {news[n]: olds[o] for o, n in zip(rows, columns, strict=True) if likeness[o, n] > 0}


def relation_of(stream: Stream, moves: Moves, same: Mapping[str, str]) -> Relation:
    """Say what a stream between two themes means."""
    if same.get(stream.new) == stream.old:
        return "same"
    kept_old, kept_new = stream.old in same.values(), stream.new in same
    most_of_old = stream.of_old >= _MOST and not kept_old
    most_of_new = stream.of_new >= _MOST and not kept_new
    if most_of_old and most_of_new:
        others = [s for s in moves.streams if s.new == stream.new and s.old != stream.old and s.of_old >= _MOST]
        return "merged" if others or stream.new_size > stream.old_size else "split"
    return "merged" if most_of_old else "split" if most_of_new else "moved"


def lineage_of(
    moves: Moves, same: Mapping[str, str], old_labels: Mapping[str, str], new_labels: Mapping[str, str]
) -> pd.DataFrame:
    """Return the lineage, theme by theme: what went where, what is gone and what is new; `new_theme_id` as kept.

    `same` is from `same_themes`. Where neither theme became the other, streams of less than a tenth of
    either theme or of one or two responses are left out.
    """
    rows, told_old, told_new = [], set(), set()
    for stream in moves.streams:
        relation = relation_of(stream, moves, same)
        is_small = stream.responses < _FEW or max(stream.of_old, stream.of_new) < _WORTH_TELLING
        if relation == "moved" and is_small:
            continue
        if relation != "moved":
            told_old.add(stream.old)
            told_new.add(stream.new)
        if relation == "same" and old_labels[stream.old] != new_labels[stream.new]:
            relation = "renamed"
        rows.append(_row(stream.old, stream.new, relation, stream, moves))
    rows += [_row(old, "", "gone", None, moves) for old in moves.old if old not in told_old]
    rows += [_row("", new, "new", None, moves) for new in moves.new if new not in told_new]
    if not rows:
        return empty_table("lineage").drop(columns=["refit", "wave", "hidden"])
    table = pd.DataFrame(rows)
    table["old_label"] = table["old_theme_id"].map(old_labels).fillna("")
    table["new_label"] = table["new_theme_id"].map(new_labels).fillna("")
    table["new_theme_id"] = table["new_theme_id"].map(lambda new: same.get(new, new))
    order = ["old_theme_id", "new_theme_id", "relation"]
    return table.sort_values(order, ignore_index=True)


def _row(old: str, new: str, relation: Relation, stream: Stream | None, moves: Moves) -> dict[str, object]:
    return {
        "old_theme_id": old,
        "new_theme_id": new,
        "relation": relation,
        "responses": stream.responses if stream else 0,
        "old_responses": moves.old.get(old, 0),
        "new_responses": moves.new.get(new, 0),
        "share_of_old": round(stream.of_old, 6) if stream else 0.0,
        "share_of_new": round(stream.of_new, 6) if stream else 0.0,
        "jaccard": round(stream.jaccard, 6) if stream else 0.0,
    }


# --- rebuilding -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A codebook made from all waves together, with identifiers kept where themes are the same, and the lineage."""

    codebook: Codebook
    lineage: pd.DataFrame


def inherit(
    before: Codebook,
    old_segments: pd.DataFrame,
    found: Codebook,
    new_segments: pd.DataFrame,
    waves: Sequence[Wave],
    number: int,
) -> Rebuilt:
    """Give the themes of a rebuilt codebook the identifiers of the old ones that they are.

    `old_segments` and `new_segments` are the same segments with the old and the new themes; `number` is of the refit.
    """
    named = {theme.theme_id: theme for theme in before.themes}
    moves = moves_between(old_segments, new_segments)
    given = {theme.theme_id for theme in (*before.themes, *found.themes) if theme.origin == "given"}
    same = same_themes(moves, given)
    names = _names(found.themes, same, set(named), number)
    renamed = new_segments.assign(theme_id=new_segments["theme_id"].map(lambda t: names.get(t, t)))
    first = _first_waves(renamed, waves)
    themes = [_inherited(theme, names[theme.theme_id], named, first, waves) for theme in found.themes]
    moves = moves_between(old_segments, renamed)
    table = lineage_of(
        moves,
        {old: old for old in same.values()},
        {theme.theme_id: theme.label for theme in before.themes},
        {theme.theme_id: theme.label for theme in themes},
    ).assign(refit=number, wave=waves[-1])
    hidden = {theme.theme_id for theme in (*before.themes, *themes) if theme.state is ThemeState.HIDDEN}
    table["hidden"] = table["old_theme_id"].isin(hidden) | table["new_theme_id"].isin(hidden)
    return Rebuilt(replace(found, themes=tuple(themes)), table.astype(CONTRACT["lineage"])[list(CONTRACT["lineage"])])


def _names(found: Iterable[Theme], same: Mapping[str, str], taken: set[ThemeId], number: int) -> dict[str, str]:
    """The identifier of each rebuilt theme; one that is not an old theme never gets that one's."""
    names: dict[str, str] = {}
    for theme in found:
        own = theme.theme_id
        is_anothers = own in taken and theme.origin != "given"
        names[own] = same.get(own) or (theme_id_of([own, str(number)]) if is_anothers else own)
    return names


def _inherited(
    theme: Theme, name: str, named: Mapping[ThemeId, Theme], first: Mapping[str, Wave], waves: Sequence[Wave]
) -> Theme:
    old = named.get(ThemeId(name))
    seen = [wave for wave in waves if wave == first.get(name) or (old is not None and wave == old.first_wave)]
    is_hidden = old is not None and old.state is ThemeState.HIDDEN
    return replace(
        theme,
        theme_id=ThemeId(name),
        first_wave=seen[0] if seen else waves[-1],
        state=ThemeState.HIDDEN if is_hidden else ThemeState.CONFIRMED,
        vision=theme.vision if theme.origin == "given" else (),
    )


def _first_waves(segments: pd.DataFrame, waves: Sequence[Wave]) -> dict[str, Wave]:
    """The first wave in which each theme has a segment."""
    places = {wave: i for i, wave in enumerate(waves)}
    themed = segments[segments["theme_id"] != ""]
    first = themed.assign(place=themed["wave"].map(places)).groupby("theme_id")["place"].min()
    return {str(row.theme_id): waves[int(row.place)] for row in rows_of(first.reset_index())}
