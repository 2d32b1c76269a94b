"""Delete what was made from a consultation, all of it or what is older than it may be, and keep a note of it."""

from __future__ import annotations

import csv
import io
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from analysis.consultation import load_consultation
from analysis.errors import ManifestoError
from analysis.files import write_atomically
from analysis.settings import RetentionSettings, load_settings
from flows.handed_out import handed_out
from flows.layout import Layout

Kind = Literal["results", "report", "handed out"]
_DAY = 86_400
_LOG, _COLUMNS = ".purged", ("when", "kind", "path", "files")


@dataclass(frozen=True, slots=True)
class Artefact:
    """A folder or file made from a consultation, and when anything in it was last written (seconds, Unix)."""

    kind: Kind
    path: Path
    written: float

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file in it."""
        return tuple(_files(self.path))


def artefacts(folder: Path, processed: Path, reports: Path, expired_at: float | None = None) -> tuple[Artefact, ...]:
    """Return all that was made from a consultation, or with `expired_at` (seconds, Unix) only what is too old by then.

    Results are one: tables, stage results, vectors, refits and evaluations hang together. The consultation's own
    folder is never among them: exports, consultation.toml and what people decided are inputs.
    """
    consultation = load_consultation(folder)
    layout = Layout(processed / consultation.id)
    paths: list[tuple[Kind, Path]] = [("handed out", path) for path in handed_out(layout, consultation.id)]
    paths += [("report", path) for path in sorted((reports / consultation.id).glob("*")) if path.is_dir()]
    paths += [("report", reports / consultation.id), ("results", layout.root)]
    found = [Artefact(kind, path, _written(path)) for kind, path in paths if path.exists()]
    if expired_at is None:
        return tuple(
            each for each in found if not any(each.path.is_relative_to(o.path) for o in found if o is not each)
        )
    keep = load_settings(consultation.settings, f"{folder.name}/consultation.toml").retention
    return tuple(
        each for each in found if _is_expired(each, keep, expired_at) and each.path != reports / consultation.id
    )


def purge(folder: Path, processed: Path, found: Sequence[Artefact]) -> int:
    """Delete artefacts and note what was deleted; return how many files that were.

    Raises ManifestoError while a run or a review is at work on the consultation.
    """
    consultation = load_consultation(folder).id
    with _nobody_at_work(Layout(processed / consultation)):
        deleted = [(each, len(each.files)) for each in found]
        _note(processed / _LOG / f"{consultation}.csv", deleted)
        for each, _ in deleted:
            shutil.rmtree(each.path) if each.path.is_dir() else each.path.unlink()
    return sum(files for _, files in deleted)


def _is_expired(artefact: Artefact, keep: RetentionSettings, now: float) -> bool:
    days = {"results": keep.results_days, "report": keep.report_days, "handed out": keep.handed_out_days}[artefact.kind]
    return days > 0 and artefact.written < now - days * _DAY


def _files(path: Path) -> Iterator[Path]:
    yield from (each for each in path.rglob("*") if each.is_file()) if path.is_dir() else (path,)


def _written(path: Path) -> float:
    return max((each.stat().st_mtime for each in _files(path)), default=time.time())


def _note(log: Path, deleted: Iterable[tuple[Artefact, int]]) -> None:
    """Add what is deleted to a log that stays: kinds, places and counts, nobody's words."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    if not log.exists():
        rows.writerow(_COLUMNS)
    rows.writerows((when, each.kind, each.path, files) for each, files in deleted)
    before = log.read_text(encoding="utf-8") if log.exists() else ""
    with write_atomically(log) as part:
        part.write_text(before + text.getvalue(), encoding="utf-8")


@contextmanager
def _nobody_at_work(layout: Layout) -> Iterator[None]:
    from filelock import FileLock, Timeout

    if not layout.root.exists():
        yield
        return
    try:
        with FileLock(layout.lock, timeout=0):
            yield
    except Timeout:
        raise ManifestoError(f"A run or a review is at work in {layout.root}. Wait for it to end.") from None
