"""Score the shipped framework's vision links against coded answers it has never seen.

    python benchmarks/vision_links.py --shared PATH_OF_SHARED [--coded NAME=FILE.jsonl ...]

Prints samples-F1 ("none" counts as a label) and macro-F1 for Bowling Green (two annotators) and the borough's own
residents (anonymised first), or for other coded files (lines with "text" and "themes"); how often links of each score
are right; and how long 10,000 segments take once embedded.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.anonymise import Anonymiser
from analysis.clean import clean_text
from analysis.embed import SentenceEncoder, Vectors, VectorStore, embed
from analysis.segment import segment
from analysis.settings import Settings, load_settings
from analysis.types import RawText, SafeText
from analysis.vision import (
    VisionLinker,
    examples_of,
    fit_linker,
    load_framework,
    response_scores,
    samples_f1,
    shipped_vectors,
)

SCORE_BANDS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
MANY = 10_000


@dataclass(frozen=True)
class Bench:
    """What links, and the vectors known so far."""

    settings: Settings
    encoder: SentenceEncoder
    store: VectorStore

    @classmethod
    def ready(cls) -> Bench:
        settings = load_settings()
        encoder = SentenceEncoder(settings.embed)
        store = VectorStore(Path("vectors-in-memory.npz"), encoder.fingerprint)
        store.adopt(shipped_vectors(load_framework("borough_manifesto")))
        return cls(settings, encoder, store)

    def rows(self, texts: Sequence[str]) -> Vectors:
        embed(texts, self.encoder, self.store)
        return self.store.of(texts)

    def scores(self, texts: Sequence[str], linker: VisionLinker) -> np.ndarray:
        """Scores of raw answers, shape (texts, themes)."""
        cleaned = [clean_text(RawText(text)) for text in texts]
        safe = [redaction.text for redaction in Anonymiser(self.settings.anonymise).redact_many(cleaned)]
        parts = [[part.text for part in segment(text, self.settings.segment)] or [text] for text in safe]
        owner = np.array([i for i, own in enumerate(parts) for _ in own], dtype=np.int64)
        flat: list[SafeText] = [part for own in parts for part in own]
        return response_scores(linker.score(self.rows(safe), safe), linker.score(self.rows(flat), flat), owner)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--coded", nargs="*", default=[], metavar="NAME=FILE")
    arguments = parser.parse_args()
    bench = Bench.ready()
    start = time.perf_counter()
    framework = load_framework("borough_manifesto")
    linker = fit_linker(framework, bench.rows, bench.settings.vision)
    print(f"fitted in {time.perf_counter() - start:.1f} s\n")
    sets = [_coded(name_and_file) for name_and_file in arguments.coded]
    if arguments.shared:
        sets += [_green(arguments.shared / "data"), _own(arguments.shared / "data")]
    print("| set | n | samples-F1 | macro-F1 | right first |\n|---|---:|---:|---:|---:|")
    found = [_measure(name, texts, coders, bench, linker) for name, texts, coders in sets]
    _print_reliability(np.concatenate([scores for scores, _ in found]), np.concatenate([truth for _, truth in found]))
    _print_speed(bench, linker)


def _green(data: Path) -> tuple[str, list[str], dict[str, list]]:
    rows = _lines(data / "polis/bowling-green-2018/vision_labels_dev.jsonl")
    return "Bowling Green", [r["text"] for r in rows], {who: [r[f"themes_{who}"] for r in rows] for who in ("a", "b")}


def _own(data: Path) -> tuple[str, list[str], dict[str, list]]:
    texts = {row["id"]: row["text"] for row in _lines(data / "pii_dev/gold.jsonl")}
    rows = _lines(data / "pii_dev/vision_labels.jsonl")
    return "borough residents", [texts[row["id"]] for row in rows], {"": [row["themes"] for row in rows]}


def _coded(name_and_file: str) -> tuple[str, list[str], dict[str, list]]:
    name, _, file = name_and_file.partition("=")
    rows = _lines(Path(file))
    return name, [row["text"] for row in rows], {"": [row["themes"] for row in rows]}


def _measure(
    name: str, texts: Sequence[str], coders: dict[str, list], bench: Bench, linker: VisionLinker
) -> tuple[np.ndarray, np.ndarray]:
    scores = bench.scores(texts, linker)
    linked = scores >= linker.threshold
    best = np.eye(len(linker.codes), dtype=bool)[scores.argmax(axis=1)]
    truths = []
    for who, coded in coders.items():
        truth = np.array([[code in themes for code in linker.codes] for themes in coded])
        truths.append(truth)
        title = f"{name}, annotator {who}" if who else name
        first = (best & truth).any(axis=1)[truth.any(axis=1)].mean()
        f1s = samples_f1(linked, truth), _macro(linked, truth)
        print(f"| {title} | {len(texts)} | {f1s[0]:.3f} | {f1s[1]:.3f} | {first:.2f} |")
    if len(truths) > 1:
        mean = np.mean([samples_f1(linked, truth) for truth in truths]), np.mean([_macro(linked, t) for t in truths])
        print(f"| {name}, mean | {len(texts)} | {mean[0]:.3f} | {mean[1]:.3f} | |")
    return np.concatenate([scores] * len(truths)), np.concatenate(truths)


def _print_reliability(scores: np.ndarray, truth: np.ndarray) -> None:
    print("\n| score | pairs | mean score | share right |\n|---|---:|---:|---:|")
    for low, high in itertools.pairwise(SCORE_BANDS):
        inside = (scores >= low) & ((scores < high) | (high == 1.0))
        if inside.any():
            print(f"| {low}-{high} | {inside.sum()} | {scores[inside].mean():.2f} | {truth[inside].mean():.2f} |")


def _print_speed(bench: Bench, linker: VisionLinker) -> None:
    statements = [example.text for example in examples_of(load_framework("borough_manifesto"))]
    texts = [f"{statements[i % len(statements)]} {i}" for i in range(MANY)]
    size = bench.rows(["a street"]).shape[1]
    vectors = np.random.default_rng(0).normal(size=(MANY, size)).astype(np.float32) / np.sqrt(size)
    start = time.perf_counter()
    linker.score(vectors, texts)
    print(f"\n{MANY:,} segments scored in {time.perf_counter() - start:.1f} s")


def _macro(linked: np.ndarray, truth: np.ndarray) -> float:
    both = (linked & truth).sum(axis=0)
    return float(np.mean(2 * both / np.maximum(linked.sum(axis=0) + truth.sum(axis=0), 1)))


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


if __name__ == "__main__":
    main()
