"""What a person corrects in redactions is kept as data and applied in every run."""

from itertools import pairwise
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import ConsultationFolder, responses_table
from hypothesis import given
from hypothesis import strategies as st
from test_intake import SECRET, FakeRedactor, row

from analysis.anonymise.anonymiser import redaction_of
from analysis.anonymise.corrections import Action, Correction, Corrections, add_corrections, read_corrections, text_hash
from analysis.decisions import read_decisions
from analysis.errors import InputError
from analysis.intake import Defence, load_and_redact
from analysis.review_evidence import READ_COLUMNS, READ_FIRST
from analysis.settings import Settings
from analysis.types import PiiSpan, RawText, SafeText, Wave
from flows.reviewing import SHEET, apply_review, export_review

RAW = RawText("Percy Ingle the baker knows Kwabs. kwabs is kind.")
FOUND = redaction_of(RAW, (PiiSpan(0, 11, "PERSON", 0.5),))
KEY = ("w1", "7", "likes")


def corrected(*corrections: Correction) -> str:
    return Corrections(corrections).apply(*KEY, RAW, FOUND).text


def test_words_to_redact_go_wherever_they_stand() -> None:
    change = Correction(response_id="7", action=Action.REDACT, words="kwabs", label="PERSON")
    assert corrected(change) == "[PERSON 1] the baker knows [PERSON 2]. [PERSON 2] is kind."


def test_words_to_keep_come_back() -> None:
    assert corrected(Correction(action=Action.KEEP, words="percy  ingle")) == RAW


def test_another_response_is_not_touched() -> None:
    other = [
        Correction(wave="w2", action=Action.KEEP, words="Percy Ingle"),
        Correction("", "8", "", "keep", "Percy Ingle"),
    ]
    assert corrected(*other) == FOUND.text


def test_part_of_a_span_is_not_kept() -> None:
    assert corrected(Correction(action=Action.KEEP, words="Percy")) == FOUND.text


@given(st.lists(st.tuples(st.integers(0, 48), st.integers(1, 12)), max_size=4))
def test_spans_stay_in_order_and_apart(places: list[tuple[int, int]]) -> None:
    changes = [Correction(action="redact", words=RAW[a : a + n].strip(), label="PERSON") for a, n in places]
    spans = Corrections([c for c in changes if c.words]).apply(*KEY, RAW, FOUND).spans
    assert all(one.end <= two.start for one, two in pairwise(spans))


def test_clearing_holds_for_that_text_only() -> None:
    text = SafeText("I am the caretaker at Eastbury Primary.")
    corrections = Corrections([Correction(*KEY, Action.CLEAR, text_hash=text_hash(text))])
    assert corrections.cleared(*KEY, text)
    assert not corrections.cleared(*KEY, SafeText(text + " Call me."))
    assert not corrections.cleared("w1", "8", "likes", text)


def test_decisions_that_fit_nothing_are_told_by_their_rows() -> None:
    corrections = Corrections(
        [Correction("w1", "7", "", "keep", "Percy Ingle"), Correction("w1", "7", "", "keep", "Nobody")]
    )
    corrections.apply(*KEY, RAW, FOUND)
    [warning] = corrections.warnings("w1")
    assert "row 3:" in warning
    assert "Nobody" not in warning


def test_kept_decisions_are_read_back_and_not_doubled(tmp_path: Path) -> None:
    decisions = [Correction(*KEY, "redact", "Kwabs, of course", "PERSON"), Correction(*KEY, "clear", text_hash="ab")]
    assert add_corrections(tmp_path, decisions) == 2
    assert add_corrections(tmp_path, decisions) == 0
    assert read_corrections(tmp_path) == tuple(decisions)


def test_faults_name_rows_and_never_words(tmp_path: Path) -> None:
    (tmp_path / "redactions.csv").write_text(
        "response_id,action,words,label\n7,drop,Kwabs,PERSON\n7,redact,Kwabs,NAME\n7,redact,,PERSON\n7,clear,,\n",
        "utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_corrections(tmp_path)
    assert [str(f).split(", row ")[1][0] for f in caught.value.faults] == ["2", "3", "4", "5"]
    assert "Kwabs" not in str(caught.value)


def test_corrections_reach_the_tables(consultation_folder: ConsultationFolder, settings: Settings) -> None:
    rows = [row("1", f"{SECRET} and Zog at the library are so kind to all of us.")]
    consultation = consultation_folder({"2024/a.csv": rows})
    ((wave, files),) = consultation.waves()
    changes = Corrections([Correction("2024", "1", "likes", "redact", "zog", "PERSON")])
    safe = load_and_redact(consultation, wave, files, settings, Defence(FakeRedactor(), changes))
    assert safe.removed[["confidence", "pieces"]].values.tolist() == [["by hand", 1], ["certain", 1]]
    assert "Zog" not in safe.responses.to_csv()


class EverythingIsDoubtful:
    def marks(self, texts: list[SafeText], respondents: list[str]) -> list[tuple[str, ...]]:
        return [("name", "number") if text else () for text in texts]


def test_a_workbook_goes_out_and_decisions_come_back(
    consultation_folder: ConsultationFolder, settings: Settings, tmp_path: Path
) -> None:
    rows = [
        row("1", f"{SECRET} runs the library and Zog the café.", "Parks for children."),
        row("2", hope="More bins, please."),
    ]
    consultation = consultation_folder({"2024/a.csv": rows})
    ((wave, files),) = consultation.waves()
    defence = Defence(FakeRedactor(), second_line=EverythingIsDoubtful())
    responses = load_and_redact(consultation, wave, files, settings, defence).responses
    processed, book = tmp_path / "processed", tmp_path / "review.xlsx"
    (processed / consultation.id).mkdir(parents=True)
    responses = responses.assign(evidence=["figures" if r else "" for r in responses["text"].str.contains("bins")])
    responses.to_parquet(processed / consultation.id / "responses.parquet")
    assert export_review(consultation.folder, processed, book)[SHEET] == 3
    first = [[cell.value for cell in each] for each in openpyxl.load_workbook(book)[READ_FIRST]]
    assert first[0][: len(READ_COLUMNS)] == list(READ_COLUMNS)
    assert [(each[1], each[3], each[4]) for each in first[1:]] == [("2", "figures", "More bins, please.")]
    decided = {"redact_these_words": "Zog", "as": "PERSON", "keep_these_words": SECRET}
    _fill(book, {("1", "likes"): decided, ("1", "hopes"): {"nothing_here": "x"}})
    assert apply_review(consultation.folder, book, processed, dry_run=True).corrections == 3
    assert not (consultation.folder / "redactions.csv").exists()
    assert apply_review(consultation.folder, book, processed, "Ada").corrections == 3
    assert apply_review(consultation.folder, book, processed).changes == ()
    logged = read_decisions(consultation.folder).rows
    assert [(d.by, d.field, d.after) for d in logged] == [
        ("Ada", "redact", "redactions.csv, row 2"),
        ("Ada", "keep", "redactions.csv, row 3"),
        ("Ada", "clear", "redactions.csv, row 4"),
    ]
    assert "Zog" not in (consultation.folder / "decisions.csv").read_text("utf-8")
    again = Defence(FakeRedactor(), Corrections(read_corrections(consultation.folder)), EverythingIsDoubtful())
    safe = load_and_redact(consultation, Wave(wave), consultation.waves()[0][1], settings, again).responses
    first = safe.set_index(["response_id", "question_id"]).loc[("1", "likes")]
    assert SECRET in first["text"]
    assert "Zog" not in first["text"]
    assert sorted(safe["marks"])[:2] == ["", ""]  # the blank answer, and the one that was cleared


def _fill(book: Path, cells: dict[tuple[str, str], dict[str, str]]) -> None:
    opened = openpyxl.load_workbook(book)
    sheet = opened[SHEET]
    columns = {str(cell.value): cell.column for cell in sheet[1]}
    for number in range(2, sheet.max_row + 1):
        key = tuple(str(sheet.cell(number, columns[name]).value) for name in ("response_id", "question_id"))
        for name, value in cells.get((key[0], key[1]), {}).items():
            sheet.cell(number, columns[name], value)
    opened.save(book)


def test_a_wrongly_filled_workbook_changes_nothing(consultation_folder: ConsultationFolder, tmp_path: Path) -> None:
    consultation = consultation_folder({"2024/a.csv": [row("1", "Parks.", "Bins.")]})
    processed = tmp_path / "processed"
    (processed / consultation.id).mkdir(parents=True)
    responses_table([{"response_id": "1"}]).to_parquet(processed / consultation.id / "responses.parquet")
    wrong = {name: ["x"] for name in ("wave", "response_id", "question_id", "marked_for", "text", "text_hash")}
    book = tmp_path / "review.xlsx"
    filled = {"redact_these_words": ["Zog"], "as": ["NAME"], "keep_these_words": [""], "nothing_here": ["perhaps"]}
    pd.DataFrame({**wrong, **filled}).to_excel(book, sheet_name=SHEET, index=False)
    with pytest.raises(InputError) as caught:
        apply_review(consultation.folder, book, processed)
    assert len(caught.value.faults) == 3
    assert "Zog" not in str(caught.value)
    assert not (consultation.folder / "redactions.csv").exists()
