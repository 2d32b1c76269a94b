"""The learning curve: how much better vision links become on held-out answers with 0, 30, 100 and 300 corrections.

    python benchmarks/corrections.py --writers town-5 oblique-5     # a linker fitted without each of these writers
    python benchmarks/corrections.py CODED.jsonl [CODED.jsonl ...] [--texts TEXTS.jsonl]

CODED.jsonl has one answer a line: "text" (or an "id" that --texts has the text of) and "themes" (or "themes_a"). Each
set is shuffled eight times; a quarter (60 rows at least) is held out and never learned from, corrections are drawn from
the rest. Prints samples-F1 ("none" counts as a label) and macro-F1 on the held-out rows, mean over the shuffles.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from analysis.anonymise import Anonymiser
from analysis.clean import clean_text
from analysis.learning import Head, Taught, _Lesson, texts_of
from analysis.linker import Rule, fit_linker
from analysis.linking import link_embedder
from analysis.places import names_read_plainly, plainly
from analysis.segment import segment
from analysis.settings import Settings, load_settings
from analysis.types import RawText, SafeText
from analysis.vision import Framework, load_framework, samples_f1

SHUFFLES, LEAST_HELD_OUT = 8, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("coded", type=Path, nargs="*")
    parser.add_argument("--writers", nargs="*", default=[], help="writers of the framework's coded examples")
    parser.add_argument("--texts", type=Path, help="JSON lines with id and text, for sets that hold ids alone")
    parser.add_argument("--corrections", type=int, nargs="+", default=[0, 30, 100, 300])
    parser.add_argument("--vectors", type=Path, help="a folder to keep vectors in")
    arguments = parser.parse_args()
    settings = load_settings()
    framework = load_framework("borough_manifesto")
    words = link_embedder(framework, settings.embed, arguments.vectors)
    print(
        "| set | corrections | held out | samples-F1 | macro-F1 | shuffles that gain |\n|---|---:|---:|---:|---:|---:|"
    )
    for name, rows, rest in _sets(framework, arguments.coded, arguments.writers):
        linker = fit_linker(rest, words.encode, settings.vision)
        taught = _read(rows, arguments.texts, settings, framework.framework.places)
        words.learn(texts_of(taught))
        _curve(name, _Lesson.of(linker, taught, words.encode), linker.rule, arguments.corrections)
        if arguments.vectors:
            words.keep()


def _sets(
    framework: Framework, files: Sequence[Path], writers: Sequence[str]
) -> Iterator[tuple[str, list[dict], Framework]]:
    """Coded answers, and what the linker may learn from: never from them."""
    yield from ((path.stem, _lines(path), framework) for path in files)
    for writer in writers:
        rest = tuple(example for example in framework.examples if example.writer != writer)
        own = [example.model_dump() for example in framework.examples if example.writer == writer]
        yield writer, own, framework.model_copy(update={"examples": rest})


def _read(rows: Sequence[dict], texts: Path | None, settings: Settings, places: Sequence[str]) -> list[Taught]:
    known = {row["id"]: row["text"] for row in _lines(texts)} if texts else {}
    raw = [RawText(row.get("text") or known[row["id"]]) for row in rows]
    safe = [r.text for r in Anonymiser(settings.anonymise).redact_many(clean_text(text) for text in raw)]
    names = names_read_plainly(places, safe)
    parts = [[part.text for part in segment(text, settings.segment)] or [text] for text in safe]
    themes = [tuple(row.get("themes", row.get("themes_a"))) for row in rows]
    return [
        Taught(SafeText(plainly(text, names)), tuple(SafeText(plainly(part, names)) for part in own), codes, True)
        for text, own, codes in zip(safe, parts, themes, strict=True)
    ]


def _curve(name: str, lesson: _Lesson, rule: Rule, sizes: Sequence[int]) -> None:
    total = len(lesson.truth)
    held_out = max(LEAST_HELD_OUT, total // 4)
    orders = [np.random.default_rng(number).permutation(total) for number in range(SHUFFLES)]
    plain = [_scores(lesson, rule, order[:held_out], None) for order in orders]
    for size in (size for size in sizes if size <= total - held_out):
        heads = [lesson.only(order[held_out:][:size]).fit() if size else None for order in orders]
        found = [_scores(lesson, rule, order[:held_out], head) for order, head in zip(orders, heads, strict=True)]
        samples, macro = np.mean(found, axis=0)
        gains = sum(one[0] > other[0] for one, other in zip(found, plain, strict=True))
        print(f"| {name} | {size} | {held_out} | {samples:.3f} | {macro:.3f} | {gains} of {SHUFFLES} |", flush=True)


def _scores(lesson: _Lesson, rule: Rule, rows: np.ndarray, head: Head | None) -> tuple[float, float]:
    base, truth = lesson.base[rows], lesson.truth[rows]
    linked = rule.links(head.score(base, lesson.whole[rows]) if head else base)
    both = (linked & truth).sum(axis=0)
    return samples_f1(linked, truth), float(np.mean(2 * both / np.maximum(linked.sum(0) + truth.sum(0), 1)))


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


if __name__ == "__main__":
    main()
