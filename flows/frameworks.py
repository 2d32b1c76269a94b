"""Check a framework file before it is used."""

from __future__ import annotations

from pathlib import Path

from analysis.embed import Embedder, SentenceEncoder
from analysis.framework_check import Advice, advise
from analysis.settings import load_settings
from analysis.vision import Framework, load_framework, shipped_vectors


def check_framework(name: str) -> tuple[Framework, tuple[Advice, ...]]:
    """Load a framework (a shipped one's name or a path) and return it with advice; writes nothing.

    Raises InputError with every fault of the file.
    """
    framework = load_framework(name, Path())
    words = Embedder.of(SentenceEncoder(load_settings().embed), None, [shipped_vectors(framework)])
    return framework, advise(framework, words.encode)
