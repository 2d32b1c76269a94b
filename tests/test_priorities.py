"""Counts of respondents against a count by hand, over whatever responses there may be."""

from collections.abc import Mapping

import pandas as pd
import pytest
from conftest import responses_table
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analysis.priorities import RESPONSE_KEY, Priorities
from analysis.tables import empty_table
from analysis.types import STANCES, Stance, Status, Wave

WAVES = (Wave("w1"), Wave("w2"))
STANCE_OF: Mapping[str, Stance] = {"likes": "like", "dislikes": "dislike", "hopes": "hope", "more hopes": "hope"}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "wave": st.sampled_from(WAVES),
            "response_id": st.sampled_from(["r1", "r2", "r3", "r4"]),
            "question_id": st.sampled_from(sorted(STANCE_OF)),
            "respondent": st.sampled_from(["p1", "p2", "p3"]),
            "status": st.sampled_from(["substantive", "substantive", "blank", "rejected"]),
            "campaign": st.booleans(),
            "raised": st.booleans(),
        }
    ),
    max_size=20,
    unique_by=lambda row: tuple(row[key] for key in RESPONSE_KEY),
)


def keys_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame([[row[key] for key in RESPONSE_KEY] for row in rows], columns=RESPONSE_KEY).astype("str")


def table_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    return responses_table([{k: v for k, v in row.items() if k != "raised"} for row in rows])


def people(rows: list[dict[str, object]], **wanted: object) -> int:
    return len({row["respondent"] for row in rows if all(row[key] == value for key, value in wanted.items())})


@hypothesis_settings(deadline=None, max_examples=60)
@given(ROWS.filter(bool), st.sampled_from(WAVES), st.integers(1, 3))
def test_counts_are_those_counted_by_hand(rows: list[dict[str, object]], wave: Wave, times: int) -> None:
    priorities = Priorities(table_of(rows), STANCE_OF, wave, WAVES)
    raised = [row for row in rows if row["raised"]]
    count = priorities.count(pd.concat([keys_of(raised)] * times))
    said = [row for row in raised if row["status"] == Status.SUBSTANTIVE]
    by_stance = {
        stance: len(
            {row["respondent"] for row in said if row["wave"] == wave and STANCE_OF[str(row["question_id"])] == stance}
        )
        for stance in STANCES
    }
    assert count.respondents == people(said, wave=wave)
    assert count.by_wave == {each: people(said, wave=each) for each in WAVES}
    assert count.by_stance == by_stance
    assert count.without_campaigns == people(said, wave=wave, campaign=False)
    answered = {each: people(rows, wave=each, status="substantive") for each in WAVES}
    assert {each: priorities.answered(each) for each in WAVES} == answered
    for each, share in count.share_by_wave.items():
        assert share == pytest.approx(count.by_wave[each] / answered[each] if answered[each] else 0)
        assert 0 <= share <= 1
    assert set(count.share_by_wave) == {each for each in WAVES if answered[each]}, "nobody answered: no share, not 0"
    assert count.share == count.share_by_wave.get(wave, 0.0)


@hypothesis_settings(deadline=None, max_examples=40)
@given(ROWS.filter(bool), st.sampled_from(WAVES))
def test_what_nobody_linked_is_the_rest_of_the_substantive_responses(rows: list[dict[str, object]], wave: Wave) -> None:
    priorities = Priorities(table_of(rows), STANCE_OF, wave, WAVES)
    rest = priorities.substantive_without(keys_of([row for row in rows if row["raised"]] * 2))
    expected = {
        tuple(row[key] for key in RESPONSE_KEY) for row in rows if row["status"] == "substantive" and not row["raised"]
    }
    found = list(rest.itertuples(index=False, name=None))
    assert len(found) == len(set(found))
    assert set(found) == expected


@hypothesis_settings(deadline=None, max_examples=25)
@given(ROWS.filter(bool), st.randoms())
def test_the_order_of_the_rows_changes_nothing(rows: list[dict[str, object]], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(rows)
    chance.shuffle(shuffled)
    raised = keys_of([row for row in rows if row["raised"]])
    counts = [Priorities(table_of(each), STANCE_OF, WAVES[0], WAVES).count(raised) for each in (rows, shuffled)]
    assert counts[0] == counts[1]


def test_a_respondent_counts_once_whatever_they_wrote() -> None:
    rows = [
        {"response_id": "r1", "question_id": "likes", "respondent": "p1"},
        {"response_id": "r1", "question_id": "hopes", "respondent": "p1"},
        {"response_id": "r2", "question_id": "more hopes", "respondent": "p1", "campaign": True},
        {"response_id": "r3", "question_id": "hopes", "respondent": "p2"},
    ]
    table = responses_table(rows)
    count = Priorities(table, STANCE_OF, WAVES[0], WAVES[:1]).count(table.iloc[:3])
    assert (count.respondents, count.share, count.without_campaigns) == (1, 0.5, 1)
    assert count.by_stance == {"like": 1, "dislike": 0, "hope": 1, "open": 0}


def test_one_who_sent_only_the_letter_is_left_out_without_campaigns() -> None:
    rows = [{"response_id": f"r{i}", "campaign": i < 3} for i in range(5)]
    table = responses_table(rows)
    count = Priorities(table, STANCE_OF, WAVES[0], WAVES[:1]).count(table)
    assert (count.respondents, count.without_campaigns) == (5, 2)


def test_without_any_response_all_counts_are_zero() -> None:
    priorities = Priorities(empty_table("responses"), STANCE_OF, WAVES[1], WAVES)
    count = priorities.count(empty_table("response_vision"))
    assert (count.respondents, count.share, count.without_campaigns) == (0, 0.0, 0)
    assert count.by_wave == {"w1": 0, "w2": 0}
    assert count.share_by_wave == {}
    assert set(count.by_stance.values()) == {0}
    assert len(priorities.substantive_without(empty_table("response_themes"))) == 0


def test_rows_that_raise_what_is_not_there_count_nobody() -> None:
    raised = pd.DataFrame([["w1", "gone", "hopes"]], columns=RESPONSE_KEY)
    table = responses_table([{"response_id": "r1"}])
    assert Priorities(table, STANCE_OF, WAVES[0], WAVES[:1]).count(raised).respondents == 0
