"""Check a framework file before it is used."""

from __future__ import annotations

import tempfile
from pathlib import Path

from analysis.embed import SentenceEncoder, VectorStore, embed
from analysis.framework_check import Advice, advise
from analysis.settings import load_settings
from analysis.vision import Framework, examples_of, load_framework, shipped_vectors


def check_framework(name: str) -> tuple[Framework, tuple[Advice, ...]]:
    """Load a framework (a shipped one's name or a path) and return it with advice; writes nothing.

    Raises InputError with every fault of the file.
    """
    framework = load_framework(name, Path())
    encoder = SentenceEncoder(load_settings().embed)
    with tempfile.TemporaryDirectory() as folder:
        store = VectorStore(Path(folder) / "vectors.npz", encoder.fingerprint)
        store.adopt(shipped_vectors(framework))
        embed([example.text for example in examples_of(framework)], encoder, store)
        return framework, advise(framework, store.of)
