"""The learning curve: how much better vision links become on held-out answers with 0, 30, 100 and 300 corrections.

    python benchmarks/corrections.py CODED.jsonl [CODED.jsonl ...] [--texts TEXTS.jsonl]

CODED.jsonl has one answer a line: "text" (or an "id" that --texts has the text of) and "themes" (or "themes_a"). Each
set is shuffled eight times; a quarter (60 rows at least) is held out and never learned from, corrections are drawn from
the rest. Prints samples-F1 ("none" counts as a label) and macro-F1 on the held-out rows, mean over the shuffles.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analysis.anonymise import Anonymiser
from analysis.clean import clean_text
from analysis.embed import SentenceEncoder, VectorStore, embed
from analysis.learning import Head, Taught, _Lesson, texts_of
from analysis.segment import segment
from analysis.settings import Settings, load_settings
from analysis.types import RawText
from analysis.vision import examples_of, fit_linker, load_framework, samples_f1

SHUFFLES, LEAST_HELD_OUT = 8, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("coded", type=Path, nargs="+")
    parser.add_argument("--texts", type=Path, help="JSON lines with id and text, for sets that hold ids alone")
    parser.add_argument("--corrections", type=int, nargs="+", default=[0, 30, 100, 300])
    parser.add_argument("--vectors", type=Path, default=Path("nowhere.npz"), help="a file to keep vectors in")
    arguments = parser.parse_args()
    settings = load_settings()
    encoder = SentenceEncoder(settings.embed)
    store = VectorStore(arguments.vectors, encoder.fingerprint)

    def encode(texts: Sequence[str]) -> np.ndarray:
        embed(texts, encoder, store)
        return store.of(texts)

    framework = load_framework("borough_manifesto")
    encode([example.text for example in examples_of(framework)])
    linker = fit_linker(framework, encode, settings.vision)
    print(
        "| set | corrections | held out | samples-F1 | macro-F1 | shuffles that gain |\n|---|---:|---:|---:|---:|---:|"
    )
    for path in arguments.coded:
        taught = _read(path, arguments.texts, settings)
        encode(texts_of(taught))
        _curve(path.stem, _Lesson.of(linker, taught, encode), arguments.corrections)
        if arguments.vectors.name != "nowhere.npz":
            store.save()


def _read(path: Path, texts: Path | None, settings: Settings) -> list[Taught]:
    known = {row["id"]: row["text"] for row in _lines(texts)} if texts else {}
    rows = _lines(path)
    raw = [RawText(row.get("text") or known[row["id"]]) for row in rows]
    safe = [r.text for r in Anonymiser(settings.anonymise).redact_many(clean_text(text) for text in raw)]
    parts = [tuple(part.text for part in segment(text, settings.segment)) or (text,) for text in safe]
    themes = [tuple(row.get("themes", row.get("themes_a"))) for row in rows]
    return [Taught(t, p, codes, True) for t, p, codes in zip(safe, parts, themes, strict=True)]


def _curve(name: str, lesson: _Lesson, sizes: Sequence[int]) -> None:
    total = len(lesson.truth)
    held_out = max(LEAST_HELD_OUT, total // 4)
    orders = [np.random.default_rng(number).permutation(total) for number in range(SHUFFLES)]
    plain = [_scores(lesson, order[:held_out], None) for order in orders]
    for size in (size for size in sizes if size <= total - held_out):
        found = [
            _scores(lesson, order[:held_out], _fit(lesson, order[held_out:][:size]) if size else None)
            for order in orders
        ]
        samples, macro = np.mean(found, axis=0)
        gains = sum(one[0] > other[0] for one, other in zip(found, plain, strict=True))
        print(f"| {name} | {size} | {held_out} | {samples:.3f} | {macro:.3f} | {gains} of {SHUFFLES} |", flush=True)


def _fit(lesson: _Lesson, rows: np.ndarray) -> Head:
    return _Lesson(lesson.base[rows], lesson.whole[rows], lesson.truth[rows], lesson.thresholds).fit()


def _scores(lesson: _Lesson, rows: np.ndarray, head: Head | None) -> tuple[float, float]:
    base, truth = lesson.base[rows], lesson.truth[rows]
    scores = head.score(base, lesson.whole[rows]) if head else base
    linked = scores >= (head.thresholds if head else lesson.thresholds)
    both = (linked & truth).sum(axis=0)
    return samples_f1(linked, truth), float(np.mean(2 * both / np.maximum(linked.sum(0) + truth.sum(0), 1)))


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


if __name__ == "__main__":
    main()
