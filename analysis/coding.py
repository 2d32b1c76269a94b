"""Code responses: cut them into segments, give segments themes and vision links, and bring both up to the response."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.codebook import SEPARATOR, Codebook
from analysis.embed import Vectors, content_hash
from analysis.labels import Guide
from analysis.learning import Head
from analysis.priorities import RESPONSE_KEY
from analysis.segment import SegmentSettings, segment
from analysis.tables import CONTRACT, empty_table, rows_of
from analysis.themes import Corpus, ThemeSettings, code_wave
from analysis.types import SafeText, Stance, Status, VisionCode, Wave
from analysis.vision import Scores, VisionLinker, response_scores

_THEME_LINK_SHARE = 0.4  # a theme speaks to a vision theme if this share of its segments do
_MOST_LINKS = 2


def split_responses(responses: pd.DataFrame, settings: SegmentSettings) -> pd.DataFrame:
    """Return one row per segment of the substantive responses; themes and vision links still empty."""
    rows = [
        (_segment_id(row.wave, row.response_id, row.question_id, part.start, part.end), row.wave, row.response_id,
         row.question_id, part.text, part.start, part.end)
        for row in rows_of(responses[responses["status"] == Status.SUBSTANTIVE])
        for part in segment(SafeText(row.text), settings)
    ]  # fmt: skip
    columns = ["segment_id", "wave", "response_id", "question_id", "text", "start", "end"]
    table = pd.DataFrame(rows, columns=columns) if rows else empty_table("segments")[columns]
    return table.assign(theme_id="", theme_score=0.0, vision="").astype(CONTRACT["segments"])


def texts_to_embed(responses: pd.DataFrame, segments: pd.DataFrame) -> list[str]:
    """Return every text that needs a vector: segments, and whole responses for the vision links."""
    whole = responses.loc[responses["status"] == Status.SUBSTANTIVE, "text"]
    return sorted({*segments["text"], *whole})


@dataclass(frozen=True, slots=True)
class CodedSegments:
    """Segments with their themes, and the codebook as it stands after them."""

    segments: pd.DataFrame
    codebook: Codebook


def code_themes(
    responses: pd.DataFrame,
    segments: pd.DataFrame,
    codebook: Codebook,
    wave: Wave,
    encode: Callable[[Sequence[str]], Vectors],
    vector_of: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    guide: Guide,
) -> CodedSegments:
    """Give each segment of a wave its theme ('' for none) and the cosine to the nearest theme."""
    substantive = responses[responses["status"] == Status.SUBSTANTIVE]
    people = substantive[[*RESPONSE_KEY, "respondent", "text"]].rename(columns={"text": "whole"})
    who = segments.merge(people, on=RESPONSE_KEY, how="left", validate="many_to_one")
    corpus = Corpus.of(list(zip(who["text"], who["whole"], who["respondent"], strict=True)), vector_of, guide)
    coded = code_wave(corpus, codebook, wave, encode, settings, guide)
    row_of = {key: row for row, key in enumerate(zip(corpus.texts, corpus.wholes, strict=True))}
    rows = [row_of[key] for key in zip(who["text"], who["whole"], strict=True)]
    names = [theme.theme_id for theme in coded.codebook.themes] + [""]  # the last for row -1, no theme
    themed = segments.assign(
        theme_id=[names[coded.theme[row]] for row in rows], theme_score=coded.similarity[rows].round(4)
    )
    return CodedSegments(themed.astype(CONTRACT["segments"]), coded.codebook)


@dataclass(frozen=True, slots=True)
class Linked:
    """Segments and responses with their vision links, and the codebook with those of its new themes.

    `margins` has the keys of the substantive responses and how far the nearest score is from its threshold: the
    smaller, the less certain the links.
    """

    segments: pd.DataFrame
    response_vision: pd.DataFrame
    codebook: Codebook
    margins: pd.DataFrame


def link_vision(
    responses: pd.DataFrame,
    segments: pd.DataFrame,
    codebook: Codebook,
    linker: VisionLinker,
    vector_of: Callable[[Sequence[str]], Vectors],
    head: Head | None = None,
) -> Linked:
    """Link segments, responses and new themes to the vision; responses with what corrections taught, if given."""
    substantive = responses[responses["status"] == Status.SUBSTANTIVE].reset_index(drop=True)
    parts = linker.score(_vectors(segments["text"], vector_of))
    vectors = _vectors(substantive["text"], vector_of)
    whole = linker.score(vectors)
    row_of = {key: i for i, key in enumerate(substantive[RESPONSE_KEY].itertuples(index=False, name=None))}
    owner = np.array([row_of[key] for key in segments[RESPONSE_KEY].itertuples(index=False, name=None)], dtype=np.int64)
    scores, thresholds = response_scores(whole, parts, owner), np.broadcast_to(linker.threshold, len(linker.codes))
    if head:
        scores, thresholds = head.score(scores, vectors), head.thresholds
    linked = segments.assign(vision=[_joined(row, linker) for row in parts])
    return Linked(
        linked.astype(CONTRACT["segments"]),
        _response_vision(substantive, scores, thresholds, linker.codes),
        _with_theme_links(codebook, segments, parts, linker),
        substantive[RESPONSE_KEY].assign(margin=_margins(scores, thresholds)),
    )


def response_themes(segments: pd.DataFrame, stance_of: Mapping[str, Stance]) -> pd.DataFrame:
    """Return the `response_themes` table: each theme of each response once, with its best segment's score."""
    themed = segments[segments["theme_id"] != ""]
    if themed.empty:
        return empty_table("response_themes")
    by_theme = themed.groupby([*RESPONSE_KEY, "theme_id"], sort=True)
    best = by_theme.agg(score=("theme_score", "max")).reset_index()
    return best.assign(stance=best["question_id"].map(stance_of))


def _response_vision(
    responses: pd.DataFrame, scores: Scores, thresholds: npt.NDArray[np.float64], codes: Sequence[VisionCode]
) -> pd.DataFrame:
    rows, columns = np.nonzero(scores >= thresholds)
    if len(rows) == 0:
        return empty_table("response_vision")
    keys = responses.loc[rows, RESPONSE_KEY].reset_index(drop=True)
    return keys.assign(vision_code=[codes[column] for column in columns.tolist()], score=scores[rows, columns].round(4))


def _margins(scores: Scores, thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.abs(scores - thresholds).min(axis=1).round(4) if len(scores) else np.zeros(0)


def _with_theme_links(codebook: Codebook, segments: pd.DataFrame, parts: Scores, linker: VisionLinker) -> Codebook:
    """Link the themes that are new in this wave; earlier ones keep their links."""
    links = []
    for theme in codebook.themes:
        members = (segments["theme_id"] == theme.theme_id).to_numpy()
        is_new = bool(members.any()) and theme.first_wave in set(segments["wave"])
        links.append(_theme_links(parts[members], linker) if is_new else theme.vision)
    return codebook.with_vision(links)


def _theme_links(scores: Scores, linker: VisionLinker) -> tuple[VisionCode, ...]:
    share = (scores >= linker.threshold).mean(axis=0)
    order = sorted(range(len(linker.codes)), key=lambda i: (-share[i], i))
    return tuple(linker.codes[i] for i in order[:_MOST_LINKS] if share[i] >= _THEME_LINK_SHARE)


def _joined(scores: npt.NDArray[np.float64], linker: VisionLinker) -> str:
    return SEPARATOR.join(c for c, score in zip(linker.codes, scores, strict=True) if score >= linker.threshold)


def _vectors(texts: pd.Series[str], vector_of: Callable[[Sequence[str]], Vectors]) -> Vectors:
    return vector_of([content_hash(text) for text in texts])


def _segment_id(*parts: object) -> str:
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8)
    return f"s-{digest.hexdigest()}"
