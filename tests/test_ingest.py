"""Loading a wave: no row is lost, nothing personal leaves, and the order of rows and files changes nothing."""

import csv
import io
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.consultation import default_settings, load_consultation
from analysis.errors import InputError
from analysis.ingest import IngestSettings, check_consultation, load_wave, personal_kind
from analysis.types import Loaded
from flows.layout import file_hashes

SETTINGS = IngestSettings(**default_settings()["ingest"])
TOML = """
[consultation]
id = "demo"
title = "Demo"
[columns]
response_id = "ID"
respondent_id = "Who"
[[questions]]
id = "like"
column = ["Liked", "What do you like?"]
text = "What do you like?"
stance = "like"
[[questions]]
id = "hope"
column = "Hoped"
text = "What do you hope for?"
stance = "hope"
[[demographics]]
id = "ward"
column = "Ward"
"""
HEADER = ("ID", "Who", "Liked", "Hoped", "Ward")


def as_csv(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def consultation_at(folder: Path, toml: str = TOML, **files: str) -> Path:
    (folder / "w").mkdir(parents=True, exist_ok=True)
    (folder / "consultation.toml").write_text(toml, encoding="utf-8")
    for name, text in files.items():
        (folder / "w" / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return folder


def load(folder: Path, toml: str = TOML, settings: IngestSettings = SETTINGS, **files: str) -> Loaded:
    consultation = load_consultation(consultation_at(folder, toml, **files))
    wave, paths = consultation.waves()[0]
    return load_wave(consultation, wave, paths, settings)


def fault_text(*args: Any, **files: str) -> str:
    with pytest.raises(InputError) as caught:
        load(*args, **files)
    return str(caught.value)


def ids(loaded: Loaded) -> list[str]:
    return sorted({response.response_id for response in loaded.responses})


def without_places(loaded: Loaded) -> tuple[Any, ...]:
    rejected = [replace(row, row=0) for row in loaded.rejected]
    key = [(row.source, row.reason, row.response_id) for row in rejected]
    return tuple(replace(response, row=0) for response in loaded.responses), sorted(key), loaded.warnings


def test_every_question_of_a_row_is_a_response_blank_ones_too(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, online=as_csv(("1", "a", " parks ", "", " Abbey "), ("2", "b", "shops", "peace", "RM10 8AB"))
    )
    by_key = {(each.response_id, each.question_id): each for each in loaded.responses}
    assert {key: each.text for key, each in by_key.items()} == {
        ("1", "like"): " parks ",
        ("1", "hope"): "",
        ("2", "like"): "shops",
        ("2", "hope"): "peace",
    }
    assert by_key["1", "like"].demographics == {"ward": "Abbey"}
    assert by_key["2", "like"].demographics == {"ward": "RM10"}
    assert (by_key["2", "hope"].source, by_key["2", "hope"].row) == ("online.csv", 3)
    assert loaded.rows_read == {"online.csv": 2}


NASTY = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('",;\n'), max_size=8)
ROWS = st.lists(st.tuples(st.sampled_from(["", "1", "2", "3"]), st.sampled_from(["", "x", "y"]), NASTY, NASTY, NASTY))


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, broken=st.lists(st.sampled_from(['9,"open,a,b,c', "1,2,3,4,5,6", ",,,,"]), max_size=3))
def test_no_row_is_ever_lost(tmp_path_factory: pytest.TempPathFactory, rows: list[Any], broken: list[str]) -> None:
    text = as_csv(*rows) + "".join(f"{line}\n" for line in broken) + "end,x,a,b,c\n"
    loaded = load(tmp_path_factory.mktemp("lost"), online=text)
    accepted = {(each.source, each.row) for each in loaded.responses}
    rejected = [(each.source, each.row) for each in loaded.rejected]
    assert len(accepted) + len(rejected) == loaded.rows_read["online.csv"]
    assert accepted.isdisjoint(rejected)
    assert len(loaded.responses) == 2 * len(accepted)
    assert len({(each.response_id, each.question_id) for each in loaded.responses}) == len(loaded.responses)
    assert len(accepted) + sum(each.reason != "blank row" for each in loaded.rejected) >= len(
        [row for row in rows if any(cell.strip() for cell in row)]
    )
    assert all(each.reason and each.remedy for each in loaded.rejected)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS.filter(bool), seed=st.integers(0, 5))
def test_the_order_of_rows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], seed: int
) -> None:
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    shuffled = random.Random(seed).sample(rows, len(rows))
    folder = tmp_path_factory.mktemp("order")
    one = load(folder / "a", online=as_csv(*rows))
    other = load(folder / "b", online=as_csv(*shuffled))
    assert without_places(one) == without_places(other)


def test_the_order_of_files_changes_nothing(tmp_path: Path) -> None:
    folder = consultation_at(tmp_path, online=as_csv(("1", "a", "x", "y", "")), paper=as_csv(("1", "b", "z", "", "")))
    consultation = load_consultation(folder)
    wave, paths = consultation.waves()[0]
    assert load_wave(consultation, wave, paths, SETTINGS) == load_wave(consultation, wave, paths[::-1], SETTINGS)
    assert file_hashes(paths, folder / wave) == file_hashes(paths[::-1], folder / wave)


def test_the_fingerprint_changes_with_a_name_and_with_a_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x")
    prints = [file_hashes([path], tmp_path), file_hashes([path.rename(tmp_path / "b.csv")], tmp_path)]
    (tmp_path / "b.csv").write_text("y")
    assert len({str(each) for each in (*prints, file_hashes([tmp_path / "b.csv"], tmp_path))}) == 3


def test_missing_ids_are_made_from_content_with_one_warning(tmp_path: Path) -> None:
    loaded = load(tmp_path, online=as_csv(("", "", "parks", "", ""), ("", "", "parks", "", ""), ("7", "", "x", "", "")))
    made = [name for name in ids(loaded) if name.startswith("r-")]
    assert len(made) == 2
    assert all(len(name) == 14 for name in made)
    assert [each for each in loaded.warnings if "response id" in each] == [
        "2 rows have no response id: identifiers made from their content"
    ]


def test_a_repeated_row_is_rejected_and_a_different_one_under_its_id_is_kept(tmp_path: Path) -> None:
    rows = [
        ("1", "a", "parks", "", ""),
        ("1", "a", "parks", "", ""),
        ("1", "a", "shops", "", ""),
        ("1~2", "a", "z", "", ""),
    ]
    loaded = load(tmp_path, online=as_csv(*rows))
    assert ids(loaded) == ["1", "1~2", "1~3"]
    assert {each.text for each in loaded.responses if each.response_id == "1~2"} == {"z", ""}
    assert [(each.response_id, each.reason) for each in loaded.rejected] == [("1", "repeated row")]
    assert any("1 rows have the response id of a different row" in each for each in loaded.warnings)


def test_respondents_are_pseudonyms_that_join_rows_and_nobody_is_joined_by_a_blank(tmp_path: Path) -> None:
    rows = [("1", "Ann@x.org", "a", "", ""), ("2", "ann@x.org ", "b", "", ""), ("3", "anonymous", "c", "", "")]
    loaded = load(tmp_path, online=as_csv(*rows, ("4", "Anonymous", "d", "", ""), ("5", "", "e", "", "")))
    who = {each.response_id: each.respondent_id for each in loaded.responses}
    assert who["1"] == who["2"]
    assert len(set(who.values())) == 4
    assert all(name.startswith("p-") and len(name) == 14 for name in who.values())
    assert "ann" not in repr(loaded).lower()


@pytest.mark.parametrize("column", ["Email", "Your name", "Full name (optional)", "RecipientEmail", "IP Address"])
def test_ids_in_a_personal_column_are_refused(tmp_path: Path, column: str) -> None:
    toml = TOML.replace('"ID"', f'"{column}"')
    text = fault_text(tmp_path, toml, online=as_csv(("1", "", "a", "", ""), header=(column, *HEADER[1:])))
    assert "response_id reads a column that holds" in text


def test_ids_that_look_like_email_addresses_are_refused_without_quoting_them(tmp_path: Path) -> None:
    text = fault_text(tmp_path, online=as_csv(("ann@example.org", "", "a", "", "")))
    assert "e-mail" in text
    assert "ann" not in text


def test_text_in_the_place_of_an_id_costs_its_row_and_is_not_shown(tmp_path: Path) -> None:
    loaded = load(tmp_path, online=as_csv(("secret words " * 10, "", "a", "", ""), ("2", "", "b", "", "")))
    assert ids(loaded) == ["2"]
    assert "secret" not in repr(loaded.rejected)


def test_overlong_cells_reject_the_row_with_their_size(tmp_path: Path) -> None:
    small = IngestSettings(max_response_chars=10, max_cell_chars=50)
    rows = [("1", "", "x" * 11, "", ""), ("2", "", "y" * 51, "", ""), ("3", "", "z" * 10, "", "")]
    loaded = load(tmp_path, TOML, small, online=as_csv(*rows))
    assert [(each.column, each.reason) for each in loaded.rejected] == [
        ("Liked", "a cell of 11 characters"),
        ("", "a cell of 51 characters"),
    ]
    assert ids(loaded) == ["3"]


def test_a_question_that_no_file_has_is_a_fault_with_the_nearest_column(tmp_path: Path) -> None:
    header = ("ID", "Who", "Liked", "Hopped", "Ward")
    text = fault_text(tmp_path, online=as_csv(("1", "", "a", "b", ""), header=header))
    assert "question 'hope'" in text
    assert "Did you mean 'Hopped'?" in text
    assert "'Ward'" in text


def test_a_file_without_header_shows_nothing_of_its_first_row(tmp_path: Path) -> None:
    text = fault_text(tmp_path, online="1,my neighbour John Smith shouts,a\n2,b,c\n")
    assert "does not look like a header" in text
    assert "John" not in text


def test_forms_differ_by_channel_with_a_warning(tmp_path: Path) -> None:
    paper = as_csv(("9", "parks"), header=("ID", "What do you like?"))
    loaded = load(tmp_path, online=as_csv(("1", "", "a", "b", "")), paper=paper)
    assert [each.question_id for each in loaded.responses if each.response_id == "9"] == ["like"]
    assert "question 'hope': no column in paper.csv" in loaded.warnings


def test_rows_of_a_file_without_any_question_are_rejected(tmp_path: Path) -> None:
    loaded = load(tmp_path, online=as_csv(("1", "", "a", "b", "")), readme="Note\nhello\n")
    assert [(each.source, each.reason) for each in loaded.rejected] == [
        ("readme.csv", "no question column in this file")
    ]


def test_the_same_export_twice_is_refused(tmp_path: Path) -> None:
    text = as_csv(("1", "", "a", "b", ""))
    assert "same file as a.csv" in fault_text(tmp_path, a=text, b=text)


def test_previews_and_unfinished_rows_of_qualtrics_are_rejected(tmp_path: Path) -> None:
    header = ("ID", "Status", "Finished", "Progress", "Liked", "Hoped", "Who", "Ward")
    rows = [
        ("1", "IP Address", "True", "100", "a", "", "", ""),
        ("2", "Survey Preview", "True", "100", "b", "", "", ""),
        ("3", "IP Address", "False", "40", "c", "", "", ""),
    ]
    loaded = load(tmp_path, online=as_csv(*rows, header=header))
    assert ids(loaded) == ["1"]
    assert [(each.response_id, each.column) for each in loaded.rejected] == [("2", "Status"), ("3", "Finished")]


def test_demographics_must_not_be_personal(tmp_path: Path) -> None:
    toml = TOML.replace('"Ward"', '"Phone number"')
    assert "phone number" in fault_text(
        tmp_path, toml, a=as_csv(("1", "", "a", "", ""), header=(*HEADER[:4], "Phone number"))
    )


@pytest.mark.parametrize(
    "column",
    ["What name should the new park have, and why?", "Ward", "Do you like our phone line?", "Age", "Response ID"],
)
def test_questions_are_not_taken_for_personal_data(column: str) -> None:
    assert personal_kind(column) == ""


def test_check_counts_every_file_and_writes_nothing(tmp_path: Path) -> None:
    folder = consultation_at(tmp_path, online=as_csv(("1", "", "a", "b", ""), ("1", "", "a", "b", "")))
    (folder / "w" / "notes.pdf").write_text("x")
    before = sorted(folder.rglob("*"))
    report = check_consultation(folder)
    assert report.faults == ()
    assert [(f.wave, f.source, f.rows, f.responses, f.rejected) for f in report.files] == [("w", "online.csv", 2, 2, 1)]
    assert "w/notes.pdf: not an export, not read" in report.warnings
    assert sorted(folder.rglob("*")) == before


def test_check_reports_the_faults_of_every_wave(tmp_path: Path) -> None:
    folder = consultation_at(tmp_path, online="ID,Other\n1,a\n")
    (folder / "w2").mkdir()
    (folder / "w2" / "x.csv").write_text("")
    text = " ".join(map(str, check_consultation(folder).faults))
    assert "question 'like'" in text
    assert "w2/x.csv" in text
