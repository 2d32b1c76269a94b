"""Figures that the page and its downloads share, derived from a `ReportData` and from nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from analysis.types import (
    SIDES,
    STANCES,
    Count,
    Descent,
    GapSummary,
    Quote,
    Relation,
    ReportData,
    Side,
    Stance,
    Status,
    ThemeChange,
    ThemeId,
    ThemeState,
    ThemeSummary,
    Verdict,
    VisionSummary,
    Wave,
)

STANCE_NAMES: Final[Mapping[Side, str]] = {
    "like": "Likes",
    "dislike": "Dislikes",
    "hope": "Hopes",
    "agree": "In favour",
    "disagree": "Against",
    "unclear": "Unclear",
    "open": "Comments",
}
TOLD: Final[frozenset[Side]] = frozenset({"agree", "disagree", "unclear"})
"""Sides told from the words of answers to open questions."""
VERDICT_NAMES: Final[Mapping[Verdict, str]] = {
    "new": "New",
    "grown": "Grown",
    "shrunk": "Shrunk",
    "steady": "No clear change",
    "silent": "No longer raised",
    "too few": "Too few to say",
}
RELATION_NAMES: Final[Mapping[Relation, str]] = {
    "same": "The same theme",
    "renamed": "The same theme, renamed",
    "merged": "Merged into it",
    "split": "Split off",
    "moved": "Some answers moved",
    "gone": "Gone",
    "new": "New",
}
STATUS_NAMES: Final[Mapping[Status, str]] = {
    Status.SUBSTANTIVE: "With something to say",
    Status.NON_SUBSTANTIVE: "Nothing to say",
    Status.BLANK: "Left blank",
    Status.REJECTED: "Rejected",
}
_PRINTABLE_CONTROLS: Final = "\t\n"


def clean(text: str) -> str:
    """`text` without what no HTML, CSV or XML file can hold: control characters, lone surrogates, non-characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines if lines.isascii() and lines.isprintable() else "".join(_kept(char) for char in lines)


def _kept(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    if (category == "Cc" and char not in _PRINTABLE_CONTROLS) or ord(char) & 0xFFFE == 0xFFFE:
        return ""
    return "" if 0xFDD0 <= ord(char) <= 0xFDEF else char


def previous_wave(data: ReportData) -> Wave | None:
    """The wave just before the one reported, or None for a first wave."""
    if data.wave not in data.waves:
        return None
    position = data.waves.index(data.wave)
    return data.waves[position - 1] if position else None


def change_points(count: Count, previous: Wave | None) -> float | None:
    """Percentage points between the share of the previous wave and this one; None where there is no earlier share."""
    if previous is None or previous not in count.share_by_wave:
        return None
    return round(100 * (count.share - count.share_by_wave[previous]), 1) + 0.0


def shown(themes: Iterable[ThemeSummary]) -> tuple[ThemeSummary, ...]:
    """The themes that may be published: analysts hide themes to keep them out of every output."""
    return tuple(theme for theme in themes if theme.state not in (ThemeState.HIDDEN, ThemeState.MERGED))


def all_themes(data: ReportData) -> tuple[ThemeSummary, ...]:
    """Every found theme once, largest first, then by label and identifier."""
    found = {theme.theme_id: theme for theme in _every(data)}
    return tuple(sorted(shown(found.values()), key=_largest_first))


def _every(data: ReportData) -> tuple[ThemeSummary, ...]:
    under_vision = (theme for vision in data.vision for theme in vision.themes)
    return (*under_vision, *data.outside_themes, *data.themes)


def shown_gaps(data: ReportData) -> tuple[GapSummary, ...]:
    """The possible gaps that may be published, each quote once; those that may be none last."""
    seen: set[str] = set()
    gaps = []
    for gap in data.outside.gaps:
        if gap.theme is None or shown([gap.theme]):
            fresh = unrepeated(quote for quote in gap.quotes if quote.text not in seen)
            seen.update(quote.text for quote in fresh)
            gaps.append(replace(gap, quotes=fresh))
    return tuple(gaps)


def spread_themes(data: ReportData) -> tuple[ThemeSummary, ...]:
    """The themes linked to nothing that are neither gaps nor asides: what is said on them is linked here and there."""
    apart = {gap.theme.theme_id for gap in data.outside.gaps if gap.theme and gap.kind == "theme"}
    apart |= {theme.theme_id for theme in data.outside.asides}
    return tuple(theme for theme in shown(data.outside_themes) if theme.theme_id not in apart)


def _largest_first(theme: ThemeSummary) -> tuple[int, str, str]:
    return -theme.count.respondents, theme.label, theme.theme_id


def ranked(data: ReportData) -> tuple[VisionSummary, ...]:
    """The vision themes by rank."""
    return tuple(sorted(data.vision, key=lambda vision: (vision.rank, vision.title)))


def first_places(visions: Sequence[VisionSummary]) -> Mapping[ThemeId, int]:
    """For each found theme the place (from 1) of the first of `visions` that it stands under."""
    backwards = reversed(list(enumerate(visions, start=1)))
    return {theme.theme_id: place for place, vision in backwards for theme in vision.themes}


def new_in_wave(themes: Iterable[ThemeSummary], wave: Wave) -> tuple[ThemeSummary, ...]:
    """The themes that formed in `wave` out of what the known themes did not cover."""
    return tuple(theme for theme in themes if theme.state is ThemeState.EMERGING and theme.first_wave == wave)


def largest_change(themes: Iterable[VisionSummary], previous: Wave | None) -> VisionSummary | None:
    """The vision theme whose share changed most since `previous`; None where none changed or nothing is known."""
    changes = [(abs(change_points(theme.count, previous) or 0.0), -theme.rank, theme) for theme in themes]
    change, _, theme = max(changes, key=lambda item: item[:2], default=(0.0, 0, None))
    return theme if change else None


def largest_first(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Names and counts, the largest first, equal ones by name; names without a count are left out."""
    return tuple(sorted(((name, n) for name, n in counts.items() if n), key=lambda item: (-item[1], item[0])))


def used_stances(data: ReportData) -> tuple[Stance, ...]:
    """The stances that a question asks for or a count holds, in their fixed order."""
    asked = {question.stance for question in data.questions}
    counts = [*(vision.count for vision in data.vision), *(theme.count for theme in all_themes(data))]
    held = {stance for count in (*counts, data.outside_vision) for stance, n in count.by_stance.items() if n}
    return tuple(stance for stance in STANCES if stance in asked | held)


def used_sides(data: ReportData) -> tuple[Side, ...]:
    """The stances by which found themes are counted: for open questions, the sides that were told where any was."""
    held = {side for theme in all_themes(data) for side, n in theme.count.by_stance.items() if n}
    asked = {question.stance for question in data.questions}
    if held & TOLD:
        asked -= {"open"}
    return tuple(side for side in SIDES if side in asked | held)


def by_side(quotes: Iterable[Quote]) -> tuple[tuple[Side, tuple[Quote, ...]], ...]:
    """Quotes apart by stance, in the fixed order."""
    own = tuple(quotes)
    sides = tuple(side for side in SIDES if any(quote.stance == side for quote in own))
    return tuple((side, tuple(quote for quote in own if quote.stance == side)) for side in sides)


def change_points_of(change: ThemeChange) -> float | None:
    """A change of share in percentage points; None where there is no earlier figure."""
    return None if change.change is None else round(100 * change.change, 1) + 0.0


def shown_changes(data: ReportData) -> tuple[ThemeChange, ...]:
    """The changes of themes that may be published."""
    kept_back = {theme.theme_id for theme in _every(data)} - {theme.theme_id for theme in all_themes(data)}
    return tuple(change for change in data.changes if change.theme_id not in kept_back)


def shown_lineage(data: ReportData) -> tuple[Descent, ...]:
    """What went from theme to theme in a refit, without themes that may not be published."""
    kept_back = {theme.label for theme in _every(data)} - {theme.label for theme in all_themes(data)}
    return tuple(each for each in data.lineage if not {each.old_label, each.new_label} & kept_back)


def changed(changes: Iterable[ThemeChange], *verdicts: str) -> tuple[ThemeChange, ...]:
    """The changes with one of these verdicts, in the order given."""
    return tuple(change for change in changes if change.verdict in verdicts)


def unrepeated(quotes: Iterable[Quote], others: Iterable[Quote] = ()) -> tuple[Quote, ...]:
    """`quotes` without repetitions and without those of `others`."""
    seen = {quote.text for quote in others}
    return tuple({quote.text: quote for quote in quotes if quote.text not in seen}.values())


@dataclass(frozen=True, slots=True)
class Accounting:
    """Rows and answers that must add up: rows x questions = answers + `beyond`; answers = the sum of the statuses.

    `beyond` counts the places for an answer that hold none, because the row was left out whole or the form did not
    ask the question. It is negative where the data holds more answers than rows times questions.
    """

    rows: int
    places: int
    answers: int
    beyond: int
    by_status: Mapping[Status, int]
    in_themes: int
    unthemed: int
    left_out: int


def accounting(data: ReportData) -> Accounting:
    """What became of every row read, from the counts of `data`."""
    by_status = {status: sum(q.by_status.get(status, 0) for q in data.questions) for status in Status}
    answers = sum(by_status.values())
    places = data.rows_read * len(data.questions)
    return Accounting(
        rows=data.rows_read,
        places=places,
        answers=answers,
        beyond=places - answers,
        by_status=by_status,
        in_themes=by_status[Status.SUBSTANTIVE] - data.unthemed_responses,
        unthemed=data.unthemed_responses,
        left_out=sum(reason.count for reason in data.excluded),
    )


def theme_title(data: ReportData, code: str) -> str:
    """Title of a vision theme by its code; what is outside the vision has its own name."""
    titles: dict[str, str] = {vision.code: vision.title for vision in data.vision}
    return titles.get(code, "Outside the vision")


def vision_titles(data: ReportData, theme: ThemeSummary) -> Sequence[str]:
    """Titles of the vision themes that `theme` is linked to, in rank order; an unknown code stands for itself."""
    titles = {vision.code: vision.title for vision in ranked(data)}
    known = [title for code, title in titles.items() if code in theme.vision]
    return [*known, *(code for code in theme.vision if code not in titles)]
