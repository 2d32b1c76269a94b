"""The one door to Presidio and spaCy: their pattern and token machinery without the deep-learning back-ends.

`import presidio_analyzer` pulls torch, transformers and every recogniser (more than 10 s) for engines we never use, and
`import spacy` pulls torch (3 s). Both are asked for the parts we use only. Nothing is hidden from other modules: what
is left out is left out of Presidio's package and of `thinc.compat`, whose `import torch` is optional by design.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import sys
from threading import Lock
from types import ModuleType
from typing import Any

_LOCK = Lock()
# Presidio's light modules, in the order in which they need each other, and what each gives to the package.
_PARTS = {
    "analysis_explanation": "AnalysisExplanation",
    "recognizer_result": "RecognizerResult",
    "entity_recognizer": "EntityRecognizer",
    "local_recognizer": "LocalRecognizer",
    "pattern": "Pattern",
    "pattern_recognizer": "PatternRecognizer",
}


def presidio(whole: bool = False) -> Any:
    """The package `presidio_analyzer` with its pattern recogniser; whole where the first caller asks for it."""
    with _LOCK:
        if "presidio_analyzer" not in sys.modules:
            importlib.import_module("presidio_analyzer") if whole else _load_parts()
        return sys.modules["presidio_analyzer"]


def _load_parts() -> None:
    spec = importlib.util.find_spec("presidio_analyzer")
    if spec is None:
        raise ModuleNotFoundError("No module named 'presidio_analyzer'", name="presidio_analyzer")
    package = importlib.util.module_from_spec(spec)
    sys.modules["presidio_analyzer"] = package
    for part, name in _PARTS.items():
        module = importlib.import_module(f"presidio_analyzer.{part}")
        setattr(package, name, getattr(module, name))


def import_spacy(with_torch: bool = False) -> Any:
    """spaCy; without torch and others' factories unless asked for (an installed transformer pipeline needs them)."""
    with _LOCK:
        if not with_torch and "torch" not in sys.modules and "thinc.compat" not in sys.modules:
            _load_thinc_compat()
        spacy = importlib.import_module("spacy")
        sys.modules["thinc"].__dict__.setdefault("compat", sys.modules["thinc.compat"])
        # Presidio offers spaCy a transformer factory by an entry point, which would load all of Presidio and torch.
        whole = "presidio_analyzer.analyzer_engine" in sys.modules
        spacy.util.registry._entry_point_factories.entry_points = with_torch and whole
        return spacy


def _load_thinc_compat() -> None:
    """`thinc.compat` as if torch were not installed: its own import statements, and only those, cannot find it."""
    thinc = importlib.util.find_spec("thinc")
    paths = list(thinc.submodule_search_locations or ()) if thinc else []
    spec = importlib.util.spec_from_file_location("thinc.compat", f"{paths[0]}/compat.py") if paths else None
    if spec is None or spec.loader is None:
        return
    module: ModuleType = importlib.util.module_from_spec(spec)
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import_without_torch}
    spec.loader.exec_module(module)
    sys.modules["thinc.compat"] = module


def _import_without_torch(name: str, *arguments: Any, **named: Any) -> Any:
    if name.partition(".")[0] in {"torch", "tensorflow", "mxnet", "cupy"}:
        raise ImportError(f"{name} is not used here", name=name)
    return builtins.__import__(name, *arguments, **named)
