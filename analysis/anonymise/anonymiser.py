"""Answers to answers without personal data: detect, replace, and look again until nothing is left to find."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

from pydantic import BaseModel, ConfigDict

from analysis.anonymise.detect import PRECEDENCE, Detector
from analysis.anonymise.gazetteer import fold
from analysis.anonymise.keep import KeepList
from analysis.types import PiiSpan, RawText, Redaction, SafeText

LABELS = tuple(sorted(PRECEDENCE))
PASSES = 12  # a second look nearly always finds nothing; only the last, which does, makes redaction idempotent
BATCH = 256


class AnonymiseSettings(BaseModel):
    """Settings of the stage; see `[anonymise]` in defaults.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spacy_model: str
    min_score: float
    keep_file: str


@dataclass(frozen=True, slots=True)
class _Draft:
    """A response on its way: its raw text and the spans found so far, in order and apart."""

    raw: RawText
    spans: tuple[PiiSpan, ...] = ()


class Anonymiser:
    """Replaces personal data by `[LABEL]`; the same text always gives the same result, and nothing is remembered."""

    def __init__(self, settings: AnonymiseSettings) -> None:
        self._detector = Detector(settings.spacy_model, settings.min_score, settings.keep_file)

    @property
    def keep(self) -> KeepList:
        """What stays by name."""
        return self._detector.keep

    def redact(self, text: RawText) -> Redaction:
        """One response without personal data; all text outside the spans is unchanged."""
        return next(self.redact_many([text]))

    def redact_many(self, texts: Iterable[RawText]) -> Iterator[Redaction]:
        """Responses in order, read and given a batch at a time."""
        source = iter(texts)
        while batch := list(islice(source, BATCH)):
            try:
                redactions = self._redact_batch(batch)
            finally:
                self._detector.forget()
            yield from redactions

    def _redact_batch(self, texts: list[RawText]) -> list[Redaction]:
        drafts = [_Draft(text) for text in texts]
        open_drafts = list(range(len(drafts)))
        for _ in range(PASSES):
            safe = [_replaced(drafts[i])[0] for i in open_drafts]
            found = self._detector.detect(safe)
            changed = [(i, spans) for i, spans in zip(open_drafts, found, strict=True) if spans]
            for i, spans in changed:
                drafts[i] = _with_spans(drafts[i], spans)
            open_drafts = [i for i, _ in changed]
            if not open_drafts:
                break
        return [redaction_of(draft.raw, draft.spans) for draft in drafts]


def redaction_of(raw: RawText, spans: tuple[PiiSpan, ...]) -> Redaction:
    """The redaction of a text by these spans, which are in order and apart."""
    return Redaction(SafeText(_replaced(_Draft(raw, spans))[0]), spans)


def _with_spans(draft: _Draft, spans: tuple[PiiSpan, ...]) -> _Draft:
    """The draft with spans found in its redacted text, moved to where they stand in the raw text."""
    _, offsets = _replaced(draft)
    moved = [PiiSpan(_raw_offset(offsets, s.start), _raw_offset(offsets, s.end), s.label, s.score) for s in spans]
    return _Draft(draft.raw, tuple(sorted((*draft.spans, *moved), key=lambda s: s.start)))


def _raw_offset(offsets: list[tuple[int, int]], position: int) -> int:
    """`offsets` are (redacted, raw) positions just after each placeholder; between them the distance is the same."""
    redacted, raw = offsets[bisect_right(offsets, position, key=itemgetter(0)) - 1]
    return raw + position - redacted


def _replaced(draft: _Draft) -> tuple[str, list[tuple[int, int]]]:
    pieces, offsets, cursor, length = [], [(0, 0)], 0, 0
    for span, placeholder in zip(draft.spans, _placeholders(draft), strict=True):
        pieces += [draft.raw[cursor : span.start], placeholder]
        length += span.start - cursor + len(placeholder)
        cursor = span.end
        offsets.append((length, cursor))
    pieces.append(draft.raw[cursor:])
    return "".join(pieces), offsets


def _placeholders(draft: _Draft) -> list[str]:
    """`[LABEL]` for each span; persons get a number each where there are several."""
    people = _People()
    number = {s: people.number(draft.raw[s.start : s.end]) for s in draft.spans if s.label == "PERSON"}
    several = people.count > 1
    return [f"[{s.label} {number[s]}]" if several and s in number else f"[{s.label}]" for s in draft.spans]


class _People:
    """Who is who within one response: names of which one holds all words of the other are one person's."""

    def __init__(self) -> None:
        self.count = 0
        self._known: dict[int, set[str]] = {}
        self._with_word: dict[str, list[int]] = {}

    def number(self, name: str) -> int:
        """The number of the person so called, from 1."""
        words = set(re.findall(r"[^\W\d_]+", fold(name)))
        words = {word for word in words if len(word) > 1} or words
        candidates = (n for word in sorted(words) for n in self._with_word.get(word, ())[:8])
        number = next((n for n in candidates if words <= self._known[n] or self._known[n] <= words), None)
        return self._remember(words, number)

    def _remember(self, words: set[str], number: int | None) -> int:
        if number is None:
            self.count += 1
            number = self.count
        known = self._known.setdefault(number, set())
        for word in words - known:
            self._with_word.setdefault(word, []).append(number)
        known |= words
        return number
