"""A consultation in a temporary folder, run in this process with a fake encoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from conftest import CONSULTATION, write_export

PLAN = CONSULTATION.replace("[columns]", 'vision = "corporate_plan"\n[columns]')  # of few examples: fitted fast


class Place:
    """A consultation in a temporary folder, and where its results go."""

    def __init__(self, root: Path, toml: str = PLAN) -> None:
        self.folder, self.processed, self.reports = root / "raw" / "better", root / "processed", root / "reports"
        self.folder.mkdir(parents=True)
        (self.folder / "consultation.toml").write_text(toml, encoding="utf-8")

    def wave(self, wave: str, rows: list[dict[str, str]]) -> Place:
        write_export(self.folder / wave / "online.csv", rows)
        return self

    def run(self, wave: str | None = None, refit: bool = False) -> Any:
        from flows.consultation import analyse_consultation

        return analyse_consultation(str(self.folder), str(self.processed), str(self.reports), wave, refit)

    @property
    def results(self) -> Path:
        return self.processed / "better-borough"

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.results / f"{name}.parquet")

    def manifest(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.results / "manifest.json").read_text(encoding="utf-8"))
        return loaded

    def bytes(self) -> dict[str, bytes]:
        files = (
            p for p in self.results.rglob("*") if p.is_file() and p.name not in {"manifest.json", ".lock", "report.key"}
        )
        return {str(p.relative_to(self.results)): p.read_bytes() for p in files}
