"""Where a consultation's files lie, and which of them are up to date."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.files import sha256_of, write_atomically

_VERSIONED = ("bertopic", "numpy", "pandas", "prefect", "presidio-analyzer", "scikit-learn",
              "sentence-transformers", "spacy", "textblob", "torch")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """The processed folder of one consultation; one subfolder a wave holds what its stages gave."""

    root: Path

    @property
    def vectors(self) -> Path:
        """Vectors of all texts met so far, by content hash."""
        return self.root / "cache" / "vectors.npz"

    @property
    def tuned_vectors(self) -> Path:
        """The same by the tuned sentence model, for themes that are given in words and for vision links."""
        return self.root / "cache" / "tuned-vectors.npz"

    @property
    def manifest(self) -> Path:
        """What was read, with what, and what became of it."""
        return self.root / "manifest.json"

    @property
    def learning(self) -> Path:
        """What people's corrections of vision links taught, in counts and shares."""
        return self.root / "learning.json"

    @property
    def handed_out(self) -> Path:
        """Where workbooks with answers were written for people."""
        return self.root / "handed-out.json"

    @property
    def lock(self) -> Path:
        """Held while a run writes here."""
        return self.root / ".lock"

    @property
    def refits(self) -> Path:
        """One folder for each time the codebook was rebuilt: the codebook before, the one after, the lineage."""
        return self.root / "refits"

    def wave(self, wave: str) -> Path:
        """Folder of one wave's stage results."""
        return self.root / "waves" / wave


def fingerprint(*parts: str) -> str:
    """Combine strings into one key."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def is_done(folder: Path, stage: str, key: str, outputs: Iterable[Path]) -> bool:
    """Tell whether a stage's outputs are there and were made from the same inputs."""
    mark = folder / f"{stage}.key"
    return mark.exists() and mark.read_text() == key and all(path.exists() for path in outputs)


def mark_done(folder: Path, stage: str, key: str) -> None:
    """Record, after its outputs are written, what a stage was made from."""
    with write_atomically(folder / f"{stage}.key") as part:
        part.write_text(key)


@cache
def code_fingerprint(package: str) -> str:
    """Change whenever a source or data file of a package does: results never outlive the code that made them."""
    digest = hashlib.sha256()
    for path, file in sorted(_files(resources.files(package), "")):
        digest.update(path.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def file_hashes(files: Iterable[Path], folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file by its path below `folder`."""
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


@cache
def library_versions() -> dict[str, str]:
    """Versions of what the results depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _VERSIONED}}


def _files(folder: Any, prefix: str) -> Iterable[tuple[str, Any]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in {"__pycache__", "published"}:
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.is_file() and not entry.name.endswith(".pyc"):
            yield prefix + entry.name, entry
