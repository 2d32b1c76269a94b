"""What residents raise that no theme of the vision covers: possible gaps in the vision.

A remark (segment) is linked, outside, or an aside. Topics most of whose remarks are outside are possible gaps: found
themes that are linked to nothing, then parts of other themes, then groups among the remarks that are left. How sure the
linker is that a topic is outside is told by the share of its remarks that are linked after all. Stages find groups
(`find_gap_groups`); what is a gap is decided when tables are published (`gaps_of`), so that people's decisions count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analysis.asides import is_aside
from analysis.changes import wilson
from analysis.codebook import SEPARATOR, Codebook, split_joined, subthemes_table, themes_table
from analysis.coding import corpus_of, themed_segments
from analysis.embed import Vectors
from analysis.labels import LABEL_STOP_WORDS, Guide
from analysis.priorities import RESPONSE_KEY
from analysis.space import Space
from analysis.steady import in_one_thread
from analysis.tables import empty_table, rows_of
from analysis.themes import (
    Corpus,
    ThemeSettings,
    find_groups,
    least_respondents,
    name_groups,
    nearest_group,
    seen_in,
    tells,
)
from analysis.types import GAP_KINDS, Certainty, GapKind, Status, ThemeId, ThemeState, Wave

LINKED, OUTSIDE, ASIDE = "linked", "outside", "aside"
"""What becomes of a remark: the vision covers it, it does not, or there is nothing to cover."""

_CONFIDENCE = 0.95
_ASIDES = 0.25  # share of a topic's unlinked remarks that are asides, from which the topic is one
_GROUP = 2  # times the people of a theme that a group needs: small ones are leftovers
_NAMED_BY = 0.4  # share of a group's remarks that use a word of its name
_WORD = re.compile(r"\w+")
_CLEARLY = 0.25  # upper end of the interval of the share that is linked, under which a topic is clearly outside


class GapSettings(BaseModel):
    """When a topic counts as a possible gap; see defaults.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    most_linked: float = Field(gt=0, le=1)
    similarity: float = Field(ge=-1, le=1)


# --- remarks ----------------------------------------------------------------------------------------------------------


def with_coverage(segments: pd.DataFrame, response_vision: pd.DataFrame) -> pd.DataFrame:
    """Return segments with the column `coverage`: linked, outside or aside.

    The links of the whole response decide, since they are measured and a person may have set them. A segment has a part
    in them if it speaks to one of them itself, or if none of the response's segments does: then the response was
    understood as a whole ("third winter with a bucket under the skylight").
    """
    links = response_vision.groupby(RESPONSE_KEY)["vision_code"].agg(frozenset).to_dict()
    keys = list(segments[RESPONSE_KEY].itertuples(index=False, name=None))
    own = [
        links.get(key, frozenset()) & set(split_joined(said))
        for key, said in zip(keys, segments["vision"], strict=True)
    ]
    in_parts = {key for key, codes in zip(keys, own, strict=True) if codes}
    linked = [bool(codes) or (key in links and key not in in_parts) for key, codes in zip(keys, own, strict=True)]
    asides = {text: is_aside(text) for text in set(segments["text"])}
    coverage = [
        LINKED if covered else ASIDE if asides[text] else OUTSIDE
        for covered, text in zip(linked, segments["text"], strict=True)
    ]
    return segments.assign(coverage=pd.Series(coverage, index=segments.index, dtype=str))


@dataclass(frozen=True, slots=True)
class _Weight:
    """How many remarks of a topic are linked, outside and aside."""

    linked: int
    outside: int
    asides: int

    @classmethod
    def of(cls, coverage: pd.Series[str]) -> _Weight:
        counts = coverage.value_counts()
        return cls(*(int(counts.get(each, 0)) for each in (LINKED, OUTSIDE, ASIDE)))

    @property
    def remarks(self) -> int:
        return self.linked + self.outside

    @property
    def share_linked(self) -> float:
        return self.linked / self.remarks if self.remarks else 1.0

    def is_gap(self, settings: GapSettings) -> bool:
        """Whether most of a topic is outside, and little of what is not linked is an aside."""
        return self.share_linked < settings.most_linked and not self.is_aside

    @property
    def is_aside(self) -> bool:
        """Whether so many remarks are asides that the others will be too: rules know only the plainest."""
        return self.asides >= max(1.0, _ASIDES * (self.asides + self.outside))

    def is_surely_gap(self, settings: GapSettings) -> bool:
        """The same, and not by chance: what is no theme by itself must show it more clearly."""
        return self.is_gap(settings) and self.certainty != "unsure"

    @property
    def certainty(self) -> Certainty:
        """By the upper end of the interval of the share that is linked: small topics prove little."""
        high = wilson(self.linked, self.remarks, _CONFIDENCE)[1] if self.remarks else 1.0
        return "clear" if high < _CLEARLY else "likely" if high < 1 / 2 else "unsure"


# --- groups among the remarks that no theme explains ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GapGroups:
    """Groups found outside the vision so far, and the segments of this wave that are near one: `NEAR` columns."""

    codebook: Codebook
    near: pd.DataFrame


NEAR = ("segment_id", "gap_id", "score")


@in_one_thread
def find_gap_groups(
    responses: pd.DataFrame,
    segments: pd.DataFrame,
    response_vision: pd.DataFrame,
    codebook: Codebook,
    known: Codebook,
    wave: Wave,
    encode: Callable[[Sequence[str]], Vectors],
    vector_of: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    gaps: GapSettings,
    guide: Guide,
) -> GapGroups:
    """Group what a wave leaves outside: remarks that are linked to nothing and in no theme or part that is a gap.

    `codebook` has the themes with their links, `known` the groups of earlier waves, which keep their identifiers. A
    group that mostly lies among linked remarks is what the linker missed, not a gap, and is left out.
    """
    if segments.empty or not codebook.space.origin.size:
        return GapGroups(known, _near_frame([], known, np.zeros(0, dtype=np.int64), np.zeros(0)))
    covered = with_coverage(segments, response_vision)
    corpus, rows = corpus_of(responses, segments, vector_of, guide)
    placed = codebook.space.place(corpus, settings)
    linked = _by_row(covered["coverage"] == LINKED, rows, len(placed))
    loose = _by_row(_is_loose(covered, codebook, gaps), rows, len(placed)) > 0
    new = _new_groups(corpus, placed, loose, codebook, known, wave, encode, settings, guide)
    counts = np.bincount(rows, minlength=len(placed))
    while True:
        grown = known.extended(new.themes, new.centroids)
        nearest, score = nearest_group(placed, grown, gaps.similarity)
        kept = [
            i
            for i in range(len(new.themes))
            if _lies_outside(nearest == len(known.themes) + i, linked, counts, gaps)
            and corpus.respondents(np.flatnonzero((nearest == len(known.themes) + i) & loose))
            >= _GROUP * least_respondents(corpus.respondents(), settings)
        ]
        if len(kept) == len(new.themes):
            return GapGroups(grown, _near_frame(list(segments["segment_id"]), grown, nearest[rows], score[rows]))
        new = Codebook(tuple(new.themes[i] for i in kept), new.centroids[kept], new.space)


def _is_loose(covered: pd.DataFrame, codebook: Codebook, settings: GapSettings) -> pd.Series[bool]:
    """The remarks outside that no gap explains, and no theme that is an aside."""
    themes = themes_table(codebook)
    topics = _topics(covered, themes, subthemes_table(codebook), {}, settings)
    explained = _explained(covered, themes, topics)
    return (covered["coverage"] == OUTSIDE) & ~covered["segment_id"].isin(explained)


def _new_groups(
    corpus: Corpus,
    placed: Vectors,
    loose: npt.NDArray[np.bool_],
    codebook: Codebook,
    known: Codebook,
    wave: Wave,
    encode: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    guide: Guide,
) -> Codebook:
    """Cluster the loose remarks that no known group explains, as themes are found, and name the groups."""
    rest = loose & (nearest_group(placed, known, settings.assign_similarity)[0] < 0)
    part, rows = corpus.subset(rest), np.flatnonzero(rest)
    nothing = Codebook.empty(codebook.space)
    if len(part.texts) < settings.min_documents:
        return nothing
    least = least_respondents(corpus.respondents(), settings)
    seen = seen_in(Space.of(part, settings.seed, codebook.space.origin), part, settings)
    groups = find_groups(part, least, settings, seen)
    named = codebook.extended(known.themes, known.centroids)
    themes, centroids = name_groups(part, placed[rows], groups, named, wave, not known.themes, encode, settings, guide)
    members = [np.flatnonzero(groups == i) for i in range(len(themes))]
    telling = [
        i
        for i, (theme, own) in enumerate(zip(themes, members, strict=True))
        if tells(theme, part, own, least) and _is_named_by_many(theme.label, [part.texts[row] for row in own])
    ]
    found = (replace(themes[i], theme_id=ThemeId(f"g{themes[i].theme_id[1:]}"), first_wave=wave) for i in telling)
    return nothing.extended(found, centroids[telling])


def _is_named_by_many(label: str, texts: Sequence[str]) -> bool:
    """Whether enough remarks use a word of their group's name: what is left over is often alike in nothing else."""
    stems = [word.removesuffix("s") for word in _WORD.findall(label.casefold()) if word not in LABEL_STOP_WORDS]
    using = sum(any(stem in text.casefold() for stem in stems) for text in texts)
    return using >= _NAMED_BY * len(texts)


def _lies_outside(
    mine: npt.NDArray[np.bool_], linked: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], settings: GapSettings
) -> bool:
    covered, remarks = int(linked[mine].sum()), int(counts[mine].sum())
    return _Weight(covered, remarks - covered, 0).is_surely_gap(settings)


def _by_row(marked: pd.Series[bool], rows: Sequence[int], length: int) -> npt.NDArray[np.int64]:
    """How many of the marked segments stand in each row of the corpus (its segments are distinct)."""
    return np.bincount(np.asarray(rows)[marked.to_numpy(dtype=bool)], minlength=length).astype(np.int64)


def _near_frame(
    segments: Sequence[str], groups: Codebook, nearest: npt.NDArray[np.int64], score: npt.NDArray[np.float64]
) -> pd.DataFrame:
    near = [
        (segment, groups.themes[at].theme_id, round(float(cosine), 4))
        for segment, at, cosine in zip(segments, nearest.tolist(), score, strict=True)
        if at >= 0
    ]
    return pd.DataFrame(near, columns=list(NEAR)).astype({"segment_id": str, "gap_id": str, "score": float})


# --- what is a gap, as people decided ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gaps:
    """The tables `gaps` and `response_gaps`, and the segments with their `coverage` and the gaps of their wave."""

    gaps: pd.DataFrame
    response_gaps: pd.DataFrame
    segments: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Found:
    """What the stages found: groups, a row each like themes, and the segments near them."""

    groups: pd.DataFrame
    near: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Topic:
    """A possible gap: what it is called, and its segments."""

    gap_id: str
    kind: GapKind
    theme_id: str
    row: Mapping[str, Any]
    segments: pd.DataFrame
    weight: _Weight
    by_person: bool = False


def gaps_of(
    tables: Mapping[str, pd.DataFrame],
    found: Found,
    said: Mapping[str, bool],
    waves: Sequence[Wave],
    least: Callable[[int], int],
    settings: GapSettings,
) -> Gaps:
    """Say for each wave what its possible gaps are, from the decided tables of all `waves`, in order.

    `said` has what people decided: True for a theme that they linked, False for one that they say is outside; neither
    is overruled. A wave's gaps are judged by all remarks up to it. A gap needs `least(respondents of the wave)` people
    in the wave, a group twice as many; one that a person named needs none.
    """
    covered = with_coverage(tables["segments"], tables["response_vision"])
    responses = tables["responses"]
    people = responses.loc[responses["status"] == Status.SUBSTANTIVE, [*RESPONSE_KEY, "respondent"]]
    rows: list[dict[str, Any]] = []
    raised: list[pd.DataFrame] = []
    gaps_in: dict[str, list[str]] = {}
    for place, wave in enumerate(waves):
        upto = set(waves[: place + 1])
        so_far = covered[covered["wave"].isin(upto)]
        here = people[people["wave"] == wave]
        fewest = least(here["respondent"].nunique())
        themes = tables["themes"][tables["themes"]["first_wave"].isin(upto)]
        topics = _topics(so_far, themes, tables["subthemes"], said, settings)
        topics += _group_topics(so_far, themes, found, topics, said, settings)
        for topic in topics:
            who = _who(topic, tables["response_themes"], wave).merge(here, on=RESPONSE_KEY)
            count = who["respondent"].nunique()
            enough = _GROUP * fewest if topic.kind == "group" else fewest
            if count >= (1 if topic.by_person else enough):
                rows.append(_row(topic, wave, count, len(who)))
                raised.append(who.assign(gap_id=topic.gap_id)[[*RESPONSE_KEY, "gap_id", "score"]])
                for segment in topic.segments.loc[topic.segments["wave"] == wave, "segment_id"]:
                    gaps_in.setdefault(segment, []).append(topic.gap_id)
    segments = covered.assign(gap_id=[SEPARATOR.join(gaps_in.get(each, ())) for each in covered["segment_id"]])
    return Gaps(_ordered(rows, waves), _all_raised(raised), segments)


def _ordered(rows: Sequence[Mapping[str, Any]], waves: Sequence[Wave]) -> pd.DataFrame:
    """The table `gaps`: by wave, those that may be none last, else the largest first."""
    places = {wave: place for place, wave in enumerate(waves)}

    def rank(row: Mapping[str, Any]) -> tuple[int, bool, int, int, str]:
        unsure, kind = row["certainty"] == "unsure", GAP_KINDS.index(row["kind"])
        return places[row["wave"]], unsure, -row["respondents"], kind, row["gap_id"]

    order = sorted(range(len(rows)), key=lambda at: rank(rows[at]))
    return pd.DataFrame([rows[at] for at in order]) if rows else empty_table("gaps")


def _all_raised(raised: Sequence[pd.DataFrame]) -> pd.DataFrame:
    both = pd.concat(raised) if raised else empty_table("response_gaps")
    return both.sort_values([*RESPONSE_KEY, "gap_id"], ignore_index=True)


def _topics(
    covered: pd.DataFrame,
    themes: pd.DataFrame,
    subthemes: pd.DataFrame,
    said: Mapping[str, bool],
    settings: GapSettings,
) -> list[_Topic]:
    """Themes linked to nothing that lie outside, then parts of the other themes that do."""
    shown = themes[~themes["state"].isin([ThemeState.HIDDEN, ThemeState.MERGED])]
    themed = dict(tuple(themed_segments(covered).groupby("theme_id")))
    parts = {str(theme): rows for theme, rows in subthemes.groupby("theme_id")}
    found: list[_Topic] = []
    for row in rows_of(shown):
        mine = themed.get(row.theme_id)
        if mine is None:
            continue
        weight = _Weight.of(mine["coverage"])
        verdict = said.get(row.theme_id)
        if verdict is False or (verdict is None and not row.vision and weight.is_gap(settings)):
            found.append(_Topic(row.theme_id, "theme", row.theme_id, row._asdict(), mine, weight, verdict is False))
        elif verdict is None:
            found += _part_topics(mine, rows_of(parts.get(row.theme_id, subthemes.iloc[:0])), row, settings)
    return found


def _part_topics(mine: pd.DataFrame, parts: Iterable[Any], theme: Any, settings: GapSettings) -> Iterator[_Topic]:
    for part in parts:
        own = mine[mine["subtheme_id"] == part.subtheme_id]
        weight = _Weight.of(own["coverage"])
        if len(own) and weight.is_surely_gap(settings):
            yield _Topic(part.subtheme_id, "part", theme.theme_id, part._asdict(), own, weight)


def _explained(covered: pd.DataFrame, themes: pd.DataFrame, topics: Sequence[_Topic]) -> set[str]:
    """The segments of gaps, and of themes that are about the survey itself."""
    unlinked = themes.loc[themes["vision"] == "", "theme_id"]
    asides = covered["theme_id"].isin(mostly_asides(covered, unlinked))
    return {
        *covered.loc[asides, "segment_id"],
        *(segment for topic in topics for segment in topic.segments["segment_id"]),
    }


def _group_topics(
    covered: pd.DataFrame,
    themes: pd.DataFrame,
    found: Found,
    topics: Sequence[_Topic],
    said: Mapping[str, bool],
    settings: GapSettings,
) -> list[_Topic]:
    """Groups of what is left: without the remarks of other gaps, and of themes that a person linked as linked."""
    taken = _explained(covered, themes, topics)
    near = found.near[~found.near["segment_id"].isin(taken)].merge(covered, on="segment_id")
    linked = near["theme_id"].map(said).fillna(value=False).astype(bool)
    near = near.assign(coverage=near["coverage"].mask(linked, LINKED))
    by_group = dict(tuple(near.groupby("gap_id")))
    weighed = [
        (row, by_group[row.theme_id], _Weight.of(by_group[row.theme_id]["coverage"]))
        for row in rows_of(found.groups)
        if row.theme_id in by_group
    ]
    return [
        _Topic(row.theme_id, "group", "", row._asdict(), mine[mine["coverage"] == OUTSIDE], weight)
        for row, mine, weight in weighed
        if weight.is_surely_gap(settings)
    ]


def _who(topic: _Topic, response_themes: pd.DataFrame, wave: Wave) -> pd.DataFrame:
    """The wave's responses that raise a topic, each once with its best score, those linked to nothing told apart."""
    if topic.kind == "theme":
        raised = response_themes[response_themes["theme_id"] == topic.theme_id]
        return raised.loc[raised["wave"] == wave, [*RESPONSE_KEY, "score"]]
    rows = topic.segments[topic.segments["wave"] == wave]
    score = "score" if topic.kind == "group" else "theme_score"
    best = rows.groupby(RESPONSE_KEY, sort=True).agg(score=(score, "max"))
    return best.reset_index() if len(best) else empty_table("response_gaps")[[*RESPONSE_KEY, "score"]]


def _row(topic: _Topic, wave: Wave, respondents: int, responses: int) -> dict[str, Any]:
    weight = topic.weight
    return {
        "wave": wave,
        "gap_id": topic.gap_id,
        "kind": topic.kind,
        "theme_id": topic.theme_id,
        "label": topic.row["label"],
        "description": topic.row["description"],
        "keywords": topic.row["keywords"],
        "first_wave": topic.row["first_wave"],
        "respondents": respondents,
        "responses": responses,
        "segments": weight.remarks,
        "segments_linked": weight.linked,
        "share_linked": round(weight.share_linked, 4),
        "certainty": "said" if topic.by_person else weight.certainty,
        "source": "person" if topic.by_person else "machine",
    }


def counts_of(covered: pd.DataFrame, wave: Wave) -> dict[str, int]:
    """How many of a wave's segments are linked, outside and aside."""
    here = covered.loc[covered["wave"] == wave, "coverage"]
    return {each: int((here == each).sum()) for each in (LINKED, OUTSIDE, ASIDE)}


def mostly_asides(covered: pd.DataFrame, themes: Iterable[str]) -> frozenset[str]:
    """The themes that are about the survey itself, as far as they are not linked."""
    themed = dict(tuple(themed_segments(covered).groupby("theme_id")))
    weights = {theme: _Weight.of(themed[theme]["coverage"]) for theme in themes if theme in themed}
    return frozenset(theme for theme, weight in weights.items() if weight.is_aside)
