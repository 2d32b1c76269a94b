"""Last names that other rules could take for something else: with particles, kinds of place, towns, families."""

from __future__ import annotations

import pytest
from redacting import redacted

GOES = [
    ("Filomena da Costa, mother of three, was told to bid again.", "Filomena da Costa"),
    ("Mr Ni Bhriain the headteacher left in June.", "Ni Bhriain"),
    ("Dr bin Saleh retired and nobody came.", "bin Saleh"),
    ("Our block rep Jack Hill has written nine times.", "Jack Hill"),
    ("Talk to Sue Field, who has kept a diary.", "Sue Field"),
    ("The Heath family have run that shop since the war.", "Heath"),
    ("Contact A Macaraeg for the keys.", "A Macaraeg"),
    ("Mrs Brown on the third floor has no heating.", "Brown"),
    ("Winsome and I have shared a fence for thirty years.", "Winsome"),
]
STAYS = [
    "Harold Wood has a better library than us.",
    "Rose Lane is a race track after dark.",
    "The royal family and the Bengali family next to them.",
    "Nobody sang like Victoria Wood.",
    "I went to Costa by the station.",
    "Eid in the park on a Tuesday was lovely.",
]


@pytest.mark.parametrize(("text", "name"), GOES, ids=[name for _, name in GOES])
def test_a_last_name_goes(text: str, name: str) -> None:
    left_over = redacted(text)
    assert left_over == text.replace(name, "[PERSON]")


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert redacted(text) == text
