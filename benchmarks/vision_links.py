"""Score the shipped framework's vision links against coded answers it has never seen.

    python benchmarks/vision_links.py --shared PATH_OF_SHARED

Prints samples-F1 ("none" counts as a label) and macro-F1 for Bowling Green (two annotators) and the borough's own
residents (anonymised first).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from analysis.anonymise import Anonymiser
from analysis.clean import clean_text
from analysis.embed import SentenceEncoder, Vectors
from analysis.segment import segment
from analysis.settings import Settings, load_settings
from analysis.types import RawText, SafeText
from analysis.vision import VisionLinker, fit_linker, load_framework, response_scores, samples_f1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    data = parser.parse_args().shared / "data"
    settings = load_settings()
    encoder = SentenceEncoder(settings.embed)
    linker = fit_linker(load_framework("borough_manifesto"), encoder.encode, settings.vision)
    green = _lines(data / "polis/bowling-green-2018/vision_labels_dev.jsonl")
    texts = {row["id"]: row["text"] for row in _lines(data / "pii_dev/gold.jsonl")}
    coded = _lines(data / "pii_dev/vision_labels.jsonl")
    print("| set | n | samples-F1 | macro-F1 |\n|---|---:|---:|---:|")
    for who in ("a", "b"):
        sets = [row[f"themes_{who}"] for row in green]
        _row(f"Bowling Green, annotator {who}", [r["text"] for r in green], sets, linker, encoder.encode, settings)
    own = [texts[row["id"]] for row in coded]
    _row("borough residents", own, [row["themes"] for row in coded], linker, encoder.encode, settings)


def _row(
    name: str,
    texts: Sequence[str],
    coded: Sequence[Sequence[str]],
    linker: VisionLinker,
    encode: Callable[[Sequence[str]], Vectors],
    settings: Settings,
) -> None:
    redacted = Anonymiser(settings.anonymise).redact_many(clean_text(RawText(text)) for text in texts)
    safe = [redaction.text for redaction in redacted]
    parts = [[part.text for part in segment(text, settings.segment)] or [text] for text in safe]
    owner = np.array([i for i, own in enumerate(parts) for _ in own], dtype=np.int64)
    flat: list[SafeText] = [part for own in parts for part in own]
    scores = response_scores(linker.score(encode(safe)), linker.score(encode(flat)), owner)
    linked = scores >= linker.threshold
    truth = np.array([[code in themes for code in linker.codes] for themes in coded])
    print(f"| {name} | {len(texts)} | {samples_f1(linked, truth):.3f} | {_macro(linked, truth):.3f} |")


def _macro(linked: np.ndarray, truth: np.ndarray) -> float:
    both = (linked & truth).sum(axis=0)
    return float(np.mean(2 * both / np.maximum(linked.sum(axis=0) + truth.sum(axis=0), 1)))


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


if __name__ == "__main__":
    main()
