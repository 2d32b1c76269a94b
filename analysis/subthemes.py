"""The level under a theme: what the people of a large theme speak of, each part with its own name and place.

A theme's segments are cut in two or more parts at the greatest distance that gives parts of enough respondents
(`analysis.gates.parted`). Sub-themes are found once, with their theme, and kept with it in the codebook: a later wave's
segments go to the nearest sub-theme of their theme, or to none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis import gates
from analysis.embed import Vectors, content_hash
from analysis.labels import Guide, Words, describe_themes
from analysis.space import unit_rows
from analysis.types import Groups, SubthemeId, ThemeId

if TYPE_CHECKING:
    from analysis.codebook import Codebook, Theme
    from analysis.themes import Corpus, ThemeSettings

_LEAST_SHARE = 0.1  # of the theme's respondents that each sub-theme has
_LEAST_GAIN = 0.06  # how much tighter the sub-themes are than their theme (mean cosine to the centroid)
_CUTS = tuple(round(0.8 - 0.02 * step, 2) for step in range(26))


@dataclass(frozen=True, slots=True)
class Subtheme:
    """A part of a theme; like a theme it has an identifier from the segments it was found in, kept for good."""

    subtheme_id: SubthemeId
    label: str
    description: str
    keywords: tuple[str, ...]
    centroid: Vectors = field(compare=False, repr=False)


def subtheme_id_of(theme: ThemeId, members: Sequence[str]) -> SubthemeId:
    """Derive an identifier from the theme's and the content hashes of the segments."""
    return SubthemeId(f"s{theme[1:]}-{content_hash(' '.join(sorted(set(members))))[:6]}")


def with_subthemes(
    themes: Sequence[Theme],
    members: Sequence[Groups],
    corpus: Corpus,
    placed: Vectors,
    words: Words,
    settings: ThemeSettings,
    least_respondents: int,
    guide: Guide | None,
    known: Sequence[Theme] = (),
) -> tuple[Theme, ...]:
    """Return new themes, each large one with its sub-themes; `members` are the rows of `corpus` of each theme.

    No label is like another of the codebook, whose other themes are `known`.
    """
    found: list[Theme] = []
    taken = {theme.label for theme in (*known, *themes)} | {sub.label for theme in known for sub in theme.subthemes}
    for theme, rows in zip(themes, members, strict=True):
        parts = find_subthemes(corpus, placed, rows, settings.subtheme_respondents, least_respondents)
        if not parts.max(initial=0):
            found.append(theme)
            continue
        named = _named(theme, corpus, placed, rows, parts, words, settings.keywords, frozenset(taken), guide)
        telling = tuple(sub for sub in named if _tells(sub))
        found.append(replace(theme, subthemes=telling if len(telling) > 1 else ()))
        taken.update(sub.label for sub in found[-1].subthemes)
    return tuple(found)


def find_subthemes(corpus: Corpus, placed: Vectors, rows: Groups, large: int, least_respondents: int) -> Groups:
    """Part a theme's rows: for each its part, from 0, or -1; all 0 where the theme is small or of one piece."""
    whole = np.zeros(len(rows), dtype=np.int64)
    people = corpus.respondents(rows)
    if people < large:
        return whole
    parts = gates.parted(corpus, placed, rows, max(least_respondents, round(_LEAST_SHARE * people)), _CUTS)
    tight = gates.mean_cohesion(placed[rows], parts)
    return parts if tight - gates.cohesion(placed[rows]) >= _LEAST_GAIN else whole


def _tells(sub: Subtheme) -> bool:
    """Whether a part says something of its own: more than its name, which did not have to be numbered."""
    return len(sub.keywords) > (1 if " " in sub.label else 2) and not re.search(r"\(\d+\)$", sub.label)


def _named(
    theme: Theme,
    corpus: Corpus,
    placed: Vectors,
    rows: Groups,
    parts: Groups,
    words: Words,
    keywords: int,
    taken: frozenset[str],
    guide: Guide | None,
) -> tuple[Subtheme, ...]:
    """Name the parts by what tells them from one another: a theme's other segments are the background."""
    each = [rows[parts == part] for part in range(int(parts.max()) + 1)]
    texts = [[corpus.texts[i] for i in part] for part in each]
    meanings = unit_rows(np.array([words.centre(corpus.vectors[part]).sum(axis=0) for part in each]))
    own = [corpus.texts[i] for i in rows]
    named = describe_themes(texts, own, meanings, words, keywords, taken, guide)
    centroids = unit_rows(np.array([placed[part].sum(axis=0) for part in each]))
    return tuple(
        Subtheme(
            subtheme_id_of(theme.theme_id, [content_hash(text) for text in said]),
            word.label,
            word.description,
            word.keywords,
            centroid,
        )
        for said, word, centroid in zip(texts, named, centroids, strict=True)
    )


def nearest_subthemes(codebook: Codebook, theme: Groups, placed: Vectors, least_similarity: float) -> list[str]:
    """Give every segment its nearest sub-theme of its theme, '' where it has none or is near none."""
    found = [""] * len(theme)
    for row, of in enumerate(codebook.themes):
        members = np.flatnonzero(theme == row)
        if not of.subthemes or not len(members):
            continue
        cosines = placed[members] @ np.stack([sub.centroid for sub in of.subthemes]).T
        for i, best, near in zip(members, cosines.argmax(axis=1), cosines.max(axis=1), strict=True):
            found[i] = of.subthemes[best].subtheme_id if near >= least_similarity else ""
    return found
