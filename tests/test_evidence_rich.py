"""Evidence: each kind is found by what it says, bare opinion is not marked, and marked answers come first."""

import pandas as pd
import pytest
from conftest import responses_table
from hypothesis import given
from hypothesis import strategies as st

from analysis.evidence_rich import EVIDENCE, evidence_in, mark_evidence, with_evidence
from analysis.settings import load_settings
from analysis.types import SafeText

SETTINGS = load_settings().evidence


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("figures", "The surgery took 3 weeks to see my father and he is 82."),
        ("figures", "Rents round here are up 40% and nobody I know can pay them."),
        ("figures", "Three out of five lamps in our close have been dark since Easter."),
        ("examples", "Last winter my daughter slipped on the ice outside the station and broke her wrist."),
        ("examples", "As a nurse on the night shift I cannot get home because nothing runs."),
        ("sources", "According to the council's own survey most people want the pool kept open."),
        ("sources", "Other councils have done this and it worked well for everybody there."),
        ("local knowledge", "Mend the crossing at the junction of Ripple Road because two children were hit."),
        ("proposals", "Last year was bad. You should open the old baths for families by sharing the cost."),
    ],
)
def test_kinds_are_told(kind: str, text: str) -> None:
    assert kind in evidence_in(SafeText(text), SETTINGS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "More trees please",
        "It is a lovely place to live and the people are friendly and kind.",
        "The council is useless and nobody ever listens to anything that we say.",
        "There should be more police and cleaner streets and better shops.",
        "3 weeks",
        "[PERSON] of [ADDRESS] is always so very rude to everybody who comes in",
    ],
)
def test_bare_opinions_are_not_marked(text: str) -> None:
    assert evidence_in(SafeText(text), SETTINGS) == ()


def test_marks_are_of_substantive_answers_and_stand_first_in_their_wave() -> None:
    plain = "It is a lovely place to live and the people are friendly."
    rich = "Last week I waited 50 minutes for the bus at the corner of Oak Street."
    rows = [
        {"response_id": "a", "text": plain},
        {"response_id": "b", "text": rich},
        {"response_id": "c", "text": rich, "status": "rejected"},
        {"response_id": "d", "text": plain, "wave": "w2"},
        {"response_id": "e", "text": rich, "wave": "w2"},
        {"response_id": "f", "text": "The wait was 50 minutes on every single day.", "wave": "w2"},
    ]
    responses = responses_table(rows)
    table = with_evidence(responses, mark_evidence(responses, SETTINGS))
    assert table["response_id"].tolist() == ["b", "a", "c", "e", "f", "d"]
    assert table.set_index("response_id")["evidence"].to_dict() == {
        "b": "figures; examples; local knowledge", "a": "", "c": "",
        "e": "figures; examples; local knowledge", "f": "figures", "d": "",
    }  # fmt: skip
    assert len(table) == len(responses)


def test_no_answers_at_all() -> None:
    responses = responses_table([{"response_id": "a", "text": "", "status": "blank"}])
    assert with_evidence(responses, mark_evidence(responses, SETTINGS))["evidence"].tolist() == [""]


@given(st.text(max_size=200))
def test_any_text_gives_known_kinds_in_order(text: str) -> None:
    kinds = evidence_in(SafeText(text), SETTINGS)
    assert list(kinds) == [kind for kind in EVIDENCE if kind in kinds]
    assert pd.Series(kinds, dtype=str).is_unique
