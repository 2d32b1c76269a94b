"""How likely a word has to be a name: leaks of people against words lost, with the name lists whole or half hidden.

    python benchmarks/anonymiser_thresholds.py [--hidden] [GOLD.jsonl ...]

Without files, the sets under benchmarks/pii. They were tuned on, so few names leak there; `--hidden` takes every second
name of theirs (by a hash) out of the name lists and the vocabularies, which is how a name looks that no list holds. A
line for each factor by which all thresholds are multiplied.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path

import analysis.anonymise.evidence as evidence
import analysis.anonymise.gazetteer as gazetteer

OWN = Path(__file__).parent / "pii"
FACTORS = (1.0, 3.0, 2.0, 1.4, 0.7, 0.5, 0.35, 0.25, 0.15)
THRESHOLDS = ("BELONGS", "ENOUGH", "MIDDLING", "PLAIN", "SURE", "FIRST_NAME_WORD", "NAME_WORD", "NO_WORD", "ANY_WORD")
THRESHOLDS = (*THRESHOLDS, "LOWER_WORD", "NO_NAME_LIKELY")
_LISTS = {"given_names.txt", "surnames.txt"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="*", type=Path, default=sorted(OWN.glob("*.jsonl")))
    parser.add_argument("--hidden", action="store_true", help="half of the names unknown to every list")
    options = parser.parse_args()
    rows = [json.loads(line) for gold in options.gold for line in gold.read_text(encoding="utf-8").splitlines()]
    if options.hidden:
        _hide(rows)
    from analysis.anonymise import Anonymiser  # after the lists are what they shall be
    from analysis.settings import load_settings

    anonymiser = Anonymiser(load_settings().anonymise)
    shipped = {name: getattr(evidence, name) for name in THRESHOLDS}
    for factor in FACTORS:
        for name, value in shipped.items():
            setattr(evidence, name, min(0.97, value * factor))
        print(f"x {factor:<5}", _figures(anonymiser, rows), flush=True)


def _hide(rows: list[dict]) -> None:
    names = {
        gazetteer.fold(word)
        for row in rows
        for s in row["spans"]
        if s["label"] == "PERSON"
        for word in re.findall(r"[^\W\d_]{3,}", row["text"][s["start"] : s["end"]])
    }
    hidden = frozenset(name for name in names if hashlib.md5(name.encode()).digest()[0] < 128)
    read, ordinary, rarer = gazetteer._names, gazetteer.ordinary_words, gazetteer.dictionary_words
    gazetteer._names = lambda path: read(path) - hidden if path.name in _LISTS else read(path)
    gazetteer.ordinary_words = lambda: ordinary() - hidden
    gazetteer.dictionary_words = lambda: rarer() - hidden
    gazetteer.load_gazetteer.cache_clear()


def _figures(anonymiser, rows: list[dict]) -> str:
    people = leaked = words = lost = traps = gone = 0
    for row, redaction in zip(rows, anonymiser.redact_many(row["text"] for row in rows), strict=True):
        text = row["text"]
        hidden = {k for s in redaction.spans for k in range(s.start, s.end)}
        marked = {k for s in row["spans"] for k in range(s["start"], s["end"])}
        for s in (s for s in row["spans"] if s["label"] == "PERSON"):
            found = _WORD.finditer(text, s["start"], s["end"])
            people += 1
            leaked += any(len(m.group()) > 1 and m.start() not in hidden for m in found)
        outside = [m.start() for m in _WORD.finditer(text) if m.start() not in marked]
        words += len(outside)
        lost += sum(k in hidden for k in outside)
        for trap in (t for t in row.get("traps", []) if t in text):
            traps += 1
            gone += any(k in hidden for k in range(text.index(trap), text.index(trap) + len(trap)))
    kept = f", phrases kept {100 - 100 * gone / traps:.1f} %" if traps else ""
    return f"PERSON leak {leaked}/{people} ({100 * leaked / people:.2f} %), words lost {100 * lost / words:.2f} %{kept}"


if __name__ == "__main__":
    main()
