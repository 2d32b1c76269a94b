"""The shipped name recogniser and what guards it: names of every kind, keep lists, the doors to the libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redacting import redacted

from analysis.anonymise import recogniser
from analysis.anonymise.context import WEIGHTS
from analysis.anonymise.gazetteer import load_gazetteer
from analysis.anonymise.identifiers import Rule
from analysis.anonymise.keep import read_general
from analysis.anonymise.people import MODEL
from analysis.errors import ManifestoError

ROOT = Path(__file__).parent.parent


def test_the_model_is_small() -> None:
    size = sum(path.stat().st_size for path in [*MODEL.rglob("*"), WEIGHTS] if path.is_file())
    assert 1_000_000 < size <= 15_000_000


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I still lay two places for my Ernest.", ["Ernest"]),
        ("Pearl his aunt does the tea.", ["Pearl"]),
        ("We had the Gbadamosis over for Christmas.", ["Gbadamosis"]),
        ("Like: the market. Big Winston sells proper yams.", ["Big", "Winston"]),
        ("i live with my nan and nanny zeynep's flat is damp", ["zeynep"]),
        ("THE LIFT IS BROKEN AGAIN. CHAS. HOLLINGDALE", ["CHAS", "HOLLINGDALE"]),
        ("my neighbour is called Taylor Swift, honest", ["Taylor", "Swift"]),
        ("the boiler broke. nobody came. ask zivile about it", ["zivile"]),
        ("My friends Constance, Mercy and Sunny sing there.", ["Constance", "Mercy", "Sunny"]),
        ("my name is georgian okafor and i care", ["georgian", "okafor"]),
        ("SAID AHMED NEVER WROTE BACK.", ["SAID", "AHMED"]),
    ],
)
def test_names_of_every_kind_go(text: str, names: list[str]) -> None:
    result = redacted(text)
    assert not [name for name in names if name in result]


@pytest.mark.parametrize(
    "text",
    [
        "Faith groups, art clubs and a rose garden are precious; the bill for it is frank robbery.",
        "Hope: more benches. Dislike: dogs. May, June and a Sunday in August are best.",
        "We moved from Sylhet to Chelsea, then Clapham, then here; Victoria line to Brixton.",
        "Taylor Swift and Bukayo Saka are who the kids look up to, not Winston Churchill.",
        "Marks & Spencer, John Lewis and WH Smith have gone; William Hill has not.",
        "Mary Berry Primary School and Olive Tambo House need a crossing on Nelson Mandela Way.",
        "It rose again in spring, so mark my words: they will grant it.",
        "D.O.B. is asked for twice on the form.",
        "He said it of a Georgian terrace and Georgian windows.",
    ],
)
def test_what_only_looks_like_a_name_stays(text: str) -> None:
    assert redacted(text) == text


_WORDS_IN_LOWER_CASE = {"said", "abu", "del", "della"}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(load_gazetteer().given - _WORDS_IN_LOWER_CASE)).filter(lambda name: len(name) > 2),
    st.sampled_from(sorted(load_gazetteer().surnames)).filter(lambda name: len(name) > 2),
    st.sampled_from(["My neighbour {} is moving.", "Yours sincerely, {}", "I told {} so.", "my name is {} and i care"]),
    st.sampled_from([str.title, str.upper, str.lower]),
)
def test_any_listed_name_goes_in_any_case(given_name: str, surname: str, frame: str, case: object) -> None:
    name = case(f"{given_name} {surname}")  # type: ignore[operator]
    result = redacted(frame.format(name))
    assert name not in result
    assert name.split()[0] not in result.replace("[PERSON", "").split()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("it is zero seven seven hundred nine hundred one two three", "nine hundred"),
        ("claim number 4 4 7 1 9 2 was lost", "4 4 7 1 9 2"),
        ("as 12 34 56 a", "12 34 56"),
        ("rent ref 47 XK 0 9208 again", "47 XK 0 9208"),
        ("CAD 4417 of 12 June, no reply", "4417"),
        ("account no: one two three four five six seven eight", "four five six"),
        ("I was born in Accra on 3 May 1961", "3 May 1961"),
        ("12/06/1950 is my date of birth", "12/06/1950"),
        ("date of birth twelfth of june 1950", "twelfth of june 1950"),
        ("at 31 Old Granary Mews", "31 Old"),
        ("9a thistle court is damp", "9a thistle"),
        ("WE ARE AT 9 CHANDLERS STILE", "9 CHANDLERS"),
        ("we live at 14 Fanshawe", "14 Fanshawe"),
        ("45 rippleway floods", "45 rippleway"),
    ],
)
def test_identifiers_in_words_and_parts_go(text: str, value: str) -> None:
    assert value not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "28 Days Later was filmed in Green Lane",
        "3 bed house in a lovely court, 12 minute walk to the station",
        "in 5 years the house prices rose 7 percent",
        "parks open 2016-2017 and 2018, ref the plan",
        "born and bred here, moved in March 1982",
        "5 new tower blocks on Gale Street",
    ],
)
def test_numbers_that_are_nobodys_stay(text: str) -> None:
    assert redacted(text) == text


def test_a_search_that_runs_out_of_time_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser, "TIMEOUT", 0.01)
    slow = Rule("PHONE", "slow", r"(a|aa)+$", 0.5, digits=0)
    [runner] = recogniser.recognisers([slow])
    with pytest.raises(ManifestoError, match="took more than") as caught:
        runner.analyze("a" * 60 + "b", ["PHONE"])
    assert "aaa" not in str(caught.value)


def test_importing_leaves_other_libraries_alone() -> None:
    code = (
        "import sys; from analysis.anonymise.presidio import import_spacy, presidio; before = list(sys.meta_path);"
        "presidio(); import_spacy(); assert 'torch' not in sys.modules; assert sys.meta_path[:1] == before[:1];"
        "import importlib.util; assert importlib.util.find_spec('torch') is not None"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_general_knowledge_names_nobody_in_the_borough() -> None:
    general = read_general()
    assert "barking" not in general.places
    assert {"nigeria", "tirana", "sylhet"} <= general.places
