"""The codebook: the themes of a consultation with identifiers that last from wave to wave."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.embed import Vectors
from analysis.tables import rows_of
from analysis.types import ThemeId, ThemeState, VisionCode, Wave

THEME_COLUMNS = ("theme_id", "label", "description", "keywords", "first_wave", "state", "vision")
SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme; its identifier is derived from the segments it was found in and kept for good."""

    theme_id: ThemeId
    label: str
    description: str
    keywords: tuple[str, ...]
    first_wave: Wave
    state: ThemeState
    vision: tuple[VisionCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """Themes and, row by row, their centroids: unit vectors of shape (themes, dimensions).

    `origin` is the mean vector of the first wave's segments. It is taken from every vector before comparing, since what
    all of a consultation's text has in common tells no theme from another.
    """

    themes: tuple[Theme, ...]
    centroids: Vectors
    origin: Vectors

    def centred(self, vectors: Vectors) -> Vectors:
        """Return vectors seen from the origin, unit length."""
        return unit_rows(vectors - self.origin) if self.origin.size and len(vectors) else vectors

    def cosines(self, vectors: Vectors) -> Vectors:
        """Return the cosine of each vector to each theme, shape (vectors, themes)."""
        return np.asarray(self.centred(vectors) @ self.centroids.T)

    @classmethod
    def empty(cls, origin: Vectors | None = None) -> Codebook:
        """Return a codebook without themes."""
        start = np.zeros(0, dtype=np.float32) if origin is None else origin
        return cls((), np.zeros((0, len(start)), dtype=np.float32), start)

    def extended(self, themes: Iterable[Theme], centroids: Vectors) -> Codebook:
        """Return this codebook with further themes after its own."""
        new = tuple(themes)
        if not new:
            return self
        grown = np.vstack([self.centroids, centroids]) if self.themes else centroids
        return Codebook((*self.themes, *new), grown, self.origin)

    def with_vision(self, links: Iterable[tuple[VisionCode, ...]]) -> Codebook:
        """Return this codebook with each theme linked to the given vision codes."""
        linked = tuple(replace(theme, vision=codes) for theme, codes in zip(self.themes, links, strict=True))
        return Codebook(linked, self.centroids, self.origin)


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; rows of length 0 stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)


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
        )
        for t in codebook.themes
    ]
    return pd.DataFrame(rows, columns=list(THEME_COLUMNS)).astype("str")


def codebook_frame(codebook: Codebook) -> pd.DataFrame:
    """Return the codebook as one frame for keeping between waves: the origin as first row, then a row a theme."""
    table = pd.concat([_ORIGIN_ROW, themes_table(codebook)], ignore_index=True)
    vectors: list[Any] = [codebook.origin, *codebook.centroids]
    return table.assign(vector=vectors)


def codebook_from_frame(frame: pd.DataFrame) -> Codebook:
    """Read back what `codebook_frame` gave."""
    origin = np.asarray(frame["vector"].iloc[0], dtype=np.float32)
    rows = frame.iloc[1:]
    themes = tuple(
        Theme(
            ThemeId(row.theme_id),
            row.label,
            row.description,
            split_joined(row.keywords),
            Wave(row.first_wave),
            ThemeState(row.state),
            tuple(VisionCode(code) for code in split_joined(row.vision)),
        )
        for row in rows_of(rows)
    )
    return Codebook.empty(origin).extended(themes, np.stack(rows["vector"].to_list()) if themes else origin[:0])


def split_joined(joined: str) -> tuple[str, ...]:
    """Split what was joined for a table cell."""
    return tuple(part for part in joined.split(SEPARATOR) if part)


_ORIGIN_ROW = pd.DataFrame([["origin", *[""] * (len(THEME_COLUMNS) - 1)]], columns=list(THEME_COLUMNS)).astype("str")
