"""A code frame as an analyst writes it: read from CSV and TOML alike, every fault at once, identifiers that last."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.code_frame import FrameRead, read_code_frame, split_examples
from analysis.consultation import load_consultation
from analysis.errors import InputError
from analysis.given import given_theme_id
from analysis.ingest import check_consultation

HEAD = """
[consultation]
id = "better"
title = "Better"
[[questions]]
id = "hopes"
column = "Hopes"
text = "What do you hope for?"
stance = "hope"
[code_frame]
file = "{file}"
mode = "{mode}"
"""
CSV = """label,description,examples,id,vision
Street cleaning,"Rubbish, fly-tipping and litter in streets.","bins overflow | dumped mattresses",,environment
Buses,Timetables and routes of buses.,,bus,
"""
TOML = """
[[themes]]
label = "Street cleaning"
description = "Rubbish, fly-tipping and litter in streets."
examples = ["bins overflow", "dumped mattresses"]
vision = ["ENVIRONMENT"]
[[themes]]
label = "Buses"
description = "Timetables and routes of buses."
id = "bus"
"""


def folder_with(tmp_path: Path, text: str, file: str = "frame.csv", mode: str = "alone", write: bool = True) -> Path:
    folder = tmp_path / "better"
    (folder / "w1").mkdir(parents=True)
    (folder / "consultation.toml").write_text(HEAD.format(file=file, mode=mode), encoding="utf-8")
    (folder / "w1" / "export.csv").write_text("ID,Hopes\n1,more trees in every street\n", encoding="utf-8")
    if write:
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def read(tmp_path: Path, text: str, file: str = "frame.csv", mode: str = "alone") -> FrameRead:
    found = read_code_frame(load_consultation(folder_with(tmp_path, text, file, mode)))
    assert found
    return found


def faults_of(tmp_path: Path, text: str, file: str = "frame.csv", write: bool = True) -> str:
    with pytest.raises(InputError) as caught:
        read_code_frame(load_consultation(folder_with(tmp_path, text, file, write=write)))
    return str(caught.value)


def test_csv_and_toml_say_the_same(tmp_path: Path) -> None:
    table = read(tmp_path / "one", CSV.replace("environment", "ENVIRONMENT"), mode="beside")
    toml = read(tmp_path / "two", TOML, "frame.toml", mode="beside")
    assert table.frame == toml.frame
    assert table.frame.mode == "beside"
    assert table.frame.themes[0].examples == ("bins overflow", "dumped mattresses")
    assert table.line == "frame.csv: 2 themes given, 2 examples; other themes are found beside them"


def test_without_a_code_frame_there_is_none(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, CSV)
    text = (folder / "consultation.toml").read_text(encoding="utf-8").split("[code_frame]")[0]
    (folder / "consultation.toml").write_text(text, encoding="utf-8")
    assert read_code_frame(load_consultation(folder)) is None


def test_the_identifier_outlives_the_description_and_with_an_id_the_label(tmp_path: Path) -> None:
    before = read(tmp_path / "one", CSV.replace(",environment", ","))
    edited = CSV.replace(",environment", ",").replace("Timetables and", "Fares and").replace("Buses", "Bus travel")
    after = read(tmp_path / "two", edited.replace("Rubbish,", "Dog mess,"))
    assert [t.theme_id for t in before.frame.themes] == [t.theme_id for t in after.frame.themes]
    assert before.frame != after.frame


def test_every_fault_is_told_at_once_with_its_row_and_remedy(tmp_path: Path) -> None:
    table = """label,descripton,examples,id,vision
Parks,,trees in parks and squares,p,ENVIRONMNT
,no label here at all,,,
Traffic,,,,
parks,,benches in parks by ponds,p,
"""
    faults = faults_of(tmp_path, table + f"{'Long ' * 30},,words enough to code by,,\n")
    for words in (
        "column 'descripton': This column is not known here. Did you mean 'description'?",
        "row 2, 'vision': 'ENVIRONMNT' is no code of the vision. Did you mean 'ENVIRONMENT'?",
        "row 3, 'label': The theme has no label.",
        "row 4, 'description': 'Traffic' says too little to code by. Describe it in a sentence",
        "row 5, 'label': The label 'parks' stands there and at row 2.",
        "row 5, 'id': The id 'p' stands there and at row 2.",
        "row 6, 'label': The label has 149 characters.",
    ):
        assert words in faults
    assert "benches" not in faults  # an example may be a resident's words


def test_faults_of_a_toml_frame_name_theme_and_key(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        'title = "x"\n[[themes]]\nlabel = 3\n[[themes]]\nlable = "Parks and squares"\nexamples = [1]\n',
        "frame.toml",
    )
    for words in (
        "'title': This key is not known",
        "number 1, key 'label': must be text",
        "number 2, key 'lable': This key is not known here. Did you mean 'label'?",
        "number 2, key 'examples': must be a list of texts",
    ):
        assert words in faults


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("frame.csv", "name;words\nParks;trees\n", "There is no column 'label'"),
        ("frame.csv", "label,description\n", "holds no theme"),
        ("frame.toml", "[[themes]\n", "Not valid TOML"),
        ("frame.toml", "themes = 3\n", "There is no list of themes"),
        ("frame.docx", "x", "cannot be read"),
        (
            "frame.csv",
            "label,description\n" + "".join(f"T{n},some words on it {n}\n" for n in range(71)),
            "holds 71 themes",
        ),
    ],
)
def test_a_file_that_is_no_frame_is_refused(tmp_path: Path, file: str, text: str, words: str) -> None:
    assert words in faults_of(tmp_path, text, file)


def test_a_missing_file_is_told_with_the_likely_one(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, CSV, "frame.csv", write=False)
    (folder / "frames.csv").write_text(CSV, encoding="utf-8")
    with pytest.raises(InputError, match=r"There is no file 'frame.csv'. Did you mean 'frames.csv'\?"):
        read_code_frame(load_consultation(folder))


def test_what_is_left_over_is_no_theme(tmp_path: Path) -> None:
    rest = "None of the Above,Anything else.,,,\nNo Reason Given,No answer.,,,\nOther issues,Things like others.,,,\n"
    found = read(
        tmp_path, CSV.replace(",environment", ",") + rest + "Other people's dogs,Dogs that bark all night.,,,\n"
    )
    assert [theme.label for theme in found.frame.themes] == ["Street cleaning", "Buses", "Other people's dogs"]
    assert sum("is no theme but what is left over" in warning for warning in found.warnings) == 3


def test_advice_is_given_where_a_theme_is_thinly_described(tmp_path: Path) -> None:
    found = read(
        tmp_path, "label,description,Notes\nSafer cycling routes,,x\nParks,Trees and ponds,\nPonds,trees and ponds,\n"
    )
    said = " ".join(found.warnings)
    assert "'Safer cycling routes' has a label alone" in said
    assert "column 'Notes' is not read" in said
    assert "'Ponds' is described in the same words" in said


def test_check_reports_on_the_frame_and_the_frame_is_not_taken_for_an_export(tmp_path: Path) -> None:
    good = check_consultation(folder_with(tmp_path / "good", CSV.replace(",environment", ",")))
    assert good.faults == ()
    assert good.frame.startswith("frame.csv: 2 themes given")
    bad = check_consultation(folder_with(tmp_path / "bad", "label\nTraffic\n"))
    assert len(bad.faults) == 1
    assert "too little" in str(bad.faults[0])
    assert len(bad.files) == 1  # the exports are checked all the same


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("bins overflow | dumped, burnt mattresses", ("bins overflow", "dumped, burnt mattresses")),
        ("- bins; and more bins\n- rats", ("bins; and more bins", "rats")),
        ("“bins overflow”; 'rats'", ("bins overflow", "rats")),
        ("1. bins\n2) rats\n", ("bins", "rats")),
        ("20 mph zones, please", ("20 mph zones, please",)),
        ("", ()),
    ],
)
def test_examples_are_parted_at_what_parts_them(cell: str, parts: tuple[str, ...]) -> None:
    assert split_examples(cell) == parts


@given(st.lists(st.from_regex(r"[a-z]{2,8}( [a-z]{2,8}){0,4}", fullmatch=True), min_size=1, max_size=6, unique=True))
def test_parting_gives_back_what_was_joined(examples: list[str]) -> None:
    for separator in ("\n", " | ", "; "):
        assert split_examples(separator.join(examples)) == tuple(examples)


@given(st.text(min_size=1))
def test_identifiers_do_not_depend_on_case_or_spaces(label: str) -> None:
    assert given_theme_id(label) == given_theme_id(f"  {label.casefold()} ".replace(" ", "  "))
