"""Where personal data stands in a text: identifiers first, then names around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from analysis.anonymise.addresses import ADDRESS_RULES
from analysis.anonymise.births import BIRTH_SCORE, births
from analysis.anonymise.identifiers import RULES, digits_of
from analysis.anonymise.keep import KeepList, read_keep_lists
from analysis.anonymise.masks import MASK, PERSON_MASK
from analysis.anonymise.people import NameFinder
from analysis.anonymise.presidio import presidio
from analysis.anonymise.recogniser import Glance, by_digits, recognisers
from analysis.anonymise.references import FEWEST_DIGITS, REFERENCE_SCORE, references
from analysis.types import PiiSpan

# Where two finds overlap they become one; its label is the first of these.
PRECEDENCE = [
    "EMAIL",
    "URL_OR_HANDLE",
    "DATE_OF_BIRTH",
    "NI_NUMBER",
    "POSTCODE",
    "NHS_NUMBER",
    "PHONE",
    "VEHICLE_REG",
    "ID_NUMBER",
    "ADDRESS",
    "PERSON",
]

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(PRECEDENCE)})(?: \d{{1,6}})?\]|\[illegible\]", re.IGNORECASE)
_DOTTED = re.compile(r"\b(?:e\.\s?g|i\.\s?e)\b\.?|\bd\.\s?o\.\s?b\b\.?|\bd o b\b", re.IGNORECASE)


# The public register's number of a planning application ("24/00871/FULL") tells of a building, not of a person.
_PLANNING = (
    r"(?<![\w/])(?:19|20)?\d\d/\d{3,5}/(?:FULL?M?|OUTM?|HSE|HOU|HSEXT|LBC|ADV|TCA|TPO|COU|PNH|PRIOR\w*|VAR|S73|DET|NMA|RES|REM|AOD"
    r"|CLE?U?|CLOPUD|CLOPD|CTY|EIA|SCR|DEM|PA|AP|CON)(?![\w/])"
)


class Detector:
    """The recognisers, made once. Holds no text."""

    def __init__(self, spacy_model: str, min_score: float, keep_file: str) -> None:
        self.keep = read_keep_lists(keep_file)
        self._min_score = min_score
        self._public = _public_numbers(self.keep)
        presidio(whole=bool(spacy_model))  # an installed pipeline may need what Presidio adds to spaCy
        self._recognisers = by_digits(recognisers((*RULES, *ADDRESS_RULES)))
        self._people = NameFinder(self.keep, spacy_model)

    def forget(self) -> None:
        """Lets go of what was kept from pass to pass over a batch."""
        self._people.forget()

    def detect(self, texts: Sequence[str]) -> list[tuple[PiiSpan, ...]]:
        """For each text its spans, in order and apart."""
        masked = [_hide_placeholders(text) for text in texts]
        identifiers = [_joined(self._identifiers(text)) for text in masked]
        names = self._people.find(
            _plain_cues(_hide(text, spans)) for text, spans in zip(masked, identifiers, strict=True)
        )
        return [self._merged(text, spans, found) for text, spans, found in zip(masked, identifiers, names, strict=True)]

    def _merged(self, text: str, spans: list[PiiSpan], found: Any) -> tuple[PiiSpan, ...]:
        people = [PiiSpan(n.start, n.end, "PERSON", n.score) for n in found if n.score >= self._min_score]
        dates = self._births(text, spans, people) if self._min_score <= BIRTH_SCORE else []
        return tuple(sorted((*spans, *people, *dates), key=lambda s: s.start))

    def _births(self, text: str, spans: list[PiiSpan], people: list[PiiSpan]) -> list[PiiSpan]:
        hidden = _hide(_hide(text, spans), people, PERSON_MASK)
        numbers = [(s.start, s.end) for s in spans if s.label in {"NHS_NUMBER", "NI_NUMBER"}]
        return [PiiSpan(start, end, "DATE_OF_BIRTH", BIRTH_SCORE) for start, end in births(hidden, numbers)]

    def _identifiers(self, text: str) -> Iterator[PiiSpan]:
        glance = Glance.at(text)
        public = [m.span() for m in self._public.finditer(text)]
        for recogniser in self._recognisers[min(glance.digits, len(self._recognisers) - 1)]:
            if not recogniser.could_hold(glance):
                continue
            rule = recogniser.rule
            for hit in recogniser.analyze(text, [rule.label]):
                if any(a <= hit.start and hit.end <= b for a, b in public):
                    continue
                if hit.score >= self._min_score and not self._kept(rule.label, text[hit.start : hit.end]):
                    yield PiiSpan(hit.start, hit.end, rule.label, hit.score)
        if glance.digits >= FEWEST_DIGITS and self._min_score <= REFERENCE_SCORE:
            for start, end in references(text):
                public_one = any(a < end and start < b for a, b in public)
                if not public_one and not self._kept("ID_NUMBER", text[start:end]):
                    yield PiiSpan(start, end, "ID_NUMBER", REFERENCE_SCORE)

    def _kept(self, label: str, value: str) -> bool:
        if MASK in value or PERSON_MASK in value:
            return True
        if label in {"PHONE", "NHS_NUMBER", "ID_NUMBER"}:
            return self._service_line(value)
        if label in {"EMAIL", "URL_OR_HANDLE"}:
            return _public_site(value, self.keep)
        if label in {"ADDRESS", "POSTCODE"}:
            return " ".join(value.lower().replace(",", " ").split()) in self.keep.addresses
        return False

    def _service_line(self, value: str) -> bool:
        national = _national(value)
        if national.startswith(("03", "0800", "0808")) and 10 <= len(national) <= 11:
            return True  # numbers of organisations only (Ofcom, National Telephone Numbering Plan)
        return self.keep.holds_line(national)


def _public_numbers(keep: KeepList) -> re.Pattern[str]:
    """Planning applications, and names of the keep list that hold a number ("Studio 3 Arts")."""
    names = keep.places | keep.institutions | keep.organisations
    numbered = sorted((re.escape(n) for n in names if any(c.isdigit() for c in n) and " " in n), key=len, reverse=True)
    return re.compile(
        "|".join([_PLANNING, rf"\b(?:{'|'.join(numbered)})\b"] if numbered else [_PLANNING]), re.IGNORECASE
    )


def _national(value: str) -> str:
    """The digits of a number as dialled inside the country."""
    digits = digits_of(value)
    if not (value.lstrip("( ").startswith(("+", "00"))):
        return digits
    return "0" + digits.removeprefix("00").removeprefix("44").removeprefix("0")


def _public_site(value: str, keep: KeepList) -> bool:
    low = value.lower()
    if low.startswith("@"):
        return low.strip("@ ") in keep.handles
    mailbox, at, host = low.rpartition("@")
    host = (host if at else re.sub(r"^(?:https?://)?(?:www\.)?", "", low)).split("/")[0]
    public = any(host == d or host.endswith("." + d) for d in keep.domains)
    return public and (not at or mailbox in keep.mailboxes)


def _hide_placeholders(text: str) -> str:
    return PLACEHOLDER.sub(lambda m: _mask_of(m.group()) * len(m.group()), text)


def _mask_of(placeholder: str) -> str:
    return PERSON_MASK if placeholder[1:7].upper() in {"PERSON", "ILLEGI"} else MASK


def _plain_cues(text: str) -> str:
    """ "D.O.B.", "e.g." and "i.e." are no initials: written without full stops at the same length."""
    return _DOTTED.sub(lambda m: re.sub(r"\W", "", m.group()).ljust(len(m.group())), text)


def _hide(text: str, spans: Sequence[PiiSpan], mask: str = MASK) -> str:
    pieces, cursor = [], 0
    for span in spans:
        pieces += [text[cursor : span.start], mask * (span.end - span.start)]
        cursor = span.end
    return "".join([*pieces, text[cursor:]])


def _joined(spans: Iterator[PiiSpan]) -> list[PiiSpan]:
    """Overlapping spans made one, so that no part of a losing find stays in the text."""
    joined: list[PiiSpan] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if joined and span.start < joined[-1].end:
            joined[-1] = _union(joined[-1], span)
        else:
            joined.append(span)
    return joined


def _union(a: PiiSpan, b: PiiSpan) -> PiiSpan:
    first = min((a, b), key=lambda s: (-s.score, PRECEDENCE.index(s.label)))
    return PiiSpan(min(a.start, b.start), max(a.end, b.end), first.label, max(a.score, b.score))
