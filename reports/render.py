"""One self-contained HTML page from a `ReportData`, and the downloads beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.types import ReportData
from reports import charts, figures, wording
from reports.exports import CREATED, replace_file, write_exports

if TYPE_CHECKING:
    import pandas as pd

PAGE: Final = "index.html"
PROJECT: Final = "Manifesto Voices"
_HERE: Final = Path(__file__).parent
_FILTERS: Final = {
    "number": wording.number,
    "counted": wording.counted,
    "worded": wording.worded,
    "percent": wording.percent,
    "decimal": wording.decimal,
    "about": wording.about,
    "points": wording.points,
    "change_in_words": wording.change_in_words,
    "stance_name": wording.stance_name,
    "quote_stance": wording.quote_stance,
    "balance": wording.balance,
    "ordered": wording.ordered,
    "redacted": wording.redacted,
    "marked": wording.marked,
    "language": wording.language,
    "shown": figures.shown,
    "unrepeated": figures.unrepeated,
    "by_side": figures.by_side,
    "changed": figures.changed,
    "change_points_of": figures.change_points_of,
    "verdict_name": figures.VERDICT_NAMES.__getitem__,
    "relation_name": figures.RELATION_NAMES.__getitem__,
    "interval": wording.interval,
    "evidence_name": wording.evidence,
    "certainty": wording.certainty,
    "certainty_in_words": wording.certainty_in_words,
    "stance_parts": charts.stance_parts,
}


def render_report(data: ReportData) -> str:
    """The whole report as one HTML page that needs no other file, no network and no script."""
    return _environment().get_template("report.html").render(**_view(data))


def write_report(
    data: ReportData,
    folder: Path,
    tables: Mapping[str, pd.DataFrame] | None = None,
    *,
    created: datetime = CREATED,
) -> tuple[Path, ...]:
    """Write the page and its downloads to `folder`, each file whole or not at all; returns their paths, page first.

    `tables` are further sheets of the workbook; they must be fit for publication. Raises InputError for a table that
    no sheet can hold.
    """
    page = render_report(data)
    downloads = write_exports(data, tables or {}, folder, created=created)
    return (replace_file(folder / PAGE, page.encode("utf-8")), *downloads)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([_HERE / "templates", _HERE / "static"]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    return environment


def _cleaned(value: Any) -> Any:
    return figures.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _view(data: ReportData) -> dict[str, Any]:
    """What the templates need beside the data itself."""
    previous = figures.previous_wave(data)
    themes = figures.all_themes(data)
    visions = figures.ranked(data)
    raised = tuple(vision for vision in visions if vision.count.respondents)
    return {
        "data": data,
        "project": PROJECT,
        "visions": visions,
        "raised": raised,
        "places": figures.first_places(visions),
        "themes": themes,
        "new": figures.new_in_wave(themes, data.wave),
        "mover": figures.largest_change(raised, previous),
        "gaps": figures.shown_gaps(data),
        "gap_quotes": tuple(quote for gap in figures.shown_gaps(data) for quote in gap.quotes),
        "spread": figures.spread_themes(data),
        "asides": figures.shown(data.outside.asides),
        "stances": figures.used_stances(data),
        "sides": figures.used_sides(data),
        "statuses": tuple(figures.STATUS_NAMES.items()),
        "changes": figures.shown_changes(data),
        "lineage": figures.shown_lineage(data),
        "previous": previous,
        "languages": figures.largest_first(data.languages),
        "redactions": figures.largest_first(data.redactions),
        "marked": figures.largest_first(data.marked),
        "change": lambda count: figures.change_points(count, previous),
        "chart": charts.ranked_chart(visions),
        "account": figures.accounting(data),
        "linked": lambda theme: figures.vision_titles(data, theme),
        "theme_title": lambda code: figures.theme_title(data, code),
        "suppressed": lambda value: wording.suppressed(value, data.min_cell),
    }
