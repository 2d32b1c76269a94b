"""Bring a consultation's tables together into what the report of one wave shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analysis import gaps as gap_tables
from analysis.codebook import split_joined
from analysis.priorities import RESPONSE_KEY, Priorities
from analysis.quotes import VectorOf, minority, spread
from analysis.retelling import answered_of, changes_of, descents_of, evidence_of, kinds_of_evidence
from analysis.tables import empty_table, pieces_by_type, rows_of
from analysis.types import (
    Breakdown,
    Campaign,
    Count,
    GapSummary,
    Outside,
    QuestionId,
    QuestionSummary,
    Quote,
    Reason,
    Removed,
    ReportData,
    Reviewed,
    SafeText,
    Stance,
    Status,
    SubthemeId,
    SubthemeSummary,
    ThemeId,
    ThemeState,
    ThemeSummary,
    VisionCode,
    VisionSummary,
    Wave,
)

LEAST_CELL = 5
_FEW = 12
_CAMPAIGNS = 10
_QUOTE_MIN_CHARS = 15


class ReportSettings(BaseModel):
    """What a report may show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_cell: int = Field(ge=LEAST_CELL)
    quotes: int = Field(ge=0)
    quote_min_respondents: int = Field(ge=1)
    quote_max_chars: int = Field(ge=40)
    approved_quotes_only: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the consultation."""

    question_id: QuestionId
    text: str
    stance: Stance


@dataclass(frozen=True, slots=True)
class VisionHeading:
    """A theme of the vision as headed in the report."""

    code: VisionCode
    title: str
    aspiration: str


@dataclass(frozen=True, slots=True)
class About:
    """What the report says of the consultation itself; `waves` end with the wave reported."""

    consultation_id: str
    title: str
    synthetic: bool
    waves: tuple[Wave, ...]
    questions: tuple[Question, ...]
    framework_title: str
    vision: tuple[VisionHeading, ...]
    provenance: tuple[tuple[str, str], ...]
    reviewed: Reviewed | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """The contract's tables for all waves up to the one reported."""

    responses: pd.DataFrame
    redactions: pd.DataFrame
    segments: pd.DataFrame
    themes: pd.DataFrame
    response_themes: pd.DataFrame
    response_vision: pd.DataFrame
    theme_changes: pd.DataFrame = field(default_factory=partial(empty_table, "theme_changes"))
    lineage: pd.DataFrame = field(default_factory=partial(empty_table, "lineage"))
    subthemes: pd.DataFrame = field(default_factory=partial(empty_table, "subthemes"))
    gaps: pd.DataFrame = field(default_factory=partial(empty_table, "gaps"))
    response_gaps: pd.DataFrame = field(default_factory=partial(empty_table, "response_gaps"))


def summarise(
    tables: Tables, about: About, rows_read: int, settings: ReportSettings, vector_of: VectorOf | None = None
) -> ReportData:
    """Return all that the report of the last of `about.waves` shows. `rows_read` are of that wave.

    With `vector_of` quotes are chosen to differ from one another.
    """
    return _Summary(tables, about, settings, vector_of).report(rows_read)


def quotable(rows: pd.DataFrame, settings: ReportSettings) -> pd.DataFrame:
    """Of substantive responses those fit for a quote: nothing redacted, no mark, no campaign letter, short."""
    length = rows["text"].str.len()
    fits = (length <= settings.quote_max_chars) & (length >= _QUOTE_MIN_CHARS)
    plain = (rows["redactions"] == 0) & (rows["marks"] == "")
    own = plain & ~rows["campaign"] & (rows["duplicate_of"] == "")
    columns = [*RESPONSE_KEY, "text", "respondent", *(["quote"] if "quote" in rows else [])]
    return rows.loc[fits & own, columns]


class _Summary:
    def __init__(
        self, tables: Tables, about: About, settings: ReportSettings, vector_of: VectorOf | None = None
    ) -> None:
        self._about, self._settings, self._tables, self._vector_of = about, settings, tables, vector_of
        self._wave = about.waves[-1]
        self._stance: dict[str, Stance] = {question.question_id: question.stance for question in about.questions}
        self._here = tables.responses[tables.responses["wave"] == self._wave]
        self._priorities = Priorities(tables.responses, self._stance, self._wave, about.waves)
        self._quotable = self._quotable_responses()
        self._parted = self._parted_segments()

    def report(self, rows_read: int) -> ReportData:
        themes = self._themes()
        vision = self._vision(themes)
        outside, others = self._unlinked, self._in_no_gap(self._unlinked)
        few = self._priorities.substantive_without(self._tables.response_themes)
        about = self._about
        return ReportData(
            consultation_id=about.consultation_id,
            title=about.title,
            wave=self._wave,
            waves=about.waves,
            synthetic=about.synthetic,
            framework_title=about.framework_title,
            respondents=self._priorities.answered(self._wave),
            rows_read=rows_read,
            questions=tuple(self._question(question) for question in about.questions),
            vision=vision,
            themes=themes,
            outside_vision=self._priorities.count(outside),
            outside_themes=tuple(theme for theme in themes if not theme.vision),
            outside_quotes=self._quotes(others.assign(score=0.0), self._settings.quotes, self._people(others)),
            unthemed_responses=int((few["wave"] == self._wave).sum()),
            few=self._quotes(few.assign(score=0.0), _FEW, self._people(few)),
            campaigns=self._campaigns(),
            excluded=self._excluded(),
            languages=self._languages(),
            breakdowns=self._breakdowns(),
            redactions=pieces_by_type(self._removed_here()),
            removed=self._removed(),
            marked=_counts(self._substantive["marks"].str.split().explode().dropna()),
            marked_responses=int((self._substantive["marks"] != "").sum()),
            min_cell=self._settings.min_cell,
            provenance=about.provenance,
            evidence=kinds_of_evidence(self._substantive),
            evidence_responses=int((evidence_of(self._substantive) != "").sum()),
            changes=changes_of(self._tables.theme_changes, self._wave, self._hidden),
            changes_answered=answered_of(self._tables.theme_changes, self._wave),
            lineage=descents_of(self._tables.lineage, self._wave),
            reviewed=about.reviewed,
            outside=self._outside(themes),
        )

    @property
    def _hidden(self) -> frozenset[str]:
        """Themes that an analyst keeps out of every output."""
        themes = self._tables.themes
        return frozenset(themes.loc[themes["state"].isin([ThemeState.HIDDEN, ThemeState.MERGED]), "theme_id"])

    @property
    def _substantive(self) -> pd.DataFrame:
        return self._here[self._here["status"] == Status.SUBSTANTIVE]

    def _people(self, raised: pd.DataFrame) -> int:
        return self._priorities.count(raised).respondents

    def _question(self, question: Question) -> QuestionSummary:
        answers = self._here.loc[self._here["question_id"] == question.question_id, "status"].value_counts()
        by_status: dict[Status, int] = {
            status: int(answers.get(str(status), 0)) for status in Status if status is not Status.REJECTED
        }
        return QuestionSummary(question.question_id, question.text, question.stance, by_status)

    def _themes(self) -> tuple[ThemeSummary, ...]:
        """Themes raised in this wave, largest first."""
        shown = self._tables.themes[self._tables.themes["state"] != str(ThemeState.HIDDEN)]
        raised = dict(tuple(self._tables.response_themes.groupby("theme_id")))
        nobody = self._tables.response_themes.iloc[:0]
        themes = [self._theme(row._asdict(), raised.get(row.theme_id, nobody)) for row in rows_of(shown)]
        present = [theme for theme in themes if theme.count.respondents]
        return tuple(sorted(present, key=lambda theme: (-theme.count.respondents, theme.label, theme.theme_id)))

    def _theme(self, row: Mapping[str, str], raised: pd.DataFrame) -> ThemeSummary:
        count = self._since(Wave(row["first_wave"]), self._priorities.count(raised))
        quotes = self._quotes(raised, self._settings.quotes, count.respondents)
        minority_view = self._minority(raised, quotes, count.respondents)
        return ThemeSummary(
            theme_id=ThemeId(row["theme_id"]),
            label=row["label"],
            description=row["description"],
            keywords=split_joined(row["keywords"]),
            state=ThemeState(row["state"]),
            first_wave=Wave(row["first_wave"]),
            vision=tuple(VisionCode(code) for code in split_joined(row["vision"])),
            count=count,
            quotes=quotes,
            minority=minority_view,
            subthemes=self._subthemes(row["theme_id"], raised, [*quotes, minority_view], count.respondents),
            origin="given" if row.get("origin") == "given" else "found",
            beside_given=row.get("origin") != "given" and self._has_given,
            by_person=row.get("source") == "person",
        )

    @cached_property
    def _has_given(self) -> bool:
        themes = self._tables.themes
        return "origin" in themes and bool((themes["origin"] == "given").any())

    def _subthemes(
        self, theme: str, whole: pd.DataFrame, shown: Sequence[Quote | None], respondents: int
    ) -> tuple[SubthemeSummary, ...]:
        """The parts of a theme that anyone raises in this wave, largest first, each with a quote not yet `shown`."""
        names = {row.subtheme_id: row for row in rows_of(self._tables.subthemes)}
        mine = self._parted.get(theme)
        if mine is None:
            return ()
        mine = mine[mine["subtheme_id"].isin(list(names))]
        parts, taken = [], [quote.text for quote in shown if quote]
        for name in sorted(set(mine["subtheme_id"])):
            of = mine[mine["subtheme_id"] == name]
            best = of.groupby(RESPONSE_KEY, sort=True).agg(score=("theme_score", "max")).reset_index()
            raised = whole.drop(columns="score").merge(best, on=RESPONSE_KEY)  # with the sides told for the theme
            people = int(of["respondent"].nunique())
            quotes = self._quotes(raised, len(taken) + 1, people)
            fresh = next((quote for quote in quotes if quote.text not in taken), None)
            taken += [fresh.text] if fresh else []
            row = names[name]
            parts.append(
                SubthemeSummary(
                    SubthemeId(name),
                    row.label,
                    row.description,
                    split_joined(row.keywords),
                    people,
                    people / respondents if respondents else 0.0,
                    fresh,
                )
            )
        return tuple(sorted(parts, key=lambda part: (-part.respondents, part.label, part.subtheme_id)))

    def _parted_segments(self) -> dict[str, pd.DataFrame]:
        """This wave's segments that have a sub-theme, with who wrote them, by theme."""
        segments = self._tables.segments
        if "subtheme_id" not in segments:
            return {}
        mine = segments.loc[segments["subtheme_id"] != "", [*RESPONSE_KEY, "theme_id", "subtheme_id", "theme_score"]]
        here = mine.merge(self._substantive[[*RESPONSE_KEY, "respondent"]], on=RESPONSE_KEY)
        return {str(theme): rows for theme, rows in here.groupby("theme_id")}

    def _minority(self, raised: pd.DataFrame, shown: Sequence[Quote], respondents: int) -> Quote | None:
        least = self._settings.quote_min_respondents
        if respondents < least or not shown:
            return None
        rows = minority(self._candidates(raised), [quote.text for quote in shown], least)
        return next((Quote(SafeText(row.text), row.stance) for row in rows_of(rows)), None)

    def _since(self, first: Wave, count: Count) -> Count:
        """Leave out the shares of waves before a theme was known: they were not coded for it, so 0 would be false."""
        waves = self._about.waves
        known = waves[waves.index(first) :] if first in waves else waves
        return replace(count, share_by_wave={w: share for w, share in count.share_by_wave.items() if w in known})

    def _vision(self, themes: Sequence[ThemeSummary]) -> tuple[VisionSummary, ...]:
        """Vision themes ranked by respondents; equal counts stand in the framework's order and share a rank."""
        links = self._tables.response_vision
        raised = {heading.code: links[links["vision_code"] == heading.code] for heading in self._about.vision}
        counts = {code: self._priorities.count(rows) for code, rows in raised.items()}
        ordered = sorted(self._about.vision, key=lambda heading: -counts[heading.code].respondents)
        return tuple(
            VisionSummary(
                code=heading.code,
                title=heading.title,
                aspiration=heading.aspiration,
                rank=1 + sum(c.respondents > counts[heading.code].respondents for c in counts.values()),
                count=counts[heading.code],
                themes=tuple(theme for theme in themes if theme.vision[:1] == (heading.code,)),
                quotes=self._quotes(raised[heading.code], self._settings.quotes, counts[heading.code].respondents),
            )
            for heading in ordered
        )

    def _outside(self, themes: Sequence[ThemeSummary]) -> Outside:
        """What the vision does not name in this wave, and which unlinked themes are no gaps."""
        rows = self._tables.gaps[self._tables.gaps["wave"] == self._wave]
        by_id = {str(theme.theme_id): theme for theme in themes}
        gaps = tuple(self._gap(row, by_id.get(row.theme_id)) for row in rows_of(rows))
        named = {gap.gap_id for gap in gaps}
        others = tuple(theme for theme in themes if not theme.vision and theme.theme_id not in named)
        segments = self._tables.segments
        if "coverage" not in segments:
            return Outside(gaps)
        asides = gap_tables.mostly_asides(segments, [theme.theme_id for theme in others])
        here = segments[segments["wave"] == self._wave]
        return Outside(
            gaps=gaps,
            asides=tuple(theme for theme in others if theme.theme_id in asides),
            remarks=gap_tables.counts_of(segments, self._wave),
            in_gaps=int(((here["coverage"] == gap_tables.OUTSIDE) & (here["gap_id"] != "")).sum()),
        )

    def _gap(self, row: Any, theme: ThemeSummary | None) -> GapSummary:
        """One gap, its count hidden if small; for its quotes, answers that are linked to nothing come first."""
        raised = self._tables.response_gaps
        raised = raised[raised["gap_id"] == row.gap_id]
        if row.kind == "theme":  # with the sides told for the theme
            coded = self._tables.response_themes
            raised = coded[coded["theme_id"] == row.theme_id]
        count = self._since(Wave(row.first_wave), self._priorities.count(raised))
        unlinked = self._unlinked.merge(raised, on=RESPONSE_KEY)
        linked = raised.merge(self._unlinked, on=RESPONSE_KEY, how="left", indicator=True)
        linked = linked[linked.pop("_merge") == "left_only"]
        ranked = pd.concat([unlinked.assign(score=unlinked["score"] + 1), linked])
        is_shown = count.respondents >= self._settings.min_cell
        return GapSummary(
            gap_id=row.gap_id,
            kind=row.kind,
            theme=theme,
            label=row.label,
            description=row.description,
            keywords=split_joined(row.keywords),
            count=count if is_shown else None,
            share_linked=row.share_linked if is_shown else None,
            certainty=row.certainty,
            is_new=len(self._about.waves) > 1 and row.first_wave == self._wave,
            quotes=self._quotes(ranked, self._settings.quotes, count.respondents),
        )

    def _in_no_gap(self, outside: pd.DataFrame) -> pd.DataFrame:
        """Of responses outside the vision those that no gap holds and that are no mere asides."""
        segments, gaps = self._tables.segments, self._tables.response_gaps
        known = gaps.loc[gaps["wave"] == self._wave, RESPONSE_KEY]
        if "coverage" in segments:
            asides = segments.loc[segments["coverage"] == gap_tables.ASIDE, RESPONSE_KEY]
            known = pd.concat([known, asides])
        merged = outside.merge(known.drop_duplicates(), on=RESPONSE_KEY, how="left", indicator=True)
        return merged.loc[merged["_merge"] == "left_only", RESPONSE_KEY]

    @cached_property
    def _unlinked(self) -> pd.DataFrame:
        return self._priorities.substantive_without(self._tables.response_vision)

    def _quotable_responses(self) -> pd.DataFrame:
        """Responses that may be quoted: those that no person refused, or by setting only those that one approved."""
        rows = quotable(self._substantive, self._settings)
        verdict = rows["quote"] if "quote" in rows else pd.Series("", index=rows.index)
        return rows[verdict == "approved"] if self._settings.approved_quotes_only else rows[verdict != "refused"]

    def _quotes(self, raised: pd.DataFrame, wanted: int, respondents: int) -> tuple[Quote, ...]:
        """Pick typical quotes from different respondents, taking the stances in turn so that each side is heard."""
        if respondents < self._settings.quote_min_respondents or wanted == 0:
            return ()
        rows = self._candidates(raised)
        turn = rows.groupby("stance", sort=False).cumcount()
        sided = rows.assign(turn=turn, unsided=rows["stance"] == "unclear")
        ordered = sided.sort_values(["turn", "unsided"], kind="stable")
        return tuple(Quote(SafeText(row.text), row.stance) for row in rows_of(spread(ordered, wanted, self._vector_of)))

    def _candidates(self, raised: pd.DataFrame) -> pd.DataFrame:
        """Quotable answers that raise something, the most typical first, each respondent and text once."""
        columns = [column for column in (*RESPONSE_KEY, "score", "stance") if column in raised]
        rows = self._quotable.merge(raised[columns], on=RESPONSE_KEY)
        rows = rows.sort_values(["score", "text"], ascending=[False, True], kind="stable")
        rows = rows.drop_duplicates("respondent").drop_duplicates("text")
        return rows if "stance" in rows else rows.assign(stance=rows["question_id"].map(self._stance))

    def _removed(self) -> tuple[Removed, ...]:
        rows = self._removed_here().sort_values(["label", "question_id", "confidence"])
        return tuple(Removed(r.label, QuestionId(r.question_id), r.confidence, int(r.pieces)) for r in rows_of(rows))

    def _removed_here(self) -> pd.DataFrame:
        removed = self._tables.redactions
        return removed[removed["wave"] == self._wave]

    def _languages(self) -> dict[str, int]:
        """Answers by language; languages of few answers together, since they can tell who wrote them."""
        counts = _counts(self._substantive["language"])
        large = {code: count for code, count in counts.items() if count >= self._settings.min_cell}
        few = sum(counts.values()) - sum(large.values())
        return {**large, "other languages": few} if few else large

    def _campaigns(self) -> tuple[Campaign, ...]:
        letters = self._here[self._here["campaign"]]
        found = [
            Campaign(int(rows["respondent"].nunique()), self._letter(rows))
            for _, rows in letters.groupby("campaign_id")
        ]
        return tuple(sorted(found, key=lambda campaign: (-campaign.size, campaign.example))[:_CAMPAIGNS])

    def _letter(self, rows: pd.DataFrame) -> SafeText:
        """Return the letter if enough respondents sent these very words and nothing was redacted in them, else ''."""
        untouched = rows[(rows["redactions"] == 0) & (rows["marks"] == "")]
        senders = untouched.groupby("text")["respondent"].nunique()
        if senders.empty or senders.max() < min(self._settings.quote_min_respondents, len(rows)):
            return SafeText("")
        text = str(senders.idxmax())
        most = self._settings.quote_max_chars
        return SafeText(text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …")

    def _excluded(self) -> tuple[Reason, ...]:
        rejected = self._here[self._here["status"] == Status.REJECTED]
        return tuple(Reason(reason, count) for reason, count in _counts(rejected["reason"]).items())

    def _breakdowns(self) -> tuple[Breakdown, ...]:
        people = self._substantive.drop_duplicates("respondent")
        columns = [column for column in people.columns if column.startswith("demographic_")]
        return tuple(self._breakdown(column, people[column]) for column in columns)

    def _breakdown(self, column: str, answers: pd.Series[str]) -> Breakdown:
        counts = _counts(answers.fillna("").replace("", "Not given"))
        rows = [(value, count if count >= self._settings.min_cell else None) for value, count in counts.items()]
        name = column.removeprefix("demographic_").replace("_", " ").capitalize()
        return Breakdown(name, _folded(self._unguessable(rows, counts), counts, self._settings.min_cell))

    def _unguessable(
        self, rows: list[tuple[str, int | None]], counts: Mapping[str, int]
    ) -> Iterable[tuple[str, int | None]]:
        """Hide the next smallest counts too, while the total gives away who few of those hidden are."""
        while 0 < sum(counts[value] for value, count in rows if count is None) < self._settings.min_cell or (
            sum(count is None for _, count in rows) == 1
        ):
            shown = [i for i, (_, count) in enumerate(rows) if count is not None]
            if not shown:
                break
            smallest = min(shown, key=lambda i: rows[i][1] or 0)
            rows[smallest] = (rows[smallest][0], None)
        return rows


def _folded(
    rows: Iterable[tuple[str, int | None]], counts: Mapping[str, int], least: int
) -> tuple[tuple[str, int | None], ...]:
    """Show hidden answers as one row without their words: an answer that few gave can tell who gave it."""
    kept = list(rows)
    hidden = [value for value, count in kept if count is None]
    shown = tuple(row for row in kept if row[1] is not None)
    if not hidden:
        return shown
    together = sum(counts[value] for value in hidden)
    return (*shown, (f"Other answers ({len(hidden)} different)", together if together >= least else None))


def _counts(values: pd.Series[str]) -> dict[str, int]:
    counted = values.value_counts()
    return {str(value): int(counted[value]) for value in sorted(counted.index, key=lambda v: (-counted[v], str(v)))}
