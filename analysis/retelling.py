"""What a report tells of changes between waves, of a refit and of evidence, from the tables of the contract."""

from __future__ import annotations

import math
from collections.abc import Collection

import pandas as pd

from analysis.codebook import split_joined
from analysis.tables import rows_of
from analysis.types import Descent, SafeText, ThemeChange, ThemeId, Wave


def changes_of(table: pd.DataFrame, wave: Wave, hidden: Collection[str] = ()) -> tuple[ThemeChange, ...]:
    """The changes of one wave, those of the largest themes first; without themes that an analyst hid."""
    table = table[~table["theme_id"].isin(list(hidden))]
    rows = table[table["wave"] == wave]
    labels = dict(zip(table["theme_id"], table["label"], strict=True))
    found = [
        ThemeChange(
            theme_id=ThemeId(row.theme_id),
            label=row.label,
            verdict=row.verdict,
            respondents=int(row.respondents),
            respondents_before=int(row.respondents_before),
            share=float(row.share),
            share_before=_known(row.share_before),
            change=_known(row.change),
            low=_known(row.low),
            high=_known(row.high),
            joined_share=float(row.joined_share),
            drifted=bool(row.drifted),
            origin=labels.get(row.origin, ""),
        )
        for row in rows_of(rows)
    ]
    return tuple(sorted(found, key=lambda change: (-change.respondents, change.label, change.theme_id)))


def answered_of(table: pd.DataFrame, wave: Wave) -> tuple[int, int]:
    """Who answered in the wave before and in this one; (0, 0) where nothing is compared."""
    rows = table[table["wave"] == wave]
    return (int(rows["answered_before"].iloc[0]), int(rows["answered"].iloc[0])) if len(rows) else (0, 0)


def descents_of(table: pd.DataFrame, wave: Wave) -> tuple[Descent, ...]:
    """The lineage of the last refit, if it was made of the waves up to this one; without hidden themes."""
    last = table[table["refit"] == table["refit"].max()]
    order = ["is_new", "old_label", "responses", "new_label"]
    told = last[(last["wave"] == wave) & ~last["hidden"]]
    told = told.assign(is_new=told["old_label"] == "")  # of these rows only: a longer column would add empty ones
    rows = told.sort_values(order, ascending=[True, True, False, True])
    return tuple(
        Descent(
            row.old_label, row.new_label, row.relation, int(row.responses), float(row.share_of_old),
            float(row.share_of_new),
        )
        for row in rows_of(rows)
    )  # fmt: skip


def evidence_of(responses: pd.DataFrame) -> pd.Series[str]:
    """The column `evidence`, empty where answers were not marked."""
    return responses["evidence"] if "evidence" in responses else pd.Series("", index=responses.index, dtype=str)


def kinds_of_evidence(responses: pd.DataFrame) -> dict[str, int]:
    """How many responses hold each kind of evidence, commonest first."""
    counts: dict[str, int] = {}
    for cell in evidence_of(responses):
        for kind in split_joined(SafeText(cell)):
            counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
