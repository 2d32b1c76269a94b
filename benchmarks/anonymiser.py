"""Score the anonymiser on marked answers with the project's scorer, and time it.

    python benchmarks/anonymiser.py --scorer PATH/score_anonymiser.py [GOLD.jsonl ...]

Without files, the sets under benchmarks/pii. The scorer prints rates only: no word of a text.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis.anonymise import Anonymiser
from analysis.settings import load_settings
from analysis.types import RawText

OWN = Path(__file__).parent / "pii"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="*", type=Path, default=sorted(OWN.glob("*.jsonl")))
    parser.add_argument("--scorer", type=Path, required=True)
    options = parser.parse_args()
    start = time.perf_counter()
    anonymiser = Anonymiser(load_settings().anonymise)
    anonymiser.redact(RawText("Warm up."))
    print(f"start-up {time.perf_counter() - start:.1f} s")
    for gold in options.gold:
        print(f"\n{gold.name}")
        _score(gold, options.scorer, anonymiser)


def _score(gold: Path, scorer: Path, anonymiser: Anonymiser) -> None:
    rows = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines() if line]
    start = time.process_time()
    redacted = [redaction.text for redaction in anonymiser.redact_many(RawText(row["text"]) for row in rows)]
    seconds = time.process_time() - start
    hundreds = sum(len(row["text"]) for row in rows) / 100
    with tempfile.TemporaryDirectory() as name:
        pred, traps = Path(name) / "pred.jsonl", Path(name) / "traps.jsonl"
        _write(pred, [{"id": row["id"], "redacted": text} for row, text in zip(rows, redacted, strict=True)])
        _write(traps, _traps(rows, gold))
        command = [sys.executable, str(scorer), str(pred), "--gold", str(gold), "--traps", str(traps), "--blind"]
        subprocess.run(command, check=True)
    print(f"{hundreds / seconds:.0f} responses of 100 characters a second of processor time")


def _traps(rows: list[dict], gold: Path) -> list[dict]:
    beside = gold.with_name("hard_negatives.jsonl")
    if beside.exists():
        return [json.loads(line) for line in beside.read_text(encoding="utf-8").splitlines() if line]
    places = [(row, trap, row["text"].find(trap)) for row in rows for trap in row.get("traps", [])]
    return [
        {"id": row["id"], "start": at, "end": at + len(trap), "surface": trap} for row, trap, at in places if at >= 0
    ]


def _write(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
