"""Embed the examples of the shipped frameworks with the shipped model, so that a first run need not.

    python training/frameworks/embed_examples.py

writes analysis/frameworks/<name>.npz (in steps of 1/512, by content hash, tied to the model's SHA-256). Run it after
editing a framework or its coded examples; examples without a vector are embedded at run time, so a forgotten run costs
time and nothing else.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.embed import SentenceEncoder, content_hash
from analysis.settings import load_settings
from analysis.vision import examples_of, load_framework, shipped_frameworks

FOLDER = Path(__file__).resolve().parents[2] / "analysis" / "frameworks"
STEPS = 512  # few enough values that the file is small; cosines keep three digits


def main() -> None:
    """Write one file per framework."""
    encoder = SentenceEncoder(load_settings().embed)
    for name in shipped_frameworks():
        by_hash = {content_hash(example.text): example.text for example in examples_of(load_framework(name))}
        hashes = sorted(by_hash)
        vectors = encoder.encode([by_hash[h] for h in hashes])
        vectors = (np.round(vectors * STEPS) / STEPS).astype(np.float16)
        path = FOLDER / f"{name}.npz"
        with path.open("wb") as file:
            np.savez_compressed(
                file, fingerprint=encoder.fingerprint, hashes=np.array(hashes, dtype="U32"), vectors=vectors
            )
        print(f"{path.name}: {len(hashes)} vectors, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
