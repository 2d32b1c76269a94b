"""The downloads: the page's figures, no identifier of a person, nothing that a spreadsheet runs, equal bytes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_fixture import EARLIER, LITTER, empty_data, open_data, report_data

from analysis.errors import InputError
from analysis.types import Campaign, ReportData, SafeText
from reports import exports, render
from reports.exports import inert, sheet_text, write_exports
from reports.render import write_report

FORMULA = "=cmd|' /C calc'!A0"
HOSTILE = [FORMULA, "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\x00=1+1", " \n=1+1", "＝1+1"]


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def sheet(path: Path, name: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path)[name].iter_rows(values_only=True))


def with_label(text: str) -> ReportData:
    theme = replace(LITTER, label=text, description=text, keywords=(text,))
    campaigns = (Campaign(3, SafeText(text)),)
    return replace(report_data(), themes=(theme,), vision=(), outside_themes=(), campaigns=campaigns, title=text)


def test_vision_csv_is_the_data(tmp_path: Path) -> None:
    data = report_data()
    write_exports(data, {}, tmp_path)
    *rows, outside = read_csv(tmp_path / "vision.csv")
    for row, vision in zip(rows, data.vision, strict=True):
        assert (row["Rank"], row["Code"], row["Theme"]) == (str(vision.rank), vision.code, vision.title)
        assert int(row["Respondents"]) == vision.count.respondents
        assert float(row["Share"]) == pytest.approx(vision.count.share, abs=1e-6)
        stances = ("like", "dislike", "hope")
        assert [int(row[n]) for n in ("Likes", "Dislikes", "Hopes")] == [vision.count.by_stance[s] for s in stances]
        assert int(row["Without campaigns"]) == vision.count.without_campaigns
        assert row[f"Respondents {EARLIER}"] == str(vision.count.by_wave.get(EARLIER, ""))
    assert int(outside["Respondents"]) == data.outside_vision.respondents


def test_themes_csv_has_every_found_theme_once(tmp_path: Path) -> None:
    data = report_data()
    write_exports(data, {}, tmp_path)
    rows = read_csv(tmp_path / "themes.csv")
    assert {row["Theme id"]: int(row["Respondents"]) for row in rows} == {
        theme.theme_id: theme.count.respondents for theme in data.themes
    }
    assert len(rows) == len(data.themes)


def test_subthemes_csv_has_every_part_under_its_theme(tmp_path: Path) -> None:
    write_exports(report_data(), {}, tmp_path)
    rows = read_csv(tmp_path / "subthemes.csv")
    assert [(row["Theme"], row["Sub-theme"], int(row["Respondents"])) for row in rows] == [
        (LITTER.label, part.label, part.respondents) for part in LITTER.subthemes
    ]
    head, *lines = sheet(tmp_path / "report.xlsx", "Sub-themes")
    assert [line[head.index("Share of theme")] for line in lines] == [part.share for part in LITTER.subthemes]


@pytest.mark.parametrize("data", [report_data(), empty_data(), open_data()], ids=["full", "empty", "open"])
def test_workbook_has_one_plain_table_a_sheet(data: ReportData, tmp_path: Path) -> None:
    write_exports(data, {}, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames[:3] == ["Notes", "Vision", "Themes"]
    for page in book:
        assert not page.merged_cells.ranges
        assert not page.tables
        assert page.freeze_panes == "A2"
        head, *rows = page.iter_rows(values_only=True)
        assert all(isinstance(cell, str) and cell for cell in head)
        assert len(set(head)) == len(head)
        assert not any(all(cell is None for cell in row) for row in rows)


def test_workbook_holds_numbers_as_numbers(tmp_path: Path) -> None:
    data = report_data()
    write_exports(data, {}, tmp_path)
    head, first, *_ = sheet(tmp_path / "report.xlsx", "Vision")
    values = dict(zip(head, first, strict=True))
    assert values["Respondents"] == data.vision[0].count.respondents
    assert values["Share"] == pytest.approx(data.vision[0].count.share, abs=1e-6)
    answers = sheet(tmp_path / "report.xlsx", "Who answered")
    assert ("Ward", "Thames View", "[c]") in answers
    assert ("Ward", "Abbey", 143) in answers


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str, tmp_path: Path) -> None:
    tables = {"extra": pd.DataFrame({text: [text, "https://example.org"]})}
    write_exports(with_label(text), tables, tmp_path)
    (row,) = read_csv(tmp_path / "themes.csv")
    assert row["Theme"].startswith("'")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    cells = [cell for page in book for line in page.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    with zipfile.ZipFile(tmp_path / "report.xlsx") as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "worksheets/" in name]
    assert not any("<f>" in xml or "hyperlink" in xml for xml in sheets)


@given(st.text())
def test_inert_text_never_starts_as_a_formula(text: str) -> None:
    result = inert(text)
    assert not result.lstrip().startswith(tuple("=+-@＝＋－＠"))
    assert not result.startswith(("\t", "\r"))
    assert (
        result.removeprefix("'").replace("'", "") in text.replace("\r\n", "\n").replace("\r", "\n").replace("'", "")
        or not text.isprintable()
    )


@pytest.mark.parametrize("text", ["Litter", "5 - 3 = 2", "Don't", 'Élan, "quoted"\nsecond line', "نظافة"])
def test_harmless_text_is_not_changed(text: str, tmp_path: Path) -> None:
    write_exports(with_label(text), {}, tmp_path)
    (row,) = read_csv(tmp_path / "themes.csv")
    assert row["Theme"] == text
    assert sheet(tmp_path / "report.xlsx", "Themes")[1][1] == text


def test_negative_numbers_stay_numbers_in_csv(tmp_path: Path) -> None:
    write_exports(report_data(), {}, tmp_path)
    changes = [row["Change in percentage points"] for row in read_csv(tmp_path / "vision.csv")]
    assert changes[0] == "-0.9"
    assert changes[9] == ""


@pytest.mark.parametrize("text", ["w" * 100_000, "\U0001f600" * 40_000], ids=["long", "astral"])
def test_long_cells_are_cut_and_say_so(text: str, tmp_path: Path) -> None:
    write_exports(with_label(text), {}, tmp_path)
    cell = sheet(tmp_path / "report.xlsx", "Campaigns")[1][1]
    assert isinstance(cell, str)
    assert cell.endswith(" [cut]")
    assert len(cell.encode("utf-16-le")) // 2 <= 32_767
    assert text.startswith(cell.removesuffix(" [cut]"))


@given(st.text())
def test_sheet_text_can_be_written_as_xml(text: str) -> None:
    cleaned = sheet_text(text)
    assert not [c for c in cleaned if (c < " " and c not in "\t\n") or "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff"]


def test_extra_tables_become_sheets(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "number": [1, 2],
            "share": [0.5, float("nan")],
            "text": ["a", None],
            "when": [pd.Timestamp("2017-07-01"), pd.NaT],
            "list": [["a", "b"], []],
            "large": [10**17, 3],
            "true": [True, False],
        }
    )
    names = {"vision": frame, "a/b:c" * 10: frame, "A-B-C" * 10: frame, "history": frame, "": frame}
    write_exports(report_data(), names, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)
    assert "vision (2)" in book.sheetnames
    assert [row[:3] for row in sheet(tmp_path / "report.xlsx", "vision (2)")[1:]] == [(1, 0.5, "a"), (2, None, None)]
    assert sheet(tmp_path / "report.xlsx", "vision (2)")[1][3:] == (
        "2017-07-01T00:00:00", "a, b", "100000000000000000", "yes",
    )  # fmt: skip


@pytest.mark.parametrize("column", ["response_id", "Respondent_ID"])
def test_tables_with_identifiers_are_refused(column: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="extra"):
        write_exports(report_data(), {"extra": pd.DataFrame({column: ["r1"]})}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_tables_too_large_for_a_sheet_are_refused_all_at_once(tmp_path: Path) -> None:
    wide = pd.DataFrame([range(20_000)])
    tall = pd.DataFrame({"n": range(1_048_576)})
    with pytest.raises(InputError) as refused:
        write_exports(report_data(), {"wide": wide, "tall": tall}, tmp_path)
    assert len(refused.value.faults) == 2


def test_gaps_come_as_csv_sheet_and_json_without_small_counts(tmp_path: Path) -> None:
    write_report(report_data(), tmp_path)
    with (tmp_path / "gaps.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx")["Possible gaps"]
    said = json.loads((tmp_path / "gaps.json").read_text("utf-8"))
    assert [row["Topic"] for row in rows] == [gap["label"] for gap in said["gaps"]]
    assert [row["Topic"] for row in rows] == [cell.value for cell in sheet["B"][1:]]
    assert [row["Respondents"] for row in rows] == ["20", "19", "[c]", "12"]
    assert [gap["respondents"] for gap in said["gaps"]] == [20, 19, None, 12]
    assert [gap["share_of_remarks_linked"] for gap in said["gaps"]] == [0.05, 0.125, None, 0.48]
    assert [row["Source"] for row in rows] == ["machine", "machine", "person", "machine"]
    assert said["remarks"] == {"linked": 4100, "outside": 310, "aside": 42}
    assert said["remarks_in_gaps"] == 74


def test_equal_data_gives_equal_bytes(tmp_path: Path) -> None:
    made = datetime(2020, 2, 3)
    first = write_report(report_data(), tmp_path / "a", created=made)
    second = write_report(report_data(), tmp_path / "b", created=made)
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert openpyxl.load_workbook(tmp_path / "a" / "report.xlsx").properties.created == made


def test_report_is_written_whole(tmp_path: Path) -> None:
    paths = write_report(report_data(), tmp_path / "new" / "folder")
    assert [p.name for p in paths] == [
        "index.html", "vision.csv", "themes.csv", "subthemes.csv", "gaps.csv", "gaps.json", "report.xlsx",
    ]  # fmt: skip
    assert sorted(p.name for p in (tmp_path / "new" / "folder").iterdir()) == sorted(p.name for p in paths)
    assert paths[0].read_text("utf-8") == render.render_report(report_data())


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "index.html"
    target.write_text("old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(exports.os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        exports.replace_file(target, b"new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("index.html", "old")]
