"""A guessed consultation.toml loads, for every kind of export, and leaves personal data out."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from analysis.consultation import load_consultation
from analysis.errors import InputError
from analysis.ingest import check_consultation, ingest_settings, load_wave
from analysis.scaffold import ScaffoldReport, guess_stance, scaffold
from analysis.types import Loaded

ANSWERS = [
    "More trees and benches in the park near the station",
    "The streets are dirty and nobody sweeps them any more",
    "Friendly neighbours, good schools and a library I can walk to",
    "n/a",
    "Safer crossings for children who walk to school every day",
    "",
    "I would love a proper market with “fresh” food, as it was",
    "Buses that come when the timetable says they will",
]
WARDS = ["Abbey", "Heath", "Abbey", "Valence", "Heath", "Abbey", "Valence", "Abbey"]
LIKE, DISLIKE, HOPE = "What do you like, or love?", "What do you dislike?", "What are your hopes for the next 20 years?"


def write_csv(path: Path, rows: list[tuple[str, ...]]) -> Path:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


def write_xlsx(path: Path, rows: list[tuple[Any, ...]]) -> Path:
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


def citizen_space(folder: Path) -> Path:
    header = ("Response ID", "Submitted Date", f"{LIKE} - Likes", "What is your email address? - Email")
    header += ("Which ward do you live in? - Ward", "Do you agree with the plan? - Agreement", "Analyst notes")
    rows = [
        (f"ANON-{i}", f"2026-09-0{i + 1} 10:00", text, f"p{i}@example.org", ward, ["Agree", "Disagree"][i % 2], "coded")
        for i, (text, ward) in enumerate(zip(ANSWERS, WARDS, strict=True))
    ]
    return write_xlsx(folder / "citizen space.xlsx", [header, *rows])


def surveymonkey(folder: Path) -> Path:
    first = ("Respondent ID", "Collector ID", "Start Date", "IP Address", "Email Address", "First Name")
    first += (LIKE, "Which of these do you use?", "", "", "Which ward?")
    second = ("", "", "", "", "", "", "Open-Ended Response", "Parks", "Libraries", "Other (please specify)", "Response")
    rows = [
        (str(i), "55", "09/01/2026", "10.0.0.1", "a@example.org", "Ann", text, "Parks" if i % 2 else "", "", "", ward)
        for i, (text, ward) in enumerate(zip(ANSWERS, WARDS, strict=True))
    ]
    return write_csv(folder / "surveymonkey.csv", [first, second, *rows])


def microsoft_forms(folder: Path) -> Path:
    header = (
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        f"{DISLIKE}\xa0",
        "Which do you use?",
        "Your ward",
    )
    rows = [
        (i + 1, "2026-09-01", "2026-09-01", "anonymous", "", text, "Parks;Libraries;", ward)
        for i, (text, ward) in enumerate(zip(ANSWERS, WARDS, strict=True))
    ]
    return write_xlsx(folder / "forms.xlsx", [header, *rows])


def qualtrics(folder: Path) -> Path:
    fields = ("StartDate", "Status", "IPAddress", "Progress", "Finished", "ResponseId", "RecipientLastName")
    fields += ("LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage", "Q1_TEXT", "Q2")
    texts = ("Start Date", "Response Type", "IP Address", "Progress", "Finished", "Response ID", "Recipient Last Name")
    texts += (
        "Location Latitude",
        "Location Longitude",
        "Distribution Channel",
        "User Language",
        HOPE,
        "How old are you?",
    )
    metadata = tuple(f'{{"ImportId":"{name}"}}' for name in fields)
    rows = [
        (
            "2026-09-01",
            "IP Address",
            "1.2.3.4",
            "100",
            "True",
            f"R_{i}",
            "",
            "51.5",
            "0.1",
            "anonymous",
            "EN",
            text,
            age,
        )
        for i, (text, age) in enumerate(zip(ANSWERS, ["18-24", "65+"] * 4, strict=True))
    ]
    preview = ("2026-09-01", "Survey Preview", "", "100", "True", "R_p", "", "", "", "preview", "EN", "a test", "18-24")
    return write_csv(folder / "qualtrics.csv", [fields, texts, metadata, *rows, preview])


def polis(folder: Path) -> Path:
    header = ("timestamp", "datetime", "comment-id", "author-id", "agrees", "disagrees", "moderated", "comment-body")
    rows = [
        (f"151850149647{i}", "Tue Feb 13 12:58:16 WIB 2018", str(i), str(i // 2), "4", "8", "1", text)
        for i, text in enumerate(ANSWERS)
    ]
    return write_csv(folder / "polis.csv", [header, *rows])


EXPECTED = {
    citizen_space: ("Response ID", "", ["like"], ["Which ward do you live in? - Ward"], 1),
    surveymonkey: ("Respondent ID", "", ["like"], ["Which ward?"], 3),
    microsoft_forms: ("ID", "", ["dislike"], ["Your ward"], 2),
    qualtrics: ("ResponseId", "", ["hope"], ["Q2"], 4),
    polis: ("comment-id", "author-id", ["open"], [], 0),
}


def load(report: ScaffoldReport) -> Loaded:
    consultation = load_consultation(report.folder)
    wave, files = consultation.waves()[0]
    return load_wave(consultation, wave, files, ingest_settings(consultation))


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_every_kind_of_export_gives_a_consultation_that_loads(tmp_path: Path, kind: Any) -> None:
    report = scaffold(kind(tmp_path), "Better Borough: Have your say!", tmp_path / "raw", "2026-09")
    response_id, respondent_id, stances, demographics, personal = EXPECTED[kind]
    assert report.folder == tmp_path / "raw" / "better-borough-have-your-say"
    assert (report.response_id, report.respondent_id) == (response_id, respondent_id)
    assert [question.stance for question in report.questions] == stances
    assert [column for _, column in report.demographics] == demographics
    assert len(report.personal) == personal
    loaded = load(report)
    assert sorted(response.text for response in loaded.responses) == sorted(ANSWERS)
    assert len(loaded.rejected) == (1 if kind is qualtrics else 0)
    assert check_consultation(report.folder).faults == ()


def test_personal_columns_are_named_in_a_comment_and_read_by_nothing(tmp_path: Path) -> None:
    report = scaffold(surveymonkey(tmp_path), "x", tmp_path)
    toml = (report.folder / "consultation.toml").read_text(encoding="utf-8")
    for column in ("IP Address", "Email Address", "First Name"):
        assert [line for line in toml.splitlines() if column in line] == [
            line for line in toml.splitlines() if column in line and line.startswith("#   ")
        ]
    assert {column for column, _ in report.personal} == {"IP Address", "Email Address", "First Name"}
    assert "example.org" not in repr(load(report))
    assert "Which of these do you use? - Parks" in report.unused


HOSTILE = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("\"'\\\n#[]={}\x7f\u2028"), max_size=20)


@settings(max_examples=40, deadline=None)
@given(HOSTILE)
def test_headers_hostile_to_toml_survive(tmp_path_factory: pytest.TempPathFactory, header: str) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    question = f"What do you think? {header}"
    rows = [(str(i), text) for i, text in enumerate(ANSWERS)]
    report = scaffold(write_csv(folder / "x.csv", [("ID", question), *rows]), 'A "title" \\ of \n two', folder)
    assert sorted(response.text for response in load(report).responses) == sorted(ANSWERS)


def test_an_existing_consultation_is_never_touched(tmp_path: Path) -> None:
    export = polis(tmp_path)
    scaffold(export, "One", tmp_path)
    mine = tmp_path / "one" / "consultation.toml"
    mine.write_text("mine")
    with pytest.raises(InputError, match="exists"):
        scaffold(export, "One", tmp_path)
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("???", "ID,Comment\n1,a b c d\n", "name a folder"), ("x", "ID,Score\n1,2\n", "No column holds free text")],
)
def test_a_refusal_leaves_nothing_behind(tmp_path: Path, name: str, text: str, words: str) -> None:
    export = tmp_path / "x.csv"
    export.write_text(text)
    with pytest.raises(InputError, match=words):
        scaffold(export, name, tmp_path / "raw")
    assert not list((tmp_path / "raw").glob("*"))


def test_the_first_row_of_a_file_without_header_is_written_nowhere(tmp_path: Path) -> None:
    export = tmp_path / "x.csv"
    export.write_text("1,my neighbour John shouts at night\n2,more parks please and trees\n")
    with pytest.raises(InputError, match="header") as caught:
        scaffold(export, "x", tmp_path)
    assert "John" not in str(caught.value)


@pytest.mark.parametrize("wave", ["../up", "a/b", ".hidden"])
def test_a_wave_cannot_leave_the_folder(tmp_path: Path, wave: str) -> None:
    with pytest.raises(InputError, match="wave"):
        scaffold(polis(tmp_path), "x", tmp_path / "raw", wave)


@pytest.mark.parametrize(
    ("question", "stance"),
    [
        (LIKE, "like"),
        (DISLIKE, "dislike"),
        (HOPE, "hope"),
        ("What is the worst thing about living here?", "dislike"),
        ("What could we improve?", "dislike"),
        ("What don’t you like about the borough?", "dislike"),
        ("What would make this a better place?", "hope"),
        ("What would you change?", "hope"),
        ("What is best about Barking?", "like"),
        ("What do you like or dislike?", "open"),
        ("Is there anything else you would like to tell us?", "open"),
        ("What is it like to live here?", "open"),
        ("Any comments?", "open"),
    ],
)
def test_stance_follows_the_words_of_the_question(question: str, stance: str) -> None:
    assert guess_stance(question) == stance
