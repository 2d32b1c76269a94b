"""Agreement between coders: against sklearn's and hand-counted figures, and as properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from analysis.evaluate import NONE, Coding, EvaluateSettings, Respondents, ResponseKey, disagreements, evaluate
from analysis.types import Evaluation, VisionCode

THEMES = tuple(VisionCode(code) for code in ("HOMES", "PARKS", "ROADS"))
SETTINGS = EvaluateSettings(min_responses=3, draws=200, seed=1)
NOBODY = Respondents({}, {})


def key(number: int) -> ResponseKey:
    return ResponseKey("w", str(number), "q")


def coding(coder: str, *rows: str) -> Coding:
    """A row a response: its codes parted by spaces, "-" for none of them, "" for not coded."""
    named = {key(i): row for i, row in enumerate(rows) if row}
    return Coding(coder, {k: frozenset(map(VisionCode, row.replace("-", "").split())) for k, row in named.items()})


def compare(machine: Coding, *people: Coding, who: Respondents = NOBODY) -> Evaluation:
    return evaluate(machine, people, THEMES, who, SETTINGS)


def test_counted_by_hand() -> None:
    machine = coding("machine", "HOMES", "HOMES PARKS", "-", "ROADS")
    person = coding("anna", "HOMES", "PARKS", "-", "-")
    found = compare(machine, person)
    assert found.responses == 4
    assert found.is_enough
    assert found.machine.samples_f1 is not None
    assert found.machine.samples_f1.value == pytest.approx((1 + 2 / 3 + 1 + 0) / 4)
    assert found.machine.micro_f1 is not None
    assert found.machine.micro_f1.value == pytest.approx(2 * 2 / (4 + 2))
    homes, parks, roads, none = found.themes
    assert (homes.people, homes.machine, homes.precision, homes.recall) == (1, 2, 0.5, 1.0)
    assert (parks.f1, roads.recall, none.code, none.recall) == (1.0, None, NONE, 0.5)
    assert found.humans is None
    assert found.alpha_people is None


sets = st.lists(st.frozensets(st.sampled_from(THEMES)), min_size=1, max_size=30)


@given(sets, sets)
def test_f1_is_sklearns(one: list[frozenset[VisionCode]], other: list[frozenset[VisionCode]]) -> None:
    size = min(len(one), len(other))
    own, said = ({key(i): codes for i, codes in enumerate(rows[:size])} for rows in (one, other))
    found = compare(Coding("machine", own), Coding("anna", said)).machine

    def table(codes: dict[ResponseKey, frozenset[VisionCode]]) -> np.ndarray:
        return np.array([[t in c for t in THEMES] + [not c] for c in codes.values()])

    a, b = table(own), table(said)
    assert found.samples_f1 is not None
    assert found.samples_f1.value == pytest.approx(f1_score(b, a, average="samples"))
    if (a[:, :-1] | b[:, :-1]).any():
        used = [i for i in range(3) if (a[:, i] | b[:, i]).any()]
        assert found.micro_f1 is not None
        assert found.macro_f1 is not None
        assert found.micro_f1.value == pytest.approx(f1_score(b[:, :-1], a[:, :-1], average="micro", zero_division=0))
        expected = np.mean([f1_score(b[:, i], a[:, i], zero_division=0) for i in used])
        assert found.macro_f1.value == pytest.approx(expected)


@given(sets)
def test_one_who_agrees_with_himself(rows: list[frozenset[VisionCode]]) -> None:
    codes = {key(i): codes for i, codes in enumerate(rows)}
    found = compare(Coding("machine", codes), Coding("anna", codes), Coding("ben", codes))
    assert found.machine.samples_f1 is not None
    assert found.humans is not None
    assert found.humans.samples_f1 == found.machine.samples_f1
    assert (found.machine.samples_f1.value, found.machine.samples_f1.low) == (1.0, 1.0)
    assert found.alpha_people in (None, 1.0)
    assert not disagreements(Coding("machine", codes), [Coding("anna", codes)], {})


@given(sets, sets, st.randoms())
def test_the_order_of_rows_changes_nothing(
    one: list[frozenset[VisionCode]], other: list[frozenset[VisionCode]], lot: st.DataObject
) -> None:
    size = min(len(one), len(other))
    own, said = ({key(i): codes for i, codes in enumerate(rows[:size])} for rows in (one, other))
    mixed = list(own)
    lot.shuffle(mixed)  # type: ignore[attr-defined]
    first = compare(Coding("machine", own), Coding("anna", said))
    again = compare(Coding("machine", {k: own[k] for k in mixed}), Coding("anna", {k: said[k] for k in mixed}))
    assert first == again


def test_kappa_and_alpha_are_those_of_the_books() -> None:
    """Cohen's kappa of the 2 x 2 table 20, 5, 10, 15 is 0.4; equal nominal codings by chance give alpha near 0."""
    pairs = [("HOMES", "HOMES")] * 20 + [("HOMES", "-")] * 5 + [("-", "HOMES")] * 10 + [("-", "-")] * 15
    found = compare(coding("machine", *(a for a, _ in pairs)), coding("anna", *(b for _, b in pairs)))
    assert found.themes[0].kappa == pytest.approx(0.4)
    # alpha, nominal, two coders: 1 - (n - 1) * disagreements / (2 * n1 * n0) with n = 100 values
    ones, zeros, differing = 25 + 30, 25 + 20, 2 * 15
    assert found.alpha_all == pytest.approx(1 - 99 * differing / (2 * ones * zeros))


def test_people_are_compared_only_where_both_coded() -> None:
    found = compare(
        coding("machine", "HOMES", "HOMES", "HOMES"),
        coding("anna", "HOMES", "", "PARKS"),
        coding("ben", "", "-", "PARKS"),
    )
    assert found.humans is not None
    assert found.humans.responses == 1
    assert {(p.one, p.other, p.responses) for p in found.pairs} == {
        ("machine", "anna", 2), ("machine", "ben", 2), ("anna", "ben", 1)
    }  # fmt: skip
    assert found.responses == 3


def test_the_interval_is_wider_where_one_respondent_wrote_much() -> None:
    rows = ["HOMES"] * 20 + ["PARKS"] * 20
    machine, person = coding("machine", *rows), coding("anna", *(["HOMES"] * 40))
    apart = compare(machine, person).machine.samples_f1
    two = Respondents({key(i): str(i // 20) for i in range(40)}, {})
    together = compare(machine, person, who=two).machine.samples_f1
    assert apart is not None
    assert together is not None
    assert together.value == apart.value == 0.5
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_groups_too_small_have_no_figure() -> None:
    ward = {key(i): "Abbey" if i < 3 else "Heath" for i in range(5)}
    who = Respondents({}, {"ward": ward})
    found = compare(coding("machine", *["HOMES"] * 5), coding("anna", *["HOMES"] * 5), who=who)
    abbey, heath = found.groups
    assert (abbey.group, abbey.responses, heath.responses, heath.samples_f1) == ("Abbey", 3, 2, None)
    assert abbey.samples_f1 is not None
    assert abbey.samples_f1.value == 1.0


def test_the_most_telling_disagreements_come_first() -> None:
    machine = coding("machine", "HOMES", "HOMES", "HOMES", "PARKS")
    anna, ben = coding("anna", "PARKS", "-", "HOMES", "-"), coding("ben", "PARKS", "", "PARKS", "")
    sure = {(key(0), THEMES[0]): 0.6, (key(1), THEMES[0]): 0.95, (key(3), THEMES[1]): 0.5}
    found = disagreements(machine, [anna, ben], sure)
    assert [d.key.response_id for d in found] == ["0", "1", "3"]  # two agree; then the surer; people who differ never
    assert math.isclose(found[1].surety, 0.95)
