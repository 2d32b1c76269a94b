"""Loading and redacting in one step: every row is somewhere, and nothing of the raw text comes out."""

import random
import re
from collections.abc import Iterable, Iterator

import pytest
from conftest import CONSULTATION, ConsultationFolder

from analysis.intake import Defence, SafeWave, load_and_redact, unaccounted_rows
from analysis.settings import Settings
from analysis.tables import CONTRACT, checked
from analysis.types import PiiSpan, RawText, Redaction, SafeText, Wave

WAVE = Wave("2024")
LIKE, HOPE = "What do you like?", "What do you hope for?"
SECRET = "Bartholomew"
LETTER = (
    "Please do not close the swimming pool on our estate. It is the only place where our children learn to swim and "
    "where older residents keep moving through the winter. Think again before it is too late."
)


class FakeRedactor:
    """Takes out one name; remembers how it was asked."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def redact_many(self, texts: Iterable[RawText]) -> Iterator[Redaction]:
        for text in texts:
            self.seen.append(text)
            spans = tuple(PiiSpan(m.start(), m.end(), "PERSON", 1.0) for m in re.finditer(SECRET, text))
            yield Redaction(SafeText(text.replace(SECRET, "[PERSON]")), spans)


Rows = list[dict[str, str]]


def row(identifier: str, like: str = "", hope: str = "", who: str = "", ward: str = "Abbey") -> dict[str, str]:
    return {"ID": identifier, "Who": who, LIKE: like, HOPE: hope, "Ward": ward, "Not read": f"{SECRET}'s zebrafish"}


@pytest.fixture
def taken_in(consultation_folder: ConsultationFolder, settings: Settings):  # type: ignore[no-untyped-def]
    def take(*files: Rows, redactor: FakeRedactor | None = None, toml: str = CONSULTATION) -> SafeWave:
        consultation = consultation_folder({f"2024/part{i}.csv": rows for i, rows in enumerate(files)}, toml)
        ((wave, paths),) = consultation.waves()
        return load_and_redact(consultation, wave, paths, settings, Defence(redactor or FakeRedactor()))

    return take


ROWS: Rows = [
    row("1", f"I like {SECRET} at the library, he is so kind to us all.", "n/a", f"{SECRET}@example.org"),
    row("2", "", "Cleaner streets and more bins near the station, please.", ward=f"Other: {SECRET}"),
    row("3", "   ", "-"),
    row("4", f"{SECRET}", f"{SECRET} and {SECRET} should meet for the sake of our parks."),
    row("1", f"I like {SECRET} at the library, he is so kind to us all.", "n/a", f"{SECRET}@example.org"),
    row("2", "A different row under the same identifier.", ""),
]


def test_every_row_read_is_accepted_or_rejected(taken_in) -> None:  # type: ignore[no-untyped-def]
    huge = [row("10", "x" * 100_001), row("11", "The parks are lovely in the summer.")]
    safe = taken_in(ROWS, huge)
    assert sum(safe.rows_read.values()) == len(ROWS) + len(huge)
    assert unaccounted_rows(sum(safe.rows_read.values()), safe.responses) == 0
    rejected = safe.responses[safe.responses["status"] == "rejected"]
    assert len(rejected) == sum(safe.rejected.values()) == 2
    assert safe.rejected.keys() == {"repeated row", "a cell of 100,001 characters"}
    assert set(rejected["text"]) == set(rejected["question_id"]) == {""}
    accepted = safe.responses[safe.responses["status"] != "rejected"]
    assert len(accepted) == 2 * 6
    assert set(accepted["reason"]) == {""}


def test_a_lost_row_is_noticed(taken_in) -> None:  # type: ignore[no-untyped-def]
    safe = taken_in(ROWS)
    lost = safe.responses[safe.responses["row"] != 3]
    assert unaccounted_rows(len(ROWS), lost) == 1


def test_nothing_of_the_raw_text_is_left_anywhere(taken_in) -> None:  # type: ignore[no-untyped-def]
    redactor = FakeRedactor()
    safe = taken_in(ROWS, redactor=redactor)
    assert any(SECRET in text for text in redactor.seen)
    everything = f"{safe.responses.to_csv()} {safe.redactions} {safe.rejected} {safe.warnings} {safe.rows_read}"
    assert SECRET.casefold() not in everything.casefold()
    assert "zebrafish" not in everything


def test_redactions_are_counted_by_type_and_by_response(taken_in) -> None:  # type: ignore[no-untyped-def]
    safe = taken_in(ROWS)
    assert safe.redactions == {"PERSON": 1 + 1 + 2}
    by_answer = safe.responses.set_index(["response_id", "question_id"])["redactions"]
    assert by_answer.loc[("1", "likes")].max() == 1
    assert by_answer.loc[("4", "hopes")] == 2
    assert int(safe.responses["redactions"].sum()) == 4


def test_answers_have_their_status_language_and_place(taken_in) -> None:  # type: ignore[no-untyped-def]
    polish = "Chciałbym, żeby w naszej dzielnicy było więcej parków i placów zabaw dla dzieci."
    safe = taken_in([*ROWS, row("5", polish, "nothing")])
    status = safe.responses[safe.responses["status"] != "rejected"].set_index(["response_id", "question_id"])
    expected = {
        ("1", "likes"): "substantive",
        ("1", "hopes"): "non_substantive",
        ("3", "likes"): "blank",
        ("3", "hopes"): "non_substantive",
        ("4", "likes"): "non_substantive",  # a name alone says nothing once it is redacted
        ("4", "hopes"): "substantive",
        ("5", "hopes"): "non_substantive",
    }
    assert {key: status.loc[key, "status"] for key in expected} == expected
    assert status.loc[("5", "likes"), "language"] == "pl"
    assert status.loc[("1", "likes"), "language"] == "en"
    assert status.loc[("4", "hopes"), "row"] == 5
    assert status.loc[("4", "hopes"), "source"].endswith("part0.csv")
    assert set(status["wave"]) == {WAVE}


def test_letters_of_a_campaign_are_linked_and_short_equal_answers_are_not(taken_in) -> None:  # type: ignore[no-untyped-def]
    letters = [row(f"L{i}", LETTER, "More parks") for i in range(4)]
    pair = [row(f"P{i}", hope=LETTER.replace("pool", "library hall").replace("swim", "read")[::-1]) for i in range(2)]
    responses = taken_in([*letters, *pair]).responses.set_index(["response_id", "question_id"])
    sent = responses.loc[[(f"L{i}", "likes") for i in range(4)]]
    assert sent["campaign"].all()
    heads = sent[sent["duplicate_of"] == ""].index.get_level_values(0)
    assert len(heads) == 1
    assert set(sent["duplicate_of"]) == {"", heads[0]}
    twice = responses.loc[[("P0", "hopes"), ("P1", "hopes")]]
    assert not twice["campaign"].any()
    assert sorted(twice["duplicate_of"] != "") == [False, True]
    short = responses.loc[[(f"L{i}", "hopes") for i in range(4)]]
    assert not short["campaign"].any()
    assert set(short["duplicate_of"]) == {""}


def test_demographics_are_redacted_and_those_of_rejected_rows_are_not_kept(taken_in) -> None:  # type: ignore[no-untyped-def]
    responses = taken_in(ROWS).responses
    assert list(responses.columns) == [*CONTRACT["responses"], "demographic_ward"]
    assert responses.set_index("response_id").loc["2", "demographic_ward"].tolist() == ["Other: [PERSON]"] * 2
    assert responses.loc[responses["status"] == "rejected", "demographic_ward"].isna().all()
    assert responses.loc[responses["response_id"] == "3", "demographic_ward"].tolist() == ["Abbey"] * 2


def test_a_respondent_is_a_pseudonym_that_joins_their_answers(taken_in) -> None:  # type: ignore[no-untyped-def]
    rows = [row("1", "a thing", "another", "ann@example.org"), row("2", "b", "", "ANN@example.org"), row("3", "c", "d")]
    responses = taken_in(rows).responses
    who = responses.groupby("response_id")["respondent"].agg(set)
    assert who["1"] == who["2"] != who["3"]
    assert all(len(each) == 1 for each in who)
    assert responses["respondent"].str.fullmatch(r"p-[0-9a-f]+").all()


def test_the_order_of_the_rows_changes_nothing_but_the_row_numbers(
    consultation_folder: ConsultationFolder, settings: Settings
) -> None:
    shuffled = random.Random(2).sample(ROWS, len(ROWS))
    consultation = consultation_folder({"a/x.csv": ROWS, "b/x.csv": shuffled})
    frames = [
        load_and_redact(consultation, WAVE, files, settings, Defence(FakeRedactor())).responses.drop(
            columns=["row", "source"]
        )
        for _, files in consultation.waves()
    ]
    ordered = [frame.sort_values(["response_id", "question_id", "status"], ignore_index=True) for frame in frames]
    assert ordered[0].to_csv() == ordered[1].to_csv()
    assert shuffled != ROWS


@pytest.mark.parametrize("rows", [[row("1")], [row("1", "x" * 100_001)]])
def test_a_wave_without_a_usable_answer_keeps_the_contract(taken_in, rows: Rows) -> None:  # type: ignore[no-untyped-def]
    safe = taken_in(rows)
    checked("responses", safe.responses)
    assert (safe.responses["status"] != "substantive").all()
    assert unaccounted_rows(1, safe.responses) == 0


def test_progress_is_told_for_every_response(consultation_folder: ConsultationFolder, settings: Settings) -> None:
    consultation = consultation_folder({"2024/a.csv": ROWS})
    ((wave, files),) = consultation.waves()
    told: list[int] = []
    load_and_redact(consultation, wave, files, settings, Defence(FakeRedactor()), told.append)
    assert sum(told) == 2 * 5
