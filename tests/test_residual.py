"""The second look: marks what may still tell who somebody is, and little else."""

import pytest

from analysis.anonymise.keep import read_keep_lists
from analysis.anonymise.residual import MARKS, ResidualCheck
from analysis.types import SafeText

OTHERS = [
    "More trees on every street, and benches in Parsloes Park.",
    "The bus to Queen's Hospital never comes. Build a bridge to Barking Riverside!",
    "Ripple Road floods. In 2016-2017 you promised 1,200 homes for £250 000.",
    "I like Valence House and the market at Barking town centre.",
]


@pytest.fixture(scope="module")
def check() -> ResidualCheck:
    return ResidualCheck(read_keep_lists(""))


def marks(check: ResidualCheck, text: str) -> tuple[str, ...]:
    texts = [SafeText(text), *map(SafeText, OTHERS)]
    return check.marks(texts, [str(i) for i in range(len(texts))])[0]


@pytest.mark.parametrize("text", OTHERS)
def test_plain_answers_are_not_marked(check: ResidualCheck, text: str) -> None:
    assert marks(check, text) == ()


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("please tell Oluwaseun that the gate is broken", "name"),
        ("the gate is broken and tunde knows it", "name"),
        ("We owe it to Xhevdet and the others", "name"),
        ("Ring 0770 090 0461 about the damp", "number"),
        ("my reference is QX40077123", "number"),
        ("ring oh seven seven double nine one two four", "number"),
        ("The white van LK19 ZVT blocks us", "number"),
        ("She was born 3 May 1948 in Mile End", "number"),
        ("write to me, j.smith@example.com", "contact"),
        ("I am on insta as parkfan", "contact"),
        ("we are at flat 7 and it is damp", "address"),
        ("come to 14 Wicken Road and look", "address"),
    ],
)
def test_what_is_left_over_is_marked(check: ResidualCheck, text: str, mark: str) -> None:
    assert mark in marks(check, text)


@pytest.mark.parametrize(
    "text",
    [
        "I am the caretaker at Eastbury Primary and nobody listens.",
        "My son is autistic, I am 43 and we were evicted in March.",
        "We are the only Sikh family on the road and it shows.",
    ],
)
def test_facts_that_few_people_share_are_marked(check: ResidualCheck, text: str) -> None:
    assert "combination" in marks(check, text)


def test_one_fact_alone_is_not_marked(check: ResidualCheck) -> None:
    for text in ("My son is autistic and the park calms him.", "The teachers at the school are kind.", "I am 43."):
        assert "combination" not in marks(check, text)


def test_a_word_that_several_people_use_is_no_name(check: ResidualCheck) -> None:
    text = SafeText("We all miss the Zentoria on the corner.")
    assert check.marks([text], ["1"]) == [("name",)]
    assert check.marks([text, text, *map(SafeText, OTHERS)], list("abcdef"))[0] == ()
    assert check.marks([text, text], ["1", "1"])[0] == ("name",)  # one respondent twice


def test_placeholders_are_not_marked(check: ResidualCheck) -> None:
    assert marks(check, "[PERSON 1] at [ADDRESS] has [PHONE] and [EMAIL].") == ()


def test_marks_are_known_and_in_order(check: ResidualCheck) -> None:
    found = marks(check, "Oluwaseun at flat 7, ring 07700900461 or seun@example.com")
    assert list(found) == [mark for mark in MARKS if mark in found]
    assert len(found) == 4
