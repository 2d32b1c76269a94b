"""Geometry of the charts: numbers only. The templates draw them.

Widths and horizontal places are per cent of the drawing, heights and vertical places are CSS pixels, so that a chart
narrows with the page while its lettering keeps its size.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analysis.types import SIDES, Count, Side, VisionSummary
from reports.figures import clean

BAR_HEIGHT: Final = 24
LINE_HEIGHT: Final = 20
ROW_GAP: Final = 18
LONGEST_BAR: Final = 80.0
_LABEL_WIDTH: Final = 38
_LABEL_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One stance's part of a bar; `stance` is None where the stances are not known."""

    stance: Side | None
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a label and its baseline."""

    text: str
    y: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the ranked chart: its label above it and the end where its figure stands."""

    lines: tuple[Line, ...]
    y: int
    end: float
    parts: tuple[Part, ...]
    share: float


@dataclass(frozen=True, slots=True)
class RankedChart:
    """Bars from the top down."""

    height: int
    bar_height: int
    bars: tuple[Bar, ...]


def ranked_chart(themes: Sequence[VisionSummary]) -> RankedChart:
    """A bar for each vision theme, in the order given: length by share, divided by stance."""
    largest = max((theme.count.share for theme in themes), default=0.0)
    bars: list[Bar] = []
    top = 0
    for theme in themes:
        bar = _bar(theme, top, largest)
        bars.append(bar)
        top = bar.y + BAR_HEIGHT + ROW_GAP
    return RankedChart(height=max(top - ROW_GAP + 2, 0), bar_height=BAR_HEIGHT, bars=tuple(bars))


def _bar(theme: VisionSummary, top: int, largest: float) -> Bar:
    lines = label_lines(f"{theme.rank}. {theme.title}")
    end = round(LONGEST_BAR * theme.count.share / largest, 3) if largest else 0.0
    return Bar(
        lines=tuple(Line(text, top + LINE_HEIGHT * (row + 1) - 5) for row, text in enumerate(lines)),
        y=top + LINE_HEIGHT * len(lines),
        end=end,
        parts=stance_parts(theme.count, end),
        share=theme.count.share,
    )


def stance_parts(count: Count, length: float = 100.0) -> tuple[Part, ...]:
    """`length` divided in the proportion of the stances; one part without stance where none is counted."""
    total = sum(count.by_stance.get(stance, 0) for stance in SIDES)
    if not total:
        return (Part(None, 0.0, length),) if count.respondents and length else ()
    parts: list[Part] = []
    before = 0
    for stance in SIDES:
        n = count.by_stance.get(stance, 0)
        if n:
            parts.append(Part(stance, round(length * before / total, 3), round(length * n / total, 3)))
        before += n
    return tuple(parts)


def label_lines(label: str) -> list[str]:
    """`label` in at most three lines that fit a phone; a longer one ends in an ellipsis (the table has it whole)."""
    # textwrap is quadratic in the length of a word
    beginning = " ".join(clean(label[: _LABEL_WIDTH * (_LABEL_LINES + 1)]).split())
    return textwrap.wrap(beginning, _LABEL_WIDTH, max_lines=_LABEL_LINES, placeholder=" …") or [""]
