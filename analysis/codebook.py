"""The codebook: the themes of a consultation with identifiers that last from wave to wave."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.embed import Vectors
from analysis.space import Space
from analysis.subthemes import Subtheme
from analysis.tables import rows_of
from analysis.types import Origin, SubthemeId, ThemeId, ThemeState, VisionCode, Wave

THEME_COLUMNS = ("theme_id", "label", "description", "keywords", "first_wave", "state", "vision", "origin")
SUBTHEME_COLUMNS = ("subtheme_id", "theme_id", "label", "description", "keywords", "first_wave")
SEPARATOR = "; "
_ORIGIN, _WORD, _NAME = "origin", "word", "name"  # rows of the kept frame that are no themes


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme; its identifier is derived from the segments it was found in and kept for good.

    One of a code frame (`origin`) has its identifier from there.
    """

    theme_id: ThemeId
    label: str
    description: str
    keywords: tuple[str, ...]
    first_wave: Wave
    state: ThemeState
    vision: tuple[VisionCode, ...] = ()
    origin: Origin = "found"
    subthemes: tuple[Subtheme, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """Themes and, row by row, their centroids: unit vectors in the space of the consultation's first wave."""

    themes: tuple[Theme, ...]
    centroids: Vectors
    space: Space

    def cosines(self, placed: Vectors) -> Vectors:
        """Return the cosine of each placed segment to each theme, shape (segments, themes)."""
        return np.asarray(placed @ self.centroids.T)

    @classmethod
    def empty(cls, space: Space | None = None) -> Codebook:
        """Return a codebook without themes."""
        nothing = np.zeros(0, dtype=np.float32)
        return cls((), np.zeros((0, 0), dtype=np.float32), space or Space(nothing))

    def extended(self, themes: Iterable[Theme], centroids: Vectors) -> Codebook:
        """Return this codebook with further themes after its own."""
        new = tuple(themes)
        if not new:
            return self
        grown = np.vstack([self.centroids, centroids]) if self.themes else centroids
        return Codebook((*self.themes, *new), grown, self.space)

    def with_vision(self, links: Iterable[tuple[VisionCode, ...]]) -> Codebook:
        """Return this codebook with each theme linked to the given vision codes."""
        linked = tuple(replace(theme, vision=codes) for theme, codes in zip(self.themes, links, strict=True))
        return Codebook(linked, self.centroids, self.space)


def theme_id_of(members: Iterable[str]) -> ThemeId:
    """Derive a theme's identifier from the content hashes of the segments it was found in."""
    digest = hashlib.blake2b(" ".join(sorted(set(members))).encode(), digest_size=5)
    return ThemeId(f"t-{digest.hexdigest()}")


def themes_table(codebook: Codebook) -> pd.DataFrame:
    """Return the `themes` table of the contract; several keywords or vision codes are joined with '; '."""
    rows = [
        (
            t.theme_id,
            t.label,
            t.description,
            SEPARATOR.join(t.keywords),
            t.first_wave,
            str(t.state),
            SEPARATOR.join(t.vision),
            t.origin,
        )
        for t in codebook.themes
    ]
    return pd.DataFrame(rows, columns=list(THEME_COLUMNS)).astype("str")


def subthemes_table(codebook: Codebook) -> pd.DataFrame:
    """Return the `subthemes` table: the parts of each large theme, largest first."""
    rows = [
        (sub.subtheme_id, theme.theme_id, sub.label, sub.description, SEPARATOR.join(sub.keywords), theme.first_wave)
        for theme in codebook.themes
        for sub in theme.subthemes
    ]
    return pd.DataFrame(rows, columns=list(SUBTHEME_COLUMNS)).astype("str")


def codebook_frame(codebook: Codebook) -> pd.DataFrame:
    """Return the codebook as one frame for keeping between waves: a row a theme, then its space, a row a word."""
    space = codebook.space
    words = pd.DataFrame(
        {
            "theme_id": [_ORIGIN, *[_WORD] * len(space.words), *[_NAME] * len(space.names)],
            "label": [str(space.topics), *space.words, *space.names],
        }
    )
    parts = subthemes_table(codebook).rename(columns={"theme_id": "parent", "subtheme_id": "theme_id"})
    table = pd.concat([themes_table(codebook), words, parts], ignore_index=True).fillna("")
    under = [sub.centroid for theme in codebook.themes for sub in theme.subthemes]
    vectors: list[Any] = [*codebook.centroids, space.origin, *space.axes, *space.common, *under]
    return table.assign(vector=vectors)


def codebook_from_frame(frame: pd.DataFrame) -> Codebook:
    """Read back what `codebook_frame` gave."""
    if "origin" not in frame:  # kept with a refit by an earlier version
        frame = frame.assign(origin="found")
    space = _space(frame)
    parents = frame["parent"] if "parent" in frame else pd.Series("", index=frame.index)
    rows = frame[~frame["theme_id"].isin([_ORIGIN, _WORD, _NAME]) & (parents == "")]
    under = _subthemes(frame[parents != ""])
    themes = tuple(
        Theme(
            ThemeId(row.theme_id),
            row.label,
            row.description,
            split_joined(row.keywords),
            Wave(row.first_wave),
            ThemeState(row.state),
            tuple(VisionCode(code) for code in split_joined(row.vision)),
            row.origin,
            under.get(row.theme_id, ()),
        )
        for row in rows_of(rows)
    )
    return Codebook.empty(space).extended(themes, np.stack(rows["vector"].to_list()) if themes else space.axes)


def _subthemes(rows: pd.DataFrame) -> dict[str, tuple[Subtheme, ...]]:
    found: dict[str, list[Subtheme]] = {}
    for row in rows_of(rows):
        vector = np.asarray(row.vector, dtype=np.float32)
        part = Subtheme(SubthemeId(row.theme_id), row.label, row.description, split_joined(row.keywords), vector)
        found.setdefault(row.parent, []).append(part)
    return {parent: tuple(parts) for parent, parts in found.items()}


def _space(frame: pd.DataFrame) -> Space:
    words, names = (frame[frame["theme_id"] == kind] for kind in (_WORD, _NAME))
    (origin,) = rows_of(frame[frame["theme_id"] == _ORIGIN])
    return Space(
        origin=np.asarray(origin.vector, dtype=np.float32),
        words=tuple(words["label"]),
        axes=_stacked(words),
        topics=int(origin.label),
        names=tuple(names["label"]),
        common=_stacked(names),
    )


def _stacked(rows: pd.DataFrame) -> Vectors:
    found = np.stack(rows["vector"].to_list()) if len(rows) else np.zeros((0, 0))
    return np.asarray(found, dtype=np.float32)


def split_joined(joined: str) -> tuple[str, ...]:
    """Split what was joined for a table cell."""
    return tuple(part for part in joined.split(SEPARATOR) if part)
