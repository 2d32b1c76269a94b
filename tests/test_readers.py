"""Exports as they really look: every trap of the formats, planted."""

import csv
import io
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from analysis.errors import InputError
from analysis.readers import FormatOptions, Table, _records, normalise_header, read_table

AUTO = FormatOptions()


def read(tmp_path: Path, content: str | bytes, name: str = "x.csv", **options: Any) -> Table:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, FormatOptions(**options))


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def book(tmp_path: Path, *rows: list[Any], title: str = "Data") -> tuple[Path, Workbook]:
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return tmp_path / "x.xlsx", workbook


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('",;\n'), max_size=12)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_what_a_csv_writer_quotes_is_read_back(rows: list[tuple[str, ...]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    records = list(_records(out.getvalue(), delimiter))
    assert [record.cells for record in records] == rows
    starts = [1]
    for row in rows[:-1]:
        starts.append(starts[-1] + 1 + sum(cell.count("\n") for cell in row))
    assert [record.row for record in records] == starts


@given(st.text(st.sampled_from('",\na'), max_size=60))
def test_any_text_is_cut_into_records_that_cover_every_line_once(text: str) -> None:
    records = list(_records(text, ","))
    starts = [record.row for record in records]
    assert starts == sorted(set(starts))
    assert (starts[0] if starts else 1) == 1
    assert all(start <= text.count("\n") + 1 for start in starts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, "id,comment\n1,“£5” isn’t café\n".encode(encoding))
    assert (names(table), cells(table)) == (["id", "comment"], [("1", "“£5” isn’t café")])


def test_a_stray_windows_byte_does_not_spoil_the_rest_of_a_utf8_file(tmp_path: Path) -> None:
    table = read(tmp_path, "id,c\n1,café\n".encode() + b"2,\xa35\n")
    assert cells(table) == [("1", "café"), ("2", "£5")]
    assert "Windows-1252" in table.notes[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_among_commas_semicolons_and_new_lines_in_text(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ("id", "What do you like, or love; or enjoy?", "Ward"),
        *((str(i), "a, b; c\nd | e", "W") for i in range(9)),
    ]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    assert [tuple(names(table := read(tmp_path, out.getvalue()))), *cells(table)] == rows


def test_excels_separator_line_is_obeyed_and_counted(tmp_path: Path) -> None:
    table = read(tmp_path, "sep=;\nid;c\n1;a, b\n")
    assert [(row.row, row.cells) for row in table.rows] == [(3, ("1", "a, b"))]


def test_a_single_column_is_not_split_at_commas(tmp_path: Path) -> None:
    assert cells(read(tmp_path, 'Comment\nparks, trees\n"shops, too"\n', "x.txt")) == [
        ("parks, trees",),
        ("shops, too",),
    ]


@pytest.mark.parametrize("tail", [2, 40])
@pytest.mark.parametrize("quoted", [False, True])
def test_an_unclosed_quotation_mark_costs_one_row(tmp_path: Path, tail: int, quoted: bool) -> None:
    good = [f'{i},"text, {i}\nmore",W' if quoted else f"{i},text {i},W" for i in range(20)]
    after = [f'{i},"text, {i}",W' if quoted else f"{i},text {i},W" for i in range(100, 100 + tail)]
    table = read(tmp_path, "\n".join(["id,c,ward", *good, '99,"never closed,W', *after]))
    assert [row.cells[0] for row in table.rows] == [*map(str, range(20)), *map(str, range(100, 100 + tail))]
    assert [fault.row for fault in table.rejected] == [2 + 20 * (2 if quoted else 1)]
    assert "never closed" in table.rejected[0].reason


def test_an_unclosed_quotation_mark_that_swallows_a_row_costs_only_its_own(tmp_path: Path) -> None:
    table = read(tmp_path, 'id,c,w\n1,a,W\n2,"b,W\n3,", well",W\n4,d,W\n')
    assert [row.cells[0] for row in table.rows] == ["1", "3", "4"]
    assert [fault.row for fault in table.rejected] == [3]


@pytest.mark.parametrize("line", ['7,"open', '","', ',"\n,",",', '"""', '",",",', ',""",'])
def test_hostile_quotation_marks_cost_no_more_than_linear_time(tmp_path: Path, line: str) -> None:
    start = time.perf_counter()
    table = read(tmp_path, "id,c\n" + f"{line}\n" * 15000)
    assert time.perf_counter() - start < 6
    assert len(table.rows) + len(table.rejected) > 0


def test_rows_too_wide_are_rejected_and_too_narrow_are_filled_up(tmp_path: Path) -> None:
    table = read(tmp_path, "id,c,w\n1,a,b,c\n2,a\n3,a,b,,\n4,a,b\n5,a,b\n")
    assert cells(table) == [("2", "a", ""), ("3", "a", "b"), ("4", "a", "b"), ("5", "a", "b")]
    assert [(fault.row, fault.reason) for fault in table.rejected] == [(2, "more cells than the header (3)")]


def test_blank_rows_count_inside_but_not_at_the_end(tmp_path: Path) -> None:
    table = read(tmp_path, "\n\nid,c\n1,a\n,\n\n2,b\n,\n\n")
    assert [row.row for row in table.rows] == [4, 7]
    assert [(fault.row, fault.reason) for fault in table.rejected] == [(5, "blank row"), (6, "blank row")]


def test_repeated_and_missing_headers_get_names_and_notes(tmp_path: Path) -> None:
    table = read(tmp_path, "id,Comment,comment,\n1,a,b,c\n")
    assert names(table) == ["id", "Comment", "comment (2)", "Column D"]
    assert len(table.notes) == 2
    assert table.find("Comment") == (1,)


def test_a_cell_of_ten_megabytes_and_nul_bytes(tmp_path: Path) -> None:
    big = "word " * 2_000_000
    table = read(tmp_path, f'id,c\n1,"{big}"\n2,n\x00ul\n')
    assert cells(table) == [("1", big), ("2", "nul")]
    assert "NUL" in table.notes[0]
    limited = read_table(tmp_path / "x.csv", AUTO, max_cell_chars=1000)
    assert [fault.reason for fault in limited.rejected] == ["a cell of 10,000,000 characters"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends(tmp_path: Path, line_end: str) -> None:
    assert cells(read(tmp_path, f"id,c{line_end}1,a{line_end}2,b{line_end}")) == [("1", "a"), ("2", "b")]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0 old"])
def test_what_cannot_be_read_is_an_input_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError):
        read(tmp_path, content)


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    table = read(tmp_path, "id,c\n")
    assert (names(table), table.rows, table.rejected) == (["id", "c"], (), ())


def test_two_header_rows_as_surveymonkey_writes(tmp_path: Path) -> None:
    header = 'Respondent ID,"What do you like,\nor love?",Which apply?,,\n,Open-Ended Response,Parks,Shops,Other\n'
    text = header + "1,trees,Parks,,x\n"
    table = read(tmp_path, text)
    assert names(table) == [
        "Respondent ID",
        "What do you like, or love?",
        *(f"Which apply? - {x}" for x in ("Parks", "Shops", "Other")),
    ]
    assert [row.row for row in table.rows] == [4]
    assert table.find("Open-Ended Response") == (1,)
    assert table.find("which apply? – OTHER") == (4,)
    assert table.find("Which apply?") == (2, 3, 4)


def test_a_condensed_second_header_may_be_blank(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "Respondent ID,Why?\n,\n1,because\n")) == [("1", "because")]


def test_three_header_rows_as_qualtrics_writes(tmp_path: Path) -> None:
    metadata = '"{""ImportId"":""_recordId""}","{""ImportId"":""QID1_TEXT""}"'
    text = f"ResponseId,Q1_TEXT\nResponse ID,What do you hope for?\n{metadata}\nR_1,peace\n"
    table = read(tmp_path, text)
    assert (names(table), cells(table)) == (["ResponseId", "Q1_TEXT"], [("R_1", "peace")])
    assert table.find("What do you hope for?") == table.find("q1_text") == (1,)
    assert table.columns[1].label == "What do you hope for?"


def test_headers_match_whatever_their_spaces_forms_quotes_and_case() -> None:
    assert normalise_header("\ufeffWhat’s\u00a0 best_x000D_\n here？ ") == "what's best here?"


def test_xlsx_values_become_text(tmp_path: Path) -> None:
    path, workbook = book(
        tmp_path,
        ["ID", "When", "Moment", "Yes", "Share", "Text"],
        [12.0, datetime(2026, 9, 1), datetime(2026, 9, 1, 10, 5), True, 0.5, "one_x000D_\ntwo _x0041_ _x005F_x000D_"],
    )
    workbook.save(path)
    table = read_table(path, AUTO)
    assert cells(table) == [("12", "2026-09-01", "2026-09-01T10:05:00", "TRUE", "0.5", "one\ntwo A _x000D_")]


def test_xlsx_hidden_sheets_trailing_rows_and_stray_formats(tmp_path: Path) -> None:
    path, workbook = book(tmp_path, ["ID", "Comment"], [1, "a"], [None, None], [2, "b"], [" ", None])
    hidden = workbook.create_sheet("Secret", 0)
    hidden.append(["x"])
    hidden.sheet_state = "hidden"
    workbook["Data"].cell(1_000_000, 16_000).number_format = "0.00"
    workbook.save(path)
    start = time.perf_counter()
    table = read_table(path, AUTO)
    assert time.perf_counter() - start < 5
    assert [(row.row, row.cells) for row in table.rows] == [(2, ("1", "a")), (4, ("2", "b"))]
    assert [fault.row for fault in table.rejected] == [3]
    assert "hidden sheet 'Secret' not read" in table.notes
    assert names(read_table(path, FormatOptions(sheet="secret"))) == ["x"]
    with pytest.raises(InputError, match="Data"):
        read_table(path, FormatOptions(sheet="Nope"))


def test_xlsx_merged_cells_spread_in_the_header_only(tmp_path: Path) -> None:
    path, workbook = book(tmp_path, ["ID", "Comment", None], [1, "a", "b"], [2, "c", None])
    workbook["Data"].merge_cells("B1:C1")
    workbook["Data"].merge_cells("B3:C3")
    workbook.save(path)
    table = read_table(path, AUTO)
    assert names(table) == ["ID", "Comment", "Comment (2)"]
    assert cells(table) == [("1", "a", "b"), ("2", "c", "")]


def test_xlsx_formulas_without_stored_value_are_noted(tmp_path: Path) -> None:
    path, workbook = book(tmp_path, ["ID", "Comment"], [1, '="a"&"b"'], [2, "c"])
    workbook.save(path)
    table = read_table(path, AUTO)
    assert cells(table) == [("1", ""), ("2", "c")]
    assert any("1 formulas have no stored value" in note for note in table.notes)


def test_an_xlsx_under_another_name_is_still_read(tmp_path: Path) -> None:
    path, workbook = book(tmp_path, ["ID", "Comment"], [1, "a"])
    workbook.save(path)
    assert cells(read_table(path.rename(tmp_path / "x.csv"), AUTO)) == [("1", "a")]
