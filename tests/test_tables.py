"""The contract's tables: columns, types and keys; what CSV and Parquet hold; files whole or not at all."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import responses_table
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import ManifestoError
from analysis.files import write_atomically
from analysis.tables import CONTRACT, checked, empty_table, read_table, rows_of, write_csv, write_parquet

SECRET = "Bartholomew Quill"
PROMISED = {
    "responses": ["response_id", "wave", "question_id", "text", "status", "duplicate_of", "language"],
    "segments": ["segment_id", "response_id", "question_id", "text", "start", "end"],
    "themes": ["theme_id", "label", "description", "keywords", "first_wave", "state", "vision"],
    "response_themes": ["response_id", "question_id", "theme_id", "score", "stance"],
    "response_vision": ["response_id", "question_id", "vision_code", "score"],
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


def segments(**changes: object) -> pd.DataFrame:
    row = {
        "segment_id": "s-1",
        "wave": "w1",
        "response_id": "r1",
        "question_id": "hopes",
        "text": "More trees",
        "start": 0,
        "end": 10,
        "theme_id": "",
        "theme_score": 0.5,
        "vision": "",
        "also": "",
        "also_scores": "",
        "subtheme_id": "",
    }
    return pd.DataFrame([{**row, **changes}])


# --- the contract -----------------------------------------------------------------------------------------------------


def test_the_contract_has_every_column_that_other_programs_rely_on() -> None:
    assert {name: [c for c in columns if c not in CONTRACT[name]] for name, columns in PROMISED.items()} == {
        name: [] for name in PROMISED
    }
    assert set(CONTRACT) >= set(PROMISED)


@pytest.mark.parametrize("name", CONTRACT)
def test_an_empty_table_keeps_the_contract_and_its_types(name: str, tmp_path: Path) -> None:
    table = checked(name, empty_table(name))
    assert list(table.columns) == list(CONTRACT[name])
    assert len(table) == 0
    for column, kind in CONTRACT[name].items():
        assert pd.api.types.pandas_dtype(kind) == table[column].dtype, column
    write_parquet(table, tmp_path / f"{name}.parquet")
    pd.testing.assert_frame_equal(read_table(name, tmp_path), table)
    pd.testing.assert_frame_equal(read_table(name, tmp_path / "nowhere"), table)


def test_columns_stand_in_order_with_further_ones_after_them() -> None:
    shuffled = segments(zebra=1, apple=2)[["zebra", "apple", *reversed(CONTRACT["segments"])]]
    shuffled.index = pd.Index([77])
    table = checked("segments", shuffled)
    assert list(table.columns) == [*CONTRACT["segments"], "apple", "zebra"]
    assert list(table.index) == [0]
    assert list(shuffled.index) == [77]


BROKEN = {
    "a text is missing": (segments(text=None), "text"),
    "a key stands twice": (pd.concat([segments(segment_id=SECRET)] * 2), "uniqueness"),
    "a column is missing": (segments(vision=SECRET).drop(columns="text"), "missing"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_table_is_refused_without_its_cells(what: str) -> None:
    table, words = BROKEN[what]
    with pytest.raises(ManifestoError, match=r"'segments' breaks its contract") as caught:
        checked("segments", table.assign(theme_id=SECRET))
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "column"), [("responses", "status"), ("themes", "state"), ("response_themes", "stance")]
)
def test_a_value_that_is_not_allowed_is_refused_without_being_shown(name: str, column: str) -> None:
    row = {label: {str: "like", int: 1, float: 0.5, bool: False}[kind] for label, kind in CONTRACT[name].items()}
    with pytest.raises(ManifestoError, match=column) as caught:
        checked(name, pd.DataFrame([{**row, column: SECRET}]))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("change", [{"start": SECRET}, {"theme_score": SECRET}, {"end": None}, {"start": float("nan")}])
def test_a_value_of_another_type_is_refused_without_being_shown(change: dict[str, object]) -> None:
    with pytest.raises(ManifestoError, match=next(iter(change))) as caught:
        checked("segments", segments(**change))
    assert SECRET not in str(caught.value)


def test_several_faults_are_named_at_once() -> None:
    with pytest.raises(ManifestoError) as caught:
        checked("segments", segments(text=None, wave=None))
    assert {"text", "wave"} <= set(re.findall(r"\w+", str(caught.value)))


@pytest.mark.parametrize("column", ["text", "segment_id"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(ManifestoError, match=rf"\b{column}\b"):
        checked("segments", segments().drop(columns=column))


# --- CSV --------------------------------------------------------------------------------------------------------------


def written(tmp_path: Path, values: list[str]) -> list[str]:
    """The cells as a spreadsheet reads them: a lone carriage return ends a row like a new line does."""
    path = tmp_path / "out.csv"
    write_csv(pd.DataFrame({"n": range(len(values)), "text": pd.Series(values, dtype="str")}), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [len(row) for row in rows] == [2] * (len(values) + 1)
    return [row[1] for row in rows[1:]]


FORMULAS = [
    "=1+1",
    "+44 20",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\n=1+1",
    "=cmd|' /C calc'!A0",
    '="a"&"b"',
    "\x01=1",
    "\x1f\x00@x",
]


def test_no_cell_is_taken_for_a_formula_and_parquet_has_the_exact_text(tmp_path: Path) -> None:
    cells = written(tmp_path, FORMULAS)
    assert all(cell.startswith("'") for cell in cells)
    table = pd.DataFrame({"text": pd.Series(FORMULAS, dtype="str")})
    write_parquet(table, tmp_path / "out.parquet")
    assert pd.read_parquet(tmp_path / "out.parquet")["text"].tolist() == FORMULAS


def test_plain_text_is_left_as_it_is(tmp_path: Path) -> None:
    plain = ["More trees", "a, b; c", 'she said "no"', "two\nlines", "café ☕ 公園", "", "1-2 = 3", "'quoted'"]
    assert written(tmp_path, plain) == plain


def test_a_carriage_return_starts_no_new_row(tmp_path: Path) -> None:
    cells = written(tmp_path, ["one\r=1+1", "\r=1+1", "one\r\ntwo"])
    assert not any(re.match(r"[=+\-@]", part) for cell in cells for part in re.split(r"\r", cell))


@given(st.lists(TEXT | st.sampled_from(FORMULAS), min_size=1, max_size=5))
def test_whatever_is_written_no_cell_begins_like_a_formula(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    for cell, value in zip(written(tmp_path_factory.mktemp("csv"), values), values, strict=True):
        assert not re.match(r"[=+\-@\t\r\n]", cell)
        assert cell.removeprefix("'") == value or re.search(r"[\x00-\x1f']", value)


def test_numbers_and_flags_stay_numbers_and_flags(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"n": [-1, 2], "score": [-0.5, np.nan], "yes": [True, False]}), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig") == "n,score,yes\n-1,-0.5,True\n2,,False\n"


def test_the_text_of_the_table_is_not_changed_by_writing(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": ["=1+1"]})
    write_csv(table, tmp_path / "out.csv")
    assert table["text"].tolist() == ["=1+1"]


# --- files ------------------------------------------------------------------------------------------------------------


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    rows = [{"response_id": f"r{i}", "text": f"=text {i}", "row": i} for i in range(50)]
    one, other = responses_table(rows), responses_table([dict(reversed(row.items())) for row in rows])
    for write, name in ((write_parquet, "parquet"), (write_csv, "csv")):
        write(one, tmp_path / f"one.{name}")
        write(other, tmp_path / f"other.{name}")
        assert (tmp_path / f"one.{name}").read_bytes() == (tmp_path / f"other.{name}").read_bytes()
        write(one.iloc[::-1].reset_index(drop=True), tmp_path / f"reverse.{name}")
        assert (tmp_path / f"one.{name}").read_bytes() != (tmp_path / f"reverse.{name}").read_bytes()


def test_a_parquet_file_gives_the_table_back(tmp_path: Path) -> None:
    table = responses_table([{"response_id": "r1", "text": "ü\n\t", "demographic_ward": None}, {"response_id": "r2"}])
    write_parquet(table, tmp_path / "responses.parquet")
    pd.testing.assert_frame_equal(read_table("responses", tmp_path), table)


def test_a_file_is_replaced_only_when_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="power cut"), write_atomically(path) as part:
        part.write_text("half of the ne")
        raise RuntimeError("power cut")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]
    with write_atomically(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
        assert part.parent == path.parent
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_folders_are_made_on_the_way(tmp_path: Path) -> None:
    with write_atomically(tmp_path / "a" / "b" / "c.txt") as part:
        part.write_text("x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_rows_have_the_names_of_the_columns() -> None:
    assert [(row.response_id, row.row) for row in rows_of(responses_table([{"response_id": "r1", "row": 7}]))] == [
        ("r1", 7)
    ]
