"""What the anonymiser misses by class: names of many origins in many sentences, references in many layouts.

    python benchmarks/anonymiser_stress.py [--list CLASS]

Sentences, names, cues and shapes stand in benchmarks/stress, written for this, from no set of answers. They are
put together at random with a seed. A value is leaked where a letter or digit of it is still there. `--list` prints
the leaks of one class.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.anonymise import Anonymiser
from analysis.settings import load_settings
from analysis.types import RawText

FOLDER = Path(__file__).with_name("stress")
SEED = 26
REFERENCES = 40  # answers of each shape
_SLOT = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """A text, the classes it counts for, the values that must go (start, end), and those that must stay."""

    classes: tuple[str, ...]
    text: str
    secret: tuple[tuple[int, int], ...]
    kept: tuple[tuple[int, int], ...] = ()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", help="a class whose leaks are printed")
    options = parser.parse_args()
    answers = [*people(), *references(), *kept()]
    anonymiser = Anonymiser(load_settings().anonymise)
    spans = [r.spans for r in anonymiser.redact_many(RawText(a.text) for a in answers)]
    total, leaked, words, lost = Counter(), Counter(), 0, Counter()
    shown = defaultdict(list)
    for answer, found in zip(answers, spans, strict=True):
        hidden = {k for s in found for k in range(s.start, s.end)}
        for start, end in answer.secret:
            left = any(k not in hidden for k in range(start, end) if answer.text[k].isalnum())
            for name in answer.classes:
                total[name] += 1
                leaked[name] += left
                if left:
                    shown[name].append(f"{answer.text[start:end]!r} in {answer.text!r}")
        secret = {k for a, b in answer.secret for k in range(a, b)}
        kind = answer.classes[0]
        for match in _WORD.finditer(answer.text):
            if match.start() not in secret:
                words += 1
                gone = match.start() in hidden
                lost[kind] += gone
                if gone:
                    shown["over"].append(f"{match.group()!r} in {answer.text!r}")
        for start, end in answer.kept:
            total["phrases that stay"] += 1
            leaked["phrases that stay"] += (gone := any(k in hidden for k in range(start, end)))
            if gone:
                shown["phrases that stay"].append(f"{answer.text[start:end]!r} in {answer.text!r}")
    for name in sorted(total):
        print(f"{name:32} {total[name]:6} {leaked[name]:5} {100 * leaked[name] / total[name]:6.1f} %")
    print(f"words lost outside values: {100 * sum(lost.values()) / words:.2f} % of {words}; {dict(lost)}")
    print(*shown[options.list or ""], sep="\n")


def people() -> Iterator[Answer]:
    """Each sentence with a name of each origin."""
    names = {}
    for line in _lines("names.txt"):
        origin, _, both = line.partition(": ")
        names[origin] = [part.split(", ") for part in both.split(" / ")]
    for line in _lines("people.txt"):
        name, _, frame = line.partition(" | ")
        for origin, (firsts, lasts) in names.items():
            dice = random.Random(f"{SEED} {frame} {origin}")
            yield _filled(("people", f"people: {name}", f"origin: {origin}"), frame, _names(dice, firsts, lasts))


def _names(dice: random.Random, firsts: list[str], lasts: list[str]) -> dict[str, str]:
    first, second, third = dice.sample(firsts, 3)
    last, other = dice.sample(lasts, 2)
    both = f"{first} {last}"
    return {
        "F": first, "F2": second, "F3": third, "S": last, "N": both, "N2": f"{second} {other}", "N3": f"{third} {last}",
        "I": f"{first[0]}. {last}" if dice.random() < 0.6 else f"{first[0]} {last}",
        "f": first.lower(), "f2": second.lower(),
        "s": last.lower(), "n": both.lower(), "U": both.upper(), "Fu": first.upper(), "Su": last.upper(),
    }  # fmt: skip


def references() -> Iterator[Answer]:
    """Each shape after many cues, in every sentence."""
    frames, cues = list(_lines("references.txt")), list(_lines("cues.txt"))
    for shape in _lines("layouts.txt"):
        dice = random.Random(f"{SEED} {shape}")
        for n in range(REFERENCES):
            cue = dice.choice(cues)
            value = "".join(_drawn(c, dice) for c in shape)
            names = ("references", f"shape: {shape}", f"cue: {cue}", f"layout: {frames[n % len(frames)]}")
            yield _filled(names, frames[n % len(frames)].replace("{cue}", cue), {"V": value})


def _drawn(c: str, dice: random.Random) -> str:
    if c == "9":
        return dice.choice("123456789")
    return dice.choice("BCDFGHKLMNPRSTWX") if c == "A" else dice.choice("bcdfghklmnprstwx") if c == "a" else c


def kept() -> Iterator[Answer]:
    """Answers from which nothing may go."""
    for line in _lines("kept.txt"):
        text, stays = "", []
        for k, part in enumerate(_SLOT.split(line)):
            if k % 2:
                stays.append((len(text), len(text) + len(part)))
            text += part
        yield Answer(("nothing personal",), text, (), tuple(stays))


def _filled(classes: tuple[str, ...], frame: str, values: dict[str, str]) -> Answer:
    text, secret = "", []
    for k, part in enumerate(_SLOT.split(frame.replace("\\n", "\n"))):
        if k % 2:
            secret.append((len(text), len(text) + len(values[part])))
        text += values[part] if k % 2 else part
    return Answer(classes, text, tuple(secret))


def _lines(name: str) -> Iterator[str]:
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            yield line


if __name__ == "__main__":
    main()
