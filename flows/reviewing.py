"""The analyst's part: what to look at, out as a workbook; what was decided, back as data that every run applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.anonymise import LABELS
from analysis.anonymise.corrections import Action, Correction, add_corrections, text_hash
from analysis.consultation import load_consultation
from analysis.errors import Fault, InputError
from analysis.files import write_atomically
from analysis.retelling import evidence_of
from analysis.tables import read_table, rows_of
from analysis.types import SafeText

SHEET = "Personal data"
READ_FIRST, READ_COLUMNS = "Read first", ("wave", "response_id", "question_id", "evidence", "text")
SHOWN = ("wave", "response_id", "question_id", "marked_for", "text", "text_hash")
ASKED = ("redact_these_words", "as", "keep_these_words", "nothing_here")
_YES = {"yes", "y", "x", "true", "1", "ok"}
_NOTES = (
    "One row for each answer that the second look marked, or all answers with --all.",
    "redact_these_words: words that tell who somebody is, as they stand in the export. Several: part them by ;",
    f"as: the kind of personal data ({', '.join(LABELS)}).",
    "keep_these_words: words taken out that tell nothing (a shop, a public figure). Several: part them by ;",
    "nothing_here: x if you looked and nothing tells who wrote it. The answer may then be quoted.",
    "The sheet 'Read first' has the answers that hold figures, examples, sources, local knowledge or proposals.",
    "Save, then run: manifesto review apply DIR_OF_CONSULTATION THIS_FILE, and manifesto run again.",
)


def export_review(folder: Path, processed: Path, out: Path, everything: bool = False) -> int:
    """Write the marked responses (or all) as a workbook to fill in; return how many. Raises InputError before a run."""
    consultation = load_consultation(folder)
    root = processed / consultation.id
    if not (root / "responses.parquet").exists():
        raise InputError([Fault(str(root), "There are no results to review.", f"Run first: manifesto run {folder}")])
    responses = read_table("responses", root)
    wanted = responses[(responses["status"] == "substantive") & ((responses["marks"] != "") | everything)]
    evidence = evidence_of(responses)
    rich = responses[(evidence != "") & (responses["status"] == "substantive")]
    first = [(r.wave, r.response_id, r.question_id, r.evidence, r.text) for r in rows_of(rich)]
    rows = [
        (r.wave, r.response_id, r.question_id, r.marks.replace(" ", ", "), r.text, text_hash(SafeText(r.text)))
        for r in rows_of(wanted)
    ]
    with write_atomically(out) as part:
        _write_book(part, rows, first)
    return len(rows)


def apply_review(folder: Path, book: Path) -> int:
    """Add a filled-in workbook's decisions to the consultation's corrections; return how many are new.

    Raises InputError with every fault of the workbook, by its rows; then nothing is written.
    """
    load_consultation(folder)
    rows = _read_book(book)
    faults = [fault for i, row in rows for fault in _faults(row, f"{book.name}, row {i}")]
    if faults:
        raise InputError(faults)
    return add_corrections(folder, [decision for _, row in rows for decision in _decisions(row)])


def _write_book(path: Path, rows: Sequence[tuple[str, ...]], first: Sequence[tuple[str, ...]]) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        wrapped, bold = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True})
        sheet = book.add_worksheet(SHEET)
        for column, name in enumerate((*SHOWN, *ASKED)):
            sheet.write_string(0, column, name, bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value, wrapped)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 3, 16)
        sheet.set_column(4, 4, 80)
        sheet.set_column(5, 5, 10, None, {"hidden": True})
        sheet.set_column(6, 9, 22)
        labels = len(SHOWN) + ASKED.index("as")
        sheet.data_validation(1, labels, max(1, len(rows)), labels, {"validate": "list", "source": list(LABELS)})
        _write_read_first(book, first, wrapped, bold)
        notes = book.add_worksheet("Notes")
        notes.set_column(0, 0, 110)
        for number, note in enumerate(_NOTES):
            notes.write_string(number, 0, note)


def _write_read_first(book: Any, rows: Sequence[tuple[str, ...]], wrapped: Any, bold: Any) -> None:
    """Add the answers that are rich in evidence, those with most kinds first; nothing is to be filled in."""
    sheet = book.add_worksheet(READ_FIRST)
    for number, row in enumerate((READ_COLUMNS, *rows)):
        for column, value in enumerate(row):
            sheet.write_string(number, column, value, wrapped if number else bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 2, 16)
    sheet.set_column(3, 3, 28)
    sheet.set_column(4, 4, 90)


def _read_book(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        table = pd.read_excel(path, sheet_name=SHEET, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise InputError([Fault(str(path), "There is no such file.", "Give the workbook you filled in.")]) from None
    except Exception:  # openpyxl's errors quote cells
        fault = Fault(path.name, f"cannot be read as a workbook with the sheet '{SHEET}'.", "Save it as .xlsx.")
        raise InputError([fault]) from None
    missing = [name for name in (*SHOWN, *ASKED) if name not in table.columns]
    if missing:
        listed = ", ".join(missing)
        raise InputError([Fault(path.name, f"lacks the columns {listed}.", "Export the workbook again.")])
    records: list[Mapping[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return [(i, {name: str(row[name]).strip() for name in (*SHOWN, *ASKED)}) for i, row in enumerate(records, start=2)]


def _faults(row: Mapping[str, str], where: str) -> Iterator[Fault]:
    if row["redact_these_words"] and row["as"] not in LABELS:
        yield Fault(
            where, "has words to redact but no kind that is known in 'as'.", f"Use one of: {', '.join(LABELS)}."
        )
    if row["nothing_here"] and row["nothing_here"].lower() not in _YES:
        yield Fault(where, "has something else than x in 'nothing_here'.", "Write x, or leave it empty.")
    if row["nothing_here"] and row["redact_these_words"]:
        yield Fault(where, "says both that nothing is here and what to redact.", "Choose one.")


def _decisions(row: Mapping[str, str]) -> Iterator[Correction]:
    key = (row["wave"], row["response_id"], row["question_id"])
    for words in _parts(row["redact_these_words"]):
        yield Correction(*key, Action.REDACT, words, row["as"])
    for words in _parts(row["keep_these_words"]):
        yield Correction(*key, Action.KEEP, words)
    if row["nothing_here"]:
        yield Correction(*key, Action.CLEAR, text_hash=row["text_hash"])


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]
