"""Advice on a framework file: planted weaknesses are found, each once, and a sound file gets none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from conftest import FakeEncoder

from analysis.framework_check import Advice, advise
from analysis.vision import Framework

WORDS = {
    "HOMES": ["rent", "damp", "landlord", "flat", "tenant", "mortgage", "eviction", "lease", "boiler", "ceiling"],
    "PARKS": ["grass", "swans", "pond", "tree", "bench", "meadow", "foxes", "picnic", "bandstand", "daffodils"],
}


def sound() -> dict[str, Any]:
    """Two themes with words of their own, some shared and some outside examples."""
    return {
        "framework": {"id": "x", "title": "X"},
        "themes": [
            {
                "code": code,
                "title": f"{words[0]} {words[1]}",
                "aspiration": "",
                "belongs": [f"{words[2]} {words[3]}"],
                "phrases": [f"{words[4]} {words[5]} {words[0]}"],
                "statements": [f"{a} {b} {words[0]} {words[1]}" for a in words[2:7] for b in words[5:10] if a != b],
            }
            for code, words in WORDS.items()
        ],
        "shared": [{"text": "rent grass damp swans", "themes": ["HOMES", "PARKS"]}],
        "outside": [{"text": f"nothing{n} of{n} this{n} kind{n}"} for n in range(20)],
    }


def advice_on(raw: Mapping[str, Any]) -> tuple[Advice, ...]:
    return advise(Framework.model_validate(raw), FakeEncoder().encode)


def test_a_sound_file_gets_no_advice() -> None:
    assert advice_on(sound()) == ()


def _repeat(raw: dict[str, Any]) -> None:
    raw["themes"][1]["statements"].append(raw["themes"][0]["statements"][0].upper())


def _starve(raw: dict[str, Any]) -> None:
    raw["themes"][0]["statements"] = raw["themes"][0]["statements"][:6]


def _no_outside(raw: dict[str, Any]) -> None:
    raw["outside"] = []


def _no_shared(raw: dict[str, Any]) -> None:
    raw["shared"] = []


def _overlap(raw: dict[str, Any]) -> None:
    raw["themes"][1]["statements"].append("alpha beta gamma delta")
    raw["themes"][0]["statements"].append("delta gamma beta alpha")


def _misplace(raw: dict[str, Any]) -> None:
    raw["themes"][1]["statements"].append("damp rent tenant ceiling")


@pytest.mark.parametrize(
    ("weaken", "kind", "where", "problem"),
    [
        (_repeat, "repeated", '"LANDLORD', "stands under HOMES and under PARKS"),
        (_starve, "few", "HOMES", "has 6 statements"),
        (_no_outside, "few", "[[outside]]", "has 0 examples"),
        (_no_shared, "few", "[[shared]]", "has no examples"),
        (_overlap, "overlap", '"delta gamma beta alpha"', 'says the same as "alpha beta gamma delta"'),
        (_misplace, "ambiguous", 'Statement "damp rent', "is PARKS, but all that is like it is HOMES"),
    ],
)
def test_planted_weaknesses_are_found(
    weaken: Callable[[dict[str, Any]], None], kind: str, where: str, problem: str
) -> None:
    raw = sound()
    weaken(raw)
    found = [advice for advice in advice_on(raw) if advice.kind == kind and advice.where.startswith(where)]
    assert len(found) == 1
    assert problem in found[0].problem


def test_two_themes_of_the_same_words_are_said_to_be_alike() -> None:
    raw = sound()
    own = raw["themes"][0]["statements"]
    raw["themes"][0]["statements"], raw["themes"][1]["statements"] = own[::3], own[1::3] + own[2::3]
    assert any(advice.kind == "alike" and advice.where == "HOMES" for advice in advice_on(raw))


def test_of_many_alike_only_the_first_are_listed() -> None:
    raw = sound()
    raw["themes"][0]["statements"] += [f"one{n} two{n} three{n}" for n in range(30)]
    raw["themes"][1]["statements"] += [f"three{n} two{n} one{n}" for n in range(30)]
    overlaps = [advice for advice in advice_on(raw) if advice.kind == "overlap"]
    assert len(overlaps) == 16
    assert "15 more" in overlaps[-1].problem
