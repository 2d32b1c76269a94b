"""Anonymise one file on its own, row by row."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.anonymise import Anonymiser
from analysis.clean import clean_text
from analysis.errors import Fault, InputError
from analysis.files import write_atomically
from analysis.readers import FormatOptions, Table, read_table
from analysis.settings import load_settings
from analysis.types import RawText
from flows.progress import step


@dataclass(frozen=True, slots=True)
class AnonymisedFile:
    """Rows written, rows that could not be read, and personal data removed by type."""

    rows: int
    rejected: int
    redactions: Mapping[str, int]


def anonymise_file(source: Path, id_column: str, text_column: str, out: Path) -> AnonymisedFile:
    """Write `out` with the same identifiers and the anonymised text, under the same column names, whole or not at all.

    The text is the anonymiser's own output to the letter, so that other programs can compare it; open it in a
    spreadsheet through import, not by double click. Raises InputError for a file or column that cannot be read.
    """
    table = read_table(source, FormatOptions())
    where = [_position(table, name, source) for name in (id_column, text_column)]
    faults = [found for found in where if isinstance(found, Fault)]
    if faults:
        raise InputError(faults)
    if where[0] == where[1] or out.resolve() == source.resolve():
        fault = Fault("--id, --text, --out", "name the same column or file twice.", "Give two columns and a new file.")
        raise InputError([fault])
    ids, texts = (int(position) for position in where if not isinstance(position, Fault))
    redactor = Anonymiser(load_settings().anonymise)
    removed: Counter[str] = Counter()
    bar = step("anonymise", len(table.rows))
    with bar as work, write_atomically(out) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([id_column, text_column])
        redactions = redactor.redact_many(clean_text(RawText(row.cells[texts])) for row in table.rows)
        for row, redaction in zip(table.rows, redactions, strict=True):
            writer.writerow([row.cells[ids], redaction.text])
            removed.update(span.label for span in redaction.spans)
            work.advance(1)
    return AnonymisedFile(len(table.rows), len(table.rejected), dict(sorted(removed.items())))


def _position(table: Table, name: str, source: Path) -> int | Fault:
    found = table.find(name)
    if found:
        return found[0]
    known = ", ".join(f"'{column.name}'" for column in table.columns)
    return Fault(source.name, f"has no column '{name}'.", f"Its columns are: {known}.")
