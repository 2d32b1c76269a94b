"""The analyst's part: what to look at, out as a workbook; what was decided, back as data that every run applies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

import pandas as pd

from analysis.anonymise import LABELS
from analysis.anonymise.corrections import Correction, add_corrections, read_corrections
from analysis.consultation import CORRECTIONS_FILE, Consultation, load_consultation
from analysis.decisions import About, Decision, add_decisions, read_decisions
from analysis.errors import Fault, InputError, ManifestoError
from analysis.files import write_atomically
from analysis.priorities import RESPONSE_KEY
from analysis.review import Results, review_book
from analysis.review_book import Book, open_book, owner_of, write_book
from analysis.review_edits import Change, edits_of
from analysis.review_evidence import evidence_sheet
from analysis.review_personal import KINDS, SHEET, corrections_in, personal_sheet
from analysis.settings import load_settings
from analysis.tables import read_table
from analysis.vision import load_framework
from flows.handed_out import remember
from flows.layout import Layout

__all__ = ["SHEET", "Applied", "apply_review", "export_review"]
_TABLES = ("responses", "segments", "themes", "response_themes", "response_vision")


@dataclass(frozen=True, slots=True)
class Applied:
    """What a workbook changed: each change in words, and how many corrections of personal data are new."""

    changes: tuple[str, ...]
    corrections: int


def export_review(folder: Path, processed: Path, out: Path, everything: bool = False) -> dict[str, int]:
    """Write a workbook to fill in; return how many rows each sheet has. Raises InputError before a run."""
    consultation = load_consultation(folder)
    settings = load_settings(consultation.settings, f"{folder.name}/consultation.toml")
    results = _results(consultation, processed)
    responses = results.tables["responses"]
    others = [personal_sheet(responses, everything), evidence_sheet(responses)]
    book = review_book(results, settings.review, settings.report, others)
    remember(Layout(processed / consultation.id), [out])
    with write_atomically(out) as part:
        write_book(part, Book(book.consultation, book.notes, book.sheets, {**book.lists, KINDS: LABELS}))
    return {sheet.name: len(sheet.rows) for sheet in book.sheets}


def apply_review(folder: Path, book: Path, processed: Path, by: str = "", dry_run: bool = False) -> Applied:
    """Keep a filled-in workbook's decisions with the exports, and who took them and when; say what changes.

    Raises InputError with every fault of the workbook, by its cells; then nothing is written. A dry run never writes.
    """
    consultation = load_consultation(folder)
    with _no_run(Layout(processed / consultation.id)):
        opened = open_book(book)
        _must_be_of(consultation, owner_of(opened), book)
        edits = edits_of(opened, _results(consultation, processed))
        corrections, faults = corrections_in(book)
        if faults or edits.faults:
            raise InputError([*edits.faults, *faults])
        known = read_corrections(folder)
        new: dict[Correction, str] = {}
        for at, correction in corrections:
            if correction not in known:
                new.setdefault(correction, at)
        if not dry_run:
            _keep(folder, edits.changes, list(new), len(known), by or _user())
    words = [str(change) for change in edits.changes]
    words += [f"{at}: {correction.action} in answer {correction.response_id}" for correction, at in new.items()]
    return Applied(tuple(words), len(new))


def _keep(folder: Path, changes: Sequence[Change], corrections: Sequence[Correction], known: int, by: str) -> None:
    when = datetime.now(UTC).isoformat(timespec="seconds")
    if corrections:
        add_corrections(folder, corrections)
    logged = [
        Decision(when, by, About.PERSONAL, "", c.wave, c.response_id, c.question_id, c.action, "",
                 f"{CORRECTIONS_FILE}, row {number}", c.text_hash)
        for number, c in enumerate(corrections, start=known + 2)
    ]  # fmt: skip
    add_decisions(folder, [*(replace(change.decision, when=when, by=by) for change in changes), *logged])


def _results(consultation: Consultation, processed: Path) -> Results:
    root = processed / consultation.id
    if not (root / "responses.parquet").exists():
        remedy = f"Run first: manifesto run {consultation.folder}"
        raise InputError([Fault(str(root), "There are no results to review.", remedy)])
    framework = load_framework(consultation.vision, consultation.folder)
    return Results(
        consultation.id,
        {name: read_table(name, root) for name in _TABLES},
        _margins(Layout(root)),
        read_decisions(consultation.folder),
        {theme.code: theme.title for theme in framework.themes},
        {question.id: question.text for question in consultation.questions},
    )


def _margins(layout: Layout) -> pd.DataFrame:
    """How certain each response's links are, of all waves; without rows before a run gave any."""
    parts = [pd.read_parquet(path) for path in sorted((layout.root / "waves").glob("*/margins.parquet"))]
    empty = pd.DataFrame({**{name: pd.Series(dtype=str) for name in RESPONSE_KEY}, "margin": pd.Series(dtype=float)})
    return pd.concat([part for part in parts if len(part)] or [empty], ignore_index=True)


def _must_be_of(consultation: Consultation, owner: str, book: Path) -> None:
    if owner and owner != consultation.id:
        problem = f"was exported from the consultation '{owner}', not from '{consultation.id}'."
        raise InputError([Fault(book.name, problem, "Give the folder that it was exported from.")])


def _user() -> str:
    try:
        return getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


@contextmanager
def _no_run(layout: Layout) -> Iterator[None]:
    """Let no run read decisions while some are written, and no two people write them at once."""
    from filelock import FileLock, Timeout

    layout.root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(layout.lock, timeout=0):
            yield
    except Timeout:
        raise ManifestoError(f"A run or a review is at work in {layout.root}. Wait for it to end.") from None
