"""Measure the second look: leave one marked piece of personal data in an otherwise redacted answer; is it marked?

    python benchmarks/residual.py [GOLD.jsonl ...]

Without files, the sets under benchmarks/pii. Prints, per label, the share of left-over pieces whose answer is marked,
and how many answers are marked that hold none (all redacted, or none to begin with).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from analysis.anonymise.keep import read_keep_lists
from analysis.anonymise.residual import ResidualCheck
from analysis.types import SafeText

OWN = Path(__file__).parent / "pii"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="*", type=Path, default=sorted(OWN.glob("*.jsonl")))
    check = ResidualCheck(read_keep_lists(""))
    for path in parser.parse_args().gold:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        _measure(path.name, rows, check)


def _measure(name: str, rows: list[dict[str, Any]], check: ResidualCheck) -> None:
    clean = [_without(row, None) for row in rows]
    marked = sum(bool(found) for found in check.marks(clean, [row["id"] for row in rows]))
    total: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for i, row in enumerate(rows):
        writers = [str(row["id"]), *(other["id"] for other in rows if other is not row)]
        for span in row["spans"]:
            total[span["label"]] += 1
            seen[span["label"]] += bool(check.marks([_without(row, span), *clean[:i], *clean[i + 1 :]], writers)[0])
    print(f"\n{name}: {marked} of {len(rows)} answers without personal data marked ({marked / len(rows):.1%})")
    for label in sorted(total):
        share = f"{seen[label] / total[label]:.0%}"
        print(f"  {label:15} {seen[label]:4} of {total[label]:4} left-over pieces marked ({share})")
    print(f"  {'ALL':15} {seen.total():4} of {total.total():4} ({seen.total() / total.total():.1%})")


def _without(row: dict[str, Any], left: dict[str, Any] | None) -> SafeText:
    text = row["text"]
    for span in sorted(row["spans"], key=lambda s: -s["start"]):
        if span is not left:
            text = f"{text[: span['start']]}[{span['label']}]{text[span['end'] :]}"
    return SafeText(text)


if __name__ == "__main__":
    main()
