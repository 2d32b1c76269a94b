"""Identifiers in more than two hundred layouts, one by one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from redacting import redacted

from analysis.anonymise import LABELS

LAYOUTS = [
    line.split("|", 1)
    for line in (Path(__file__).parent / "data" / "identifier_layouts.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
_PLACEHOLDER = re.compile(r"\[[A-Z_]+(?: \d+)?\]")


@pytest.mark.parametrize(("label", "text"), LAYOUTS, ids=[text for _, text in LAYOUTS])
def test_an_identifier_goes_in_any_layout(label: str, text: str) -> None:
    left_over = redacted(text)
    left = _PLACEHOLDER.sub("", left_over)
    assert label in LABELS
    assert left != text
    assert sum(c.isdigit() for c in left) <= 2
    assert "tomx" not in left.lower()


def test_the_layouts_are_of_every_type_of_number() -> None:
    assert len(LAYOUTS) > 200
    assert {label for label, _ in LAYOUTS} == set(LABELS) - {"PERSON"}
