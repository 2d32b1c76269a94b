"""Score the anonymiser on marked answers with the project's scorer, and time it.

    python benchmarks/anonymiser.py --scorer PATH/score_anonymiser.py [GOLD.jsonl ...]
    python benchmarks/anonymiser.py --memory 100000

Without files, the sets under benchmarks/pii. The scorer prints rates only: no word of a text. With --memory, so many
responses, all different, are streamed instead, and the process's memory and speed told ten times (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
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
    parser.add_argument("--scorer", type=Path)
    parser.add_argument("--memory", type=int, default=0, metavar="RESPONSES")
    options = parser.parse_args()
    if not options.scorer and not options.memory:
        parser.error("give --scorer or --memory")
    start = time.perf_counter()
    anonymiser = Anonymiser(load_settings().anonymise)
    anonymiser.redact(RawText("Warm up."))
    print(f"start-up {time.perf_counter() - start:.1f} s")
    if options.memory:
        _stream(anonymiser, options.memory)
        return
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


def _stream(anonymiser: Anonymiser, count: int) -> None:
    """Print a line for each tenth of the responses: pieces of 100 characters, each with words of its own."""
    texts = [json.loads(line)["text"][:100] for gold in sorted(OWN.glob("*.jsonl")) for line in gold.open()]
    words = (f" {i} " + "".join(chr(97 + i // 26**k % 26) for k in range(3)) + "zq" for i in range(count))
    answers = (RawText(texts[i % len(texts)] + word) for i, word in enumerate(words))
    print(f"0 responses: {_megabytes()} MB")
    start = time.process_time()
    for done, _ in enumerate(anonymiser.redact_many(answers), start=1):
        if done % (count // 10) == 0:
            print(
                f"{done:,} responses: {_megabytes()} MB, {done / (time.process_time() - start):.0f} a second",
                flush=True,
            )


def _megabytes() -> int:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


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
