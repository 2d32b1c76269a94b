"""The report's figures as CSV and XLSX: no identifier of a response or a respondent, and nothing a sheet would run."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analysis.errors import Fault, InputError
from analysis.types import Count, ReportData, Side, Wave
from reports import figures, wording

if TYPE_CHECKING:
    import pandas as pd

CREATED: Final = datetime(2017, 7, 1)
"""Date written into a workbook when none is given: fixed, so that equal figures give equal bytes."""
SUPPRESSED: Final = "[c]"
MAX_CELL: Final = 32_767
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
MAX_SHEET_NAME: Final = 31
MAX_EXACT: Final = 10**15
_CUT: Final = " [cut]"
_IDENTIFIERS: Final = frozenset({"response_id", "respondent_id"})
_FORMULA_STARTS: Final = tuple("=+-@\t\r＝＋－＠")
_SHEET_FORBIDDEN: Final = str.maketrans("[]:*?/\\", "-------")

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the workbook. Columns whose heading is in `shares` hold fractions shown as per cent."""

    name: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shares: frozenset[str] = frozenset()


def write_exports(
    data: ReportData,
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    *,
    created: datetime = CREATED,
) -> tuple[Path, ...]:
    """Write `vision.csv`, `themes.csv`, `subthemes.csv`, `gaps.csv`, `gaps.json` and `report.xlsx` to `folder`.

    Returns their paths.

    `tables` become further sheets, named by their keys, and must be fit for publication. Equal arguments give equal
    bytes. Raises InputError for tables too large for a sheet.
    """
    extra = _extra_tables(tables)
    vision, themes, parts, gaps = vision_table(data), themes_table(data), subthemes_table(data), gaps_table(data)
    workbook = xlsx_bytes(data, (vision, themes, parts, gaps, *_further_tables(data), *extra), created)
    return (
        replace_file(folder / "vision.csv", csv_bytes(vision)),
        replace_file(folder / "themes.csv", csv_bytes(themes)),
        replace_file(folder / "subthemes.csv", csv_bytes(parts)),
        replace_file(folder / "gaps.csv", csv_bytes(gaps)),
        replace_file(folder / "gaps.json", gaps_json(data)),
        replace_file(folder / "report.xlsx", workbook),
    )


def replace_file(path: Path, content: bytes) -> Path:
    """Write `content` to `path` so that a reader sees the old file or the whole new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


# --- tables -----------------------------------------------------------------------------------------------------------


def vision_table(data: ReportData) -> Table:
    """A row for each vision theme by rank, then one for what is outside the vision."""
    stances = figures.used_stances(data)
    rows = [(v.rank, v.code, v.title, *_figures(data, v.count, stances)) for v in figures.ranked(data)]
    rows.append((None, None, "Outside the vision", *_figures(data, data.outside_vision, stances)))
    headings, shares = _figure_headings(data, stances)
    about = "Respondents who raised each theme of the vision."
    return Table("Vision", about, ("Rank", "Code", "Theme", *headings), tuple(rows), shares)


def themes_table(data: ReportData) -> Table:
    """A row for each found theme, largest first."""
    sides = figures.used_sides(data)
    rows = tuple(
        (
            theme.theme_id,
            theme.label,
            theme.description,
            ", ".join(theme.keywords),
            theme.state.value,
            theme.first_wave,
            "; ".join(figures.vision_titles(data, theme)),
            theme.origin,
            "person" if theme.by_person else "machine",
            *_figures(data, theme.count, sides),
        )
        for theme in figures.all_themes(data)
    )
    headings, shares = _figure_headings(data, sides)
    own = ("Theme id", "Theme", "Description", "Keywords", "State", "First wave", "Vision themes", "Origin", "Source")
    return Table("Themes", "Themes found in the answers, or given by a code frame.", (*own, *headings), rows, shares)


def subthemes_table(data: ReportData) -> Table:
    """A row for each part of a found theme, in the order of the themes."""
    rows = tuple(
        (
            part.subtheme_id,
            part.label,
            theme.theme_id,
            theme.label,
            part.description,
            ", ".join(part.keywords),
            part.respondents,
            _share(part.share),
        )
        for theme in figures.all_themes(data)
        for part in theme.subthemes
    )
    about = "Parts of the larger found themes. The share is of those who raise the theme."
    own = ("Sub-theme id", "Sub-theme", "Theme id", "Theme", "Description", "Keywords", "Respondents", "Share of theme")
    return Table("Sub-themes", about, own, rows, frozenset({"Share of theme"}))


def gaps_table(data: ReportData) -> Table:
    """A row for each possible gap in the vision, those that may be none last; small counts are not shown."""
    rows = tuple(
        (
            gap.gap_id, gap.label, gap.kind, gap.theme.label if gap.theme else "", gap.description,
            ", ".join(gap.keywords), "yes" if gap.is_new else "no",
            gap.count.respondents if gap.count else SUPPRESSED,
            _share(gap.count.share) if gap.count else SUPPRESSED,
            SUPPRESSED if gap.share_linked is None else _share(gap.share_linked),
            wording.certainty(gap.certainty), "person" if gap.certainty == "said" else "machine",
        )
        for gap in figures.shown_gaps(data)
    )  # fmt: skip
    columns = (
        "Gap id", "Topic", "Kind", "Found theme", "Description", "Keywords", "New in this wave", "Respondents", "Share",
        "Share of remarks linked", "How sure", "Source",
    )  # fmt: skip
    about = (
        "Topics that residents raise and that the machine links to no theme of the vision: questions to people, not "
        "findings. The lower the share of remarks that are linked all the same, the surer."
    )
    return Table("Possible gaps", about, columns, rows, frozenset({"Share", "Share of remarks linked"}))


def gaps_json(data: ReportData) -> bytes:
    """The possible gaps for other programs, with what was counted; null stands for a count too small to show."""
    gaps = [
        {
            "gap_id": gap.gap_id,
            "kind": gap.kind,
            "theme_id": gap.theme.theme_id if gap.theme else None,
            "label": figures.clean(gap.label),
            "description": figures.clean(gap.description),
            "keywords": [figures.clean(word) for word in gap.keywords],
            "respondents": gap.count.respondents if gap.count else None,
            "share": _share(gap.count.share) if gap.count else None,
            "share_of_remarks_linked": gap.share_linked,
            "certainty": gap.certainty,
            "new_in_this_wave": gap.is_new,
            "quotes": [figures.clean(quote.text) for quote in gap.quotes],
        }
        for gap in figures.shown_gaps(data)
    ]
    summary = {
        "consultation": data.consultation_id,
        "wave": data.wave,
        "vision": data.framework_title,
        "respondents": data.respondents,
        "respondents_outside_the_vision": data.outside_vision.respondents,
        "remarks": dict(data.outside.remarks),
        "remarks_in_gaps": data.outside.in_gaps,
        "counts_not_shown_below": data.min_cell,
        "gaps": gaps,
    }
    return (json.dumps(summary, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _figure_headings(data: ReportData, stances: Sequence[Side]) -> tuple[tuple[str, ...], frozenset[str]]:
    waves = _earlier_waves(data)
    shares = ("Share", *(f"Share {wave}" for wave in waves))
    headings = (
        "Respondents",
        "Share",
        *(figures.STANCE_NAMES[stance] for stance in stances),
        "Without campaigns",
        "Change in percentage points",
        *(heading for wave in waves for heading in (f"Respondents {wave}", f"Share {wave}")),
    )
    return headings, frozenset(shares)


def _figures(data: ReportData, count: Count, stances: Sequence[Side]) -> tuple[Cell, ...]:
    return (
        count.respondents,
        _share(count.share),
        *(count.by_stance.get(stance, 0) for stance in stances),
        count.without_campaigns,
        figures.change_points(count, figures.previous_wave(data)),
        *(cell for wave in _earlier_waves(data) for cell in _in_wave(count, wave)),
    )


def _in_wave(count: Count, wave: Wave) -> tuple[Cell, Cell]:
    share = count.share_by_wave.get(wave)
    return count.by_wave.get(wave), None if share is None else _share(share)


def _share(share: float) -> float:
    return round(float(share), 6)


def _earlier_waves(data: ReportData) -> tuple[Wave, ...]:
    return tuple(wave for wave in data.waves if wave != data.wave)


def _further_tables(data: ReportData) -> Iterable[Table]:
    """The tables of the page's "How we counted" and "Provenance"."""
    questions = {question.question_id: question.text for question in data.questions}
    yield _quotes_table(data)
    yield from _change_tables(data)
    yield Table(
        "Read first",
        "Answers that hold evidence, by kind; an answer can hold several. Read these first.",
        ("Kind of evidence", "Answers"),
        tuple((wording.evidence(kind), n) for kind, n in data.evidence.items()),
    )
    yield _questions_table(data)
    yield Table("Left out", "Rows and answers left out, and why.", ("Reason", "Count"), _reasons(data))
    yield Table(
        "Campaigns",
        "The same or nearly the same letter sent by several respondents.",
        ("Respondents", "Example"),
        tuple((campaign.size, campaign.example) for campaign in data.campaigns),
    )
    yield Table(
        "Languages",
        "Answers by language, as a machine recognised it.",
        ("Language", "Code", "Answers"),
        tuple((wording.language(code), code, n) for code, n in figures.largest_first(data.languages)),
    )
    yield Table(
        "Personal data removed",
        "Pieces of personal data that were replaced, by type, question and how surely they are personal data.",
        ("Type", "Question", "Confidence", "Pieces"),
        tuple(
            (wording.redacted(r.label), questions.get(r.question_id, r.question_id), r.confidence, r.pieces)
            for r in data.removed
        ),
    )
    yield Table(
        "Marked for a person",
        "Answers that a second check marked for a person to look at, by reason; none is quoted until cleared.",
        ("Reason", "Answers"),
        tuple((wording.marked(mark), n) for mark, n in figures.largest_first(data.marked)),
    )
    yield Table(
        "Who answered",
        "Respondents by what they volunteered about themselves.",
        ("Question", "Answer", "Respondents"),
        tuple(
            (breakdown.name, name, SUPPRESSED if n is None else n)
            for breakdown in data.breakdowns
            for name, n in breakdown.rows
        ),
    )
    yield Table(
        "Checked by people",
        "What people checked and changed of what the machine found, and what that taught.",
        ("Item", "Value"),
        _reviewed(data),
    )
    yield Table("Provenance", "How this report was made.", ("Item", "Value"), tuple(data.provenance))


def _quotes_table(data: ReportData) -> Table:
    """The quotes of each found theme, the sides apart."""
    rows = tuple(
        (theme.theme_id, theme.label, figures.STANCE_NAMES[side], theme.count.by_stance.get(side, 0), quote.text)
        for theme in figures.all_themes(data)
        for side, quotes in figures.by_side(theme.quotes)
        for quote in quotes
    )
    columns = ("Theme id", "Theme", "Side", "Respondents on this side", "Quote")
    return Table("Quotes", "Residents' words in each found theme, by side.", columns, rows)


def _change_tables(data: ReportData) -> Iterable[Table]:
    """What changed since the wave before, and the lineage where the themes were rebuilt with this wave."""
    if figures.previous_wave(data) is None:
        return
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            c.theme_id, c.label, figures.VERDICT_NAMES[c.verdict], "yes" if c.drifted else "no",
            None if c.share_before is None else c.respondents_before, c.respondents,
            None if c.share_before is None else _share(c.share_before), _share(c.share), figures.change_points_of(c),
            *(None if bound is None else round(100 * bound, 1) for bound in (c.low, c.high)),
            _share(c.joined_share), c.origin,
        )
        for c in figures.shown_changes(data)
    )  # fmt: skip
    columns = (
        "Theme id", "Theme", "What became of it", "Said differently", "Respondents before", "Respondents now",
        "Share before", "Share now", "Change in percentage points", "Interval from", "Interval to",
        "Share of answers that came with this wave", "Nearest earlier theme",
    )  # fmt: skip
    shares = frozenset(column for column in columns if column.startswith("Share"))
    about = "Each theme against the wave before, among those who answered; intervals are 95%."
    yield Table("Changes", about, columns, rows, shares)
    lineage = figures.shown_lineage(data)
    if lineage:
        yield Table(
            "Rebuilt themes",
            "Where the answers of each theme went when the themes were rebuilt from all waves.",
            ("Old theme", "New theme", "What became of it", "Answers", "Share of old theme", "Share of new theme"),
            tuple(
                (
                    each.old_label, each.new_label, figures.RELATION_NAMES[each.relation], each.responses,
                    _share(each.share_of_old), _share(each.share_of_new),
                )
                for each in lineage
            ),
            frozenset({"Share of old theme", "Share of new theme"}),
        )  # fmt: skip


def _reviewed(data: ReportData) -> tuple[tuple[Cell, ...], ...]:
    seen = data.reviewed
    if seen is None:
        return ()
    return (
        ("Themes", seen.themes),
        ("Themes changed by a person", seen.themes_changed),
        ("Answers with something to say", seen.responses),
        ("Answers whose links to the vision a person checked", seen.links_checked),
        ("Answers whose links to the vision a person changed", seen.links_changed),
        ("Answers whose themes a person changed", seen.themes_of_responses_changed),
        ("Quotes approved", seen.quotes_approved),
        ("Quotes refused", seen.quotes_refused),
        ("Corrections learned from", seen.learned_from),
        ("Corrections held out in turn to measure it", seen.held_out),
        ("Agreement with people without learning (samples-F1)", seen.before),
        ("Agreement with people with learning (samples-F1)", seen.after),
    )


def _questions_table(data: ReportData) -> Table:
    names = figures.STATUS_NAMES
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            q.text,
            figures.STANCE_NAMES[q.stance],
            *(q.by_status.get(status, 0) for status in names),
            sum(q.by_status.values()),
        )
        for q in data.questions
    )
    columns = ("Question", "Stance", *names.values(), "All answers")
    return Table("Questions", "What became of the answers to each question.", columns, rows)


def _reasons(data: ReportData) -> tuple[tuple[Cell, ...], ...]:
    return tuple((reason.reason, reason.count) for reason in data.excluded)


def _extra_tables(tables: Mapping[str, pd.DataFrame]) -> tuple[Table, ...]:
    faults = [
        fault
        for name, frame in tables.items()
        for fault in (*_size_faults(name, frame), *_identifier_faults(name, frame))
    ]
    if faults:
        raise InputError(faults)
    return tuple(_extra_table(name, frame) for name, frame in tables.items())


def _size_faults(name: str, frame: pd.DataFrame) -> Iterable[Fault]:
    rows, columns = frame.shape
    if rows + 1 > MAX_ROWS or columns > MAX_COLUMNS:
        yield Fault(
            where=f"sheet {name!r}",
            problem=f"has {rows:,} rows and {columns:,} columns; a sheet holds {MAX_ROWS - 1:,} and {MAX_COLUMNS:,}.",
            remedy="Leave the table out of the workbook and publish it as CSV.",
        )


def _identifier_faults(name: str, frame: pd.DataFrame) -> Iterable[Fault]:
    for column in frame.columns:
        if str(column).lower() in _IDENTIFIERS:
            yield Fault(
                where=f"sheet {name!r}, column {column!r}",
                problem="would publish who or which response a row is about.",
                remedy="Leave the column out of the table.",
            )


def _extra_table(name: str, frame: pd.DataFrame) -> Table:
    rows = tuple(tuple(_cell(value) for value in row) for row in frame.itertuples(index=False, name=None))
    return Table(name, "Further table.", tuple(str(column) for column in frame.columns), rows)


def _cell(value: Any) -> Cell:
    """`value` as text, whole number, number or nothing; numbers a sheet cannot hold exactly become text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return int(value) if abs(int(value)) < MAX_EXACT else str(int(value))
    if isinstance(value, Real):
        return _finite(float(value))
    return _other(value)


def _finite(value: float) -> Cell:
    return None if math.isnan(value) else value if math.isfinite(value) else str(value)


def _other(value: Any) -> Cell:
    if type(value).__name__ in {"NaTType", "NAType"}:
        return None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value)
    return str(value)


# --- CSV --------------------------------------------------------------------------------------------------------------


def csv_bytes(table: Table) -> bytes:
    """`table` as UTF-8 CSV with a byte-order mark, which spreadsheets need to read accents aright."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(inert(column) for column in table.columns)
    writer.writerows([inert(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows)
    return buffer.getvalue().encode("utf-8-sig")


def inert(text: str) -> str:
    """`text` that no spreadsheet takes for a formula: an apostrophe before a start that it would run."""
    cleaned = figures.clean(text)
    risky = text.startswith(_FORMULA_STARTS) or cleaned.lstrip().startswith(_FORMULA_STARTS)
    return f"'{cleaned}" if risky or cleaned.startswith(_FORMULA_STARTS) else cleaned


# --- XLSX -------------------------------------------------------------------------------------------------------------


def xlsx_bytes(data: ReportData, tables: Sequence[Table], created: datetime) -> bytes:
    """A workbook with a notes sheet and a sheet for each table; text is text, numbers are numbers."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    names = _sheet_names(["Notes", *(table.name for table in tables)])
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": sheet_text(data.title), "comments": "Manifesto Voices", "created": created})
        formats = _Formats(book)
        for name, table in zip(names, (_notes(data, tables, names[1:]), *tables), strict=True):
            _write_sheet(book.add_worksheet(name), table, formats)
    return buffer.getvalue()


class _Formats:
    """The few cell formats of the workbook."""

    def __init__(self, book: Any) -> None:
        self.heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.whole = book.add_format({"num_format": "#,##0", "valign": "top"})
        self.number = book.add_format({"num_format": "#,##0.0##", "valign": "top"})
        self.share = book.add_format({"num_format": "0.0%", "valign": "top"})


def _notes(data: ReportData, tables: Sequence[Table], names: Sequence[str]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        ("Title", data.title),
        ("Wave", data.wave),
        ("Vision", data.framework_title),
        ("Respondents with something to say", data.respondents),
        ("Shares", "Shares are of these respondents, who chose to answer. They are not estimates for all residents."),
        ("Without campaigns", "Respondents who raised the theme in words of their own, not only in a campaign letter."),
        (
            "Stances",
            "A respondent may like one thing and dislike another: stances can add up to more than respondents.",
        ),
        (SUPPRESSED, f"Shorthand for a count of fewer than {data.min_cell} people, not shown to protect them."),
        ("Empty cells", "There is no figure, for example no earlier wave."),
    ]
    if data.synthetic:
        rows.insert(0, ("SYNTHETIC DEMONSTRATION DATA", "Invented answers. Not the views of any resident."))
    rows += [(f"Sheet: {name}", table.about) for name, table in zip(names, tables, strict=True)]
    return Table("Notes", "", ("Item", "Note"), tuple(rows))


def _write_sheet(sheet: Any, table: Table, formats: _Formats) -> None:
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, _column_width(table, index))
        sheet.write_string(0, index, sheet_text(column), formats.heading)
    for row, cells in enumerate(table.rows, start=1):
        for index, cell in enumerate(cells):
            _write_cell(sheet, (row, index), cell, table.columns[index] in table.shares, formats)


def _number_format(cell: Cell, is_share: bool, formats: _Formats) -> Any:
    if is_share:
        return formats.share
    return formats.whole if isinstance(cell, int) else formats.number


def _write_cell(sheet: Any, place: tuple[int, int], cell: Cell, is_share: bool, formats: _Formats) -> None:
    if isinstance(cell, str):
        sheet.write_string(*place, sheet_text(cell), formats.text)
    elif cell is not None:
        sheet.write_number(*place, cell, _number_format(cell, is_share, formats))


def sheet_text(text: str) -> str:
    """`text` that a cell can hold: no control characters, at most 32,767 UTF-16 units, ' [cut]' where shortened."""
    return _limited(figures.clean(text), MAX_CELL)


def _limited(text: str, units: int) -> str:
    if _utf16_units(text) <= units:
        return text
    room = units - len(_CUT)
    return text.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore") + _CUT


def _utf16_units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def _column_width(table: Table, index: int) -> int:
    longest = max((len(str(row[index])) for row in table.rows[:200] if row[index] is not None), default=0)
    return max(10, min(60, max(longest, len(table.columns[index])) + 2))


def _sheet_names(wanted: Iterable[str]) -> list[str]:
    names: list[str] = []
    for name in wanted:
        base = figures.clean(name).translate(_SHEET_FORBIDDEN).replace("\n", " ").replace("\t", " ").strip("' ")
        names.append(_free_name(base if base and base.lower() != "history" else f"Table {base}".strip(), names))
    return names


def _free_name(base: str, taken: Sequence[str]) -> str:
    used = {name.lower() for name in taken}
    endings: Callable[[int], str] = lambda attempt: f" ({attempt})" if attempt > 1 else ""  # noqa: E731
    attempt = 1
    while (name := base[: MAX_SHEET_NAME - len(endings(attempt))].rstrip("' ") + endings(attempt)).lower() in used:
        attempt += 1
    return name
