"""Numbers near a word that announces them, whatever their layout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redacting import redacted

from analysis.anonymise.references import references

FOUND = [
    ("The case was logged as 77120 by the girl on the desk.", "77120"),
    ("my account, number ending 4471, was charged", "4471"),
    ("the key safe code is 2580", "2580"),
    ("i gave you my ticket twice its 9K44718 look it up", "9K44718"),
    ("See 667433/5, that is my customer number, for the sorry story.", "667433/5"),
    ("Letter of eviction, number K00BD621 from court.", "K00BD621"),
    ("no defect found, lbbd/hw/20881, and a photo", "lbbd/hw/20881"),
    ("Please quote AA_48213 (my summons).", "AA_48213"),
    ("FOI request 11827 was never answered", "11827"),
    ("PC 812 EA took my statement", "812 EA"),
]
STAYS = [
    "The petition had 4471 names and 2316 of them local.",
    "my rent is 1275 a month and the permit is 126",
    "I would request 2350 new homes, not 150000 tonnes of concrete.",
    "Job losses 2017 and 2018, order 1966 and all that.",
    "Our church (charity no. 1098231) feeds 140 on a Tuesday.",
    "The hub's hours, 1000-1600, are no use to a card holder.",
    "Section 106, form SSCS1 and BS 5839 are in the policy, and the A1306 too.",
    "We have 14250 people on the register and 312 homes.",
    "Planning application 23/01456/FULL is a disgrace.",
    "Ticket prices of 2019 and the 62 at 0745am.",
]


@pytest.mark.parametrize(("text", "value"), FOUND, ids=[value for _, value in FOUND])
def test_a_number_goes_near_a_word_that_announces_it(text: str, value: str) -> None:
    left_over = redacted(text)
    assert value not in left_over
    assert left_over == text.replace(value, "[ID_NUMBER]")


@pytest.mark.parametrize("text", STAYS)
def test_counts_prices_years_laws_and_public_numbers_stay(text: str) -> None:
    assert redacted(text) == text


@given(
    st.sampled_from(["case number", "PCN", "claim ref", "URN", "account number", "docket", "job number"]),
    st.sampled_from(["{cue} {value}", "{cue}: {value}", "my {cue} is {value}", "it is {value}, my {cue}"]),
    st.from_regex(r"[BCDFGHKLM]{2}[1-9]{5}|[1-9]{6}|[1-9]{3}-[1-9]{3}-[1-9]{3}|[bcdfghk]{3}/[1-9]{5}", fullmatch=True),
)
def test_a_code_is_found_beside_its_cue(cue: str, frame: str, value: str) -> None:
    text = frame.format(cue=cue, value=value)
    assert [text[a:b] for a, b in references(text)] == [value]


@given(st.text(max_size=200))
def test_spans_are_in_order_apart_and_inside_the_text(text: str) -> None:
    cursor = 0
    for start, end in references(text):
        assert cursor <= start < end <= len(text)
        assert any(c.isdigit() for c in text[start:end])
        cursor = end
