"""Embed the examples of frameworks and fit their linkers, so that a run need not.

    python training/frameworks/fit.py                     # the shipped ones; run it after editing one or its examples

writes beside each framework <name>.npz and <name>_tuned.npz, the examples' vectors by the sentence model as it is and
as tuned (in steps of 1/512, by content hash, tied to the model's SHA-256), and <name>_linker.npz, what the linker
learned of them. All are used only while they match: examples without a vector are embedded at run time and a linker of
other examples is fitted anew, so a forgotten run costs time, nothing else. Three minutes for eight thousand examples.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.embed import CODER_CHANGES, SentenceEncoder, content_hash
from analysis.linker import examples_as_read, keep_linker, shipped_linker
from analysis.linking import link_embedder
from analysis.settings import load_settings
from analysis.vision import Framework, load_framework, shipped_frameworks, shipped_tuned_vectors, shipped_vectors

STEPS = 512  # few enough values that the file is small; cosines keep three digits


def main() -> None:
    """Write three files per framework."""
    settings = load_settings()
    plain, tuned = SentenceEncoder(settings.embed), SentenceEncoder(settings.embed, CODER_CHANGES)
    for name in shipped_frameworks():
        framework = load_framework(name)
        _keep_vectors(framework, plain, shipped_vectors(framework))
        _keep_vectors(framework, tuned, shipped_tuned_vectors(framework))
        words = link_embedder(framework, settings.embed)
        keep_linker(framework, words.encode, words.fingerprint, settings.vision, shipped_linker(framework))
        for path in (shipped_vectors(framework), shipped_tuned_vectors(framework), shipped_linker(framework)):
            print(f"{path.name}: {path.stat().st_size:,} bytes")


def _keep_vectors(framework: Framework, encoder: SentenceEncoder, path: Path) -> None:
    by_hash = {content_hash(example.text): example.text for example in examples_as_read(framework)}
    hashes = sorted(by_hash)
    steps = np.round(encoder.encode([by_hash[h] for h in hashes]) * STEPS).astype(np.int16)
    with path.open("wb") as file:
        np.savez_compressed(
            file, fingerprint=encoder.fingerprint, hashes=np.array(hashes, dtype="U32"), vectors=steps, steps=STEPS
        )


if __name__ == "__main__":
    main()
