"""Exports as they really come: CSV and XLSX files into one kind of table."""

from __future__ import annotations

import codecs
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache, cached_property
from hashlib import blake2b
from itertools import islice, takewhile
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from analysis.errors import Fault, InputError


def _text_encoding(name: str) -> str:
    try:
        "a".encode(name)
    except (LookupError, UnicodeError):
        raise ValueError("must be an encoding such as utf-8, utf-16 or cp1252") from None
    return name


class FormatOptions(BaseModel):
    """`[format]`: what to take for granted about the exports; what is not given is found out from each file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    header_rows: Literal[1, 2, 3] | None = None
    delimiter: Annotated[str, StringConstraints(pattern=r'^[^"\r\n]$')] | None = None
    encoding: Annotated[str, AfterValidator(_text_encoding)] | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its unique name, other names by which a user may know it, and the words respondents saw."""

    name: str
    aliases: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """A data row. `row` is the row of the spreadsheet, or the physical line of the CSV where the record starts."""

    row: int
    cells: tuple[str, ...]


class RowFault(NamedTuple):
    """A row that could not be read. `digest` identifies its content without holding it."""

    row: int
    reason: str
    remedy: str
    digest: str


@dataclass(frozen=True)
class Table:
    """A file as read: every data row is in `rows` or in `rejected`; every row has one cell for each column."""

    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    rejected: tuple[RowFault, ...]
    notes: tuple[str, ...]

    def find(self, name: str) -> tuple[int, ...]:
        """Positions of the columns of that name; several where the name is that of a group of columns."""
        plain = normalise_header(name)
        return self._by_name.get(plain) or self._by_alias.get(plain, ())

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[int, ...]]:
        return {normalise_header(column.name): (i,) for i, column in enumerate(self.columns)}

    @cached_property
    def _by_alias(self) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for i, column in enumerate(self.columns):
            for alias in {normalise_header(alias) for alias in column.aliases}:
                found[alias] = (*found.get(alias, ()), i)
        return found


@dataclass(frozen=True, slots=True)
class _Record:
    """A row before the header is known. `broken` records have no cells that could be trusted."""

    row: int
    cells: tuple[str, ...]
    broken: bool = False
    digest: str = ""

    @property
    def blank(self) -> bool:
        return not self.broken and not any(cell.strip() for cell in self.cells)


def read_table(path: Path, options: FormatOptions, max_cell_chars: int | None = None) -> Table:
    """Read an export, whatever its encoding, delimiter and number of header rows.

    Rows with a cell of more than `max_cell_chars` characters are rejected.

    Raises:
        InputError: if the file as a whole cannot be read.
    """
    head = _head(path)
    if head.startswith(b"PK\x03\x04"):
        return _read_xlsx(path, options, max_cell_chars)
    if path.suffix.lower() == ".xlsx" or head.startswith(_OLE):
        raise InputError([_not_xlsx(path, head)])
    return _read_csv(path, options, max_cell_chars)


def normalise_header(name: str) -> str:
    """A header as it is compared: forms of characters, quotes, white space and case do not count."""
    plain = unicodedata.normalize("NFKC", tidy(name)).translate(_PLAIN_MARKS)
    return " ".join(plain.split()).casefold()


def tidy(text: str) -> str:
    """On one line, without the control characters, escapes and special spaces that exports leave in headers."""
    visible = _INVISIBLE.sub("", decode_escapes(text))
    return " ".join(visible.split())


def decode_escapes(text: str) -> str:
    """`_xHHHH_` as Excel writes control characters (ECMA-376, ST_Xstring), decoded; line ends become newlines."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def content_digest(parts: Iterable[str]) -> str:
    """32 hexadecimal digits of BLAKE2b over the parts, each with its length, so that no two lists run together."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_PLAIN_MARKS = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_OLE = b"\xd0\xcf\x11\xe0"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError as error:
        problem = f"The file cannot be read: {error.strerror}."
        raise InputError([Fault(path.name, problem, "Check that it is there and not open elsewhere.")]) from None


# --- records to a table -----------------------------------------------------------------------------------------------

_GENERIC = ("response", "open-ended response")


def _table(
    path: Path, records: Sequence[_Record], options: FormatOptions, limit: int | None, notes: Sequence[str]
) -> Table:
    first = next((i for i, record in enumerate(records) if not record.blank), None)
    if first is None:
        raise InputError([Fault(path.name, "The file is empty.", "Export it again, or name the sheet in [format].")])
    depth = options.header_rows or _header_depth(records[first : first + 4])
    header = records[first : first + depth]
    if any(record.broken for record in header):
        problem = "A quotation mark in the header row is never closed."
        raise InputError([Fault(f"{path.name}, line {header[0].row}", problem, "Correct the header row.")])
    drafts = _columns([record.cells for record in header])
    columns = tuple(_unique(drafts))
    rows, rejected = _sort_out(records[first + depth :], len(columns), limit)
    return Table(columns, tuple(rows), tuple(rejected), (*notes, *_header_notes(drafts, columns, rows)))


def _header_depth(records: Sequence[_Record]) -> int:
    """1, or 2 as SurveyMonkey writes, or 3 as Qualtrics writes."""
    cells = [record.cells for record in takewhile(lambda record: not record.broken, records)]
    if len(cells) > 2 and any(_is_import_id(cell) for cell in cells[2]):
        return 3
    return 2 if len(cells) > 1 and _is_second_header(cells) else 1


def _is_import_id(cell: str) -> bool:
    return cell.lstrip().startswith("{") and '"importid"' in cell.casefold()


def _is_second_header(cells: Sequence[Sequence[str]]) -> bool:
    top, second = cells[0], cells[1]
    if not any(cell.strip() for cell in second):
        return len(cells) > 2 and len(second) > 1
    if second[0].strip() or not top[0].strip():
        return False
    pairs = list(zip(top, second, strict=False))
    generic = any(normalise_header(below) in _GENERIC for _, below in pairs)
    under_blank = any(below.strip() and not above.strip() for above, below in pairs)
    return generic or (under_blank and len(cells) > 2 and bool(cells[2][0].strip()))


def _columns(header: Sequence[Sequence[str]]) -> list[Column]:
    """Columns as the header rows name them: names can be blank or repeated."""
    width = max(len(row) for row in header)
    rows = [[tidy(cell) for cell in [*row, *[""] * width][:width]] for row in header]
    if len(rows) == 1:
        return [Column(name, (), name) for name in rows[0]]
    if len(rows) == 2:
        pairs = zip(_spread(rows[0], rows[1]), rows[1], strict=True)
        return [_two_row_column(top, second) for top, second in pairs]
    return [_qualtrics_column(name, text) for name, text in zip(rows[0], rows[1], strict=True)]


def _filled_width(cells: Sequence[str]) -> int:
    return max((i + 1 for i, cell in enumerate(cells) if cell.strip()), default=0)


def _spread(top: Sequence[str], second: Sequence[str]) -> list[str]:
    """The question stands once, over the first of its columns."""
    spread: list[str] = []
    for above, below in zip(top, second, strict=True):
        spread.append(above or (spread[-1] if spread and below else ""))
    return spread


def _two_row_column(top: str, second: str) -> Column:
    both = f"{top} - {second}" if top and second else top or second
    name = top if top and normalise_header(second) in _GENERIC else both
    return Column(name, tuple(alias for alias in (top, second, both) if alias), name)


def _qualtrics_column(name: str, text: str) -> Column:
    aliases = (name, text, f"{name} - {text}")
    return Column(name or text, tuple(alias for alias in aliases if alias.strip(" -")), text or name)


def _unique(drafts: Sequence[Column]) -> Iterator[Column]:
    taken: set[str] = set()
    for i, draft in enumerate(drafts):
        base = draft.name or f"Column {_letters(i + 1)}"
        name, number = base, 1
        while normalise_header(name) in taken:
            number += 1
            name = f"{base} ({number})"
        taken.add(normalise_header(name))
        yield Column(name, draft.aliases or (base,), draft.label or name)


def _letters(number: int) -> str:
    """Column 28 is AB."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def _header_notes(drafts: Sequence[Column], columns: Sequence[Column], rows: Sequence[TableRow]) -> Iterator[str]:
    for i, (draft, column) in enumerate(zip(drafts, columns, strict=True)):
        if draft.name and draft.name != column.name:
            yield f"column {_letters(i + 1)} repeats a header and is called '{_short(column.name)}'"
        if not draft.name and any(row.cells[i].strip() for row in rows):
            yield f"column {_letters(i + 1)} has no header and is called '{column.name}'"


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _sort_out(records: Sequence[_Record], width: int, limit: int | None) -> tuple[list[TableRow], list[RowFault]]:
    """Good rows, and rejected ones. Blank rows at the end are nothing; between others they are counted."""
    last = max((i for i, record in enumerate(records) if not record.blank), default=-1)
    rows: list[TableRow] = []
    rejected: list[RowFault] = []
    after_break = False
    for record in records[: last + 1]:
        fault = _row_fault(record, width, limit, after_break)
        after_break = record.broken or (after_break and fault is not None)
        if fault:
            rejected.append(fault)
        else:
            rows.append(TableRow(record.row, (*record.cells, *[""] * width)[:width]))
    return rows, rejected


def _row_fault(record: _Record, width: int, limit: int | None, after_break: bool) -> RowFault | None:
    def fault(reason: str, remedy: str) -> RowFault:
        return RowFault(record.row, reason, remedy, record.digest or content_digest(record.cells))

    if record.broken:
        return fault("quotation mark never closed", "Close it, or double the quotation marks inside the cell.")
    if record.blank:
        return fault("blank row", "Nothing to do, unless something stood here.")
    if after_break and len(record.cells) < width:
        return fault("continues a row with an unclosed quotation mark", "Correct the row above it.")
    if _filled_width(record.cells) > width:
        return fault(f"more cells than the header ({width})", "Put cells that hold the delimiter into quotation marks.")
    longest = max(len(cell) for cell in record.cells)
    if limit is not None and longest > limit:
        return fault(f"a cell of {longest:,} characters", f"Shorten it to {limit:,}, or raise max_cell_chars.")
    return None


# --- CSV --------------------------------------------------------------------------------------------------------------

_DELIMITERS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _read_csv(path: Path, options: FormatOptions, limit: int | None) -> Table:
    text, notes = _decode(path, options)
    text, hint = _separator_line(text)
    delimiter = options.delimiter or hint or _sniff(text, path.suffix.lower())
    records = list(_records(text, delimiter, 2 if hint else 1))
    return _table(path, records, options, limit, notes)


def _decode(path: Path, options: FormatOptions) -> tuple[str, list[str]]:
    data = path.read_bytes()
    encoding = options.encoding or _marked_encoding(data)
    try:
        text = data.decode(encoding) if encoding else data.decode("utf-8", _WINDOWS_BYTES)
    except UnicodeError:
        remedy = "Correct 'encoding' in [format], or take it out."
        raise InputError([Fault(path.name, f"The file is not {encoding} text.", remedy)]) from None
    notes = [] if encoding or _is_utf8(data) else ["not UTF-8: read as Windows-1252 where it is not"]
    if "\x00" in text:
        notes.append(f"{text.count(chr(0)):,} NUL characters left out")
    plain = text.removeprefix("\ufeff").replace("\x00", "").replace("\r\r\n", "\n").replace("\r\n", "\n")
    return plain.replace("\r", "\n").replace("_x000D_", ""), notes


def _marked_encoding(data: bytes) -> str | None:
    """By byte order mark, or UTF-16 without one, told by the NUL in every other byte."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding if _decodes(data, encoding) else None
    sample = data[:400]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = sample[offset::2]
        if len(half) > 4 and half.count(0) > 0.7 * len(half):
            return encoding
    return None


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeError:
        return False
    return True


def _is_utf8(data: bytes) -> bool:
    return _decodes(data, "utf-8")


def _windows_bytes(error: UnicodeError) -> tuple[str, int]:
    """A byte that is not UTF-8 is Windows-1252; files pasted together from both exist."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_WINDOWS_BYTES = "manifesto_windows_bytes"
codecs.register_error(_WINDOWS_BYTES, _windows_bytes)


def _separator_line(text: str) -> tuple[str, str]:
    """Excel's own first line `sep=;`, taken off."""
    found = re.match(r"\"?sep=(.)\"?\n", text)
    return (text[found.end() :], found[1]) if found else (text, "")


def _sniff(text: str, suffix: str) -> str:
    """The delimiter under which most rows are as wide as the header; none ("") for a single column."""
    scores = {delimiter: _fit(text, delimiter) for delimiter in _DELIMITERS}
    if suffix == ".tsv" and scores["\t"][1] > 1:
        return "\t"
    best = max(_DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best][1] > 1 else ""


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """Share of the first rows that are as wide as the header (0 to 1), and that width."""
    records = [record for record in islice(_records(text, delimiter), 60) if not record.blank and not record.broken]
    width = len(records[0].cells) if records else 0
    if width < 2:
        return 0.0, width
    body = records[1:]
    fitting = sum(len(record.cells) == width for record in body)
    return round(fitting / len(body), 2) if body else 1.0, width


def _records(text: str, delimiter: str, line: int = 1) -> Iterator[_Record]:
    """Records with the physical line each starts on (RFC 4180, forgiving stray quotation marks).

    A record whose quotation mark never closes, or closes in the middle of text, costs its first line only: reading
    resumes at the next. Inside a quotation mark the start of a line always leads to the same end, so a line once
    found on the way to a bad end (`doomed`) is not tried again: the time stays linear in the size of the file.
    """
    start, width, doomed = 0, 0, 0
    while start < len(text):
        cells, end = _split(text, start, delimiter, doomed)
        line_end = _line_end(text, start)
        many_lines = end > line_end + 1
        if cells is None or (many_lines and width and _filled_width(cells) > width):
            doomed = max(doomed, end if cells is None else end - 1)
            yield _Record(line, (), broken=True, digest=content_digest([text[start:line_end]]))
            start, line = line_end + 1, line + 1
            continue
        yield _Record(line, tuple(cells))
        if not width and any(cell.strip() for cell in cells):
            width = len(cells)
        line += text.count("\n", start, end)
        start = end


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _split(text: str, start: int, delimiter: str, doomed: int) -> tuple[list[str] | None, int]:
    """Cells of the record at `start` and where the next begins; or None and where the quoting went wrong."""
    line_end = _line_end(text, start)
    if text.find('"', start, line_end) < 0:
        line = text[start:line_end]
        return (line.split(delimiter) if delimiter else [line]), line_end + 1
    cells: list[str] = []
    stop, after_quote = _patterns(delimiter)
    at = start
    while True:
        if text.startswith('"', at):
            close, good = _closing_quote(text, at + 1, doomed)
            after = after_quote.match(text, close + 1) if good else None
            if after is None:
                return None, close
            cells.append(text[at + 1 : close].replace('""', '"'))
            at = after.end()
        else:
            found = stop.search(text, at)
            end = found.start() if found else len(text)
            cells.append(text[at:end])
            at = end
        if at >= len(text) or text[at] == "\n":
            return cells, at + 1
        at += 1


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What ends a bare cell, and what may stand between a closing quotation mark and the end of its cell."""
    either = f"[{re.escape(delimiter)}\n]"
    return re.compile(either), re.compile(rf" *(?={either}|\Z)")


def _closing_quote(text: str, start: int, doomed: int) -> tuple[int, bool]:
    """Position of the quotation mark that ends the cell begun at `start`, and whether there is one."""
    line_end = _line_end(text, start)
    limit = line_end if line_end < doomed else len(text)
    at = text.find('"', start, limit)
    while at >= 0 and text.startswith('""', at):
        at = text.find('"', at + 2, limit)
    return (at, True) if at >= 0 else (limit, False)


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _read_xlsx(path: Path, options: FormatOptions, limit: int | None) -> Table:
    book = _open_book(path, values=True)
    sheet, notes = _choose_sheet(path, book, options.sheet)
    unread = _unstored_formulas(path, sheet)
    if unread:
        notes.append(f"{unread:,} formulas have no stored value and read as blank: open in Excel and save")
    records, errors = _sheet_records(sheet)
    if errors:
        notes.append(f"{errors:,} cells show an error (#REF!, #N/A) and read as blank")
    return _table(path, records, options, limit, notes)


def _open_book(path: Path, values: bool) -> Any:
    import warnings

    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as file:  # by its name openpyxl would refuse an XLSX called .csv
                return load_workbook(file, data_only=values)
    except Exception:  # openpyxl raises whatever its parsers do; the message could quote a cell
        raise InputError([_not_xlsx(path, b"")]) from None


def _not_xlsx(path: Path, head: bytes) -> Fault:
    if head.startswith(_OLE):
        problem = "This is an old .xls file, or protected by a password."
        return Fault(path.name, problem, "Open it, remove the password, and save it as .xlsx.")
    return Fault(path.name, "The file is damaged, or not a real .xlsx.", "Open it in Excel and save it as .xlsx again.")


def _choose_sheet(path: Path, book: Any, wanted: str | None) -> tuple[Any, list[str]]:
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    plain = normalise_header(wanted) if wanted else ""
    chosen = [sheet for sheet in book.worksheets if normalise_header(sheet.title) == plain] if wanted else visible
    if not chosen:
        problem = f"There is no sheet '{wanted}'." if wanted else "There is no visible sheet."
        remedy = f"Name one of its sheets in [format]: {', '.join(sheet.title for sheet in book.worksheets)}."
        raise InputError([Fault(path.name, problem, remedy)])
    others = [sheet for sheet in book.worksheets if sheet is not chosen[0]]
    return chosen[0], [_sheet_note(sheet) for sheet in others]


def _sheet_note(sheet: Any) -> str:
    kind = "sheet" if sheet.sheet_state == "visible" else "hidden sheet"
    return f"{kind} '{_short(sheet.title)}' not read"


def _unstored_formulas(path: Path, sheet: Any) -> int:
    """How many formulas of the sheet were saved without their result, as programs other than Excel save them."""
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if not any(re.search(rb"<(\w+:)?f[ >/]", archive.read(name)) for name in sheets):
            return 0
    written = _open_book(path, values=False)[sheet.title]._cells
    formulas = [place for place, cell in written.items() if cell.data_type == "f"]
    return sum(place not in sheet._cells or sheet._cells[place].value is None for place in formulas)


def _sheet_records(sheet: Any) -> tuple[list[_Record], int]:
    """All rows down to the last one filled, and the number of cells that show an error."""
    # `_cells` holds what is in the file; iterating the sheet would create every cell up to a stray formatted one.
    cells = {place: cell for place, cell in sheet._cells.items() if cell.value is not None}
    texts = {place: _as_text(cell.value) for place, cell in cells.items() if cell.data_type != "e"}
    filled = {place: text for place, text in texts.items() if text.strip()}
    rows: dict[int, dict[int, str]] = {}
    for (row, column), text in filled.items():
        rows.setdefault(row, {})[column] = text
    width = max((column for _, column in filled), default=0)
    records = [_sheet_record(number, rows.get(number, {}), width) for number in range(1, max(rows, default=0) + 1)]
    return _spread_merged(records, sheet), len(cells) - len(texts)


def _sheet_record(number: int, cells: Mapping[int, str], width: int) -> _Record:
    return _Record(number, tuple(cells.get(column, "") for column in range(1, width + 1)))


def _spread_merged(records: list[_Record], sheet: Any) -> list[_Record]:
    """Merged cells of a single header row name all their columns. In two rows, blanks are filled by `_spread`."""
    first = next((i for i, record in enumerate(records) if not record.blank), None)
    if first is None or _header_depth(records[first : first + 4]) > 1:
        return records
    head = records[first]
    cells = list(head.cells)
    for merged in sheet.merged_cells.ranges:
        if merged.min_row <= head.row <= merged.max_row:
            # A title across the whole sheet is no header of its columns, but neither can it be told from one.
            for column in range(merged.min_col, min(merged.max_col, len(cells)) + 1):
                cells[column - 1] = cells[merged.min_col - 1]
    return [*records[:first], _Record(head.row, tuple(cells)), *records[first + 1 :]]


def _as_text(value: object) -> str:
    """Numbers as a person would type them, dates in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return decode_escapes(str(value))
