"""Files that people code in: what they say is read back, all faults are told at once, the machine stays out."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import ConsultationFolder, responses_table, write_export
from hypothesis import given
from hypothesis import strategies as st

from analysis.codings import CODEBOOK, SHEET, THEME_COLUMNS, draw_sample, read_codings, write_coding_book
from analysis.consultation import Consultation
from analysis.errors import InputError
from analysis.evaluate import ResponseKey
from analysis.tables import checked, write_parquet
from analysis.types import VisionCode
from analysis.vision import load_framework
from flows.evaluating import evaluate_consultation, sample_to_code, stored_evaluation
from flows.plan import Plan, RunRequest

FRAMEWORK = load_framework("borough_manifesto")
HOUSING, CRIME = VisionCode("HOUSING"), VisionCode("CRIME")
SECRET = "Perpetua Quillfeather"


def coded(path: Path, *rows: dict[str, str]) -> Path:
    write_export(path, rows)
    return path


def test_a_wide_file_holds_several_coders(tmp_path: Path) -> None:
    rows = (
        {"response_id": "1", "coder_anna": "HOUSING; crime", "coder_ben": "Crime and Safety"},
        {"response_id": "2", "coder_anna": "NONE", "coder_ben": ""},
    )
    anna, ben = read_codings([coded(tmp_path / "c.csv", *rows)], FRAMEWORK, ["hopes"], ["w1"]).codings
    one, two = ResponseKey("w1", "1", "hopes"), ResponseKey("w1", "2", "hopes")
    assert anna.codes == {one: {HOUSING, CRIME}, two: frozenset()}
    assert ben.codes == {one: {CRIME}}


def test_a_filled_in_workbook_is_read_back(tmp_path: Path) -> None:
    responses = responses_table([{"response_id": str(n)} for n in range(4)])
    write_coding_book(tmp_path / "anna.xlsx", responses, FRAMEWORK)
    book = openpyxl.load_workbook(tmp_path / "anna.xlsx")
    sheet = book[SHEET]
    header = [cell.value for cell in sheet[1]]
    choices = [cell.value for cell in book[CODEBOOK]["A"]][1:]
    filled = {2: ["HOUSING Housing", "CRIME Crime and Safety"], 3: ["NONE"]}
    for row, words in filled.items():
        for column, word in zip(THEME_COLUMNS, words, strict=False):
            assert word in choices
            sheet.cell(row, header.index(column) + 1).value = word
    book.save(tmp_path / "anna.xlsx")
    (anna,) = read_codings([tmp_path / "anna.xlsx"], FRAMEWORK).codings
    assert anna.coder == "anna"
    assert list(anna.codes.values()) == [{HOUSING, CRIME}, frozenset()]


def test_the_workbook_offers_lists_and_hides_the_machine(tmp_path: Path) -> None:
    responses = responses_table([{"response_id": "1", "text": "=SUM(A1) more homes"}])
    write_coding_book(tmp_path / "b.xlsx", responses, FRAMEWORK, "ben")
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    (rule,) = book[SHEET].data_validations.dataValidation
    assert str(rule.sqref) == "E2:H2"
    assert rule.formula1 == f"{CODEBOOK}!$A$2:$A${len(FRAMEWORK.themes) + 2}"
    first = [cell.value for cell in book[SHEET][2]]
    assert first[3] == "=SUM(A1) more homes"
    assert book[SHEET]["D2"].data_type == "s"
    assert first[4:8] == [None] * 4 or first[4:8] == [""] * 4


def test_all_faults_come_at_once_and_no_words_of_a_cell(tmp_path: Path) -> None:
    rows = (
        {"response_id": "1", "coder_a": f"{SECRET} lives there"},
        {"response_id": "", "coder_a": "HOUSING"},
        {"response_id": "3", "coder_a": "NONE; HOUSING"},
        {"response_id": "4", "coder_a": "HOUSNG"},
        {"response_id": "5", "coder_a": "CRIME"},
        {"response_id": "5", "coder_a": "HOUSING"},
    )
    with pytest.raises(InputError) as caught:
        read_codings([coded(tmp_path / "c.csv", *rows)], FRAMEWORK)
    said = str(caught.value)
    assert len(caught.value.faults) == 5
    assert "Did you mean HOUSING?" in said
    assert SECRET not in said
    assert "row 2, column 'coder_a'" in said


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"id": "1", "coder_a": "CRIME"}, "response_id"),
        ({"response_id": "1", "other": "CRIME"}, "no column of codes"),
        ({"response_id": "1", "coder_a": "CRIME"}, "question_id"),
        ({"response_id": "1", "question_id": "hopes", "coder_a": ""}, "No row is coded"),
    ],
)
def test_a_file_of_another_form_says_what_it_lacks(tmp_path: Path, rows: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_codings([coded(tmp_path / "c.csv", rows)], FRAMEWORK, ["likes", "hopes"], ["w1"])


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 40), st.randoms())
def test_a_sample_is_in_proportion_and_owes_nothing_to_the_order(few: int, many: int, size: int, lot: object) -> None:
    rows = [{"response_id": str(n), "question_id": "likes" if n < few else "hopes"} for n in range(few + many)]
    responses = responses_table(rows)
    mixed = responses.sample(frac=1, random_state=lot.randint(0, 9))  # type: ignore[attr-defined]
    drawn = draw_sample(responses, size, 1)
    assert drawn["response_id"].tolist() == draw_sample(mixed, size, 1)["response_id"].tolist()
    assert len(drawn) == min(size, few + many)
    assert drawn["response_id"].is_unique
    fair = len(drawn) * few / (few + many)
    assert abs((drawn["question_id"] == "likes").sum() - fair) <= 1


def test_another_seed_draws_others() -> None:
    responses = responses_table([{"response_id": str(n)} for n in range(100)])
    assert set(draw_sample(responses, 20, 1)["response_id"]) != set(draw_sample(responses, 20, 2)["response_id"])


# --- with a consultation's results ------------------------------------------------------------------------------------


@pytest.fixture
def plan(consultation_folder: ConsultationFolder, tmp_path: Path) -> Plan:
    made: Consultation = consultation_folder({"w1/a.csv": [{"ID": "1", "Who": "x", "What do you like?": "",
                                                            "What do you hope for?": "", "Ward": ""}]})  # fmt: skip
    root = tmp_path / "processed" / made.id
    root.mkdir(parents=True)
    rows = [{"response_id": str(n), "text": f"Homes, number {n}"} for n in range(40)]
    write_parquet(responses_table(rows).assign(demographic_ward="Heath"), root / "responses.parquet")
    links = [("w1", str(n), "hopes", "HOUSING" if n % 4 else "CRIME", 0.9) for n in range(40)]
    columns = ["wave", "response_id", "question_id", "vision_code", "score"]
    write_parquet(checked("response_vision", pd.DataFrame(links, columns=columns)), root / "response_vision.parquet")
    return Plan(RunRequest(made.folder, tmp_path / "processed", tmp_path / "reports"))


def test_a_sample_coded_by_two_is_measured_and_kept_for_the_report(plan: Plan, tmp_path: Path) -> None:
    rows = [
        {"response_id": str(n), "question_id": "hopes", "coder_a": "HOUSING", "coder_b": "HOUSING" if n else "NONE"}
        for n in range(40)
    ]
    found = evaluate_consultation([coded(tmp_path / "c.csv", *rows)], plan)
    assert found.evaluation.machine.samples_f1 is not None
    assert found.evaluation.machine.samples_f1.value == pytest.approx((30 + 30) / 80)
    assert found.evaluation.humans is not None
    (group,) = found.evaluation.groups
    assert (group.demographic, group.group, group.responses) == ("ward", "Heath", 40)
    telling = pd.read_csv(found.folder / "disagreements.csv")
    assert set(telling["response_id"]) == {4, 8, 12, 16, 20, 24, 28, 32, 36}  # of response 0 the people disagree
    assert stored_evaluation(plan) == found.evaluation


def test_an_evaluation_of_other_results_is_not_shown(plan: Plan, tmp_path: Path) -> None:
    row = {"response_id": "1", "question_id": "hopes", "coder_a": "HOUSING"}
    found = evaluate_consultation([coded(tmp_path / "c.csv", row)], plan)
    kept = json.loads((found.folder / "evaluation.json").read_text())
    kept["waves"] = {"w1": "of another day"}
    (found.folder / "evaluation.json").write_text(json.dumps(kept))
    assert stored_evaluation(plan) is None


def test_codings_of_another_consultation_are_refused(plan: Plan, tmp_path: Path) -> None:
    row = {"response_id": "other-1", "question_id": "hopes", "coder_a": "HOUSING"}
    with pytest.raises(InputError, match="1 coded responses are not in the results"):
        evaluate_consultation([coded(tmp_path / "c.csv", row)], plan)


def test_each_coder_gets_a_workbook_of_the_same_responses(plan: Plan, tmp_path: Path) -> None:
    paths = sample_to_code(plan, 10, ["anna", "ben"], tmp_path / "code.xlsx")
    assert [path.name for path in paths] == ["code-anna.xlsx", "code-ben.xlsx"]
    one, two = (pd.read_excel(path, sheet_name=SHEET, dtype=str) for path in paths)
    assert one["response_id"].tolist() == two["response_id"].tolist()
    assert len(one) == 10
    assert not (one.drop(columns=["text"]) == "HOUSING").any().any()
