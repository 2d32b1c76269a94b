"""Numbers of unforeseen layout, told by their shape and by a word near them: "K00BD621 is what the docket says".

The rules of identifiers.py know layouts and the words right before them. Here any token that looks like a code is taken
where a word that announces one ("ref", "case number", "PCN") stands in the same sentence, before or after it; the
looser the shape, the nearer the word has to be. Years, prices, counts, roads, routes, laws, forms and standards stay.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from analysis.anonymise.wording import words

REFERENCE_SCORE = 0.5
FEWEST_DIGITS = 3
BEFORE, AFTER, NEAR = 8, 5, 3  # words between the one that announces a number and the number

_TOKEN = re.compile(
    r"(?<![\w'’£$€@./+%\-])(?P<letter>[B-HJ-Z])(?= \d{3} \d{3})"
    r"|(?<![\w£$€@./+%\-])(?<!\d,)#?[A-Za-z0-9]+(?:[-/_.\u2013]{1,2}[A-Za-z0-9]+){0,6}(?![\w%@]|[./\-]\w)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[.!?;\n](?=\s|$)|\S")
_GROUP = re.compile(
    r" (?=[A-Z]{0,4}[0-9])[A-Z0-9]{2,10}(?![\w%£:'’]|[.,]\d)| (?!I |A )[A-Z]{1,2}(?![\w'’])| [0-9](?![\w%£:'’]|[.,]\d)"
)
_LETTER, _DIGIT = re.compile(r"[A-Za-z]"), re.compile(r"[0-9]")
_RUNS = re.compile(r"[A-Za-z]+|[0-9]+")
_YEAR = re.compile(r"(?:19|20)\d\d")

# Words that announce a number whatever stands around them, and words that do so with "number" or "ref" beside, or near.
_SURE = words(
    """
    ref refs reference references refno pcn cad urn uprn uln upn utr crn mpan mprn nino brp nass dbs crb ehcp imei
    vin iban account acct acc a/c docket summons referral quote quoting quoted tenancy passport invoice payroll
    serial barcode tracking fob reg registration licence license permit badge membership claim case complaint
    incident ticket enquiry inquiry application booking receipt policy order warrant visa caution fine penalty
    notice log crime job repair rent customer client tenant patient hospital student pupil staff employee member
    card pass file letter id pin code locker meter bidding bid register number no num nr nos numbered certificate
    voucher token login username user foi eir sar request petition oyster collar shoulder driver pcso warden ending
    ends account's safe door alarm entry access logged direct debit giro sortcode acc# ref# case# id# enforcement
    photocard taxicard zipcard railcard liability bailiff hearing court tribunal cert
    """
)
# Of these, words that are as often plain English, so that a bare number after them has to be near.
_PLAIN = words(
    """
    case claim order notice policy log job letter file card pass code fine repair rent bid register number no member
    staff student pupil patient hospital user crime application account permit ticket complaint licence license
    quote caution customer client tenant registration penalty reference meter token badge employee booking incident
    request petition driver safe door entry access court hearing tribunal ending ends direct debit
    """
)
_STAYS_AFTER = words(
    """
    people homes houses flats years signatures names trees cars children kids residents families jobs pounds quid
    miles metres feet words books pupils members households tenants cases complaints claims orders tickets visitors
    voters properties units spaces places times days hours minutes weeks months in square sq seats beds tonnes tons
    letters emails votes staff workers more new extra a each every per pcm pw strong or local others us them council
    km m kg kwh calls
    """
)
_COUNTED = _STAYS_AFTER - words("in a or more us them council each every per local")
_STAYS_BEFORE = words(
    """
    section sections act form forms bs en iso pas iec route bus buses class size page pages chapter verse psalm
    error channel windows article clause regulation regulations since until year over about nearly roughly around
    almost than population ward schedule paragraph para annex appendix figure table model boeing grade level version
    """
)
_NUMBER_WORDS = words("number no num nr nos")
# Words right before a short number.
_TELLS = words(
    "number no num nr is was its it's as ending ends in digits called four logged given"
)  # right before a short number
_ASCRIBED = words("my our his her their your the is was that's thats")  # "..., that is my case number"
_PUBLIC = words("charity charities company companies vat ofsted")  # whose numbers stand in public registers
_STANDARD = re.compile(r"(?:BS|EN|ISO|PAS|IEC|ASTM|DIN|BSEN|RAL|PM|HTTP|COP|SI|STEM|WD)[-/ ]?\d", re.IGNORECASE)
_UNIT = re.compile(
    r"\d+(?:[.,]\d+)?(?:s|st|nd|rd|th|k|m|mm|cm|km|kg|g|ml|l|hrs?|am|pm|mins?|sqm|sqft|ft|p|mph|kwh|kw|w|v|mb|gb|x\d+|hp|cc|ad"
    r"|bc|ish|bn|mbps|gcse|S|K|KM|KG|HRS?|AM|PM|MINS?|FT|MPH|KWH|KW|kW|kWh|MB|GB|AD|BC|MW|GW|TB|ML)"
)
_ROAD = re.compile(r"[ABM]\d{1,4}(?:\(M\))?|EL\d|[A-Z]{1,2}\d{1,2}[A-Z]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a token looks like."""

    value: str
    letters: int
    digits: int
    changes: int  # from letters to digits and back

    @classmethod
    def of(cls, value: str) -> Shape:
        """The shape of a token."""
        runs = _RUNS.findall(value)
        changes = sum(a[0].isdigit() != b[0].isdigit() for a, b in pairwise(runs))
        return cls(value, len(_LETTER.findall(value)), len(_DIGIT.findall(value)), changes)

    @property
    def stays(self) -> bool:
        """A year, a measure, a road, a standard or a time, whatever is said beside it."""
        v = self.value.lstrip("#")
        plain = _UNIT.fullmatch(v) or _ROAD.fullmatch(v) or _STANDARD.match(v)
        parts = re.split(r"[-/_.\u2013]+", v)
        hours = len(parts) == 2 and all(re.fullmatch(r"(?:[01]\d|2[0-4])[0-5]\d", p) for p in parts)
        numbers = len(parts) in {2, 3} and all(p.isdigit() and len(p) < 5 for p in parts)
        dates = hours or (numbers and self._dated(parts))
        return bool(plain) or dates or (self.letters > 0 and any(len(r) > 6 for r in _LETTER_RUNS.findall(v)))

    def _dated(self, parts: list[str]) -> bool:
        years = [p for p in parts if _YEAR.fullmatch(p)]
        small = all(len(p) < 3 for p in parts if p not in years)
        return small and (len(parts) == 3 or bool(years) or self.digits < 4)

    @property
    def code(self) -> bool:
        """Letters and digits as no word, measure or name has them: a reference without any word beside it."""
        if not self.letters or self.digits < 4:
            return False
        longest = max(len(r) for r in _RUNS.findall(self.value) if r[0].isdigit())
        joined = any(c in "-/_." for c in self.value)
        if joined:
            year = bool(_YEAR.fullmatch(_DIGITS_ONLY.sub("", self.value)))
            return self.digits >= 5 and longest >= 3 and not year
        return self.digits >= 5 or self.changes >= 2

    @property
    def likely(self) -> bool:
        """A code if a word announces one in the same sentence."""
        if self.letters:
            return self.digits >= 3 and self.digits + self.letters >= 5
        joined = any(c in "#-/_.\u2013" for c in self.value)
        return self.digits >= 5 or (not joined and self.digits == 4)


_LETTER_RUNS = re.compile(r"[A-Za-z]+")
_DIGITS_ONLY = re.compile(r"\D")


@dataclass(frozen=True)
class _Sentence:
    """The words of one text around its codes."""

    text: str

    @cached_property
    def _matches(self) -> list[re.Match[str]]:
        return list(_WORD.finditer(self.text))

    @cached_property
    def _starts(self) -> list[int]:
        return [m.start() for m in self._matches]

    @cached_property
    def _words(self) -> list[str]:
        return [m.group().lower() for m in self._matches]

    def before(self, start: int) -> list[str]:
        """The words of the sentence before a place, the nearest first."""
        found: list[str] = []
        for at in range(bisect_left(self._starts, start) - 1, -1, -1):
            word = self._words[at]
            if word[0] in ".!?;\n" and not (found == [] and word == "."):
                break
            found.append(word)
            if len(found) == 2 * BEFORE:
                break
        return [w for w in found if w[0].isalpha() or w == "a/c"]

    def after(self, end: int) -> list[str]:
        """The words of the sentence after a place, the nearest first."""
        found: list[str] = []
        first = bisect_left(self._starts, end)
        for word in self._words[first : first + 2 * AFTER]:
            if word[0] in ".!?;\n":
                break
            found.append(word)
            if len(found) == 2 * AFTER:
                break
        return [w for w in found if w[0].isalpha()]


def references(text: str) -> Iterator[tuple[int, int]]:
    """Where codes stand, `(start, end)`: by their own shape, or near a word that announces one."""
    sentence = _Sentence(text)
    cursor = 0
    for match in _TOKEN.finditer(text):
        if match.start() < cursor:
            continue
        if not match.group("letter") and not _DIGIT.search(match.group()):
            continue
        end = _with_groups(text, match.end())
        if end > match.end() and _is_reference(sentence, text[match.start() : end], match.start(), end):
            cursor = end
            yield match.start(), end
        elif _is_reference(sentence, match.group(), match.start(), match.end()):
            cursor = match.end()
            yield match.span()


def _with_groups(text: str, end: int) -> int:
    for _ in range(5):
        group = _GROUP.match(text, end)
        if not group:
            break
        end = group.end()
    return end


def _is_reference(sentence: _Sentence, value: str, start: int, end: int) -> bool:
    shape = Shape.of(value)
    if shape.digits < FEWEST_DIGITS or shape.stays or _opens_with_a_date(value):
        return False
    if shape.code and " " not in value:
        return not _STAYS_BEFORE & set(sentence.before(start)[:1])
    if not shape.likely:
        return False
    before, after = sentence.before(start), sentence.after(end)
    if (
        _STAYS_BEFORE & set(before[:1])
        or _STAYS_AFTER & set(after[:1])
        or (not shape.letters and _COUNTED & set(after[1:2]))
        or _PUBLIC & set(before[:3] + after[:2])
    ):
        return False
    if not shape.letters and value.endswith("000"):
        return False
    near = before[:NEAR] + after[: AFTER if _ASCRIBED & set(after[:3]) else 2]
    if not shape.letters and shape.digits < 6 and "#" not in value:
        return _short_number(value, before, near)
    return bool(_SURE & set(near)) or bool((_SURE - _PLAIN) & set(before[:BEFORE] + after[:AFTER])) or _numbered(before)


def _short_number(value: str, before: list[str], near: list[str]) -> bool:
    """Four or five digits: five near an announcing word; four right after one, or a code of a door."""
    if value.endswith("00") or "rent" in before[:NEAR]:
        return False
    if len(value) != 4:
        return bool(_SURE & set(near))
    coded = bool({"pin", "code", "password"} & set(before[:NEAR]))
    if _YEAR.fullmatch(value):
        return coded and before[:1] in (["is"], ["pin"], ["code"])
    told = before[:1] and (before[0] in _TELLS or before[0] in _SURE - _NUMBER_WORDS)
    return coded or bool(told and (_SURE - _NUMBER_WORDS) & set(near))


def _opens_with_a_date(value: str) -> bool:
    """ "2016 1000 ...": groups after a year, a road or a measure belong to no number."""
    first, space, _ = value.partition(" ")
    return bool(space) and (Shape.of(first).stays or bool(_YEAR.fullmatch(first)))


def _numbered(before: list[str]) -> bool:
    """ "case number", "ticket ref": two words together that announce one, further off."""
    pairs = pairwise(before[: BEFORE + 3])
    return any(a in {"number", "no", "num", "ref", "reference", "code", "id"} and b in _SURE for a, b in pairs)
