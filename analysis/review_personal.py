"""The sheet of answers that may still tell who somebody is, and what a person decided on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from analysis.anonymise import LABELS
from analysis.anonymise.corrections import Action, Correction, text_hash
from analysis.errors import Fault, InputError
from analysis.review_book import Column, Row, Sheet
from analysis.tables import rows_of
from analysis.types import SafeText, Status

SHEET = "Personal data"
KINDS = "Kinds of personal data"
SHOWN = ("wave", "response_id", "question_id", "marked_for", "text", "text_hash")
ASKED = ("redact_these_words", "as", "keep_these_words", "nothing_here")
_YES = {"yes", "y", "x", "true", "1", "ok"}
_WIDTHS = {"text": 80, "text_hash": 10}
_HINTS = {
    "redact_these_words": "Words that tell who somebody is, as they stand in the export. Several: part them by ;",
    "as": "The kind of personal data.",
    "keep_these_words": "Words taken out that tell nothing (a shop, a public figure). Several: part them by ;",
    "nothing_here": "x if nothing here tells who wrote it. The answer may then be quoted.",
}


def personal_sheet(responses: pd.DataFrame, everything: bool = False) -> Sheet:
    """The sheet of the responses that the second look marked, or of all."""
    wanted = responses[(responses["status"] == Status.SUBSTANTIVE) & ((responses["marks"] != "") | everything)]
    columns = (
        *(Column(name, _WIDTHS.get(name, 16), hidden=name == "text_hash") for name in SHOWN),
        *(Column(name, 22, True, KINDS if name == "as" else "", _HINTS[name]) for name in ASKED),
    )
    rows = tuple(
        Row(
            (r.wave, r.response_id, r.question_id),
            {},
            (r.wave, r.response_id, r.question_id, r.marks.replace(" ", ", "), r.text, text_hash(SafeText(r.text)),
             *[""] * len(ASKED)),
        )
        for r in rows_of(wanted)
    )  # fmt: skip
    about = (
        "Answers that a second look marked (all answers with --all): say what must go, what may stay, or clear them."
    )
    return Sheet(SHEET, about, columns, rows)


def corrections_in(path: Path) -> tuple[list[tuple[str, Correction]], list[Fault]]:
    """The corrections of a filled-in sheet, each with its row, and every fault. No sheet of the name gives nothing."""
    try:
        table = pd.read_excel(path, sheet_name=SHEET, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise InputError([Fault(str(path), "There is no such file.", "Give the workbook you filled in.")]) from None
    except Exception:  # no such sheet; what cannot be opened at all is told by review_book.open_book
        return [], []
    missing = [name for name in (*SHOWN, *ASKED) if name not in table.columns]
    if missing:
        return [], [Fault(SHEET, f"lacks the columns {', '.join(missing)}.", "Export the workbook again.")]
    rows = [
        (f"{SHEET}, row {i}", {name: str(row[name]).strip() for name in (*SHOWN, *ASKED)})
        for i, row in enumerate(table.to_dict("records"), start=2)
    ]
    faults = [fault for where, row in rows for fault in _faults(row, where)]
    return [(where, decision) for where, row in rows for decision in _decisions(row)], faults


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
