"""A review over real runs: export, edit, apply, and what becomes of it in re-runs, a new wave, a report."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import FakeEncoder
from flow_place import Place
from prefect_server import private_prefect
from review_fixture import filled, put
from voices import answers

from analysis.consultation import load_consultation
from analysis.decisions import read_decisions
from analysis.errors import InputError, ManifestoError
from flows.reviewing import apply_review, export_review


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    with private_prefect():
        yield


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> FakeEncoder:
    from flows import tasks

    fake = FakeEncoder()
    monkeypatch.setattr(tasks, "_encoder", lambda *_: fake)
    return fake


@pytest.fixture
def place(tmp_path: Path, analysed: Path) -> Place:
    """A consultation of one wave that has been run."""
    place = Place(tmp_path)
    shutil.copytree(analysed / "raw" / "better" / "2024", place.folder / "2024")
    shutil.copytree(analysed / "processed", place.processed)
    shutil.copytree(analysed / "reports", place.reports)
    return place


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from flows import tasks

    root = tmp_path_factory.mktemp("analysed")
    before, tasks._encoder = tasks._encoder, lambda *_: FakeEncoder()  # type: ignore[assignment]
    try:
        Place(root).wave("2024", answers()).run()
    finally:
        tasks._encoder = before
    return root


def book_of(place: Place) -> Path:
    out = place.folder.parent / "review.xlsx"
    export_review(place.folder, place.processed, out)
    return out


def tables_of(place: Place) -> dict[str, bytes]:
    """The published tables. (The axes of a space may point either way where planted answers are alike.)"""
    return {
        name: data for name, data in place.bytes().items() if name.endswith((".parquet", ".csv")) and "/" not in name
    }


def themes_of(place: Place) -> pd.DataFrame:
    return place.table("themes").set_index("theme_id")


SAID = ("rubbish bins are never emptied", "the bus is always late", "more doctor appointments")
NEW = [
    {"ID": f"n{n}", "Who": f"n{n}", "What do you like?": "", "What do you hope for?": f"{text} number {n}"}
    for n, text in enumerate(SAID * 4)
]


@pytest.mark.slow
def test_a_decided_book_holds_in_three_re_runs_and_a_new_wave(place: Place) -> None:
    machine = themes_of(place)
    one, two, three = list(machine.index)[:3]
    some = place.table("responses").query("status == 'substantive'").head(3)

    def change(opened: openpyxl.Workbook) -> None:
        put("Themes", {
            (one,): {"New label": "@Named by a person", "Vision link 1": "PROTECTED", "Vision link 2": None},
            (two,): {"Merge into": one},
            (three,): {"Show or hide": "hide"},
        })(opened)  # fmt: skip
        page = opened["Responses"]
        page["I2"] = "yes"
        quotes = opened["Quotes"]
        quotes["D2"], quotes["D3"] = "approve", "refuse"

    book = filled(book_of(place), change)
    applied = apply_review(place.folder, book, place.processed, "Ada")
    assert len(applied.changes) == 7
    assert apply_review(place.folder, book, place.processed, "Bo").changes == ()
    assert len(some) == 3
    rows = list(csv.DictReader((place.folder / "decisions.csv").open(encoding="utf-8-sig", newline="")))
    assert {row["by"] for row in rows} == {"Ada"}
    assert [row["after"] for row in rows if row["field"] == "label"] == ["'@Named by a person"]

    place.run()
    first = tables_of(place)
    themes, counts = themes_of(place), place.manifest()["waves"][0]["counts"]
    assert tuple(themes.loc[one, ["label", "label_machine", "vision", "source"]]) == (
        "@Named by a person", machine.loc[one, "label"], "PROTECTED", "person",
    )  # fmt: skip
    assert tuple(themes.loc[two, ["state", "merged_into"]]) == ("merged", one)
    assert themes.loc[three, "state"] == "hidden"
    coded = place.table("response_themes")
    assert two not in set(coded["theme_id"])
    segments = place.table("segments")
    moved = segments[segments["theme_machine"] == two]
    assert set(moved["theme_id"]) == {one}
    assert (
        counts["responses_with_theme"] + counts["responses_without_theme"]
        == counts["responses_by_status"]["substantive"]
    )
    checked = place.table("response_vision").query("source == 'person'")
    assert len(checked[["wave", "response_id", "question_id"]].drop_duplicates()) <= 1
    review = place.manifest()["review"]
    assert (review["decisions"], review["links_checked"], review["links_changed"]) == (7, 1, 0)
    assert (review["themes_changed"], review["quotes_approved"], review["quotes_refused"]) == (3, 1, 1)
    assert review["fit_nothing_now"] == {}
    page = (place.reports / "better-borough" / "2024" / "index.html").read_text(encoding="utf-8")
    assert "@Named by a person" in page
    assert machine.loc[three, "label"] not in page
    assert "Checked by people" in page

    for _ in range(3):
        assert not place.run().worked
        shutil.rmtree(place.processed)
        place.run()
        assert tables_of(place) == first

    place.wave("2025", NEW)
    place.run()
    later = themes_of(place)
    said = ["label", "vision", "state", "merged_into", "source"]
    assert later.loc[[one, two, three], said].equals(themes.loc[[one, two, three], said])
    for name in ("response_themes", "response_vision"):
        now = place.table(name)
        old = pd.read_parquet(place.results / f"{name}.parquet").query("wave == '2024'")
        assert len(now) > len(old)
    assert two not in set(place.table("response_themes")["theme_id"])
    new = place.table("segments").query("wave == '2025'")
    assert set(new.loc[new["theme_machine"] == two, "theme_id"]) <= {one}
    assert apply_review(place.folder, book_of(place), place.processed).changes == ()
    changed = place.table("theme_changes").set_index("theme_id")
    assert {two, three} & set(changed.index) == set()
    assert changed.loc[one, "label"] == "@Named by a person"

    place.run(refit=True)
    refit, gone = themes_of(place), place.manifest()["review"]["fit_nothing_now"]
    rows = {f"row {i}": decision for i, decision in enumerate(read_decisions(place.folder).rows, start=2)}
    kept = [d for row, d in rows.items() if d.about == "theme" and row not in gone]
    assert kept, "no theme kept its identifier through the refit"
    assert all(refit.loc[d.theme_id, d.field] == d.after for d in kept if d.field in ("label", "state", "merged_into"))
    assert {d.theme_id for row, d in rows.items() if row in gone and d.field != "merged_into"} & set(
        refit.index
    ) == set()


def test_corrections_teach_and_are_measured_and_found_again_from_nothing(place: Place) -> None:
    """All that speak of buses are said to be about protection, of parks about nothing: the linker cannot know that."""

    def change(opened: openpyxl.Workbook) -> None:
        page = opened["Responses"]
        for row in range(2, page.max_row + 1):
            kind = str(page.cell(row, 2).value).split("-")[0]
            links = {"bus": "PROTECTED", "park": "none of them", "bin": "NEIGHBOURHOODS"}.get(kind, "HEALTHIER")
            for column, cell in enumerate(page[1], start=1):
                if str(cell.value).startswith("Vision link ") and str(cell.value)[-1].isdigit():
                    page.cell(row, column).value = links if str(cell.value).endswith(" 1") else None

    before = place.table("response_vision")
    applied = apply_review(place.folder, filled(book_of(place), change), place.processed, "Ada")
    assert 100 < len(applied.changes) <= 140
    words = (place.folder / "decisions.csv").read_text(encoding="utf-8-sig")
    assert not [text for text in place.table("responses")["text"] if text and text in words]
    place.run()
    learning = place.manifest()["review"]["learning"]
    assert learning["corrections"] == learning["learned_from"] == len(applied.changes)
    assert learning["changed"] > 50
    assert learning["after"] > learning["before"] + 0.2
    after = place.table("response_vision")
    assert set(after.query("source == 'person' and response_id.str.startswith('bus')")["vision_code"]) == {"PROTECTED"}
    assert "source" not in set(pd.read_parquet(place.results / "waves" / "2024" / "response_vision.parquet").columns)
    place.wave("2025", NEW)
    place.run()
    new = place.table("response_vision").query("wave == '2025' and source == 'machine'")
    buses = {row["ID"] for row in NEW if "bus" in row["What do you hope for?"]}
    assert set(new.loc[new["vision_code"] == "PROTECTED", "response_id"]) == buses
    assert len(before) != len(after)
    kept = tables_of(place)
    shutil.rmtree(place.processed)
    place.run()
    assert tables_of(place) == kept
    page = (place.reports / "better-borough" / "2025" / "index.html").read_text(encoding="utf-8")
    assert "What the machine learned" in page


def test_a_dry_run_and_a_faulty_book_write_nothing(place: Place) -> None:
    book = book_of(place)
    one, two = list(themes_of(place).index)[:2]
    good = filled(book, put("Themes", {(one,): {"New label": "A better name"}}))
    applied = apply_review(place.folder, good, place.processed, dry_run=True)
    assert [change.split(": ", 1)[1] for change in applied.changes] == [
        f"label of {one}: {themes_of(place).loc[one, 'label']} -> A better name"
    ]
    bad = filled(book, put("Themes", {(one,): {"New label": "A better name"}, (two,): {"Merge into": "nothing"}}))
    with pytest.raises(InputError, match=r"Themes!K\d+: is nothing of the list"):
        apply_review(place.folder, bad, place.processed)
    assert not (place.folder / "decisions.csv").exists()


def test_a_book_of_another_consultation_is_refused(place: Place) -> None:
    book = book_of(place)
    path = place.folder / "consultation.toml"
    path.write_text(path.read_text("utf-8").replace('"better-borough"', '"other"'), encoding="utf-8")
    shutil.copytree(place.results, place.processed / "other")
    with pytest.raises(InputError, match="'better-borough'"):
        apply_review(place.folder, book, place.processed)


def test_no_review_is_applied_while_a_run_writes(place: Place) -> None:
    from filelock import FileLock

    book = book_of(place)
    with FileLock(place.results / ".lock"), pytest.raises(ManifestoError, match="at work"):
        apply_review(place.folder, book, place.processed)


def test_only_approved_quotes_are_shown_if_the_council_says_so(place: Place) -> None:
    def change(opened: openpyxl.Workbook) -> None:
        opened["Quotes"]["D2"] = "approve"

    book = book_of(place)
    text = str(openpyxl.load_workbook(book)["Quotes"]["C2"].value)
    apply_review(place.folder, filled(book, change), place.processed)
    toml = place.folder / "consultation.toml"
    toml.write_text(toml.read_text("utf-8") + "[settings.report]\napproved_quotes_only = true\n", encoding="utf-8")
    place.run()
    page = (place.reports / "better-borough" / "2024" / "index.html").read_text(encoding="utf-8")
    quoted = [part.split("</blockquote>")[0] for part in page.split('<blockquote dir="auto">')[1:]]
    assert set(quoted) == {text}


def test_decisions_beside_the_exports_are_no_export_and_their_faults_stop_a_run(place: Place) -> None:
    (place.folder / "decisions.csv").write_text(
        "when,by,about,theme_id,field,after\n,,theme,t-1,label,A\n,,planet,,,\n,,theme,,state,gone\n", encoding="utf-8"
    )
    load_consultation(place.folder).waves()
    with pytest.raises(InputError) as caught:
        place.run()
    assert [fault.where.split(", ")[1] for fault in caught.value.faults] == ["row 3", "row 4", "row 4"]
    (place.folder / "decisions.csv").write_text(
        "when,by,about,theme_id,field,after\n,,theme,t-1,label,A\n", encoding="utf-8"
    )
    place.run()
    assert place.manifest()["review"]["fit_nothing_now"] == {"row 2": "the theme t-1 is not among the themes now"}
    assert len(read_decisions(place.folder).rows) == 1
