"""Delete what was made from a consultation."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from analysis.consultation import load_consultation


def artefacts(folder: Path, processed: Path, reports: Path) -> tuple[Path, ...]:
    """Return the folders that hold results of a consultation."""
    consultation = load_consultation(folder).id
    return tuple(path for path in (processed / consultation, reports / consultation) if path.exists())


def delete(folders: Iterable[Path]) -> int:
    """Delete folders; return how many files that were."""
    count = 0
    for folder in folders:
        count += sum(path.is_file() for path in folder.rglob("*"))
        shutil.rmtree(folder)
    return count
