"""The second line: what may still tell who somebody is in text that was redacted, found by other means than the first.

The recognisers look at the words around a name and at forms of identifiers. This check looks at the whole consultation:
a word that no dictionary holds and that one respondent alone writes is suspect, whatever stands beside it, as is any
listed name, any long number and any combination of facts that few people share. It only marks; a person decides.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis.anonymise.detect import PLACEHOLDER
from analysis.anonymise.gazetteer import Gazetteer, fold, load_gazetteer
from analysis.anonymise.keep import KeepList
from analysis.anonymise.lexicon import ARTICLES, CALENDAR_WORDS, FUNCTION_WORDS, PLACE_TYPES, RELATIONS
from analysis.anonymise.phrases import Phrases
from analysis.anonymise.wording import DIGIT_WORDS, MONTHS, MONTHS_ABROAD, NUMBER_WORDS, STREET_TYPES, listed
from analysis.types import SafeText

MARKS = ("name", "number", "contact", "address", "combination")
"""What a response may be marked for."""

_WORD = re.compile(r"[^\W\d_]+(?:[’'\-‐‑][^\W\d_]+)*|[.!?:;\n•\-–—\"“(]")
_LONGEST_PHRASE = 6
_STREETS = "|".join(STREET_TYPES)
_DIGITS = "|".join(DIGIT_WORDS)
_RUN = re.compile(r"(?<![£$€\d.,])\+?\(?\d(?:[ .\-–/()]{0,2}\d){5,}(?![\d%])")
_MIXED = re.compile(r"\b(?=\w*\d\w*\d\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9]{6,}\b")
_NO_PLATE = "".join(f"(?<!{unit})" for unit in listed("AM PM KM MM CM MPH KPH KWH GCSE CCTV ULEZ GBP VAT"))
_ABOUT = "(?!(?:EL|RM|IG|TFL|HMO|MOT|GCSE|BTEC|NVQ|ISO|COVID|GBP|EUR)\\b)"
_PLATE = re.compile(
    rf"\b{_ABOUT}[A-Z]{{1,3}}[ .\-]?\d{{1,4}}[ .\-]?[A-Z]{{2,3}}\b{_NO_PLATE}"
    rf"|\b{_ABOUT}[A-Z]{{3}}[ .\-]?\d{{1,4}}[A-Z]?\b{_NO_PLATE}"
    rf"|\b\d{{2,4}} [A-Z]{{3}}\b{_NO_PLATE}|\b[a-z]{{1,2}}\d{{2,3}} ?[a-z]{{3}}\b"
)
_MONTHS = "|".join(sorted({*MONTHS, *MONTHS_ABROAD}, key=len, reverse=True))
_DATE = re.compile(
    r"\b\d{1,2}(?:st|nd|rd|th)?[ /.\-](?:of )?(?:\d{1,2}|[A-Za-z]{3,9}|[ivx]{1,4}),?[ /.\-](?:19|20)?\d\d\b(?![%:])"
    rf"|\b(?:{_MONTHS})\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d\b|\b(?:19|20)\d\d-\d\d-\d\d\b"
    rf"|\b(?:born|birthday|d\.?o\.?b|turn(?:ed|s)\s\d+)\b.{{0,20}}\b(?:{_MONTHS}|\d{{1,2}}[/.\-]\d)",
    re.IGNORECASE,
)
_YEARS = re.compile(r"(?:(?:19|20)\d\d\D{0,3})+$")
_THOUSANDS = re.compile(r"\d{1,3}(?: \d{3})+$")
_SPELLED = re.compile(rf"\b(?:(?:{_DIGITS}|double|triple)[ ,.\-]{{1,3}}){{4,}}(?:{_DIGITS})\b", re.IGNORECASE)
_CONTACT = re.compile(
    r"@\w|https?:|www\.|\bdot\s(?:com|co|org|net|uk)\b|\w\.(?:com|net)\b|\b(?:g|hot|ya?hoo|proton)\s?mail\b"
    r"|\b(?:insta|instagram|snap|snapchat|tiktok|telegram|facebook|fb)\s(?:is|as|name|handle|:)\s?\w",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    rf"\b(?i:{'|'.join(NUMBER_WORDS)})\s(?:[A-Za-z][\w'’]+\s){{1,2}}(?i:road|street|avenue|close|lane|gardens|crescent)\b"
    r"|\b(?i:flat|apartment|apt|house\snumber|door\snumber)\s{0,2}(?:no\.?\s)?\d{1,4}[a-zA-Z]?\b"
    rf"|\b\d{{1,4}}[a-zA-Z]?,?\s(?:[A-Z][\w'’]+\s){{1,2}}(?i:{_STREETS})\b"
    r"|\b[A-Za-z]{1,2}\d{1,2}\s?\d[A-Za-z]{2}\b"
)
_OWN_POST = (
    r"(?:\bi\s?(?:am|['’]m|was|work as)|\bas|\b(?:my|our)\s\w+(?:\s(?:is|was))?|\bwe are)\s"
    r"(?:the|a|an)?\s?(?:\w+\s){0,2}"
)
_AGE = re.compile(
    r"\b(?:aged?|i am|i'm|im|she is|he is|turned|just)\s\d{1,3}\b(?!\s?(?:%|per|min|metre|mile|year(?!s? old)))"
    r"|\b\d{1,3}[\s\-]?(?:years?[\s\-]old|yrs?[\s\-]old|yo)\b",
    re.IGNORECASE,
)
_AT_A_PLACE = re.compile(
    rf"\b(?:live|lives|living|lived)\s(?:in|on|at|off|near)\s(?:\w+\s){{0,2}}(?:{_STREETS})\b", re.I
)
_KINDS_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class _Words:
    """One response as words and stops, without its placeholders."""

    text: str
    words: list[str]
    folded: list[str]
    shouted: bool

    @classmethod
    def of(cls, text: SafeText) -> _Words:
        plain = PLACEHOLDER.sub(" . ", text)
        words = [re.sub(r"[’']s$", "", word) for word in _WORD.findall(plain)]
        capitals = sum(c.isupper() for c in plain)
        shouted = capitals > 15 and capitals > 0.7 * sum(c.isalpha() for c in plain)
        return cls(plain, words, [fold(word) for word in words], shouted)


class ResidualCheck:
    """Marks redacted responses that may still tell who somebody is. Knows no rule of the first line."""

    def __init__(self, keep: KeepList) -> None:
        everything = keep.places | keep.institutions | keep.organisations | keep.figures | keep.words
        self._public = _phrases(everything)
        self._institutions = _phrases(keep.institutions)
        self._contacts = re.compile("|".join(sorted(map(re.escape, _public_contacts(keep)), key=len, reverse=True)))
        self._keep = keep
        self._lists = load_gazetteer()

    def marks(self, texts: Sequence[SafeText], respondents: Sequence[str]) -> list[tuple[str, ...]]:
        """For each response its marks (of `MARKS`, in their order); `respondents` wrote them, one a response."""
        read = [_Words.of(text) for text in texts]
        rare = _rare(read, respondents)
        return [tuple(mark for mark in MARKS if self._holds(mark, words, rare)) for words in read]

    def _holds(self, mark: str, words: _Words, rare: frozenset[str]) -> bool:
        match mark:
            case "name":
                return any(self._suspects(words, rare))
            case "number":
                return _long_number(words.text, self._keep)
            case "contact":
                return _CONTACT.search(self._contacts.sub(" ", words.text.lower())) is not None
            case "address":
                return _ADDRESS.search(words.text) is not None
            case _:
                return self._combined(words)

    # --- names --------------------------------------------------------------------------------------------------------

    def _suspects(self, words: _Words, rare: frozenset[str]) -> Iterator[bool]:
        public = {i for _, start, end in self._public.find(words.folded) for i in range(start, end)}
        for i, (word, folded) in enumerate(zip(words.words, words.folded, strict=True)):
            if word[0].isalpha() and i not in public and len(folded) > 2:
                yield self._suspect(words, i, folded, rare)

    def _suspect(self, words: _Words, i: int, folded: str, rare: frozenset[str]) -> bool:
        capital = words.words[i][0].isupper() and not words.shouted
        if folded in FUNCTION_WORDS or folded in CALENDAR_WORDS or _of_a_place(words, i):
            return False
        if self._lists.is_given(folded) or self._lists.is_surname(folded):
            known = words.folded[i - 1] in {"st", "saint"} and i > 0
            return not known and (capital or (self._lists.is_given(folded) and folded in rare))
        if not capital or folded not in rare or _opens(words, i):
            return False
        if self._lists.is_word_name(folded):
            return words.folded[i - 1] not in ARTICLES and not _beside_capitals(words, i)
        return _is_unknown(self._lists, words.words[i], folded)

    # --- combinations -------------------------------------------------------------------------------------------------

    def _combined(self, words: _Words) -> bool:
        lower = words.text.lower()
        kinds = {kind for kind in ("family", "health", "event", "belief_or_origin") if _lists_of(kind).search(lower)}
        kinds |= {"age"} if _AGE.search(lower) else set()
        post = _lists_of("post").search(lower) is not None
        place = self._names_institution(words)
        if post and place:
            return True
        kinds |= {"post"} if post else set()
        kinds |= {"place"} if place or _AT_A_PLACE.search(lower) else set()
        return len(kinds) >= _KINDS_ENOUGH or "belief_or_origin" in kinds

    def _names_institution(self, words: _Words) -> bool:
        if self._institutions.find(words.folded):
            return True
        kinds = _institution_words()
        return any(
            folded in kinds and i > 0 and words.words[i - 1][0].isupper() and not _opens(words, i - 1)
            for i, folded in enumerate(words.folded)
        )


def _rare(read: Sequence[_Words], respondents: Sequence[str]) -> frozenset[str]:
    """Words that a single respondent writes, however often."""
    pairs = {(word, who) for words, who in zip(read, respondents, strict=True) for word in words.folded}
    writers = Counter(word for word, _ in pairs)
    return frozenset(word for word, count in writers.items() if count == 1)


def _phrases(entries: Iterable[str]) -> Phrases:
    """The entries as words in the form in which a response is read."""
    words = (tuple(fold(re.sub(r"[’']s$", "", word)) for word in _WORD.findall(entry)) for entry in entries)
    return Phrases({phrase: "public" for phrase in words if 0 < len(phrase) <= _LONGEST_PHRASE})


def _of_a_place(words: _Words, i: int) -> bool:
    """ "Valence Park", "the Harrow Lodge estate"."""
    return words.words[i][0].isupper() and not PLACE_TYPES.isdisjoint(words.folded[i + 1 : i + 3])


def _opens(words: _Words, i: int) -> bool:
    """At the head of a sentence or a list, where a capital says nothing."""
    return i == 0 or not words.words[i - 1][0].isalpha()


def _beside_capitals(words: _Words, i: int) -> bool:
    around = words.words[max(0, i - 1) : i] + words.words[i + 1 : i + 2]
    return any(word[0].isupper() and word != "I" for word in around)


def _is_unknown(lists: Gazetteer, word: str, folded: str) -> bool:
    acronym = word.isupper() and len(word) < 6
    word_of_english = lists.is_ordinary(folded) or lists.is_rarer_word(folded)
    return not acronym and not word_of_english and folded not in RELATIONS


def _long_number(text: str, keep: KeepList) -> bool:
    runs = (m.group() for m in _RUN.finditer(text))
    if any(not (_YEARS.match(run) or _THOUSANDS.match(run) or keep.holds_line(re.sub(r"\D", "", run))) for run in runs):
        return True
    return any(form.search(text) for form in (_MIXED, _SPELLED, _PLATE, _DATE))


def _public_contacts(keep: KeepList) -> set[str]:
    return {f"@{handle}" for handle in keep.handles} | {f"www.{domain}" for domain in keep.domains} | keep.domains


@cache
def _lexicon() -> dict[str, list[str]]:
    with Path(__file__).with_name("residual.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _lists_of(kind: str) -> re.Pattern[str]:
    entries = "|".join(re.escape(entry) for entry in sorted(_lexicon()[kind], key=len, reverse=True))
    lead = _OWN_POST if kind == "post" else r"\b"
    return re.compile(rf"{lead}(?:{entries})s?\b")


@cache
def _institution_words() -> frozenset[str]:
    return frozenset(listed(" ".join(entry.split()[0] for entry in _lexicon()["institution"])))
