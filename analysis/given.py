"""Code a wave to the themes of a code frame, alone or beside themes found in what the frame does not explain."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.codebook import Codebook, Theme
from analysis.coder import CoderSettings, Marks, Reading, code_to_themes, facets_of
from analysis.embed import Encode, Vectors
from analysis.space import Space, unit_rows
from analysis.themes import Coded, Corpus, ThemeSettings
from analysis.types import ThemeId, ThemeState, VisionCode, Wave

Mode = Literal["alone", "beside"]
Find = Callable[[Corpus, Codebook], Coded]
"""Find and code themes in segments, given the codebook of those found before."""

_LONGEST_KEYWORD = 4  # words


@dataclass(frozen=True, slots=True)
class GivenTheme:
    """A theme of a code frame. `theme_id` comes from its identifier or label, so that it outlives its description."""

    theme_id: ThemeId
    label: str
    description: str = ""
    examples: tuple[str, ...] = ()
    vision: tuple[VisionCode, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeFrame:
    """The themes an analyst brings, and whether others are found beside them."""

    themes: tuple[GivenTheme, ...]
    mode: Mode = "alone"


def given_theme_id(key: str) -> ThemeId:
    """Derive a theme's identifier from that in the frame or, if it has none, its label; case does not count."""
    plain = " ".join(key.split()).casefold()
    return ThemeId(f"t-{hashlib.blake2b(f'given {plain}'.encode(), digest_size=5).hexdigest()}")


def code_with_frame(
    corpus: Corpus,
    codebook: Codebook,
    wave: Wave,
    frame: CodeFrame,
    encode: Encode,
    find: Find,
    themes: ThemeSettings,
    settings: CoderSettings,
    reading: Reading | None = None,
) -> Coded:
    """Code a wave to the frame; beside it, `find` codes the segments that the frame does not explain.

    `reading` tells how responses and themes are read together; by default as `encode` does.

    The frame's themes stand first in the codebook. A segment may have several of them: the best in `theme`, the others
    in `also`.
    """
    book = _with_space(codebook, corpus, themes)
    found = _found(book)
    placed = book.space.place(corpus, themes) if corpus.texts else corpus.vectors
    level = settings.level_alone if frame.mode == "alone" else settings.level_beside
    marks = code_to_themes(
        corpus, placed, frame.themes, encode, reading or Reading(encode, book.space.origin), level, settings
    )
    explained: npt.NDArray[np.bool_] = np.asarray(marks.has.any(axis=1))
    rest = _none(corpus, found)
    if frame.mode == "beside" and corpus.texts:
        rest = _named_apart(find(corpus.subset(~explained), found), frame, wave, found, first=not codebook.themes)
    given = _given_themes(frame, codebook, wave, themes.keywords)
    return _together(marks, explained, given, _centroids(marks, placed, codebook, frame), rest, book.space)


def _with_space(codebook: Codebook, corpus: Corpus, settings: ThemeSettings) -> Codebook:
    if codebook.space.origin.size or not corpus.texts:
        return codebook
    return replace(codebook, space=Space.of(corpus, settings.seed))


def _found(codebook: Codebook) -> Codebook:
    """The codebook without the frame's themes."""
    rows = [i for i, theme in enumerate(codebook.themes) if theme.origin != "given"]
    kept = tuple(codebook.themes[i] for i in rows)
    return Codebook.empty(codebook.space).extended(kept, codebook.centroids[rows] if kept else codebook.centroids)


def _none(corpus: Corpus, found: Codebook) -> Coded:
    return Coded(found, np.full(len(corpus.texts), -1, dtype=np.int64), np.zeros(len(corpus.texts)))


def _named_apart(rest: Coded, frame: CodeFrame, wave: Wave, found: Codebook, first: bool) -> Coded:
    """Let no found theme be named as one of the frame's, and none but a first wave's be confirmed unseen."""
    taken = {theme.label.casefold() for theme in frame.themes}

    def apart(theme: Theme) -> Theme:
        label = f"{theme.label} (found)" if theme.label.casefold() in taken else theme.label
        new = theme.first_wave == wave and theme not in found.themes and not first
        return replace(theme, label=label, state=ThemeState.EMERGING if new else theme.state)

    book = replace(rest.codebook, themes=tuple(apart(theme) for theme in rest.codebook.themes))
    return replace(rest, codebook=book)


def _given_themes(frame: CodeFrame, before: Codebook, wave: Wave, keywords: int) -> tuple[Theme, ...]:
    known = {theme.theme_id: theme for theme in before.themes}
    return tuple(
        Theme(
            theme.theme_id,
            theme.label,
            theme.description,
            tuple(f for f in facets_of(theme)[1:] if len(f.split()) <= _LONGEST_KEYWORD)[:keywords],
            known[theme.theme_id].first_wave if theme.theme_id in known else wave,
            ThemeState.CONFIRMED,
            theme.vision or (known[theme.theme_id].vision if theme.theme_id in known else ()),
            "given",
        )
        for theme in frame.themes
    )


def _centroids(marks: Marks, placed: Vectors, before: Codebook, frame: CodeFrame) -> Vectors:
    """Mean direction of each given theme's segments in the first wave that has any; of length 0 until then."""
    width = placed.shape[1] if len(placed) else before.centroids.shape[1]
    kept = {theme.theme_id: row for theme, row in zip(before.themes, before.centroids, strict=True)}
    centroids = np.zeros((len(frame.themes), width), dtype=np.float32)
    for i, theme in enumerate(frame.themes):
        row = kept.get(theme.theme_id)
        if row is not None and row.any():
            centroids[i] = row
        elif len(placed):
            centroids[i] = unit_rows(placed[marks.has[:, i]].sum(axis=0, keepdims=True))[0]
    return centroids


def _together(
    marks: Marks,
    explained: npt.NDArray[np.bool_],
    given: tuple[Theme, ...],
    centroids: Vectors,
    rest: Coded,
    space: Space,
) -> Coded:
    """One codebook and one coding from both: the frame's themes first."""
    book = Codebook.empty(space).extended(given, centroids).extended(rest.codebook.themes, rest.codebook.centroids)
    size = len(explained)
    theme, similarity = np.full(size, -1, dtype=np.int64), np.zeros(size)
    parts = np.full(size, "", dtype=object)
    if len(rest.theme) == size:  # nothing was found apart
        similarity = marks.scores.max(axis=1) if marks.scores.size else similarity
    else:
        theme[~explained] = np.where(rest.theme >= 0, rest.theme + len(given), -1)
        similarity[~explained] = rest.similarity
        parts[~explained] = rest.subtheme or ""
    best = np.where(marks.has, marks.scores, -np.inf)
    theme[explained] = best[explained].argmax(axis=1)
    similarity[explained] = best[explained].max(axis=1)
    also = tuple(_others(marks, i, int(theme[i])) if explained[i] else () for i in range(size))
    return Coded(book, theme, similarity, also, tuple(parts))


def _others(marks: Marks, row: int, best: int) -> tuple[tuple[int, float], ...]:
    """The further themes of a segment with their scores, highest first."""
    others: Sequence[int] = [int(i) for i in np.flatnonzero(marks.has[row]) if i != best]
    return tuple((i, float(marks.scores[row, i])) for i in sorted(others, key=lambda i: (-marks.scores[row, i], i)))
