"""Remember which workbooks with residents' answers were handed out to people, so that a purge reaches them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from analysis.files import write_atomically
from analysis.review_book import OWNER
from flows.layout import Layout


def remember(layout: Layout, paths: Iterable[Path]) -> None:
    """Note files that were written outside the results."""
    known = {*_noted(layout), *(str(path.resolve()) for path in paths)}
    with write_atomically(layout.handed_out) as part:
        part.write_text(json.dumps(sorted(known), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def handed_out(layout: Layout, consultation: str) -> tuple[Path, ...]:
    """The workbooks that lie where they were written and are still this consultation's.

    Another consultation's workbook may have been written to the same place since.
    """
    return tuple(path for path in map(Path, _noted(layout)) if path.is_file() and _owner(path) == consultation)


def _noted(layout: Layout) -> list[str]:
    if not layout.handed_out.exists():
        return []
    noted: list[str] = json.loads(layout.handed_out.read_text(encoding="utf-8"))
    return noted


def _owner(path: Path) -> str:
    """The consultation that a workbook names as its own; '' for any other file."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path)
    except Exception:  # whatever it is, it is no workbook of ours
        return ""
    return str({each.name: each.value for each in book.custom_doc_props.props}.get(OWNER, ""))
