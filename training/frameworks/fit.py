"""Embed the examples of frameworks and fit their linkers, so that a run need not.

    python training/frameworks/fit.py                     # the shipped ones; run it after editing one or its examples

writes beside each framework <name>.npz, the examples' vectors (in steps of 1/512, by content hash, tied to the model's
SHA-256), and <name>_linker.npz, what the linker learned of them. Both are used only while they match: examples without
a vector are embedded at run time and a linker of other examples is fitted anew, so a forgotten run costs time and
nothing else. A minute for seven thousand examples.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.embed import SentenceEncoder, VectorStore, content_hash
from analysis.linker import examples_as_read, keep_linker, shipped_linker
from analysis.settings import load_settings
from analysis.vision import Framework, load_framework, shipped_frameworks, shipped_vectors

STEPS = 512  # few enough values that the file is small; cosines keep three digits


def main() -> None:
    """Write two files per framework."""
    settings = load_settings()
    encoder = SentenceEncoder(settings.embed)
    for name in shipped_frameworks():
        framework = load_framework(name)
        _keep_vectors(framework, encoder)
        store = VectorStore(Path("vectors-in-memory.npz"), encoder.fingerprint)
        store.adopt(shipped_vectors(framework))
        keep_linker(framework, store.of, encoder.fingerprint, settings.vision, shipped_linker(framework))
        for path in (shipped_vectors(framework), shipped_linker(framework)):
            print(f"{path.name}: {path.stat().st_size:,} bytes")


def _keep_vectors(framework: Framework, encoder: SentenceEncoder) -> None:
    by_hash = {content_hash(example.text): example.text for example in examples_as_read(framework)}
    hashes = sorted(by_hash)
    vectors = np.round(encoder.encode([by_hash[h] for h in hashes]) * STEPS) / STEPS
    with shipped_vectors(framework).open("wb") as file:
        np.savez_compressed(
            file,
            fingerprint=encoder.fingerprint,
            hashes=np.array(hashes, dtype="U32"),
            vectors=vectors.astype(np.float16),
        )


if __name__ == "__main__":
    main()
