"""The tables other programs rely on: their columns, checked before writing; CSV beside Parquet, whole or not at all."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.errors import ManifestoError
from analysis.files import write_atomically
from analysis.types import CERTAINTIES, CONFIDENCES, GAP_KINDS, ORIGINS, RELATIONS, SIDES, VERDICTS, Status, ThemeState

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

CONTRACT: dict[str, dict[str, type]] = {
    "responses": {
        "wave": str,
        "response_id": str,
        "question_id": str,
        "text": str,
        "status": str,
        "duplicate_of": str,
        "language": str,
        "respondent": str,
        "source": str,
        "row": int,
        "redactions": int,
        "marks": str,
        "campaign": bool,
        "campaign_id": str,
        "reason": str,
    },
    "redactions": {
        "wave": str,
        "question_id": str,
        "label": str,
        "confidence": str,
        "pieces": int,
        "responses": int,
    },
    "segments": {
        "segment_id": str,
        "wave": str,
        "response_id": str,
        "question_id": str,
        "text": str,
        "start": int,
        "end": int,
        "theme_id": str,
        "theme_score": float,
        "vision": str,
        "also": str,
        "also_scores": str,
        "subtheme_id": str,
    },
    "themes": {
        "theme_id": str,
        "label": str,
        "description": str,
        "keywords": str,
        "first_wave": str,
        "state": str,
        "vision": str,
        "origin": str,
    },
    "subthemes": {
        "subtheme_id": str,
        "theme_id": str,
        "label": str,
        "description": str,
        "keywords": str,
        "first_wave": str,
    },
    "response_themes": {
        "wave": str,
        "response_id": str,
        "question_id": str,
        "theme_id": str,
        "score": float,
        "stance": str,
    },
    "response_vision": {
        "wave": str,
        "response_id": str,
        "question_id": str,
        "vision_code": str,
        "score": float,
    },
    "gaps": {
        "wave": str,
        "gap_id": str,
        "kind": str,
        "theme_id": str,
        "label": str,
        "description": str,
        "keywords": str,
        "first_wave": str,
        "respondents": int,
        "responses": int,
        "segments": int,
        "segments_linked": int,
        "share_linked": float,
        "certainty": str,
        "source": str,
    },
    "response_gaps": {
        "wave": str,
        "response_id": str,
        "question_id": str,
        "gap_id": str,
        "score": float,
    },
    "theme_changes": {
        "wave": str,
        "before": str,
        "theme_id": str,
        "label": str,
        "verdict": str,
        "respondents": int,
        "respondents_before": int,
        "answered": int,
        "answered_before": int,
        "share": float,
        "share_before": float,
        "change": float,
        "low": float,
        "high": float,
        "joined_share": float,
        "drift": float,
        "drifted": bool,
        "origin": str,
        "origin_share": float,
    },
    "lineage": {
        "refit": int,
        "wave": str,
        "old_theme_id": str,
        "old_label": str,
        "new_theme_id": str,
        "new_label": str,
        "relation": str,
        "responses": int,
        "old_responses": int,
        "new_responses": int,
        "share_of_old": float,
        "share_of_new": float,
        "jaccard": float,
        "hidden": bool,
    },
}
"""Column name to type, per table. Columns may be added to this list and never renamed. `responses` also has one column
`demographic_<id>` for each demographic of the consultation."""

_ALLOWED = {
    ("responses", "status"): [str(status) for status in Status],
    ("redactions", "confidence"): list(CONFIDENCES),
    ("themes", "state"): [str(state) for state in ThemeState],
    ("themes", "origin"): list(ORIGINS),
    ("response_themes", "stance"): list(SIDES),
    ("gaps", "kind"): list(GAP_KINDS),
    ("gaps", "certainty"): list(CERTAINTIES),
    ("theme_changes", "verdict"): list(VERDICTS),
    ("lineage", "relation"): list(RELATIONS),
}
_UNKNOWN = {"theme_changes": ("share_before", "change", "low", "high", "drift", "origin_share")}
"""Columns with empty cells, where nothing is known."""
_KEYS = {
    "gaps": ["wave", "gap_id"],
    "response_gaps": ["wave", "response_id", "question_id", "gap_id"],
    "theme_changes": ["wave", "theme_id"],
    "lineage": ["refit", "old_theme_id", "new_theme_id"],
    "redactions": ["wave", "question_id", "label", "confidence"],
    "segments": ["segment_id"],
    "themes": ["theme_id"],
    "subthemes": ["subtheme_id"],
    "response_themes": ["wave", "response_id", "question_id", "theme_id"],
    "response_vision": ["wave", "response_id", "question_id", "vision_code"],
}
_FORMULA = re.compile(r"^[=+\-@\t\r\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")


def checked(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the contract's columns first, in order; raise ManifestoError if it breaks the contract.

    The error names columns and checks, never a cell.
    """
    missing = [f"{column}: missing" for column in CONTRACT[name] if column not in table.columns]
    typed, unfit = _typed(name, table.reset_index(drop=True))
    problems = [*missing, *unfit] or _problems(name, typed)
    if problems:
        found = "; ".join(problems)
        raise ManifestoError(f"The table '{name}' breaks its contract ({found}). This is a fault of the program.")
    extra = [column for column in typed.columns if column not in CONTRACT[name]]
    order = [*CONTRACT[name], *sorted(extra)]
    return typed[order]


def empty_table(name: str) -> pd.DataFrame:
    """Return a table of the contract without rows."""
    return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in CONTRACT[name].items()})


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write one Parquet file, whole or not at all; equal tables give equal bytes."""
    with write_atomically(path) as part:
        table.to_parquet(part, index=False, compression="zstd")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write one CSV file (UTF-8 with BOM, so that Excel reads it) in which no cell is taken for a formula.

    A text that begins like a formula gets an apostrophe before it (OWASP); the Parquet file has the text as it is.
    """
    safe = table.apply(lambda column: column.map(_inert) if _is_text(column) else column)
    with write_atomically(path) as part:
        safe.to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)


def read_table(name: str, folder: Path) -> pd.DataFrame:
    """Read a table of the contract from a processed folder; without a file, an empty table."""
    path = folder / f"{name}.parquet"
    return pd.read_parquet(path) if path.exists() else empty_table(name)


def pieces_by_type(redactions: pd.DataFrame) -> dict[str, int]:
    """Count the pieces of personal data replaced, by type, from rows of the table `redactions`."""
    counts = redactions.groupby("label")["pieces"].sum()
    return {str(label): int(pieces) for label, pieces in sorted(counts.items())}


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows as named tuples (pandas' stubs do not know their columns)."""
    yield from table.itertuples(index=False)


def _is_text(column: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_string_dtype(column.dtype) or column.dtype == object)


def _inert(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value)
    return f"'{text}" if _FORMULA.match(text) else text


def _typed(name: str, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the table with the contract's types, and the columns that cannot have theirs."""
    unfit = []
    for column, kind in CONTRACT[name].items():
        if column in table.columns:
            try:
                table = table.astype({column: kind})
            except (ValueError, TypeError):
                unfit.append(f"{column}: not {kind.__name__}")
    return table, unfit


def _problems(name: str, table: pd.DataFrame) -> list[str]:
    from pandera.errors import SchemaErrors

    try:
        _schema(name).validate(table, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases[["column", "check"]].drop_duplicates().astype(str)
        return [f"{row.column}: {row.check}" for row in cases.itertuples(index=False)]
    return []


@functools.cache
def _schema(name: str) -> DataFrameSchema:
    from pandera.pandas import Check, Column, DataFrameSchema

    def column(table: str, label: str) -> Column:
        allowed = _ALLOWED.get((table, label))
        return Column(nullable=label in _UNKNOWN.get(table, ()), checks=[Check.isin(allowed)] if allowed else [])

    columns = {label: column(name, label) for label in CONTRACT[name]}
    return DataFrameSchema(columns, strict=False, unique=_KEYS.get(name))
