"""The values that pass between stages: frozen, in the field's terms. Raw and anonymised text are different types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NewType

import numpy as np
import numpy.typing as npt

RawText = NewType("RawText", str)
"""Text as a resident wrote it. Lives only inside the load-and-redact step."""
SafeText = NewType("SafeText", str)
"""Text after redaction; the only kind that is written, logged or shown."""

ResponseId = NewType("ResponseId", str)
RespondentId = NewType("RespondentId", str)
QuestionId = NewType("QuestionId", str)
SegmentId = NewType("SegmentId", str)
ThemeId = NewType("ThemeId", str)
SubthemeId = NewType("SubthemeId", str)
VisionCode = NewType("VisionCode", str)
Wave = NewType("Wave", str)

Groups = npt.NDArray[np.int64]
"""One group number per row; -1 for rows in no group."""

Stance = Literal["like", "dislike", "hope", "open"]
STANCES: tuple[Stance, ...] = ("like", "dislike", "hope", "open")
"""What a question asks for."""

Side = Literal["like", "dislike", "hope", "agree", "disagree", "unclear", "open"]
SIDES: tuple[Side, ...] = ("like", "dislike", "hope", "agree", "disagree", "unclear", "open")
"""Where a response stands in a theme: by its question, or for open questions as told from its words (`open` if not)."""

Verdict = Literal["new", "grown", "shrunk", "steady", "silent", "too few"]
VERDICTS: tuple[Verdict, ...] = ("new", "grown", "shrunk", "steady", "silent", "too few")
"""What became of a theme since the wave before; `silent`: nobody raises it now, `too few`: nothing can be said."""

Relation = Literal["same", "renamed", "merged", "split", "moved", "gone", "new"]
RELATIONS: tuple[Relation, ...] = ("same", "renamed", "merged", "split", "moved", "gone", "new")
"""What an old theme is to a new one after a refit; `moved`: some responses went, but neither became the other."""

GapKind = Literal["theme", "part", "group"]
GAP_KINDS: tuple[GapKind, ...] = ("theme", "part", "group")
"""What a possible gap in the vision is: a found theme, a part of one, or a group among remarks that are in neither."""

Certainty = Literal["said", "clear", "likely", "unsure"]
CERTAINTIES: tuple[Certainty, ...] = ("said", "clear", "likely", "unsure")
"""How surely a topic is outside the vision: a person says so, or as few of its remarks are linked."""

CONFIDENCES = ("certain", "likely", "possible", "by hand")
"""How surely a piece of text is personal data: a score of 0.9 or more, of 0.6 or more, less; or a person said so."""


Origin = Literal["found", "given"]
"""Whether a theme was found in what residents say or stands in a code frame that an analyst brought."""
ORIGINS: tuple[Origin, ...] = ("found", "given")


class Status(StrEnum):
    """What became of a response."""

    SUBSTANTIVE = "substantive"
    BLANK = "blank"
    NON_SUBSTANTIVE = "non_substantive"
    REJECTED = "rejected"


class ThemeState(StrEnum):
    """Where a theme stands in the codebook."""

    CONFIRMED = "confirmed"
    EMERGING = "emerging"
    MERGED = "merged"
    HIDDEN = "hidden"


# --- ingest -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawResponse:
    """One respondent's answer to one question, as read. `row` counts as in a spreadsheet, header row 1."""

    response_id: ResponseId
    respondent_id: RespondentId
    question_id: QuestionId
    text: RawText
    source: str
    row: int
    demographics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that could not be used, and why. `detail` never holds resident text."""

    response_id: ResponseId
    source: str
    row: int
    column: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A wave as read: usable responses, rejected rows, warnings, and how many data rows each file held."""

    responses: tuple[RawResponse, ...]
    rejected: tuple[RejectedRow, ...]
    warnings: tuple[str, ...]
    rows_read: Mapping[str, int]


# --- anonymise --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PiiSpan:
    """Personal data found at `[start, end)` of the raw text. Holds no value, so it can be counted and logged."""

    start: int
    end: int
    label: str
    score: float
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Redaction:
    """Redacted text and the spans (offsets into the raw text) that were replaced."""

    text: SafeText
    spans: tuple[PiiSpan, ...]


# --- segments ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence or clause; `text` is exactly `response text[start:end]`."""

    text: SafeText
    start: int
    end: int


# --- how well codings agree -------------------------------------------------------------------------------------------

MACHINE = "machine"
"""The name of the machine among coders."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two coders, or a coder and people, agree on `responses` codings; kappa is the mean over themes.

    None stands where there is nothing to measure.
    """

    one: str
    other: str
    responses: int
    samples_f1: Estimate | None
    micro_f1: Estimate | None
    macro_f1: Estimate | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class ThemeAgreement:
    """The machine against people on one theme: how often people and the machine gave it, and how well they agree."""

    code: VisionCode
    people: int
    machine: int
    precision: float | None
    recall: float | None
    f1: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """The machine against people on the responses of one group; no figure where too few were coded."""

    demographic: str
    group: str
    responses: int
    samples_f1: Estimate | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What comparing codings of `responses` responses gave; `humans` is people among themselves, if several coded."""

    responses: int
    coders: tuple[str, ...]
    min_responses: int
    machine: Agreement
    humans: Agreement | None
    pairs: tuple[Agreement, ...]
    themes: tuple[ThemeAgreement, ...]
    alpha_people: float | None
    alpha_all: float | None
    groups: tuple[GroupAgreement, ...]

    @property
    def is_enough(self) -> bool:
        """Whether enough responses were coded to say anything."""
        return self.responses >= self.min_responses


# --- what a report shows ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quote:
    """A resident's anonymised words, verbatim, with the stance of the question they answer, or the side they take."""

    text: SafeText
    stance: Side


@dataclass(frozen=True, slots=True)
class Count:
    """Respondents who raise something: in all, by stance, by wave, and without campaign letters.

    `share` and `share_by_wave` are of the respondents with at least one substantive response (0 to 1).
    """

    respondents: int
    share: float
    by_stance: Mapping[Side, int]
    by_wave: Mapping[Wave, int]
    share_by_wave: Mapping[Wave, float]
    without_campaigns: int


@dataclass(frozen=True, slots=True)
class SubthemeSummary:
    """A part of a theme: who of the theme's respondents speaks of it (`share` of them, 0 to 1), and a quote."""

    subtheme_id: SubthemeId
    label: str
    description: str
    keywords: tuple[str, ...]
    respondents: int
    share: float
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class ThemeSummary:
    """A theme as the report shows it; `minority` is an answer that differs from most.

    `beside_given` if it was found where a code frame gives others; `by_person` if a person named, described, merged or
    linked it.
    """

    theme_id: ThemeId
    label: str
    description: str
    keywords: tuple[str, ...]
    state: ThemeState
    first_wave: Wave
    vision: tuple[VisionCode, ...]
    count: Count
    quotes: tuple[Quote, ...]
    minority: Quote | None = None
    subthemes: tuple[SubthemeSummary, ...] = ()
    origin: Origin = "found"
    beside_given: bool = False
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class VisionSummary:
    """A vision theme as the report shows it; `themes` are the found themes under it, largest first."""

    code: VisionCode
    title: str
    aspiration: str
    rank: int
    count: Count
    themes: tuple[ThemeSummary, ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class GapSummary:
    """A possible gap: a topic that residents raise and that the vision does not name.

    `theme` is the found theme that it is, or is a part of; none for a group of remarks in no such theme. `share_linked`
    is the share of its remarks that are linked to the vision after all (0 to 1). Where fewer people raise it than may
    be shown, `count` and `share_linked` are None.
    """

    gap_id: str
    kind: GapKind
    theme: ThemeSummary | None
    label: str
    description: str
    keywords: tuple[str, ...]
    count: Count | None
    share_linked: float | None
    certainty: Certainty
    is_new: bool
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """What the vision does not name: possible gaps, in the order to read them.

    `remarks` counts the wave's segments by coverage (linked, outside, aside), `in_gaps` those outside that are in a
    gap. `asides` are themes linked to nothing, many of whose remarks are about the survey itself or say nothing.
    """

    gaps: tuple[GapSummary, ...] = ()
    asides: tuple[ThemeSummary, ...] = ()
    remarks: Mapping[str, int] = field(default_factory=dict)
    in_gaps: int = 0


@dataclass(frozen=True, slots=True)
class QuestionSummary:
    """A question and what became of the answers to it."""

    question_id: QuestionId
    text: str
    stance: Stance
    by_status: Mapping[Status, int]


@dataclass(frozen=True, slots=True)
class Campaign:
    """The same or nearly the same letter sent by several respondents."""

    size: int
    example: SafeText


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Who answered: respondents by what they volunteered; None where the count is too small to show."""

    name: str
    rows: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """How many pieces of one type of personal data were replaced in the answers to a question, and how surely."""

    label: str
    question_id: QuestionId
    confidence: str
    pieces: int


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """What became of a theme since the wave before. Shares and their interval are 0 to 1; None where nothing is known.

    `joined_share` is the share of all the theme's responses that came with this wave. `origin` is the label of the
    earlier theme that a new one is nearest to, '' for none.
    """

    theme_id: ThemeId
    label: str
    verdict: Verdict
    respondents: int
    respondents_before: int
    share: float
    share_before: float | None
    change: float | None
    low: float | None
    high: float | None
    joined_share: float
    drifted: bool
    origin: str


@dataclass(frozen=True, slots=True)
class Descent:
    """What went from a theme of the codebook before a refit ('' for none) to one of it after."""

    old_label: str
    new_label: str
    relation: Relation
    responses: int
    share_of_old: float
    share_of_new: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows or responses were left out, and how many."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How much a person checked and changed, and what that taught.

    `links_checked` are responses whose vision links a person confirmed or changed. `before` and `after` are samples-F1
    on `held_out` checked responses, without and with learning from the others; None where too few were checked.
    """

    themes: int
    themes_changed: int
    responses: int
    links_checked: int
    links_changed: int
    themes_of_responses_changed: int
    quotes_approved: int
    quotes_refused: int
    learned_from: int
    held_out: int
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that a report of one wave shows. Counts are of the wave unless `by_wave` says otherwise.

    `outside_vision` is what respondents raise that no vision theme covers; `outside` says what of it may be gaps;
    `few` are examples of responses that have no found theme. `redactions` counts replaced personal data by type,
    `removed` by question and confidence too; `marked` is how many responses a person should look at, by what for;
    `evaluation` compares the vision links with those of people who coded blind. `evidence` counts responses rich in
    evidence by kind (one may have several). `changes` are since the wave before, `changes_answered` who answered before
    and now; `lineage` is of the last refit, if it ended with this wave. `provenance` is (name, value) of the run.
    """

    consultation_id: str
    title: str
    wave: Wave
    waves: tuple[Wave, ...]
    synthetic: bool
    framework_title: str
    respondents: int
    rows_read: int
    questions: tuple[QuestionSummary, ...]
    vision: tuple[VisionSummary, ...]
    themes: tuple[ThemeSummary, ...]
    outside_vision: Count
    outside_themes: tuple[ThemeSummary, ...]
    outside_quotes: tuple[Quote, ...]
    unthemed_responses: int
    few: tuple[Quote, ...]
    campaigns: tuple[Campaign, ...]
    excluded: tuple[Reason, ...]
    languages: Mapping[str, int]
    breakdowns: tuple[Breakdown, ...]
    redactions: Mapping[str, int]
    min_cell: int
    provenance: tuple[tuple[str, str], ...]
    removed: tuple[Removed, ...] = ()
    marked: Mapping[str, int] = field(default_factory=dict)
    marked_responses: int = 0
    evaluation: Evaluation | None = None
    evidence: Mapping[str, int] = field(default_factory=dict)
    evidence_responses: int = 0
    changes: tuple[ThemeChange, ...] = ()
    changes_answered: tuple[int, int] = (0, 0)
    lineage: tuple[Descent, ...] = ()
    reviewed: Reviewed | None = None
    outside: Outside = field(default_factory=Outside)
