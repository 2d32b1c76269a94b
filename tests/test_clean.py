import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis.clean import CleanSettings, clean_text, language_of, status_of
from analysis.types import RawText, SafeText, Status

DEFAULTS = tomllib.loads((Path(analysis.__file__).parent / "defaults.toml").read_text("utf-8"))
SETTINGS = CleanSettings(**DEFAULTS["clean"])
FRAGMENTS = [
    "<",
    ">",
    "b",
    "&amp;",
    "&",
    "amp;",
    "lt;",
    "_x000D_",
    "_x005F_",
    "_x",
    "005F_",
    "\r",
    "\n",
    " ",
    "â€™",
    "…",
    ".",
]
FRAGMENTS += ["\u200d", "\u202e", "👨", "\u00a0", "\x00", "<br/>", "&#38;", "#38;", "\ud83d", "x"]


def cleaned(text: str) -> str:
    return clean_text(RawText(text))


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("itâ€™s great", "it's great"),
        ("\x93quoted\x94 it\x92s £5", '"quoted" it\'s £5'),
        ("parks &amp; trees &lt;3", "parks & trees <3"),
        ("&amp;amp;amp;", "&"),
        ("<p>One</p><p>Two <b>bold</b></p>", "One\n\nTwo bold"),
        ('<a href="x">link</a><br/>next', "link\nnext"),
        ("love it <3 and a < b", "love it <3 and a < b"),
        ("if a <b and c> d", "if a <b and c> d"),
        ("those <b and> these", "those <b and> these"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("one_x000D_\ntwo", "one\ntwo"),
        ("snake_x_case", "snake_x_case"),
        ("a\x00b\u202ec\u200bd\ufeff", "abcd"),
        ("👨‍👩‍👧 park", "👨‍👩‍👧 park"),
        ("ক্‍ষ", "ক্‍ষ"),
        ("a\n\n\n\n b\t\u00a0 c ", "a\n\nb c"),
        ("well.... . . then", "well… then"),
        ("cafe\u0301", "café"),
    ],
)
def test_what_machines_put_in_goes_and_what_residents_wrote_stays(raw: str, clean: str) -> None:
    assert cleaned(raw) == clean


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = cleaned(text)
    assert cleaned(once) == once
    assert not any(ord(character) < 32 and character != "\n" for character in once)


@pytest.mark.parametrize("text", ["<" * 300 + "b>" * 300, "_x005F" * 300 + "_x000D_", "&#38;" * 300, "<a x=" * 20_000])
def test_deeply_nested_escapes_settle(text: str) -> None:
    once = cleaned(text)
    assert cleaned(once) == once


NOTHING = """-|n/a|N.A.|N / A|na|none|NONE!!!|None.|nothing|nil|no comment|No comments.
as above|see previous|same as before|.|???
none tbh|not sure|don't know|Don’t know|idk|no|yes|x|test|all good|[PERSON]|[PERSON 1], [EMAIL]|😀😀|nooooo|No, nothing.
See my previous answer|see Q2|nothing to add|no further comments|As previously stated
can't think of anything|[illegible]
Nothing in particular|none that I can think of|10/10|কিছু না|I don't know really, sorry|same as above|no idea|…"""
SOMETHING = """nothing ever gets done about the bins|No buses|Parks|Rubbish|Crime
see above re bookshop|nothing works|no parking
Ford|diversity|the 62 bus|test centre needed|None of the bins are emptied|no light|less of that|West Ham|না বাস নেই
No GP|same old rubbish|not enough police|yes to more trees
[PERSON 1] is a great caretaker|no complaints about the parks"""


@pytest.mark.parametrize("text", NOTHING.replace("\n", "|").split("|"))
def test_answers_that_say_nothing(text: str) -> None:
    assert status_of(SafeText(text)) is Status.NON_SUBSTANTIVE


@pytest.mark.parametrize("text", SOMETHING.replace("\n", "|").split("|"))
def test_short_answers_that_say_something(text: str) -> None:
    assert status_of(SafeText(text)) is Status.SUBSTANTIVE


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_blank(text: str) -> None:
    assert status_of(SafeText(text)) is Status.BLANK


@given(st.sampled_from(["none", "no comment", "as above", "don't know"]), st.sampled_from(["", ".", "!!", " …", " 😀"]))
def test_case_and_punctuation_do_not_make_an_answer(phrase: str, tail: str) -> None:
    for written in (phrase.upper(), phrase.title(), f" {phrase}"):
        assert status_of(SafeText(written + tail)) is Status.NON_SUBSTANTIVE


@pytest.mark.parametrize("unit", ["no ", "nothing at all ", "a", "?", "haha"])
def test_hostile_lengths_get_a_status(unit: str) -> None:
    assert status_of(SafeText(unit * (100_000 // len(unit)))) in set(Status)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The parks are lovely but nobody empties the bins on our road"),
        ("ro", "Străzile sunt murdare și chiriile prea mari pentru noi"),
        ("pl", "Ulice są brudne, a autobusy zawsze się spóźniają rano"),
        ("pt", "As ruas estão sujas e as rendas são muito caras aqui"),
        ("lt", "Gatvės labai purvinos ir autobusai niekada neatvažiuoja laiku"),
        ("fr", "Les rues sont très sales et les loyers trop chers pour nous"),
        ("bn", "রাস্তাগুলো খুব নোংরা এবং বাস আসে না"),
        ("en", "Menos lixo"),
        ("en", "[PERSON 1] [EMAIL]"),
        ("en", ""),
    ],
)
def test_language_of_whole_answers(language: str, text: str) -> None:
    assert language_of(SafeText(text), SETTINGS) == language


def test_unsure_language_is_the_default() -> None:
    sceptic = SETTINGS.model_copy(update={"min_language_confidence": 1.0, "default_language": "cy"})
    assert language_of(SafeText("Too many towers and crane after crane after crane here"), sceptic) == "cy"


def test_real_english_comments_are_called_english() -> None:
    beside = Path(__file__).resolve().parents[2] / "shared"
    path = Path(os.environ.get("MANIFESTO_SHARED", beside)) / "data/polis/bowling-green-2018/comments.csv"
    if not path.exists():
        pytest.skip("no Polis comments here: set MANIFESTO_SHARED")
    import pandas as pd

    comments = pd.read_csv(path)["comment-body"].astype(str)
    english = sum(language_of(SafeText(cleaned(comment)), SETTINGS) == "en" for comment in comments)
    assert english > 0.98 * len(comments)
