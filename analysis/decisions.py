"""What people decide on themes, vision links and quotes: data beside the exports, applied again in every run.

The file only grows: each row says who decided what and when, what it was before and what it is after; the last row on a
matter holds, and an empty `after` gives it back to the machine. It holds identifiers, codes and analysts' own words,
never a resident's answer.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.codebook import SEPARATOR, split_joined
from analysis.consultation import DECISIONS_FILE as FILE_NAME
from analysis.errors import Fault, InputError
from analysis.files import write_atomically
from analysis.types import ThemeState

NONE = "none"
"""A person's say that an answer speaks to no theme; an empty value is no say at all."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
ResponseKey = tuple[str, str, str]
"""(wave, response_id, question_id)."""


class About(StrEnum):
    """What a decision is about."""

    THEME = "theme"
    RESPONSE = "response"
    QUOTE = "quote"
    PERSONAL = "personal data"  # a log only: what to do stands in redactions.csv


class Verdict(StrEnum):
    """What may become of a quote."""

    APPROVED = "approved"
    REFUSED = "refused"


FIELDS: Mapping[str, tuple[str, ...]] = {
    About.THEME: ("label", "description", "merged_into", "state", "vision", "split_words", "split_label"),
    About.RESPONSE: ("vision", "themes"),
    About.QUOTE: ("quote",),
    About.PERSONAL: ("redact", "keep", "clear"),
}
STATES = (ThemeState.CONFIRMED, ThemeState.HIDDEN)
"""The states that a person can give a theme; `merged` follows from `merged_into`."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One row: who decided what about a theme or a response, and when. Several codes are joined with '; '."""

    when: str
    by: str
    about: str
    theme_id: str = ""
    wave: str = ""
    response_id: str = ""
    question_id: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    text_hash: str = ""

    @property
    def subject(self) -> str | ResponseKey:
        """The theme's identifier or the response's key."""
        return self.theme_id if self.about == About.THEME else (self.wave, self.response_id, self.question_id)


COLUMNS = tuple(field.name for field in fields(Decision))


class Decisions:
    """All decisions of a consultation, and what holds now."""

    def __init__(self, rows: Sequence[Decision] = ()) -> None:
        """Take the rows in their order; raise InputError if themes are merged in a circle."""
        self.rows = tuple(rows)
        self._now = {
            (d.about, d.subject, d.field): (i, d) for i, d in enumerate(self.rows) if d.about != About.PERSONAL
        }
        circle = circle_in(self.values(About.THEME, "merged_into"))
        if circle:
            problem = f"Themes are merged in a circle: {', '.join(circle)}."
            raise InputError([Fault(FILE_NAME, problem, "Delete the last of these rows.")])

    def last(self, about: About, subject: str | ResponseKey, field: str) -> Decision | None:
        """The decision that holds on a matter, if there is one; its `after` may be empty."""
        found = self._now.get((about, subject, field))
        return found[1] if found else None

    def value(self, about: About, subject: str | ResponseKey, field: str) -> str:
        """What a person says on a matter; '' if it is left to the machine."""
        last = self.last(about, subject, field)
        return last.after if last else ""

    def values(self, about: About, field: str) -> dict[str | ResponseKey, str]:
        """What people say on all matters of one kind, by theme or response, in order."""
        found = {
            key[1]: d.after for key, (_, d) in self._now.items() if key[0] == about and key[2] == field and d.after
        }
        return {subject: found[subject] for subject in sorted(found)}

    def codes(self, field: str) -> dict[ResponseKey, tuple[str, ...]]:
        """The `vision` or `themes` that people gave responses; none at all is an empty tuple."""
        said = self.values(About.RESPONSE, field)
        return {key: codes_of(value) for key, value in said.items() if isinstance(key, tuple)}

    def first_before(self, key: ResponseKey, field: str) -> str:
        """What stood when a person first looked at a response: the machine's say."""
        return next(
            (d.before for d in self.rows if d.about == About.RESPONSE and (d.subject, d.field) == (key, field)), ""
        )

    def holding(self) -> tuple[tuple[int, Decision], ...]:
        """The decisions that hold now, each with its row in the file (the header is row 1)."""
        return tuple((i + 2, d) for i, d in sorted(self._now.values(), key=lambda pair: pair[0]) if d.after)

    @cached_property
    def fingerprint(self) -> str:
        """Change whenever what holds does."""
        return self.fingerprint_of(*About)

    def fingerprint_of(self, *about: About) -> str:
        """Change whenever what holds on these matters does."""
        held = [(d.about, d.subject, d.field, d.after, d.text_hash) for _, d in self.holding() if d.about in about]
        return json.dumps(sorted(held, key=str))


def codes_of(value: str) -> tuple[str, ...]:
    """The codes in a joined value; 'none' is no code."""
    return () if value == NONE else split_joined(value)


def joined(codes: Iterable[str]) -> str:
    """Codes as one value; no code is 'none'."""
    return SEPARATOR.join(codes) or NONE


def circle_in(into: Mapping[Any, str]) -> tuple[str, ...]:
    """The themes of a circle of merges, or nothing."""
    for start in into:
        seen: list[str] = [str(start)]
        while (following := into.get(seen[-1])) is not None:
            if following in seen:
                return tuple(seen[seen.index(following) :])
            seen.append(following)
    return ()


def read_decisions(folder: Path) -> Decisions:
    """The decisions kept in a consultation's folder; none without the file. Raises InputError with all its faults."""
    path, name = folder / FILE_NAME, f"{folder.name}/{FILE_NAME}"
    if not path.exists():
        return Decisions()
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), restval=""))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError([Fault(name, "cannot be read as CSV in UTF-8.", "Save it as 'CSV UTF-8'.")]) from None
    found = [Decision(**{column: _unguarded(row.get(column) or "").strip() for column in COLUMNS}) for row in rows]
    faults = [fault for i, decision in enumerate(found, start=2) for fault in _faults(decision, f"{name}, row {i}")]
    if faults:
        raise InputError(faults)
    return Decisions(found)


def add_decisions(folder: Path, new: Sequence[Decision]) -> None:
    """Write decisions after those that are there; what is there stays as it is, to the byte."""
    if not new:
        return
    path = folder / FILE_NAME
    old = (path.read_bytes() if path.exists() else b"") or _as_csv([COLUMNS]).encode("utf-8-sig")
    end = b"" if old.endswith(b"\n") else b"\r\n"
    with write_atomically(path) as part:
        part.write_bytes(old + end + _as_csv([astuple(d) for d in new]).encode("utf-8"))


def _as_csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_guarded(cell) for cell in row] for row in rows)
    return text.getvalue()


def _guarded(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run, or what looks so guarded already."""
    risky = cell.startswith(_FORMULA) or (cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")))
    return f"'{cell}" if risky else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell


def _faults(decision: Decision, where: str) -> Iterator[Fault]:
    if decision.about not in set(About):
        yield Fault(where, "It is about nothing that is known.", f"In 'about', use one of: {', '.join(About)}.")
        return
    if decision.field not in FIELDS[decision.about]:
        known = ", ".join(FIELDS[decision.about])
        yield Fault(where, f"A {decision.about} has no such 'field' to decide on.", f"Use one of: {known}.")
    if decision.about == About.THEME and not decision.theme_id:
        yield Fault(where, "It names no theme.", "Give its theme_id.")
    if decision.about in (About.RESPONSE, About.QUOTE) and not all(decision.subject):
        yield Fault(where, "It names no response.", "Give its wave, response_id and question_id.")
    allowed = {"state": STATES, "quote": tuple(Verdict)}.get(decision.field)
    if allowed and decision.after and decision.after not in allowed:
        yield Fault(where, "The 'after' is none that is known.", f"Use one of: {', '.join(allowed)}, or nothing.")
