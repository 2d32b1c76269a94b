"""The anonymiser against planted personal data: in many layouts, beside what must stay, and on hostile input."""

from __future__ import annotations

import socket
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from redacting import redact, shared_anonymiser

from analysis.anonymise import LABELS, Anonymiser, AnonymiseSettings
from analysis.anonymise.identifiers import luhn_holds, nhs_checksum_holds
from analysis.errors import InputError, ModelError
from analysis.types import RawText, Redaction

ROOT = Path(__file__).parent.parent
DEFAULTS = tomllib.loads((ROOT / "analysis" / "defaults.toml").read_text(encoding="utf-8"))["anonymise"]
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def rebuilt(text: str, redaction: Redaction) -> bool:
    """The redacted text is the raw text with only its spans replaced, each by a placeholder of its label."""
    rest, cursor = str(redaction.text), 0
    for span in redaction.spans:
        kept = text[cursor : span.start]
        if not rest.startswith(kept + "[" + span.label):
            return False
        rest = rest[len(kept) :]
        rest = rest[rest.index("]") + 1 :]
        cursor = span.end
    return rest == text[cursor:]


def labels(text: str) -> list[str]:
    return [span.label for span in redact(text).spans]


# --- strategies: valid identifiers -----------------------------------------------------------------------------------

DIGITS = "0123456789"
FRAMES = st.sampled_from(
    [
        "{}",
        "Please ring or write, my details: {}",
        "third winter with a bucket under the skylight. {} and nobody came",
        "I told them ({}) and they lost it, 3 times in 2019.",
        "It is on file:\n{}\nThank you for reading",
        "love the parks 🌳 {} but the bins are a disgrace",
    ]
)


def _digits(n: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=n, max_size=n)


@st.composite
def nhs_numbers(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from("4679")) + draw(_digits(8))
    total = sum(int(c) * w for c, w in zip(body, range(10, 1, -1), strict=True))
    check = (11 - total % 11) % 11
    assume(check != 10)
    value = f"{body}{check}"
    return draw(st.sampled_from(["{0}{1}{2}", "{0} {1} {2}", "{0}-{1}-{2}", "{0}.{1}.{2}"])).format(
        value[:3], value[3:6], value[6:]
    )


@st.composite
def national_insurance(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from("ABCEGHJKLMNOPRSTWXYZ")) + draw(st.sampled_from("ABCEGHJKLMNPRSTWXYZ"))
    assume(prefix not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
    pairs = [draw(_digits(2)) for _ in range(3)]
    suffix = draw(st.sampled_from("ABCD"))
    joint = draw(st.sampled_from(["", " ", "-", "."]))
    value = joint.join([prefix, *pairs, suffix])
    return value.lower() if draw(st.booleans()) else value


@st.composite
def postcodes(draw: st.DrawFn) -> str:
    area = draw(st.sampled_from(["RM8", "RM10", "IG11", "E6", "EC1A", "SW1A", "M1", "B33", "CR2"]))
    inward = draw(st.sampled_from(DIGITS)) + draw(st.text("ABDEFGHJLNPQRSTUWXYZ", min_size=2, max_size=2))
    assume(inward[0] in "056789" or inward[1:] not in {"ST", "ND", "RD", "TH"})
    assume(inward[1:] not in {"TH"})
    assume(f"{area} {inward}".lower() not in shared_anonymiser().keep.addresses)  # the council's own offices
    value = area + draw(st.sampled_from([" ", "", "  "])) + inward
    return value.lower() if draw(st.booleans()) else value


@st.composite
def phones(draw: st.DrawFn) -> str:
    last = draw(_digits(3))
    return draw(
        st.sampled_from(
            [
                "07700900{0}",
                "07700 900{0}",
                "07700-900-{0}",
                "07700.900.{0}",
                "0770 0900 {0}",
                "+447700900{0}",
                "+44 7700 900{0}",
                "+44 (0)7700 900{0}",
                "0044 7700 900 {0}",
                "020 7946 0{0}",
                "(020) 7946 0{0}",
                "0207 946 0{0}",
                "07 70 09 00 {0}",
                "O7700 900{0}",
                "+44(0)20 7946 0{0}",
                "07700 90{0}",  # one digit short
            ]
        )
    ).format(last)


@st.composite
def plates(draw: st.DrawFn) -> str:
    letters = st.sampled_from("BCDFGHJKLMNPRSTVWX")
    a, b, c = draw(letters), draw(letters), draw(letters)
    year = draw(st.sampled_from(["05", "12", "19", "23", "51", "66", "71"]))
    return draw(
        st.sampled_from(
            [
                f"L{a}{year} {a}{b}{c}",
                f"L{a}{year}{a}{b}{c}",
                f"l{a}{year} {a}{b}{c}".lower(),
                f"{a}{year} {a}{b}{c}",
                f"{a}{b}{c} {year}{a}".replace(f"{year}V", f"{year}W"),
            ]
        )
    )


def assert_gone(value: str, frame: str) -> None:
    text = frame.format(value)
    redaction = redact(text)
    assert value not in redaction.text
    assert rebuilt(text, redaction)
    start = text.index(value)
    assert any(s.start <= start and start + len(value) <= s.end for s in redaction.spans)


@FEW
@given(nhs_numbers(), FRAMES)
def test_nhs_numbers_go(value: str, frame: str) -> None:
    assert nhs_checksum_holds(value)
    assert_gone(value, frame)


@FEW
@given(national_insurance(), FRAMES)
def test_national_insurance_numbers_go(value: str, frame: str) -> None:
    assert_gone(value, frame)


@FEW
@given(postcodes(), FRAMES)
def test_postcodes_go(value: str, frame: str) -> None:
    assert_gone(value, frame)


@FEW
@given(phones(), FRAMES)
def test_phones_go(value: str, frame: str) -> None:
    assert_gone(value, frame)


@FEW
@given(plates(), FRAMES)
def test_number_plates_go(value: str, frame: str) -> None:
    assert_gone(value, frame)


def test_a_mistyped_nhs_number_goes_where_nhs_is_near() -> None:
    assert not nhs_checksum_holds("999 618 3450")
    assert redact("nhs 9996183450 thanks").text == "nhs [NHS_NUMBER] thanks"


def test_checks_against_published_examples() -> None:
    assert nhs_checksum_holds("943 476 5919")  # NHS Data Dictionary
    assert luhn_holds("4111 1111 1111 1111")
    assert not luhn_holds("4111 1111 1111 1112")


@pytest.mark.parametrize(
    ("text", "value", "label"),
    [
        ("write to jo.bloggs+x@example.com please", "jo.bloggs+x@example.com", "EMAIL"),
        ("She is no age (2.10.58) and has MS.", "2.10.58", "DATE_OF_BIRTH"),
        ("he had 07/31/1949 on his wrist, the American way", "07/31/1949", "DATE_OF_BIRTH"),
        ("my passport say 3 of janury 2000", "3 of janury 2000", "DATE_OF_BIRTH"),
        ("im Gas Safe number 582917 check me out", "582917", "ID_NUMBER"),
        ("pharmacist, GPhC 2094417. Loneliness.", "2094417", "ID_NUMBER"),
        ("Prius lc 67 ygx, no toilet for drivers", "lc 67 ygx", "VEHICLE_REG"),
        ("jo bloggs77 at gmail dot com", "bloggs77 at gmail dot com", "EMAIL"),
        ("zanele (at) example (dot) org", "zanele (at) example (dot) org", "EMAIL"),
        ("follow @dagz_kid.7 for more", "@dagz_kid.7", "URL_OR_HANDLE"),
        ("I'm on insta as parsloes_queen", "parsloes_queen", "URL_OR_HANDLE"),
        ("see https://vimeo.com/zork-films/2 ok", "https://vimeo.com/zork-films/2", "URL_OR_HANDLE"),
        ("from 192.168.14.7 last night", "192.168.14.7", "URL_OR_HANDLE"),
        ("dob 9/5/1943 if you want", "9/5/1943", "DATE_OF_BIRTH"),
        ("born on the 3rd of March 1951 in Clarendon", "3rd of March 1951", "DATE_OF_BIRTH"),
        ("born April 9th, 1949 in Clarendon", "April 9th, 1949", "DATE_OF_BIRTH"),
        ("My council tax account number is 70331846.", "70331846", "ID_NUMBER"),
        ("crime ref 5409183/24 closed", "5409183/24", "ID_NUMBER"),
        ("CAD 4417/12JUN24 no reply", "4417/12JUN24", "ID_NUMBER"),
        ("repairs ref HSG/204417 again", "HSG/204417", "ID_NUMBER"),
        ("PCN BZ12345678 was wrong", "BZ12345678", "ID_NUMBER"),
        ("passport number 509331847 lost", "509331847", "ID_NUMBER"),
        ("licence MORGA657054SM9IJ taken", "MORGA657054SM9IJ", "ID_NUMBER"),
        ("card 5555 5555 5555 4444 charged", "5555 5555 5555 4444", "ID_NUMBER"),
        ("IBAN GB82 WEST 1234 5698 7654 32 ok", "GB82 WEST 1234 5698 7654 32", "ID_NUMBER"),
        ("sort code 12-34-56 account 12345678", "12-34-56", "ID_NUMBER"),
        ("I live at 118a Bonham Road with mice", "118a Bonham Road", "ADDRESS"),
        ("We are at number forty two Parsloes Avenue", "number forty two Parsloes Avenue", "ADDRESS"),
        ("flat 63 Wyndmill Court is damp", "flat 63 Wyndmill Court", "ADDRESS"),
        ("nicked from 130 keir hardie way at 4", "130 keir hardie way", "ADDRESS"),
        ("Flat 5, Bloomfield Court, 12 Heathway", "Flat 5, Bloomfield Court, 12 Heathway", "ADDRESS"),
        ("oh seven seven double oh nine double oh one two three", "double oh nine", "PHONE"),
        ("reg is ABZ 1234 on a van", "ABZ 1234", "VEHICLE_REG"),
        ("postcode RM8 OXX and gone", "RM8 OXX", "POSTCODE"),
    ],
)
def test_identifiers_in_other_layouts_go(text: str, value: str, label: str) -> None:
    redaction = redact(text)
    assert value not in redaction.text
    assert label in {span.label for span in redaction.spans}
    assert rebuilt(text, redaction)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My neighbour Sydney Russell feeds the cat.", ["Sydney", "Russell"]),
        ("MY NAME IS PAULINE CUTMORE AND I AM WAITING.", ["PAULINE", "CUTMORE"]),
        ("my name is raymond tull and i am cold", ["raymond", "tull"]),
        ("Nobody came. Yours sincerely, Jaswinder Bhogal", ["Jaswinder", "Bhogal"]),
        ("I blame Mrs O'Neill and her dog.", ["O'Neill"]),
        ("mr butt takes my deposit", ["butt"]),
        ("Bins again. - Fatima", ["Fatima"]),
        ("My carer, Blessing, never comes on time.", ["Blessing"]),
        ("Ask for Drita at the desk", ["Drita"]),
        ("Tom and Grace from number 12 complained", ["Tom", "Grace"]),
        ("I hope to be heard. R. W. Chalkley", ["Chalkley"]),
        ("Gjergj Palokaj, 07700 900418", ["Gjergj", "Palokaj"]),
        ("auntie may's flat is full", ["may"]),
        ("[Fatima] told me so", ["Fatima"]),
    ],
)
def test_names_go(text: str, names: list[str]) -> None:
    redaction = redact(text)
    assert "PERSON" in {span.label for span in redaction.spans}
    assert not [name for name in names if name in redaction.text]
    assert rebuilt(text, redaction)


@pytest.mark.parametrize(
    "text",
    [
        "Sydney Russell school is good, Robert Clack is better and so is Jo Richardson.",
        "Sadiq Khan and Cllr Darren Rodwell came; Bobby Moore never did.",
        "RM8 and IG11 need buses like the EL1 and the 62 down Longbridge Road to the A13.",
        "Rang 101, then 111, then 999, then 020 8227 3000.",
        "I hope the council will mark the day, may it show patience, faith and grace in summer.",
        "Built in 1934, 80 houses, £1,400 rent, 3-4 bedroom, under 16s, 24/7, 2017-2037, 50%.",
        "Keir Hardie Way and Valence House and Eastbury Manor and Parsloes Park need trees.",
        "On Fridays at Jumu'ah, at Eid, at Diwali, in May and on Sunday, God willing.",
        "MORE PARKS LESS RUBBISH. PLEASE FIX THE LIFTS IN GASCOIGNE.",
        "The lease was signed on 18 July 2017 at 09.30-17.00 in Barking Town Hall.",
        "Write to consultation@lbbd.gov.uk or see www.lbbd.gov.uk/parks.",
        "RM10 and RM8 too. rm10 has nothing, ig11 has the lot.",
        "don't can't won't you'd we'll I'm tired",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert redact(text).text == text


def test_the_same_person_keeps_one_number() -> None:
    text = "My neighbour Suresh Nair shouts. My carer Drita Hoxha hides. Suresh sings and Mrs Hoxha hums."
    assert redact(text).text == (
        "My neighbour [PERSON 1] shouts. My carer [PERSON 2] hides. [PERSON 1] sings and Mrs [PERSON 2] hums."
    )


def test_one_person_has_no_number() -> None:
    assert redact("My name is Fatima Noor. Call Fatima.").text == "My name is [PERSON]. Call [PERSON]."


# --- properties ------------------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    [
        "My",
        "neighbour",
        "Grace",
        "Mr",
        "Patel",
        "at",
        "12",
        "Long",
        "Road",
        "RM8",
        "3BX",
        "07700",
        "900123",
        "the",
        "parks",
        "are",
        "nice",
        ".",
        ",",
        "-",
        "\n",
        "born",
        "3/4/1951",
        "[PERSON]\n",
        "",
        "",
        "",
        "[illegible]",
        "[ADDRESS",
        "2]",
        "ref",
        "HSG/204417",
        "and",
        "Tom",
        "I'm",
        "Will",
        "me",
        "may",
        "hope",
        "@kev_x",
        "x@example.com",
        "Flat",
        "5",
        "House",
        "NHS",
        "999",
        "618",
        "3459\n",
        "",
        "",
        "",
        "regards",
        "love",
        "Barking",
        "School",
        "from",
        "number",
        "King",
        "George's",
        "Mrs",
        "O'Neill",
        "😭",
        "(",
        ")",
        "[",
        "]",
        "\u200f",
        "é",
        "Ayşe",
    ]
)
ANSWERS = st.one_of(st.text(max_size=200), st.lists(_WORDS, max_size=40).map(" ".join))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS)
@example("[person] and [PERSON 1] and [illegible]")
@example("My neighbour Grace. [PERSON] Grace")
def test_offsets_are_exact_and_redaction_is_idempotent(text: str) -> None:
    first = redact(text)
    assert rebuilt(text, first)
    assert all(span.label in LABELS and 0 <= span.start < span.end <= len(text) for span in first.spans)
    assert all(a.end <= b.start for a, b in zip(first.spans, first.spans[1:], strict=False))
    again = redact(first.text)
    assert again.text == first.text
    assert not again.spans


@settings(max_examples=25, deadline=None)
@given(st.lists(ANSWERS, max_size=6))
def test_nothing_passes_from_one_response_to_the_next(texts: list[str]) -> None:
    together = list(shared_anonymiser().redact_many(RawText(text) for text in texts))
    assert together == [redact(text) for text in texts]
    backwards = list(shared_anonymiser().redact_many(RawText(text) for text in reversed(texts)))
    assert backwards == together[::-1]


def test_redact_many_streams() -> None:
    read = 0

    def answers() -> object:
        nonlocal read
        for _ in range(2000):
            read += 1
            yield RawText("Mrs Begum is kind")

    next(shared_anonymiser().redact_many(answers()))  # type: ignore[arg-type]
    assert read < 2000


# --- hostile input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a.",
        "1 ",
        "0 ",
        "(",
        "@",
        "a@",
        "A ",
        "😭",
        "\u202e\u200fab ",
        "flat 1 ",
        "12 Aa ",
        "one two ",
        "Zyxa, ",
        "\t",
    ],
)
def test_no_text_is_slow(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    started = time.perf_counter()
    redaction = redact(text)
    assert time.perf_counter() - started < 6
    assert rebuilt(text, redaction)


def test_a_megabyte_of_one_letter() -> None:
    text = "a" * 1_000_000
    assert redact(text).text == text


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "[", "[PERSON", "]]]][[", "😭😭😭", "\u200f\u202e", "\x00", "\ufffc"]
)
def test_odd_texts_stay(text: str) -> None:
    assert redact(text).text == text


def test_works_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    fresh = Anonymiser(AnonymiseSettings(**DEFAULTS))
    assert "example" not in fresh.redact(RawText("jo@example.com https://a.example.com/x")).text


# --- settings --------------------------------------------------------------------------------------------------------


def test_a_council_adds_its_own_names(tmp_path: Path) -> None:
    own = tmp_path / "keep.toml"
    own.write_text('figures = ["Gjergj Palokaj"]\n', encoding="utf-8")
    text = RawText("Gjergj Palokaj opened the library. Sadiq Khan did not.")
    with_own = Anonymiser(AnonymiseSettings(**{**DEFAULTS, "keep_file": str(own)}))
    assert with_own.redact(text).text == text
    assert "Palokaj" not in redact(text).text


def test_every_fault_of_a_keep_list_is_told(tmp_path: Path) -> None:
    own = tmp_path / "keep.toml"
    own.write_text('figurs = ["A B"]\nplaces = [3]\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Anonymiser(AnonymiseSettings(**{**DEFAULTS, "keep_file": str(own)}))
    assert len(caught.value.faults) == 2


def test_a_missing_keep_list_and_a_missing_model_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Anonymiser(AnonymiseSettings(**{**DEFAULTS, "keep_file": str(tmp_path / "none.toml")}))
    with pytest.raises(ModelError, match="not installed"):
        Anonymiser(AnonymiseSettings(**{**DEFAULTS, "spacy_model": "xx_no_such_model"}))


def test_min_score_is_a_threshold() -> None:
    text = RawText("Number 12 is loud, 12345678901 says the sign")
    strict = Anonymiser(AnonymiseSettings(**{**DEFAULTS, "min_score": 0.99}))
    assert strict.redact(text).text == text
    assert redact(text).text != text
