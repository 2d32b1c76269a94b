"""consultation.toml: what is accepted, and that every fault is named at once in plain words."""

from pathlib import Path

import pytest

from analysis.consultation import load_consultation
from analysis.errors import InputError

GOOD = """
[consultation]
id = "better-borough"
title = "Better Borough"
[columns]
response_id = ["ID", "Response ID"]
[[questions]]
id = "hopes"
column = "What do you hope for?"
text = "What do you hope for?"
stance = "hope"
[[demographics]]
id = "ward"
column = ["Ward", "Which ward?"]
[settings.themes]
min_respondents = 8
"""


def folder_with(tmp_path: Path, toml: str, *files: str) -> Path:
    folder = tmp_path / "better"
    folder.mkdir()
    (folder / "consultation.toml").write_text(toml, encoding="utf-8")
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("ID,What do you hope for?\n1,parks\n")
    return folder


def faults_of(tmp_path: Path, toml: str, *files: str) -> str:
    with pytest.raises(InputError) as caught:
        load_consultation(folder_with(tmp_path, toml, *files)).waves()
    return str(caught.value)


def test_a_good_file_is_read_with_alternatives_defaults_and_settings(tmp_path: Path) -> None:
    consultation = load_consultation(folder_with(tmp_path, "\ufeff" + GOOD))
    assert (consultation.id, consultation.title) == ("better-borough", "Better Borough")
    assert (consultation.vision, consultation.synthetic) == ("borough_manifesto", False)
    assert consultation.columns.response_id == ("ID", "Response ID")
    assert consultation.questions[0].column == ("What do you hope for?",)
    assert consultation.settings == {"themes": {"min_respondents": 8}}


def test_all_faults_come_at_once_with_key_value_and_remedy(tmp_path: Path) -> None:
    toml = """
    [consultation]
    id = "Better Borough"
    titel = "Better"
    [[questions]]
    id = "q1"
    column = 7
    text = "What?"
    stance = "love"
    [[questions]]
    id = "q1"
    column = "B"
    text = ""
    stance = "like"
    [settings.themse]
    seed = 1
    [settings.themes]
    min_respondent = 1
    """
    message = faults_of(tmp_path, toml)
    expected = ["'Better Borough'", "Did you mean 'title'?", "key 'title'", "[[questions]] number 1, key 'column'"]
    expected += ["'love'", "'like', 'dislike', 'hope' or 'open'", "The id 'q1' stands twice", "number 2, key 'text'"]
    expected += ["Did you mean 'themes'?", "Did you mean 'min_respondents'?"]
    assert [words for words in expected if words not in message] == []
    assert "pydantic" not in message


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[consultation]\nid = 'a\ntitle = 'b'\n", "toml, line 2"),
        ("[consultation]\nid = [", "last line"),
        ("", "'questions'"),
        ("[questions]\nid = 'x'\n", "[[questions]]"),
        (GOOD.replace('"Ward", "Which ward?"', '"what do you  HOPE for?"'), "used twice"),
        (GOOD + "[format]\nheader_rows = 4\n", "1, 2 or 3"),
        (GOOD + "[format]\nencoding = 'utf-9'\n", "'utf-9'"),
        (GOOD.replace('"better-borough"', '"../escape"'), "'../escape'"),
        (GOOD.replace('"better-borough"', '"abc\\n"'), "cannot be used"),
        (GOOD + "[folder]\n", "'folder' is not known"),
    ],
)
def test_a_fault_names_its_place(tmp_path: Path, toml: str, words: str) -> None:
    assert words in faults_of(tmp_path, toml)


def test_a_folder_without_consultation_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="manifesto new"):
        load_consultation(tmp_path / "nowhere")


def test_waves_are_in_natural_order_and_lock_files_are_no_exports(tmp_path: Path) -> None:
    files = ["wave-10/a.csv", "wave-2/b.tsv", "wave-2/~$b.xlsx", "wave-2/.hidden.csv", "wave-2/notes.pdf", ".git/x.csv"]
    waves = load_consultation(folder_with(tmp_path, GOOD, *files)).waves()
    assert [(wave, [path.name for path in paths]) for wave, paths in waves] == [
        ("wave-2", ["b.tsv"]),
        ("wave-10", ["a.csv"]),
    ]


def test_the_order_of_waves_can_be_given(tmp_path: Path) -> None:
    toml = GOOD.replace('title = "Better Borough"', 'title = "B"\nwaves = ["spring", "autumn"]')
    waves = load_consultation(folder_with(tmp_path, toml, "autumn/a.csv", "spring/a.csv")).waves()
    assert [wave for wave, _ in waves] == ["spring", "autumn"]


def test_a_list_of_waves_must_fit_the_folders(tmp_path: Path) -> None:
    toml = GOOD.replace('title = "Better Borough"', 'title = "B"\nwaves = ["sprong"]')
    message = faults_of(tmp_path, toml, "spring/a.csv")
    assert "Did you mean 'spring'?" in message
    assert "'spring' is not listed" in message


def test_every_fault_of_the_folder_is_named(tmp_path: Path) -> None:
    message = faults_of(tmp_path, GOOD, "export.csv", "old/data.xls", "empty/readme.md")
    assert "better/export.csv: The export lies beside" in message
    assert "better/old/data.xls: The format .xls cannot be read. Open it and save it as .xlsx." in message
    assert "better/empty: The folder holds no export." in message


def test_no_wave_folder(tmp_path: Path) -> None:
    assert "There is no folder of a wave" in faults_of(tmp_path, GOOD)
