"""Where rebuilt codebooks lie, and which of them stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.files import sha256_of, write_atomically
from analysis.types import Wave
from flows.layout import Layout, fingerprint

CODEBOOK, BEFORE, LINEAGE, _BASIS = "codebook.parquet", "before.parquet", "lineage.parquet", "basis.json"


@dataclass(frozen=True, slots=True)
class Refit:
    """A finished refit: its number from 1, folder, and the waves it was made from. `digest` changes when it does.

    `space` identifies what its centroids mean: they fit no other.
    """

    number: int
    folder: Path
    waves: tuple[Wave, ...]
    digest: str
    space: str


def finished_refits(layout: Layout) -> tuple[Refit, ...]:
    """All refits that were finished, in order."""
    return tuple(_read(folder) for folder in sorted(layout.refits.glob("*/")) if (folder / "refit.key").exists())


def standing_refit(layout: Layout, space: str) -> Refit | None:
    """The last refit, if segments are still placed as they were for it."""
    refits = finished_refits(layout)
    return refits[-1] if refits and refits[-1].space == space else None


def folder_of(layout: Layout, number: int) -> Path:
    """The folder of a refit; names sort by number."""
    return layout.refits / f"{number:03}"


def write_basis(folder: Path, waves: Sequence[Wave], space: str) -> None:
    """Record what a refit is made from."""
    with write_atomically(folder / _BASIS) as part:
        part.write_text(json.dumps({"waves": list(waves), "space": space}, indent=1) + "\n", encoding="utf-8")


def _read(folder: Path) -> Refit:
    basis = json.loads((folder / _BASIS).read_text(encoding="utf-8"))
    digest = fingerprint((folder / "refit.key").read_text(), sha256_of(folder / CODEBOOK))
    return Refit(int(folder.name), folder, tuple(map(Wave, basis["waves"])), digest, basis.get("space", ""))
