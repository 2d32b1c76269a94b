import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis.segment import SegmentSettings, segment
from analysis.types import SafeText

DEFAULTS = tomllib.loads((Path(analysis.__file__).parent / "defaults.toml").read_text("utf-8"))
SETTINGS = SegmentSettings(**DEFAULTS["segment"])
JOINERS = """and also plus but then however even although though whereas whilst while yet except for that
on the other hand having said"""
JOINING = set(JOINERS.split())


def cut(text: str) -> list[str]:
    return [piece.text for piece in segment(SafeText(text), SETTINGS)]


@pytest.mark.parametrize(
    "pieces",
    [
        "love the parks| but |the fly tipping is a disgrace",
        "The parks are lovely|, but |the bins are never emptied.",
        "I love it here|, however, |the rents have doubled",
        "The library is wonderful| although |it closes at four",
        "the schools are good| whereas |the surgery never answers",
        "Great transport links|, yet |the station is filthy",
        "everything here is nice| except |the bins are never collected",
        "Our estate is quiet| and on the other hand |nothing ever happens here",
        "parks are lovely|, |buses never come",
        "I love the parks|, |the bins are never emptied",
        "the parks are lovely| and |the buses are terrible",
        "Fix the potholes now|; |more police on Ripple Road",
        "The market is great| - |parking there is hopeless",
        "The market is great| – |parking there is hopeless",
        "No buses after nine.| |The park is dark.",
        "nobody ever comes out!| |the bins overflow every week",
        "no gp round here.| |registered in thames view",
        "the place is awful.||The buses never come",
        "1) |more bins please| 2) |fewer bikes| 3) |trees",
        "1. |Free bulky collection, twice a year.|\n2. |Cameras that work.",
        "- |bins|\n- |buses|\n• |crime",
        "• |bins| • |buses| • |crime",
        "- |bins| - |buses| - |crime",
        "bins|\n|buses|\n\n|crime",
        "Bins.| |Buses.| |Crime.",
        "Mr. Smith of St. Chads, e.g. at 9.30, paid 2.50 in the u.k. shop.| |It was cold.",
        "Ask Mrs. H. V. Patel at No. 9 about it.| |She knows them all.",
        "রাস্তা খুব নোংরা থাকে।| |বাস কখনো আসে না",
    ],
)
def test_planted_cuts(pieces: str) -> None:
    """Parts between bars are by turns segment and what joins them (first: a list mark where the text has one)."""
    parts = pieces.split("|")
    first_is_mark = bool(re.fullmatch(r"(?:\d[.)]|[-•])\s", parts[0]))
    assert cut("".join(parts)) == parts[1 if first_is_mark else 0 :: 2]


@pytest.mark.parametrize(
    "whole",
    [
        "Parks",
        "more parks please",
        "Hot water 🙃",
        "nice but dear",
        "It's nice though",
        "nothing but trouble from the flats around here",
        "not only the parks but also the library is great here",
        "musical acts for a crowd of 25 - 50 years old",
        "The bins and the streets around here are dirty",
        "Shopping should be spread out so the traffic on Ripple Road and the High Street will improve",
        "I told [PERSON 1, but no. x] about the rats in here",
        'My flatmate said "Why here? But why now?" and left us',
        "the caretaker (not that he is seen; he hides but he waves) is lovely",
        "see https://example.org/a;b?c=d. for what was promised to us",
        "I have not seen the officer yet this year at all",
        "If the lift is broken, the residents are stuck",
        "???",
        "safe streets, clean parks, good schools",
    ],
)
def test_what_stays_whole(whole: str) -> None:
    assert cut(whole) == [whole]


def test_a_wrapped_line_is_no_end() -> None:
    text = "when my mother fell in the lift lobby on a Sunday evening nobody\ncame for three hours"
    assert cut(text) == [text]


def test_an_overlong_sentence_is_cut_at_its_commas_or_joining_words() -> None:
    for joint in (",", " because"):
        text = joint.join([" going on and on about seven words"] * 20).strip()
        longest = max(len(piece.split()) for piece in cut(text))
        assert longest <= SETTINGS.max_words


def test_blank_text_has_no_segments() -> None:
    assert cut("") == cut(" \n ") == []


FRAGMENTS = [
    "but ",
    "however ",
    "and ",
    ", ",
    ". ",
    "; ",
    " - ",
    "\n- ",
    "\n",
    "1) ",
    "2) ",
    "• ",
    "Mr. ",
    "e.g. ",
    "[PERSON 1]",
]
FRAGMENTS += [
    "the bins are full",
    "parks",
    " never come",
    '"',
    "(",
    ")",
    "…",
    "?! ",
    "👍",
    "yet ",
    "although ",
    " ",
    "9.30",
    "—",
    "A.",
]
ANSWERS = st.one_of(st.text(max_size=120), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))


@settings(max_examples=400, deadline=None)
@given(ANSWERS)
def test_offsets_are_exact_ordered_and_cover_everything_but_what_joins(text: str) -> None:
    pieces = segment(SafeText(text), SETTINGS)
    assert pieces == segment(SafeText(text), SETTINGS)
    end, gaps = 0, []
    for piece in pieces:
        assert end <= piece.start < piece.end <= len(text)
        assert text[piece.start : piece.end] == piece.text == piece.text.strip() != ""
        gaps.append(text[end : piece.start])
        end = piece.end
    gaps.append(text[end:])
    for gap in gaps:
        lost = set(re.findall(r"[^\W\d_]+", gap.lower())) - JOINING
        assert not {word for word in lost if len(word) > 1}, gap
        assert not set(gap) & set("[]?!…👍")


@settings(max_examples=100, deadline=None)
@given(ANSWERS, ANSWERS)
def test_placeholders_are_never_cut(before: str, after: str) -> None:
    placeholder = "[PERSON 12]"
    text = before.replace("[", "") + placeholder + after.replace("]", "")
    assert any(placeholder in piece.text for piece in segment(SafeText(text), SETTINGS))


UNITS = [
    "a",
    "but ",
    " ",
    "\n",
    ".",
    ". ",
    "a. ",
    "- ",
    "1) ",
    "a, ",
    "(",
    '"',
    "[a ",
    "; ",
    "\n- a -",
    "bins are full, ",
    "and ",
    '."',
]


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_text_takes_no_longer_than_its_length(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    begin = time.perf_counter()
    pieces = segment(SafeText(text), SETTINGS)
    assert time.perf_counter() - begin < 5
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)
