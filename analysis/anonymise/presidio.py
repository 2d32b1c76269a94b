"""The one door to Presidio: imports it without the deep-learning back-ends that it loads by itself.

`import presidio_analyzer` pulls torch and transformers (about 10 s) for engines we never use. They are optional to
Presidio, so they are hidden from the import system while it is imported, and only then.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

OPTIONAL_BACK_ENDS = frozenset(
    {"torch", "transformers", "spacy_huggingface_pipelines", "stanza", "gliner", "langextract", "azure"}
)


class _Hidden(MetaPathFinder):
    """Reports the optional back-ends as not installed."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname.partition(".")[0] in OPTIONAL_BACK_ENDS:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@contextmanager
def _without_back_ends() -> Iterator[None]:
    finder = _Hidden()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@cache
def presidio(with_torch: bool = False) -> Any:
    """The `presidio_analyzer` module with its recognisers, imported once (about 2 s).

    spaCy comes with it, and takes torch along only if asked to (3 s more): a spaCy model may need it, our rules do not.
    """
    if with_torch or "torch" in sys.modules:
        import spacy  # noqa: F401  first and outside the guard: it looks for torch when imported

    with _without_back_ends():
        import presidio_analyzer
        import presidio_analyzer.predefined_recognizers
    return presidio_analyzer
