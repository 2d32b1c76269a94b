"""The review workbook: what stands in it, its drop-downs, and the way back."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter, range_boundaries
from review_fixture import LABELS, VISION, exported, filled, machine_tables, published, put, read, results

from analysis.decisions import About, Decision, Decisions
from analysis.errors import InputError
from analysis.review import Results, ReviewSettings
from analysis.review_book import EXPORTED, open_book, owner_of
from analysis.review_edits import Edits

MACHINE = machine_tables()
NOW = results(MACHINE)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp("book") / "review.xlsx", NOW)


def kept(edits: Edits, before: Decisions | None = None, by: str = "Ada") -> Decisions:
    """The decisions after a workbook was applied."""
    assert edits.faults == (), edits.faults
    rows = [Decision("2030-01-01T09:00:00+00:00", by, *_rest(change.decision)) for change in edits.changes]
    return Decisions([*(before.rows if before else ()), *rows])


def _rest(decision: Decision) -> tuple[str, ...]:
    return (decision.about, decision.theme_id, decision.wave, decision.response_id, decision.question_id,
            decision.field, decision.before, decision.after, decision.text_hash)  # fmt: skip


# --- out --------------------------------------------------------------------------------------------------------------


def test_each_sheet_is_one_plain_table(book: Path) -> None:
    opened = openpyxl.load_workbook(book)
    assert opened.sheetnames == ["Notes", "Themes", "Responses", "Quotes", "Lists"]
    for sheet in opened:
        header = [cell.value for cell in sheet[1]]
        assert all(header), sheet.title
        assert len(set(header)) == len(header)
        assert not sheet.merged_cells.ranges
        assert sheet.freeze_panes is not None
        assert re.fullmatch(r"[A-Z]2", str(sheet.freeze_panes))
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert opened["Themes"].protection.sheet
    assert opened["Themes"].column_dimensions[get_column_letter(opened["Themes"].max_column)].hidden


def test_only_cells_to_fill_in_are_unlocked(book: Path) -> None:
    opened = openpyxl.load_workbook(book)
    asked = {"New label", "Merge into", "Vision link 1", "Vision links checked", "Theme 1", "May it be quoted?"}
    for name in ("Themes", "Responses", "Quotes"):
        head, *rows = opened[name].iter_rows()
        open_ = {
            str(h.value) for h, *cells in zip(head, *rows, strict=True) if not any(c.protection.locked for c in cells)
        }
        shut = {str(h.value) for h, *cells in zip(head, *rows, strict=True) if all(c.protection.locked for c in cells)}
        assert open_ | shut == {str(h.value) for h in head}
        assert open_ & asked == {str(h.value) for h in head} & asked


def options(opened: openpyxl.Workbook, sheet: str) -> dict[str, list[str]]:
    """The drop-down of each column as a spreadsheet would offer it, from the range that it names."""
    found = {}
    for rule in opened[sheet].data_validations.dataValidation:
        if rule.type == "list":
            name, cells = rule.formula1.lstrip("=").split("!")
            left, top, right, bottom = range_boundaries(cells.replace("$", ""))
            values = [opened[name].cell(row, left).value for row in range(top, bottom + 1)]
            assert left == right
            area = str(rule.sqref).split(":")
            assert area[0].endswith("2")
            assert area[-1].endswith(str(opened[sheet].max_row)) or opened[sheet].max_row == 2
            found[str(opened[sheet][f"{re.sub(r'[0-9]', '', area[0])}1"].value)] = values
    return found


def test_drop_downs_offer_real_ranges(book: Path) -> None:
    opened = openpyxl.load_workbook(book)
    themes = options(opened, "Themes")
    vision = ["none of them", *(f"{title} [{code}]" for code, title in VISION.items())]
    assert sorted(themes["Merge into"]) == sorted(f"{label} [t-{i}]" for i, label in enumerate(LABELS))
    assert themes["Show or hide"] == ["hide", "confirm"]
    assert themes["Vision link 1"] == themes["Vision link 3"] == vision
    responses = options(opened, "Responses")
    assert responses["Vision links checked"] == ["yes"]
    assert responses["Vision link 4"] == vision
    assert responses["Theme 1"] == ["none of them", *themes["Merge into"]]
    assert options(opened, "Quotes") == {"May it be quoted?": ["approve", "refuse"]}


def test_the_sample_reaches_every_theme_question_and_level_and_each_text_once() -> None:
    from analysis.review import links_of, sample_responses

    chosen = sample_responses(NOW, ReviewSettings(sample=24, uncertain=5, quotes=2))
    links = links_of(NOW)
    assert len(chosen) == 29
    drawn = {key: level for key, (why, level) in chosen.items() if why == "drawn by lot"}
    assert {code for key in drawn for code in links.get(key, ("none",))} == {*VISION, "none"}
    assert {key[2] for key in drawn} == {"likes", "hopes"}
    assert set(drawn.values()) == {"low", "medium", "high"}
    margin = {tuple(row[:3]): row[3] for row in NOW.margins.itertuples(index=False, name=None)}
    uncertain = [margin[key] for key, (why, _) in chosen.items() if why == "least certain"]
    left = [m for key, m in margin.items() if key not in chosen]
    assert max(uncertain) <= min(left)


def test_the_order_of_the_tables_changes_nothing_of_the_sample() -> None:
    from analysis.review import sample_responses

    size = ReviewSettings(sample=10, uncertain=5, quotes=2)
    turned = {name: table.iloc[::-1].reset_index(drop=True) for name, table in NOW.tables.items()}
    again = Results(NOW.consultation, turned, NOW.margins.iloc[::-1], NOW.decisions, NOW.vision, NOW.questions)
    assert set(sample_responses(NOW, size).items()) == set(sample_responses(again, size).items())


def test_equal_results_give_equal_bytes(tmp_path: Path, book: Path) -> None:
    assert exported(tmp_path / "again.xlsx", NOW).read_bytes() == book.read_bytes()
    assert owner_of(open_book(book)) == "better"


# --- and back ---------------------------------------------------------------------------------------------------------


def test_export_without_edit_changes_nothing(book: Path) -> None:
    assert read(book, NOW) == Edits((), ())
    assert read(filled(book, lambda _: None), NOW) == Edits((), ())


def test_every_kind_of_edit_comes_back_as_a_decision(book: Path) -> None:
    def change(opened: openpyxl.Workbook) -> None:
        put("Themes", {
            ("t-0",): {"New label": "Parks and open space", "Vision link 1": "GREEN", "Vision link 2": "A home [HOME]"},
            ("t-1",): {"Merge into": "Parks [t-0]"},
            ("t-2",): {"Show or hide": "hide", "New description": "  What  rents cost. "},
            ("t-3",): {"Split off answers that say": "dentist; dental", "Label of the part": "Only dentists"},
            ("t-4",): {"Vision link 1": "none of them"},
            ("t-5",): {"Show or hide": "confirm"},
        })(opened)  # fmt: skip
        put("Responses", {
            ("w1", "00", "What do you like?"): {"Vision link 1": "A home [HOME]"},
            ("w1", "01", "What do you like?"): {"Vision links checked": "yes"},
            ("w1", "03", "What do you hope for?"): {"Theme 1": "Rents", "Theme 2": None},
        })(opened)  # fmt: skip
        opened["Quotes"]["D2"] = "approve"

    edits = read(filled(book, change), NOW)
    assert edits.faults == ()
    found = {(d.theme_id or d.response_id, d.field): (d.before, d.after) for c in edits.changes for d in [c.decision]}
    quote = next(c.decision for c in edits.changes if c.decision.about == About.QUOTE)
    del found[(quote.response_id, "quote")]
    assert found == {
        ("t-0", "label"): ("Parks", "Parks and open space"),
        ("t-0", "vision"): ("GREEN", "GREEN; HOME"),
        ("t-1", "merged_into"): ("", "t-0"),
        ("t-2", "state"): ("confirmed", "hidden"),
        ("t-2", "description"): ("About Rents.", "What rents cost."),
        ("t-3", "split_words"): ("", "dentist; dental"),
        ("t-3", "split_label"): ("", "Only dentists"),
        ("t-4", "vision"): ("GREEN", "none"),
        ("t-5", "state"): ("emerging", "confirmed"),
        ("00", "vision"): ("GREEN", "HOME"),
        ("01", "vision"): ("MOVE", "MOVE"),
        ("03", "themes"): ("t-5; t-4", "t-2"),
    }
    assert (quote.after, len(quote.text_hash)) == ("approved", 16)
    assert [c.at[:8] for c in edits.changes if c.decision.field == "label"] == ["Themes!I"]


def test_all_faults_come_at_once_cell_by_cell(book: Path) -> None:
    def change(opened: openpyxl.Workbook) -> None:
        put("Themes", {
            ("t-0",): {"New label": "bins", "Merge into": "Nothing like it"},
            ("t-1",): {"Merge into": "Parks [t-0]", "Show or hide": "perhaps"},
            ("t-2",): {"Merge into": "Dentists [t-3]", "Label of the part": "Of nothing"},
            ("t-3",): {"Merge into": "Rents [t-2]", "Vision link 2": "The moon", "Label (machine)": "Doctors"},
            ("t-4",): {"New description": "=1+1", "Vision link 1": "none of them", "Vision link 2": "HOME"},
            ("t-5",): {"New label": "x" * 81, "New description": "!!!", "Split off answers that say": "ab; dentist"},
        })(opened)  # fmt: skip
        put("Responses", {
            ("w1", "00", "What do you like?"): {f"Vision link {n}": None for n in range(1, 5)},
            ("w1", "01", "What do you like?"): {"Vision links checked": "maybe"},
        })(opened)  # fmt: skip
        opened["Quotes"]["D3"] = "ok"
        page = opened["Themes"]
        copied = [cell.value for cell in next(row for row in page.iter_rows(min_row=2) if row[0].value == "t-2")]
        page.append(["t-9"])
        page.append(copied)

    edits = read(filled(book, change), NOW)
    said = [str(fault) for fault in edits.faults]
    assert len(said) == 18, "\n".join(said)
    for words in ("formula", "81 characters", "neither letter nor digit", "fewer than three", "is the label of t-4",
                  "nothing of the list", "circle", "no row of the export", "copy of row", "beside others",
                  "says nothing", "neither 'yes' nor empty", "shows what the machine says",
                  "nothing is split off"):  # fmt: skip
        assert any(words in each for each in said), words
    assert all(re.match(r"(Themes|Responses|Quotes)!(?:[A-Z]+)\d+: ", each) for each in said)


def test_applying_twice_changes_nothing(book: Path) -> None:
    path = filled(book, put("Themes", {("t-0",): {"New label": "Green space"}, ("t-1",): {"Merge into": "Rents"}}))
    decisions = kept(read(path, NOW))
    assert len(decisions.rows) == 2
    assert read(path, results(MACHINE, decisions)) == Edits((), ())


def test_an_old_workbook_takes_nothing_back(book: Path) -> None:
    newer = Decisions(
        [Decision("2030-01-02T09:00:00+00:00", "Bo", "theme", "t-0", field="label", before="Parks", after="Open space")]
    )
    now = results(MACHINE, newer)
    other = read(filled(book, put("Themes", {("t-1",): {"New label": "Late buses"}})), now)
    assert [c.decision.theme_id for c in other.changes] == ["t-1"]
    [fault] = read(filled(book, put("Themes", {("t-0",): {"New label": "Green space"}})), now).faults
    assert "Bo decided 'Open space' on 2030-01-02" in fault.problem
    same = read(filled(book, put("Themes", {("t-0",): {"New label": "Open space"}})), now)
    assert same == Edits((), ())


def test_what_vanished_since_is_told_only_if_it_was_decided_on(book: Path) -> None:
    fewer = {
        **MACHINE,
        "themes": MACHINE["themes"].iloc[1:],
        "segments": MACHINE["segments"].query("theme_id != 't-0'"),
    }
    now = results(fewer)
    assert read(book, now) == Edits((), ())
    edits = read(
        filled(book, put("Themes", {("t-0",): {"New label": "X y"}, ("t-1",): {"Merge into": "Parks [t-0]"}})), now
    )
    assert [fault.where[:7] for fault in edits.faults] == ["Themes!", "Themes!"]
    assert edits.changes == ()


def test_rows_may_be_sorted_deleted_and_sheets_removed(book: Path) -> None:
    def change(opened: openpyxl.Workbook) -> None:
        put("Themes", {("t-2",): {"New label": "High rents"}})(opened)
        page = opened["Themes"]
        rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
        page.delete_rows(2, page.max_row)
        for row in sorted(rows, key=lambda cells: str(cells[1]), reverse=True)[:4]:
            page.append(row)
        del opened["Quotes"]

    assert [c.decision.after for c in read(filled(book, change), NOW).changes] == ["High rents"]


def test_a_workbook_that_lost_a_column_is_refused(book: Path) -> None:
    def change(opened: openpyxl.Workbook) -> None:
        page = opened["Themes"]
        page.cell(1, page.max_column).value = "something"

    [fault] = read(filled(book, change), NOW).faults
    assert EXPORTED in fault.problem
    with pytest.raises(InputError, match="no such file"):
        open_book(book.with_name("none.xlsx"))


# --- the round trip as a property -------------------------------------------------------------------------------------

WORDS = st.text(alphabet="abcdefgh 'éß=+-@\"<&;", min_size=4, max_size=30).filter(
    lambda text: any(c.isalnum() for c in text) and text.strip() and not text.strip().startswith("=")
)
THEME = st.sampled_from([f"t-{i}" for i in range(6)])
LINKS = st.lists(st.sampled_from(list(VISION)), max_size=3, unique=True)
PEOPLE = st.tuples(st.integers(0, 23), st.sampled_from(["What do you like?", "What do you hope for?"]))
EDITS = st.fixed_dictionaries(
    {
        "labels": st.dictionaries(THEME, WORDS, max_size=3),
        "merge": st.dictionaries(THEME, THEME, max_size=3),
        "state": st.dictionaries(THEME, st.sampled_from(["hide", "confirm"]), max_size=2),
        "vision": st.dictionaries(THEME, LINKS, max_size=3),
        "split": st.dictionaries(THEME, st.sampled_from(["street 1", "dentist; bins", "nowhere"]), max_size=2),
        "responses": st.dictionaries(PEOPLE, LINKS, max_size=5),
        "themes": st.dictionaries(PEOPLE, st.lists(THEME, max_size=2, unique=True), max_size=3),
    }
)


def _fill(edits: dict[str, dict]) -> object:  # type: ignore[type-arg]
    def change(opened: openpyxl.Workbook) -> None:
        for theme, text in edits["labels"].items():
            put("Themes", {(theme,): {"New label": text}})(opened)
        for theme, target in edits["merge"].items():
            put("Themes", {(theme,): {"Merge into": target}})(opened)
        for theme, state in edits["state"].items():
            put("Themes", {(theme,): {"Show or hide": state}})(opened)
        for theme, words in edits["split"].items():
            put("Themes", {(theme,): {"Split off answers that say": words}})(opened)
        for theme, links in edits["vision"].items():
            cells = [*links, *[None] * 3][:3] if links else ["none of them", None, None]
            put("Themes", {(theme,): {f"Vision link {i}": c for i, c in enumerate(cells, 1)}})(opened)
        for (number, question), links in edits["responses"].items():
            cells = [*links, *[None] * 4][:4] if links else ["none of them", None, None, None]
            row = {"Vision links checked": "yes", **{f"Vision link {i}": c for i, c in enumerate(cells, 1)}}
            put("Responses", {("w1", f"0{number}", question): row})(opened)
        for (number, question), themes in edits["themes"].items():
            cells = [*themes, *[None] * 3][:3] if themes else ["none of them", None, None]
            put("Responses", {("w1", f"0{number}", question): {f"Theme {i}": c for i, c in enumerate(cells, 1)}})(
                opened
            )

    return change


@settings(max_examples=12, deadline=None)
@given(EDITS)
def test_any_edit_survives_re_runs_a_new_wave_and_another_export(
    tmp_path_factory: pytest.TempPathFactory, edits: dict
) -> None:  # type: ignore[type-arg]
    from analysis.decisions import add_decisions, read_decisions

    folder = tmp_path_factory.mktemp("trip")
    book = exported(folder / "review.xlsx", NOW)
    found = read(filled(book, _fill(edits)), NOW)  # type: ignore[arg-type]
    if found.faults:  # a circle, a label twice: told, and nothing is kept
        return
    add_decisions(folder, kept(found).rows)
    first = published(MACHINE, read_decisions(folder))
    for _ in range(3):
        again = published(machine_tables(), read_decisions(folder))
        assert all(again.tables[name].equals(table) for name, table in first.tables.items())
    wider = published(machine_tables(waves=("w1", "w2")), read_decisions(folder)).tables
    for name in ("response_vision", "response_themes"):
        old = wider[name][wider[name]["wave"] == "w1"].reset_index(drop=True)
        assert old.equals(first.tables[name]), name
    for row in first.tables["themes"].itertuples():
        later = wider["themes"].set_index("theme_id").loc[row.theme_id]
        said = {change.decision.field for change in found.changes if change.decision.theme_id == row.theme_id}
        assert {field: later[field] for field in ("label", "vision", "merged_into") if field in said} == {
            field: getattr(row, field) for field in ("label", "vision", "merged_into") if field in said
        }
    later = results(machine_tables(waves=("w1", "w2")), read_decisions(folder))
    second = exported(folder / "second.xlsx", later)
    assert read(second, later) == Edits((), ())
    assert read(filled(second, lambda _: None), later) == Edits((), ())


@settings(max_examples=12, deadline=None)
@given(EDITS)
def test_emptying_what_was_filled_in_gives_the_machine_its_say_back(
    tmp_path_factory: pytest.TempPathFactory, edits: dict
) -> None:  # type: ignore[type-arg]
    folder = tmp_path_factory.mktemp("back")
    found = read(filled(exported(folder / "review.xlsx", NOW), _fill({**edits, "themes": {}})), NOW)  # type: ignore[arg-type]
    if found.faults:
        return
    decisions = kept(found)
    now = results(MACHINE, decisions)

    def empty(opened: openpyxl.Workbook) -> None:
        for name in ("Themes", "Responses"):
            for column in opened[name].iter_cols():
                asked = not column[1].protection.locked
                if asked and (name == "Themes" or column[0].value == "Vision links checked"):
                    for cell in column[1:]:
                        cell.value = None

    back = read(filled(exported(folder / "second.xlsx", now), empty), now)
    undone = published(MACHINE, kept(back, decisions))
    plain = published(MACHINE, Decisions())
    assert all(undone.tables[name].equals(table) for name, table in plain.tables.items())


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice Calc")
def test_libreoffice_keeps_drop_downs_and_changes_nothing(book: Path, tmp_path: Path) -> None:
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'office').as_uri()}", "--headless", "--convert-to"]
    kind = "xlsx:Calc MS Excel 2007 XML"
    subprocess.run([*command, kind, "--outdir", tmp_path, book], check=True, capture_output=True, timeout=240)
    saved = openpyxl.load_workbook(tmp_path / book.name)
    for name in ("Themes", "Responses", "Quotes"):
        assert options(saved, name) == options(openpyxl.load_workbook(book), name)
        assert saved[name].protection.sheet
    assert read(tmp_path / book.name, NOW) == Edits((), ())
    assert owner_of(saved) == "better"
