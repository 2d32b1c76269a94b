"""An evaluation as lines for the console."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.types import Agreement, Estimate, Evaluation


def lines_of(found: Evaluation) -> Iterator[str]:
    """Yield the figures as lines, and a warning where too few responses were coded."""
    yield f"{found.responses:,} responses coded by {len(found.coders)} ({', '.join(found.coders)})."
    if not found.is_enough:
        yield f"Fewer than {found.min_responses}: too few to say anything; the figures are shown for checking only."
    yield f"{'':34}{'n':>6}  {'samples-F1 (95 %)':22}{'micro':>7}{'macro':>7}{'kappa':>7}"
    yield _line("machine against people", found.machine)
    if found.humans:
        yield _line("people against people", found.humans)
    yield from (_line(f"  {pair.one} against {pair.other}", pair) for pair in found.pairs if len(found.pairs) > 1)
    yield f"Krippendorff's alpha: people {_number(found.alpha_people)}, with the machine {_number(found.alpha_all)}."
    yield f"{'theme':20}{'people':>8}{'machine':>9}{'precision':>11}{'recall':>8}{'F1':>7}{'kappa':>7}"
    for theme in found.themes:
        figures = f"{_number(theme.precision):>11}{_number(theme.recall):>8}{_number(theme.f1):>7}"
        yield f"{theme.code:20}{theme.people:>8}{theme.machine:>9}{figures}{_number(theme.kappa):>7}"
    for group in found.groups:
        figure = _estimate(group.samples_f1) if group.samples_f1 else "too few to say"
        yield f"{group.demographic}: {group.group} ({group.responses}): samples-F1 {figure}"


def _line(name: str, pair: Agreement) -> str:
    micro, macro = (_number(each.value if each else None) for each in (pair.micro_f1, pair.macro_f1))
    return f"{name:34}{pair.responses:>6}  {_estimate(pair.samples_f1):22}{micro:>7}{macro:>7}{_number(pair.kappa):>7}"


def _estimate(estimate: Estimate | None) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})" if estimate else "-"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
