"""Score the shipped framework's vision links against coded answers it has never seen.

    python benchmarks/vision_links.py --shared PATH_OF_SHARED [--coded NAME=FILE.jsonl ...]
    python benchmarks/vision_links.py --writers      # each writer of coded examples held out in turn; some minutes

Prints samples-F1 ("none" counts as a label) and macro-F1 for Bowling Green (two annotators) and the borough's own
residents (anonymised first), or for other coded files (lines with "text" and "themes"); how often links of each score
are right; and how long 10,000 segments take once embedded, in one thread.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.anonymise import Anonymiser
from analysis.clean import clean_text
from analysis.embed import LinkEmbedder
from analysis.linker import VisionLinker, examples_as_read, fit_linker, ready_linker
from analysis.linking import link_embedder, score_responses
from analysis.settings import Settings, load_settings
from analysis.steady import in_one_thread
from analysis.types import RawText
from analysis.vision import Framework, load_framework, samples_f1

SCORE_BANDS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.75, 0.85, 0.95, 1.0)
MANY = 10_000


@dataclass(frozen=True)
class Bench:
    """What links, and the vectors known so far."""

    framework: Framework
    settings: Settings
    words: LinkEmbedder

    @classmethod
    def ready(cls, vectors: Path | None) -> Bench:
        settings, framework = load_settings(), load_framework("borough_manifesto")
        return cls(framework, settings, link_embedder(framework, settings.embed, vectors))

    def scores(self, texts: Sequence[str], linker: VisionLinker) -> np.ndarray:
        """Scores of raw answers, shape (texts, themes)."""
        cleaned = [clean_text(RawText(text)) for text in texts]
        safe = [redaction.text for redaction in Anonymiser(self.settings.anonymise).redact_many(cleaned)]
        return score_responses(safe, self.framework, self.settings, linker, self.words.encode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--coded", nargs="*", default=[], metavar="NAME=FILE")
    parser.add_argument("--writers", action="store_true", help="hold each writer of coded examples out in turn")
    parser.add_argument("--vectors", type=Path, help="a folder to keep vectors in")
    arguments = parser.parse_args()
    bench = Bench.ready(arguments.vectors)
    print("| set | n | samples-F1 | macro-F1 | right first |\n|---|---:|---:|---:|---:|")
    if arguments.writers:
        found = list(_writers_held_out(bench))
    else:
        start = time.perf_counter()
        linker = ready_linker(bench.framework, bench.words.encode, bench.words.fingerprint, bench.settings.vision)
        ready = time.perf_counter() - start
        sets = [_coded(name_and_file) for name_and_file in arguments.coded]
        if arguments.shared:
            sets += [_green(arguments.shared / "data"), _own(arguments.shared / "data")]
        found = [(name, *_measure(name, texts, coders, bench, linker)) for name, texts, coders in sets]
    _print_reliability(found)
    if not arguments.writers:
        print(f"\nready in {ready:.1f} s")
        _print_speed(bench, linker)
    if arguments.vectors:
        bench.words.keep()


def _writers_held_out(bench: Bench) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Each writer's examples, linked by what those of all others teach; they are without personal data as they are."""
    framework = bench.framework
    for writer in sorted({example.writer for example in framework.examples} - {""}):
        own = [example for example in framework.examples if example.writer == writer]
        rest = tuple(example for example in framework.examples if example.writer != writer)
        linker = fit_linker(framework.model_copy(update={"examples": rest}), bench.words.encode, bench.settings.vision)
        texts, coded = [example.text for example in own], {"": [example.themes for example in own]}
        yield (writer.split("-")[0], *_measure(writer, texts, coded, bench, linker))


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
    linked = linker.rule.links(scores)
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


def _print_reliability(found: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> None:
    print("\n| set | score | pairs | mean score | share right |\n|---|---|---:|---:|---:|")
    for name in dict.fromkeys(name for name, *_ in found):
        scores, truth = (np.concatenate([row[i] for row in found if row[0] == name]) for i in (1, 2))
        for low, high in itertools.pairwise(SCORE_BANDS):
            inside = (scores >= low) & ((scores < high) | (high == 1.0))
            if inside.any():
                means = f"{scores[inside].mean():.2f} | {truth[inside].mean():.2f}"
                print(f"| {name} | {low}-{high} | {inside.sum()} | {means} |")


@in_one_thread
def _print_speed(bench: Bench, linker: VisionLinker) -> None:
    statements = [example.text for example in examples_as_read(bench.framework)]
    texts = [f"{statements[i % len(statements)]} {i}" for i in range(MANY)]
    size = bench.words.encode(["a street"]).shape[1]
    vectors = np.random.default_rng(0).normal(size=(MANY, size)).astype(np.float32) / np.sqrt(size)
    start = time.perf_counter()
    linker.rule.links(linker.score(vectors, texts))
    print(f"{MANY:,} segments linked in {time.perf_counter() - start:.1f} s")


def _macro(linked: np.ndarray, truth: np.ndarray) -> float:
    both = (linked & truth).sum(axis=0)
    return float(np.mean(2 * both / np.maximum(linked.sum(axis=0) + truth.sum(axis=0), 1)))


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


if __name__ == "__main__":
    main()
