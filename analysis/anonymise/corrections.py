"""What a person corrects in the machine's redactions: data, kept beside the exports and applied again in every run.

The file may hold residents' words, so it lies with the exports, is read inside the load-and-redact step only, and is
spoken of by its row numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from pathlib import Path

from analysis.anonymise.anonymiser import LABELS, redaction_of
from analysis.consultation import CORRECTIONS_FILE as FILE_NAME
from analysis.embed import content_hash
from analysis.errors import Fault, InputError
from analysis.files import write_atomically
from analysis.types import PiiSpan, RawText, Redaction, SafeText


class Action(StrEnum):
    """What a person decided on a response."""

    REDACT = "redact"  # these words are personal data
    KEEP = "keep"  # these words are not
    CLEAR = "clear"  # looked at: nothing in this text tells who wrote it


@dataclass(frozen=True, slots=True)
class Correction:
    """One decision. An empty `wave`, `response_id` or `question_id` means any; `clear` holds for one text only."""

    wave: str = ""
    response_id: str = ""
    question_id: str = ""
    action: str = ""
    words: str = ""
    label: str = ""
    text_hash: str = ""

    def concerns(self, wave: str, response_id: str, question_id: str) -> bool:
        """Whether it is about this response."""
        pairs = ((self.wave, wave), (self.response_id, response_id), (self.question_id, question_id))
        return all(not wanted or wanted == given for wanted, given in pairs)


COLUMNS = tuple(field.name for field in fields(Correction))


class Corrections:
    """The decisions of a consultation, applied to the responses that they concern."""

    def __init__(self, corrections: Sequence[Correction] = ()) -> None:
        self._all = tuple(corrections)
        self._of_response: dict[str, list[int]] = {}  # "" for those of any response
        for i, correction in enumerate(self._all):
            self._of_response.setdefault(correction.response_id, []).append(i)
        self._pointless = set(range(len(self._all)))

    def apply(self, wave: str, response_id: str, question_id: str, raw: RawText, redaction: Redaction) -> Redaction:
        """The redaction as a person wants it: first what to keep, then what to take out."""
        spans = redaction.spans
        mine = self._about(wave, response_id, question_id)
        for action, change in ((Action.KEEP, _without), (Action.REDACT, _with)):
            for i, correction in mine:
                if correction.action == action:
                    places = _places(raw, correction.words)
                    self._pointless -= {i} if places else set()
                    spans = change(spans, places, correction)
        return redaction if spans == redaction.spans else redaction_of(raw, spans)

    def cleared(self, wave: str, response_id: str, question_id: str, text: SafeText) -> bool:
        """Whether a person looked at this very text and found that it tells nothing."""
        for i, correction in self._about(wave, response_id, question_id):
            if correction.action == Action.CLEAR and correction.text_hash == text_hash(text):
                self._pointless.discard(i)
                return True
        return False

    def _about(self, wave: str, response_id: str, question_id: str) -> list[tuple[int, Correction]]:
        """The decisions that concern a response, in their order, with their numbers."""
        rows = sorted({*self._of_response.get("", ()), *self._of_response.get(response_id, ())})
        return [(i, self._all[i]) for i in rows if self._all[i].concerns(wave, response_id, question_id)]

    def warnings(self, wave: str) -> list[str]:
        """The decisions on this wave that fitted no response, by their rows."""
        rows = [i + 2 for i in sorted(self._pointless) if self._all[i].wave == wave]
        if not rows:
            return []
        listed = ", ".join(str(row) for row in rows)
        return [f"{FILE_NAME}, row {listed}: fits no response of wave {wave} as it is now, so nothing was done for it."]


def text_hash(text: SafeText) -> str:
    """What a `clear` decision is bound to: 16 hexadecimal digits of the redacted text's content hash."""
    return content_hash(text)[:16]


def read_corrections(folder: Path) -> tuple[Correction, ...]:
    """The decisions kept in a consultation's folder; none without the file. Raises InputError with all its faults."""
    path = folder / FILE_NAME
    if not path.exists():
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error):
        fault = Fault(f"{folder.name}/{FILE_NAME}", "cannot be read as CSV in UTF-8.", "Save it as 'CSV UTF-8'.")
        raise InputError([fault]) from None
    faults = [
        fault for i, row in enumerate(rows, start=2) for fault in _faults(row, f"{folder.name}/{FILE_NAME}, row {i}")
    ]
    if faults:
        raise InputError(faults)
    return tuple(Correction(**{name: (row.get(name) or "").strip() for name in COLUMNS}) for row in rows)


def add_corrections(folder: Path, new: Iterable[Correction]) -> int:
    """Add decisions to those kept; how many of them were not there before."""
    known = read_corrections(folder)
    added = [c for c in dict.fromkeys(new) if c not in known]
    with (
        write_atomically(folder / FILE_NAME) as part,
        part.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(astuple(correction) for correction in (*known, *added))
    return len(added)


def _faults(row: dict[str, str], where: str) -> Iterable[Fault]:
    action, label = (row.get("action") or "").strip(), (row.get("label") or "").strip()
    if action not in set(Action):
        yield Fault(where, "The action is none that is known.", f"Use one of: {', '.join(Action)}.")
        return
    if action == Action.CLEAR:
        if not (row.get("text_hash") or "").strip():
            yield Fault(where, "It clears a response but has no text_hash.", "Make it with: manifesto review export.")
    elif not (row.get("words") or "").strip():
        yield Fault(where, f"It says '{action}' but no words.", "Write the words as they stand in the export.")
    if action == Action.REDACT and label not in LABELS:
        yield Fault(where, "The label is none that is known.", f"Use one of: {', '.join(LABELS)}.")


def _places(raw: RawText, words: str) -> list[tuple[int, int]]:
    """Where the words stand as whole words, in any case and with any white space between them."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    return [match.span() for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", raw, re.IGNORECASE)]


def _without(spans: tuple[PiiSpan, ...], places: list[tuple[int, int]], _: Correction) -> tuple[PiiSpan, ...]:
    """The spans but for those that lie wholly inside words to keep."""
    return tuple(s for s in spans if not any(start <= s.start and s.end <= end for start, end in places))


def _with(spans: tuple[PiiSpan, ...], places: list[tuple[int, int]], why: Correction) -> tuple[PiiSpan, ...]:
    """The spans and the words to take out; a span that they touch becomes part of them."""
    for start, end in places:
        touched = [s for s in spans if s.start < end and start < s.end]
        whole = (min([start, *(s.start for s in touched)]), max([end, *(s.end for s in touched)]))
        spans = (*(s for s in spans if s not in touched), PiiSpan(*whole, why.label, 1.0, by_hand=True))
    return tuple(sorted(spans, key=lambda span: span.start))
