"""The review workbook as a file: sheets with drop-downs out, cells that were changed back.

One plain table a sheet under one header row, no merged cells. Columns of the machine are locked, columns to fill in are
not (there is no password). Each row carries, in a hidden last column, what it stood for when it was exported: so rows
may be moved and deleted, and what was not touched can be told from what was.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from analysis.errors import Fault, InputError

EXPORTED = "As exported"
NOTES, LISTS = "Notes", "Lists"
CREATED = datetime(2017, 7, 1)  # fixed, so that an equal review gives equal bytes
OWNER = "consultation"
_MOST_CHARS = 32_767
_LEAST_ROWS_OF_TABLE = 1
_LINE, _HIGHEST, _WIDER = 15.0, 405.0, 1.15  # points a line and at most; words do not fill their lines
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: of the machine, or to fill in (`asked`), then with a hint and perhaps a list to choose from."""

    name: str
    width: int
    asked: bool = False
    choices: str = ""
    hint: str = ""
    number: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: what it is about, what people had decided on that, and its cells, one per column."""

    key: tuple[str, ...]
    was: Mapping[str, str]
    cells: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of the workbook."""

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """The whole workbook: whose it is, its notes, its sheets, and the lists to choose from, by name."""

    consultation: str
    notes: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...]
    lists: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A row as it came back: its cells to fill in now and as exported, and where they stand."""

    sheet: str
    number: int
    key: tuple[str, ...]
    was: Mapping[str, str]
    now: Mapping[str, str]
    exported: Mapping[str, str]
    letters: Mapping[str, str] = field(repr=False)

    def at(self, column: str) -> str:
        """The address of a cell: Themes!F12."""
        return f"{self.sheet}!{self.letters[column]}{self.number}"

    def edited(self, columns: Iterable[str]) -> bool:
        """Whether any of these cells was changed since the export."""
        return any(self.now[column] != self.exported[column] for column in columns)


def write_book(path: Path, book: Book) -> None:
    """Write the workbook; equal books give equal bytes."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as file:
        file.set_properties({"title": f"Review: {book.consultation}", "created": CREATED})
        file.set_custom_property(OWNER, book.consultation)
        formats = _Formats(file)
        sheets = [file.add_worksheet(name) for name in (NOTES, *(sheet.name for sheet in book.sheets), LISTS)]
        _write_notes(sheets[0], book, formats)
        places = _write_lists(sheets[-1], book.lists, formats)
        for sheet, target in zip(book.sheets, sheets[1:-1], strict=True):
            _write_sheet(target, sheet, places, formats)
        for target in sheets:
            target.set_landscape()
            target.set_paper(8)  # A3, one page wide, the header row on each
            target.fit_to_pages(1, 0)
            target.repeat_rows(0)


def open_book(path: Path) -> Any:
    """Open a workbook that was filled in. Raises InputError if there is none."""
    import openpyxl

    try:
        return openpyxl.load_workbook(path)
    except FileNotFoundError:
        raise InputError([Fault(str(path), "There is no such file.", "Give the workbook you filled in.")]) from None
    except Exception:  # openpyxl's errors quote cells
        raise InputError([Fault(path.name, "cannot be read as a workbook.", "Save it as .xlsx.")]) from None


def owner_of(opened: Any) -> str:
    """The consultation that a workbook was exported from; '' where it does not say."""
    names = {each.name: each.value for each in opened.custom_doc_props.props}
    return str(names.get(OWNER, ""))


def read_sheet(opened: Any, name: str, asked: Sequence[str]) -> tuple[list[FilledRow], list[Fault]]:
    """The rows of a sheet with the cells of the columns `asked`, and what is wrong with them.

    A workbook without the sheet gives nothing: a reviewer may delete what is not theirs.
    """
    if name not in opened.sheetnames:
        return [], []
    sheet = opened[name]
    header = {text: cell for cell in sheet[1] if (text := _text(cell.value))}
    missing = [column for column in (*asked, EXPORTED) if column not in header]
    if missing:
        problem = f"lacks the columns: {', '.join(missing)}."
        return [], [Fault(name, problem, "Export the workbook again and do not rename or delete its columns.")]
    letters = {column: cell.column_letter for column, cell in header.items()}
    rows, faults = [], []
    for cells in sheet.iter_rows(min_row=2):
        values = {column: cells[place.column - 1] for column, place in header.items()}
        if all(cell.value in (None, "") for cell in cells):
            continue
        row, wrong = _read_row(name, cells[0].row, values, asked, letters)
        faults += wrong
        rows += [row] if row else []
    return rows, [*faults, *_repeated(rows)]


def _read_row(
    sheet: str, number: int, cells: Mapping[str, Any], asked: Sequence[str], letters: Mapping[str, str]
) -> tuple[FilledRow | None, list[Fault]]:
    try:
        mark = json.loads(str(cells[EXPORTED].value))
        key, was, exported, seen = tuple(mark["key"]), dict(mark["was"]), dict(mark["cells"]), dict(mark["seen"])
    except (ValueError, KeyError, TypeError):
        problem = f"has nothing that can be read in the hidden column '{EXPORTED}': it is no row of the export."
        return None, [Fault(f"{sheet}!A{number}", problem, "Delete the row, or export the workbook again.")]
    row = FilledRow(
        sheet,
        number,
        key,
        was,
        {column: _text(cells[column].value) for column in asked},
        {column: exported.get(column, "") for column in asked},
        letters,
    )
    formulas = [column for column in asked if cells[column].data_type == "f"]
    faults = [Fault(row.at(c), "holds a formula.", "Write the text itself.") for c in formulas]
    changed = [c for c, digest in seen.items() if c in cells and _seen(_text(cells[c].value)) != digest]
    faults += [
        Fault(
            row.at(c), f"'{c}' shows what the machine says, and was changed.", "Undo that; write into the yellow cells."
        )
        for c in changed
    ]
    return row, faults


def _repeated(rows: Sequence[FilledRow]) -> Iterator[Fault]:
    first: dict[tuple[str, ...], FilledRow] = {}
    for row in rows:
        if row.key in first:
            problem = f"is a copy of row {first[row.key].number}."
            yield Fault(f"{row.sheet}!A{row.number}", problem, "Delete one of the two.")
        first.setdefault(row.key, row)


def _text(value: object) -> str:
    """A cell as text, with single spaces; 2024 typed as a number is '2024'."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, date):
        value = value.isoformat()
    return " ".join(_ILLEGAL.sub("", str(value)).split())


def _seen(text: str) -> str:
    """A digest of the letters and digits: spreadsheets may change spaces and marks, not these."""
    plain = re.sub(r"_x[0-9A-Fa-f]{4}_|[\W_]+", "", text)
    return hashlib.blake2b(plain.encode(), digest_size=4).hexdigest()


# --- writing ----------------------------------------------------------------------------------------------------------


class _Formats:
    """The few cell formats of the workbook."""

    def __init__(self, file: Any) -> None:
        head = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}
        self.head = file.add_format({**head, "bg_color": "#D9E1F2"})
        self.head_asked = file.add_format({**head, "bg_color": "#FFE699"})
        self.text = file.add_format({"text_wrap": True, "valign": "top"})
        self.number = file.add_format({"num_format": "#,##0", "valign": "top"})
        self.asked = file.add_format(
            {"text_wrap": True, "valign": "top", "locked": False, "bg_color": "#FFF9E5", "border": 1,
             "border_color": "#BFBFBF", "num_format": "@"}
        )  # fmt: skip


def _write_notes(sheet: Any, book: Book, formats: _Formats) -> None:
    rows = [*book.notes, *((f"Sheet: {each.name}", each.about) for each in book.sheets)]
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(("About", "What to know")):
        sheet.write_string(0, column, name, formats.head)
    for number, row in enumerate(rows, start=1):
        sheet.set_row(number, _LINE * (1 + len(row[1]) // 90))
        for column, text in enumerate(row):
            sheet.write_string(number, column, _cell(text), formats.text)


def _write_lists(sheet: Any, lists: Mapping[str, tuple[str, ...]], formats: _Formats) -> dict[str, str]:
    """Write the lists to choose from, a column each; return where each stands."""
    places = {}
    sheet.freeze_panes(1, 0)
    for column, (name, options) in enumerate(lists.items()):
        letter = _letter(column)
        sheet.set_column(column, column, max(12, min(60, max((len(each) for each in options), default=0) + 2)))
        sheet.write_string(0, column, name, formats.head)
        for number, option in enumerate(options, start=1):
            sheet.write_string(number, column, _cell(option), formats.text)
        places[name] = f"={LISTS}!${letter}$2:${letter}${max(2, 1 + len(options))}"
    sheet.protect("", {"format_columns": True, "format_rows": True})
    return places


def _write_sheet(target: Any, sheet: Sheet, places: Mapping[str, str], formats: _Formats) -> None:
    last = len(sheet.columns)
    for place, column in enumerate(sheet.columns):
        target.set_column(place, place, column.width, None, {"hidden": column.hidden})
        target.write_string(0, place, column.name, formats.head_asked if column.asked else formats.head)
        if column.asked and sheet.rows:
            target.data_validation(1, place, len(sheet.rows), place, _validation(column, places))
    filled_in = any(column.asked for column in sheet.columns)
    if filled_in:
        target.set_column(last, last, 12, None, {"hidden": True})
        target.write_string(0, last, EXPORTED, formats.head)
    target.set_row(0, _height(sheet.columns, [column.name for column in sheet.columns]))
    for number, row in enumerate(sheet.rows, start=1):
        target.set_row(number, _height(sheet.columns, row.cells))
        for place, (column, cell) in enumerate(zip(sheet.columns, row.cells, strict=True)):
            _write_cell(target, (number, place), column, cell, formats)
        if filled_in:
            target.write_string(number, last, _mark(sheet, row))
    target.freeze_panes(1, _frozen(sheet))
    target.autofilter(0, 0, max(_LEAST_ROWS_OF_TABLE, len(sheet.rows)), last if filled_in else last - 1)
    target.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})


def _write_cell(target: Any, place: tuple[int, int], column: Column, cell: str | int, formats: _Formats) -> None:
    if column.asked:
        target.write_string(*place, _cell(str(cell)), formats.asked) if cell else target.write_blank(
            *place, None, formats.asked
        )
    elif isinstance(cell, int):
        target.write_number(*place, cell, formats.number)
    else:
        target.write_string(*place, _cell(cell), formats.text)


def _validation(column: Column, places: Mapping[str, str]) -> dict[str, Any]:
    said = {"input_title": column.name[:32], "input_message": column.hint[:255]} if column.hint else {}
    if column.choices:
        wrong = {"error_title": "Not in the list", "error_message": "Please choose from the list, or leave it empty."}
        return {"validate": "list", "source": places[column.choices], **said, **wrong}
    return {"validate": "any", **said}


def _mark(sheet: Sheet, row: Row) -> str:
    """What a row stood for, for the hidden column."""
    pairs = list(zip(sheet.columns, row.cells, strict=True))
    cells = {column.name: text for column, cell in pairs if column.asked and (text := _text(_cell(str(cell))))}
    seen = {column.name: _seen(_text(_cell(str(cell)))) for column, cell in pairs if not column.asked}
    return json.dumps({"key": row.key, "was": dict(row.was), "cells": cells, "seen": seen})


def _height(columns: Sequence[Column], cells: Sequence[str | int]) -> float:
    """Height of a row in points so that its wrapped text shows: spreadsheets do not work it out by themselves."""
    pairs = zip(columns, cells, strict=True)
    lines = [1 + int(len(str(cell)) * _WIDER / column.width) for column, cell in pairs if not column.hidden]
    return min(_HIGHEST, _LINE * max(lines))


def _frozen(sheet: Sheet) -> int:
    """Freeze the columns that say what a row is about, if they leave room."""
    shown = [column for column in sheet.columns if not column.hidden]
    return 1 if shown and shown[0].width <= 30 else 0


def _letter(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))


def _cell(text: str) -> str:
    """Text that a cell can hold."""
    kept = _ILLEGAL.sub("", text)
    return (
        kept
        if len(kept) + sum(char > "\uffff" for char in kept) <= _MOST_CHARS
        else kept[: _MOST_CHARS // 2] + " [cut]"
    )
