"""Code responses: cut them into segments, give segments themes and vision links, and bring both up to the response."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.codebook import SEPARATOR, Codebook, split_joined
from analysis.coder import CoderSettings, Reading
from analysis.embed import Vectors, content_hash
from analysis.given import CodeFrame, code_with_frame
from analysis.labels import Guide
from analysis.learning import Head
from analysis.lineage import Rebuilt, inherit
from analysis.linker import VisionLinker
from analysis.places import names_read_plainly, plainly
from analysis.priorities import RESPONSE_KEY
from analysis.segment import SegmentSettings, segment
from analysis.steady import in_one_thread
from analysis.tables import CONTRACT, empty_table, rows_of
from analysis.themes import Coded, Corpus, ThemeSettings, code_known, code_wave
from analysis.types import SafeText, Stance, Status, VisionCode, Wave
from analysis.vision import Scores, response_scores

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
    blank = {"vision": "", "also": "", "also_scores": "", "subtheme_id": ""}
    return table.assign(theme_id="", theme_score=0.0, **blank).astype(CONTRACT["segments"])


def texts_to_embed(responses: pd.DataFrame, segments: pd.DataFrame) -> list[str]:
    """Return every text that needs a vector: segments, and whole responses for the vision links."""
    whole = responses.loc[responses["status"] == Status.SUBSTANTIVE, "text"]
    return sorted({*segments["text"], *whole})


def read_plainly(responses: pd.DataFrame, segments: pd.DataFrame, places: Sequence[str]) -> dict[str, SafeText]:
    """Return how every text is read for its vision links: `places` and the home that responses show put plainly."""
    substantive = responses.loc[responses["status"] == Status.SUBSTANTIVE, "text"]
    names = names_read_plainly(places, substantive)
    return {text: SafeText(plainly(text, names)) for text in texts_to_embed(responses, segments)}


@dataclass(frozen=True, slots=True)
class CodedSegments:
    """Segments with their themes, and the codebook as it stands after them."""

    segments: pd.DataFrame
    codebook: Codebook


@in_one_thread
def code_themes(
    responses: pd.DataFrame,
    segments: pd.DataFrame,
    codebook: Codebook,
    wave: Wave,
    encode: Callable[[Sequence[str]], Vectors],
    vector_of: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    guide: Guide,
    frame: CodeFrame | None = None,
    frame_settings: CoderSettings | None = None,
    known_only: bool = False,
    reading: Reading | None = None,
) -> CodedSegments:
    """Give each segment of a wave its theme ('' for none) and the cosine to the nearest theme.

    With a code frame, segments are coded to its themes, each to as many as it speaks to: the best in `theme_id`, the
    others in `also`. With `known_only` no new themes are looked for: the codebook was made from this wave too.
    """
    corpus, rows = corpus_of(responses, segments, vector_of, guide)

    def find(part: Corpus, known: Codebook) -> Coded:
        if known_only:
            return code_known(part, known, settings)
        return code_wave(part, known, wave, encode, settings, guide)

    if frame and frame_settings:
        coded = code_with_frame(corpus, codebook, wave, frame, encode, find, settings, frame_settings, reading)
    else:
        coded = find(corpus, codebook)
    names = [theme.theme_id for theme in coded.codebook.themes] + [""]  # the last for row -1, no theme
    also = [coded.also[row] if coded.also else () for row in rows]
    themed = segments.assign(
        theme_id=[names[coded.theme[row]] for row in rows],
        theme_score=coded.similarity[rows].round(4),
        also=[SEPARATOR.join(names[theme] for theme, _ in others) for others in also],
        also_scores=[SEPARATOR.join(f"{score:.4f}" for _, score in others) for others in also],
        subtheme_id=[coded.subtheme[row] if coded.subtheme else "" for row in rows],
    )
    return CodedSegments(themed.astype(CONTRACT["segments"]), coded.codebook)


def corpus_of(
    responses: pd.DataFrame,
    segments: pd.DataFrame,
    vector_of: Callable[[Sequence[str]], Vectors],
    guide: Guide | None = None,
) -> tuple[Corpus, list[int]]:
    """Return the distinct segments in their responses, and each segment's row among them."""
    substantive = responses[responses["status"] == Status.SUBSTANTIVE]
    people = substantive[[*RESPONSE_KEY, "respondent", "text"]].rename(columns={"text": "whole"})
    who = segments.merge(people, on=RESPONSE_KEY, how="left", validate="many_to_one")
    people_ = who["wave"] + " " + who["respondent"]  # pseudonyms are of a wave; several waves may be coded together
    corpus = Corpus.of(list(zip(who["text"], who["whole"], people_, strict=True)), vector_of, guide)
    row_of = {key: row for row, key in enumerate(zip(corpus.texts, corpus.wholes, strict=True))}
    return corpus, [row_of[key] for key in zip(who["text"], who["whole"], strict=True)]


def rebuild(
    responses: pd.DataFrame,
    segments: pd.DataFrame,
    before: Codebook,
    waves: Sequence[Wave],
    number: int,
    encode: Callable[[Sequence[str]], Vectors],
    vector_of: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    guide: Guide,
    frame: CodeFrame | None = None,
    frame_settings: CoderSettings | None = None,
    reading: Reading | None = None,
) -> Rebuilt:
    """Make a codebook from all waves together; themes that are substantially those of `before` keep their identifiers.

    `segments` are of all `waves`, with the themes they have in `before`; `number` counts the refits from 1.
    """
    blank = segments.assign(theme_id="", theme_score=0.0, vision="", also="", also_scores="", subtheme_id="")
    coded = code_themes(
        responses, blank, Codebook.empty(), waves[0], encode, vector_of, settings, guide, frame, frame_settings,
        reading=reading,
    )  # fmt: skip
    old, new = (themed_segments(each) for each in (segments, coded.segments))
    return inherit(before, old, coded.codebook, new, waves, number)


@dataclass(frozen=True, slots=True)
class Linked:
    """Segments and responses with their vision links, and the codebook with those of its new themes.

    `margins` has the keys of the substantive responses and how clear the choice of their links is: the smaller, the
    less certain.
    """

    segments: pd.DataFrame
    response_vision: pd.DataFrame
    codebook: Codebook
    margins: pd.DataFrame


@in_one_thread
def link_vision(
    responses: pd.DataFrame,
    segments: pd.DataFrame,
    codebook: Codebook,
    linker: VisionLinker,
    vector_of: Callable[[Sequence[str]], Vectors],
    head: Head | None = None,
    plain: Mapping[str, SafeText] | None = None,
) -> Linked:
    """Link segments, responses and new themes to the vision; responses with what corrections taught, if given.

    `plain` says how each text is read (`read_plainly`); `vector_of` knows what stands there.
    """
    plain = plain or {}
    substantive = responses[responses["status"] == Status.SUBSTANTIVE].reset_index(drop=True)
    read, wholly = ([plain.get(text, text) for text in table["text"]] for table in (segments, substantive))
    parts = linker.score(_vectors(read, vector_of), read)
    vectors = _vectors(wholly, vector_of)
    whole = linker.score(vectors, wholly)
    row_of = {key: i for i, key in enumerate(substantive[RESPONSE_KEY].itertuples(index=False, name=None))}
    owner = np.array([row_of[key] for key in segments[RESPONSE_KEY].itertuples(index=False, name=None)], dtype=np.int64)
    scores = response_scores(whole, parts, owner)
    if head:
        scores = head.score(scores, vectors)
    hits = linker.rule.links(parts)
    linked = segments.assign(vision=[_joined(row, linker.codes) for row in hits])
    return Linked(
        linked.astype(CONTRACT["segments"]),
        _response_vision(substantive, scores, linker.rule.links(scores), linker.codes),
        _with_theme_links(codebook, segments, hits, linker.codes),
        substantive[RESPONSE_KEY].assign(margin=linker.rule.margins(scores).round(4)),
    )


def response_themes(segments: pd.DataFrame, stance_of: Mapping[str, Stance]) -> pd.DataFrame:
    """Return the `response_themes` table: each theme of each response once, with its best segment's score."""
    themed = themed_segments(segments)
    if themed.empty:
        return empty_table("response_themes")
    by_theme = themed.groupby([*RESPONSE_KEY, "theme_id"], sort=True)
    best = by_theme.agg(score=("theme_score", "max")).reset_index()
    return best.assign(stance=best["question_id"].map(stance_of))


def themed_segments(segments: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each theme of each segment, its best and the further ones; none for those without a theme."""
    best = segments[segments["theme_id"] != ""]
    if "also" not in segments or not (segments["also"] != "").any():
        return best
    more = segments[segments["also"] != ""]
    parted = more.assign(
        theme_id=more["also"].map(split_joined),
        theme_score=more["also_scores"].map(lambda joined: [float(score) for score in split_joined(joined)]),
    ).explode(["theme_id", "theme_score"])
    return pd.concat([best, parted.astype({"theme_score": float})], ignore_index=True)


def _response_vision(
    responses: pd.DataFrame, scores: Scores, links: npt.NDArray[np.bool_], codes: Sequence[VisionCode]
) -> pd.DataFrame:
    rows, columns = np.nonzero(links)
    if len(rows) == 0:
        return empty_table("response_vision")
    keys = responses.loc[rows, RESPONSE_KEY].reset_index(drop=True)
    return keys.assign(vision_code=[codes[column] for column in columns.tolist()], score=scores[rows, columns].round(4))


def _with_theme_links(
    codebook: Codebook, segments: pd.DataFrame, hits: npt.NDArray[np.bool_], codes: Sequence[VisionCode]
) -> Codebook:
    """Link the themes that are new in this wave; earlier ones keep their links."""
    links = []
    for theme in codebook.themes:
        members = (segments["theme_id"] == theme.theme_id).to_numpy()
        is_new = bool(members.any()) and theme.first_wave in set(segments["wave"])
        is_set = theme.origin == "given" and bool(theme.vision)  # by the analyst
        links.append(_theme_links(hits[members], codes) if is_new and not is_set else theme.vision)
    return codebook.with_vision(links)


def _theme_links(hits: npt.NDArray[np.bool_], codes: Sequence[VisionCode]) -> tuple[VisionCode, ...]:
    share = hits.mean(axis=0)
    order = sorted(range(len(codes)), key=lambda i: (-share[i], i))
    return tuple(codes[i] for i in order[:_MOST_LINKS] if share[i] >= _THEME_LINK_SHARE)


def _joined(hits: npt.NDArray[np.bool_], codes: Sequence[VisionCode]) -> str:
    return SEPARATOR.join(code for code, hit in zip(codes, hits, strict=True) if hit)


def _vectors(texts: Iterable[str], vector_of: Callable[[Sequence[str]], Vectors]) -> Vectors:
    return vector_of([content_hash(text) for text in texts])


def _segment_id(*parts: object) -> str:
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8)
    return f"s-{digest.hexdigest()}"
