"""Names that are not personal data: places, institutions, organisations, public figures, services."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from analysis.errors import Fault, InputError

SHIPPED = tuple(Path(__file__).with_name(name) for name in ("general.toml", "keep.toml"))


@dataclass(frozen=True, slots=True)
class KeepList:
    """What stays, by kind; every entry a phrase in lower case."""

    places: frozenset[str] = frozenset()
    institutions: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    mailboxes: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()

    def single_words(self) -> frozenset[str]:
        """Entries of one word, but those of `words`."""
        return frozenset(p for p in self.places | self.organisations | self.figures | self.institutions if " " not in p)

    def holds_line(self, digits: str) -> bool:
        """Whether a number, dialled inside the country, is one that everyone may ring; long entries are prefixes."""
        return any(digits == line or (len(line) > 3 and digits.startswith(line)) for line in self.phones)

    def joined(self, other: KeepList) -> KeepList:
        """This list and another."""
        return KeepList(**{f.name: getattr(self, f.name) | getattr(other, f.name) for f in fields(KeepList)})


def read_general() -> KeepList:
    """The part of the shipped lists that is general knowledge."""
    return read_keep_list(SHIPPED[0])


def read_keep_lists(keep_file: str) -> KeepList:
    """The shipped lists and, where `keep_file` names one, the council's own beside them. Raises InputError."""
    general, borough = (read_keep_list(path) for path in SHIPPED)
    shipped = general.joined(borough)
    return shipped.joined(read_keep_list(Path(keep_file))) if keep_file else shipped


def read_keep_list(path: Path) -> KeepList:
    """One keep list from TOML: tables of string arrays. Raises InputError with every fault of the file."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            [Fault(str(path), "The keep list cannot be read.", "Check settings.anonymise.keep_file.")]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            [Fault(str(path), f"The keep list is not valid TOML: {error}.", "Correct the file.")]
        ) from error
    return _validated(path, table)


def _validated(path: Path, table: Mapping[str, object]) -> KeepList:
    known = {f.name for f in fields(KeepList)}
    faults = [
        Fault(f"{path}, key {key!r}", "Unknown kind of name.", f"Use one of: {', '.join(sorted(known))}.")
        for key in table
        if key not in known
    ]
    faults += [
        Fault(f"{path}, key {key!r}", "Not a list of phrases.", 'Write it as key = ["First Phrase", "Second Phrase"].')
        for key, value in table.items()
        if key in known and not _is_phrases(value)
    ]
    if faults:
        raise InputError(faults)
    return KeepList(**{key: _phrases(value) for key, value in table.items()})


def _is_phrases(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def _phrases(value: object) -> frozenset[str]:
    items = value if isinstance(value, list) else []
    return frozenset(str(item).casefold().replace("’", "'").strip() for item in items)
