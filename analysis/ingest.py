"""Exports to responses: every data row is accepted with all its answers, or rejected with a reason."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.code_frame import read_code_frame
from analysis.consultation import (
    FILE_NAME,
    Consultation,
    default_settings,
    load_consultation,
    nearest,
    other_files_in,
    plain_faults,
)
from analysis.errors import Fault, InputError
from analysis.files import sha256_of
from analysis.readers import RowFault, Table, TableRow, content_digest, normalise_header, read_table
from analysis.types import (
    Loaded,
    QuestionId,
    RawResponse,
    RawText,
    RejectedRow,
    RespondentId,
    ResponseId,
    Wave,
)


class IngestSettings(BaseModel):
    """`[ingest]` of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_response_chars: int
    max_cell_chars: int


@dataclass(frozen=True, slots=True)
class FileCount:
    """What became of the rows of one file: `rows` = rows accepted + `rejected`."""

    wave: Wave
    source: str
    rows: int
    responses: int
    rejected: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `manifesto check` found; `frame` is a line on the code frame, if there is one."""

    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    files: tuple[FileCount, ...]
    frame: str = ""


def load_wave(consultation: Consultation, wave: Wave, files: Sequence[Path], settings: IngestSettings) -> Loaded:
    """Read the exports of a wave.

    Responses come in order of content, so that neither the order of the rows nor that of the files changes anything
    but `row`. Respondents are pseudonyms; what the export calls them goes no further.

    Raises:
        InputError: with every fault: files that cannot be read, columns that are not there or must not be used.
    """
    sources = _read_files(consultation, wave, files, settings)
    _refuse_unfit(consultation, wave, sources)
    rows, unfit = _partition(sources, settings)
    identified, repeated = _identify(rows)
    responses = _responses(identified, wave)
    rejected = [*_unread(sources), *unfit, *repeated]
    return Loaded(
        responses=tuple(sorted(responses, key=_canonical)),
        rejected=tuple(sorted(rejected, key=lambda row: (row.source, row.row, row.response_id))),
        warnings=tuple(sorted(_warnings(consultation, sources, rows, identified))),
        rows_read={each.name: len(each.table.rows) + len(each.table.rejected) for each in sources},
    )


def check_waves(
    consultation: Consultation, waves: Sequence[tuple[Wave, Sequence[Path]]], settings: IngestSettings
) -> None:
    """Read the given waves and keep nothing; raise InputError with the faults of all of them at once."""
    faults: list[Fault] = []
    for wave, files in waves:
        try:
            load_wave(consultation, wave, files, settings)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)


def check_consultation(folder: Path) -> CheckReport:
    """Read everything of a consultation and write nothing."""
    faults: list[Fault] = []
    warnings: list[str] = []
    counts: list[FileCount] = []
    try:
        consultation = load_consultation(folder)
        settings = ingest_settings(consultation)
        waves = consultation.waves()
    except InputError as error:
        return CheckReport(error.faults, (), ())
    frame = ""
    try:
        if read := read_code_frame(consultation):
            frame, warnings = read.line, list(read.warnings)
    except InputError as error:
        faults += error.faults
    for wave, files in waves:
        warnings += [f"{wave}/{path.name}: not an export, not read" for path in other_files_in(folder / wave)]
        try:
            loaded = load_wave(consultation, wave, files, settings)
        except InputError as error:
            faults += error.faults
            continue
        warnings += [f"{wave}: {warning}" for warning in loaded.warnings]
        counts += _file_counts(wave, loaded)
    return CheckReport(tuple(faults), tuple(warnings), tuple(counts), frame)


def ingest_settings(consultation: Consultation) -> IngestSettings:
    """The defaults of `[ingest]` with what the consultation overrides.

    Raises:
        InputError: if an override is of the wrong kind.
    """
    where = f"{consultation.folder.name}/{FILE_NAME}, [settings.ingest]"
    try:
        return IngestSettings(**{**default_settings()["ingest"], **consultation.settings.get("ingest", {})})
    except ValidationError as error:
        raise InputError(plain_faults(error, where, {"": IngestSettings.model_fields})) from None


def personal_kind(column: str) -> str:
    """What personal data a column of this name holds ("e-mail", "name", ...), or an empty string."""
    words = _words(column)
    if len(words.split()) > 7 or _ASKS_OPINION.search(words):
        return ""
    return next((kind for kind, pattern in _PERSONAL.items() if pattern.search(words)), "")


_PERSONAL: Mapping[str, re.Pattern[str]] = {
    "e-mail": re.compile(r"\be ?mail( ?address)?\b|\bemail"),
    "IP address": re.compile(r"^ip$|\bip ?address\b"),
    "name": re.compile(
        r"^((what is|please \w+|your|the|full|first|last|middle|family|given|recipient|contact|respondent|s|user)\s)*"
        r"(names?|surname|forename|(first|last|user|full|nick) ?name|name of (respondent|contact))"
        r"( optional)?$|\b(first|last|full|your) name\b|^recipient ?(first|last) ?name$"
    ),
    "phone number": re.compile(
        r"\b(tele)?phone( number)?$|\b(tele)?phone number\b|\bmobile( number)?$|^tel( no| number)?$"
    ),
    "postcode": re.compile(r"\bpost ?code\b(?!.*\b(district|area|sector|first)\b)|\bzip( code)?$"),
    "address": re.compile(r"\baddress\b"),
    "location": re.compile(r"\b(location ?)?(latitude|longitude)\b|^(lat|lng|long)$"),
    "date of birth": re.compile(r"\bdate of birth\b|^dob$|\bbirthday\b"),
    "reference to a person": re.compile(r"\bexternal (data )?reference\b|\b(national insurance|nhs) (number|no)\b"),
}
_ASKS_OPINION = re.compile(r"\b(think|feel|why|explain|comments?|like|improve|change|reasons?)\b")


def _words(column: str) -> str:
    """`RecipientLastName`, `IP-Address:` as plain words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    return " ".join(re.sub(r"[^\w\s]|_", " ", normalise_header(spaced)).split())


# --- files and their columns ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Source:
    """A file, and the positions of the columns that are read from it."""

    name: str
    table: Table
    response_id: int | None
    respondent_id: int | None
    questions: Mapping[QuestionId, int]
    demographics: Mapping[str, int]
    unclear: tuple[Fault, ...]
    unread: tuple[str, ...]

    @property
    def used(self) -> list[int]:
        ids = [at for at in (self.response_id, self.respondent_id) if at is not None]
        return [*ids, *self.questions.values(), *self.demographics.values()]


def _read_files(
    consultation: Consultation, wave: Wave, files: Sequence[Path], settings: IngestSettings
) -> list[_Source]:
    sources: list[_Source] = []
    faults = list(_copies(consultation, wave, files))
    for path in sorted(files, key=lambda each: _source_name(consultation, wave, each)):
        try:
            table = read_table(path, consultation.format, settings.max_cell_chars)
        except InputError as error:
            faults += [replace(fault, where=f"{wave}/{fault.where}") for fault in error.faults]
            continue
        sources.append(_source(consultation, wave, path, table))
    if faults:
        raise InputError(faults)
    return sources


def _source_name(consultation: Consultation, wave: Wave, path: Path) -> str:
    folder = consultation.folder / wave
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _copies(consultation: Consultation, wave: Wave, files: Sequence[Path]) -> Iterator[Fault]:
    """The same export saved twice would count every resident twice."""
    names: dict[str, str] = {}
    for name, path in sorted((_source_name(consultation, wave, path), path) for path in files):
        first = names.setdefault(_file_hash(path), name)
        if first != name and path.stat().st_size:
            yield Fault(f"{wave}/{name}", f"This is the same file as {first}.", "Remove one of the two.")


def _file_hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError:
        return f"unreadable {path}"


def _source(consultation: Consultation, wave: Wave, path: Path, table: Table) -> _Source:
    finder = _Finder(f"{wave}/{path.name}", table)
    questions = {QuestionId(each.id): finder.position(each.column) for each in consultation.questions}
    demographics = {each.id: finder.position(each.column) for each in consultation.demographics}
    return _Source(
        name=_source_name(consultation, wave, path),
        table=table,
        response_id=finder.position(consultation.columns.response_id or ()),
        respondent_id=finder.position(consultation.columns.respondent_id or ()),
        questions={name: at for name, at in questions.items() if at is not None},
        demographics={name: at for name, at in demographics.items() if at is not None},
        unclear=tuple(finder.faults),
        unread=tuple(finder.unread),
    )


class _Finder:
    """Finds columns by any of their names, and collects what is wrong with the names."""

    def __init__(self, where: str, table: Table) -> None:
        self.where = where
        self.table = table
        self.faults: list[Fault] = []
        self.unread: list[str] = []

    def position(self, names: Sequence[str]) -> int | None:
        """Position of the first of the alternative names that the file has."""
        found = {name: at for name in names if (at := self._unique(name)) is not None}
        positions = list(dict.fromkeys(found.values()))
        for other in positions[1:]:
            read, left = self.table.columns[positions[0]].name, self.table.columns[other].name
            self.unread.append(
                f"columns '{_short(read)}' and '{_short(left)}' are alternatives: only the first is read"
            )
        return positions[0] if positions else None

    def _unique(self, name: str) -> int | None:
        positions = self.table.find(name)
        if len(positions) > 1:
            names = ", ".join(f"'{_short(self.table.columns[at].name)}'" for at in positions[:6])
            problem = f"The name '{_short(name)}' fits {len(positions)} columns."
            self.faults.append(Fault(self.where, problem, f"Use the whole name of one: {names}."))
        return positions[0] if positions else None


def _refuse_unfit(consultation: Consultation, wave: Wave, sources: Sequence[_Source]) -> None:
    faults = [
        *(fault for source in sources for fault in source.unclear),
        *_missing_columns(consultation, wave, sources),
        *_personal_columns(sources),
    ]
    if faults:
        raise InputError(faults)


def _missing_columns(consultation: Consultation, wave: Wave, sources: Sequence[_Source]) -> Iterator[Fault]:
    wanted = [(f"question '{each.id}'", each.column) for each in consultation.questions if each.asked_in(wave)]
    for key in ("response_id", "respondent_id"):
        wanted += [(key, names)] if (names := getattr(consultation.columns, key)) else []
    for what, names in wanted:
        if not any(source.table.find(name) for source in sources for name in names):
            yield _missing_column(consultation, what, names, sources)


def _missing_column(consultation: Consultation, what: str, names: Sequence[str], sources: Sequence[_Source]) -> Fault:
    where = f"{consultation.folder.name}/{FILE_NAME}, {what}"
    problem = f"No file of this wave has a column {' or '.join(repr(_short(name)) for name in names)}."
    if not all(looks_like_header(source.table) for source in sources):
        return Fault(
            where, problem, "The first row of a file does not look like a header: add one, or see header_rows."
        )
    known = [source for source in sources if source.questions or source.demographics]
    if not known:  # the first row may be a resident's: its words are not shown
        counts = ", ".join(f"{source.name} has {len(source.table.columns)}" for source in sources)
        remedy = f"No column of consultation.toml is there ({counts} columns): compare its names with the first row."
        return Fault(where, problem, remedy)
    existing = list(dict.fromkeys(column.name for source in known for column in source.table.columns))
    guess = next((match for name in names if (match := nearest(name, existing))), "")
    shown = ", ".join(f"'{_short(name)}'" for name in existing[:40])
    hint = f"Did you mean '{_short(guess)}'? " if guess else ""
    return Fault(where, problem, f"{hint}The columns are: {shown}.")


def looks_like_header(table: Table) -> bool:
    """Whether the names of the columns can be shown: a file without header has a resident's row in their place."""
    return not any(_EMAIL.search(column.label) or _DATA_LIKE.search(column.label) for column in table.columns)


_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w+")
_DATA_LIKE = re.compile(r"^[\d\s.,:/+-]+$|^\d{4}-\d\d-\d\d")
_POSTCODE = re.compile(r"^([A-Z]{1,2}\d[A-Z\d]?)\s*\d[A-Z]{2}$", re.IGNORECASE)


def _personal_columns(sources: Sequence[_Source]) -> Iterator[Fault]:
    for source in sources:
        if source.response_id is not None:
            yield from _personal_ids(source, source.response_id)
        for name, at in source.demographics.items():
            kind = personal_kind(source.table.columns[at].label)
            if kind and kind != "postcode":
                problem = f"The demographic '{name}' reads a column that holds: {kind}."
                yield Fault(source.name, problem, "Leave personal data out; take a broader column.")


def _personal_ids(source: _Source, at: int) -> Iterator[Fault]:
    column = source.table.columns[at]
    kind = personal_kind(column.name) or personal_kind(column.label)
    if not kind and any(_EMAIL.search(row.cells[at]) for row in source.table.rows):
        kind = "e-mail"
    if kind:
        remedy = "Identifiers appear in outputs: name another column, or none, and identifiers are made from content."
        yield Fault(source.name, f"The response_id reads a column that holds: {kind}.", remedy)


# --- rows -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A usable row with its identifier as given or made, and the hash of what is read of it."""

    source: _Source
    row: TableRow
    response_id: ResponseId
    made: bool
    content: str


def _partition(sources: Sequence[_Source], settings: IngestSettings) -> tuple[list[_Row], list[RejectedRow]]:
    rows: list[_Row] = []
    rejected: list[RejectedRow] = []
    for source in sources:
        unfinished = _qualtrics_columns(source.table)
        equal: Counter[str] = Counter()
        for row in source.table.rows:
            known = _known_row(source, row, equal)
            fault = _unusable(known, unfinished, settings)
            rows += [] if fault else [known]
            rejected += [fault] if fault else []
    return rows, rejected


def _known_row(source: _Source, row: TableRow, equal: Counter[str]) -> _Row:
    given = _plain(row.cells[source.response_id]) if source.response_id is not None else ""
    if given:
        return _Row(source, row, ResponseId(given), False, _content(source, row))
    digest = content_digest([source.name, *row.cells])
    equal[digest] += 1
    made = blake2b(f"{digest}{equal[digest]}".encode(), digest_size=6).hexdigest()
    return _Row(source, row, ResponseId(f"r-{made}"), True, _content(source, row))


def _plain(cell: str) -> str:
    return " ".join(cell.split())


def _content(source: _Source, row: TableRow) -> str:
    """Hash of what is read of a row, by meaning and not by position, so that forms of a wave can be compared."""
    named: dict[str, int] = {f"question {name}": at for name, at in source.questions.items()}
    named |= {f"demographic {name}": at for name, at in source.demographics.items()}
    parts = [part for name in sorted(named) for part in (name, row.cells[named[name]].strip())]
    respondent = _plain(row.cells[source.respondent_id]) if source.respondent_id is not None else ""
    return content_digest([respondent, *parts])


def _unusable(known: _Row, unfinished: Mapping[int, frozenset[str]], settings: IngestSettings) -> RejectedRow | None:
    source, cells = known.source, known.row.cells
    if not source.questions:
        return _reject(known, None, "no question column in this file", "Name its column in consultation.toml.")
    for at, values in unfinished.items():
        if cells[at].strip().casefold() in values:
            return _reject(known, at, "survey preview or unfinished", "Nothing to do: it was never handed in.")
    for at in source.used:
        if len(cells[at]) > settings.max_response_chars:
            remedy = f"Shorten it to {settings.max_response_chars:,}, or raise max_response_chars."
            return _reject(known, at, f"a cell of {len(cells[at]):,} characters", remedy)
    if not known.made and len(known.response_id) > _MAX_ID_CHARS:
        remedy = f"Use at most {_MAX_ID_CHARS} characters, no text."
        return _reject(known, source.response_id, "the response id is no identifier", remedy)
    return None


_MAX_ID_CHARS = 80


def _reject(known: _Row, at: int | None, reason: str, remedy: str) -> RejectedRow:
    # What is too long to be an identifier can be a resident's text.
    identifier = known.response_id if len(known.response_id) <= _MAX_ID_CHARS else ResponseId(f"r-{known.content[:12]}")
    column = known.source.table.columns[at].name if at is not None else ""
    return RejectedRow(identifier, known.source.name, known.row.row, column, reason, remedy)


def _qualtrics_columns(table: Table) -> Mapping[int, frozenset[str]]:
    """Positions of Qualtrics' `Status` and `Finished`, and the values under which a row was never handed in."""
    labels = ("Status", "Finished", "Progress", "ResponseId", "DistributionChannel")
    at = {label: found[0] for label in labels if (found := table.find(label))}
    if not {"Status", "Finished"} <= at.keys() or len(at) < 3:
        return {}
    previews = frozenset({"survey preview", "survey test", "1", "2"})
    return {at["Status"]: previews, at["Finished"]: frozenset({"false", "0", "no"})}


def _unread(sources: Sequence[_Source]) -> Iterator[RejectedRow]:
    """Rows that the reader rejected. Their identifiers cannot be known; equal rows are told apart by a number."""
    for source in sources:
        equal: Counter[str] = Counter()
        for fault in source.table.rejected:
            equal[fault.digest] += 1
            yield _unread_row(source, fault, equal[fault.digest])


def _unread_row(source: _Source, fault: RowFault, ordinal: int) -> RejectedRow:
    made = blake2b(f"{source.name}\0{fault.digest}{ordinal}".encode(), digest_size=6).hexdigest()
    return RejectedRow(ResponseId(f"r-{made}"), source.name, fault.row, "", fault.reason, fault.remedy)


# --- identifiers ------------------------------------------------------------------------------------------------------


def _identify(rows: Sequence[_Row]) -> tuple[list[_Row], list[RejectedRow]]:
    """Every row under an identifier of its own.

    Of rows with the same identifier and the same content one is kept. Different rows are numbered in order of
    content: `7`, `7~2`, `7~3`.
    """
    groups: dict[ResponseId, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[row.response_id].append(row)
    taken = set(groups)
    identified: list[_Row] = []
    repeated: list[RejectedRow] = []
    for identifier in sorted(groups):
        distinct, again = _distinct(groups[identifier])
        repeated += again
        identified += _numbered(distinct, taken)
    return identified, repeated


def _distinct(rows: Sequence[_Row]) -> tuple[list[_Row], list[RejectedRow]]:
    first: dict[str, _Row] = {}
    repeated: list[RejectedRow] = []
    for row in sorted(rows, key=lambda each: (each.content, each.source.name, each.row.row)):
        if row.content in first:
            remedy = "Nothing to do: the same row with the same identifier is kept once."
            repeated.append(RejectedRow(row.response_id, row.source.name, row.row.row, "", "repeated row", remedy))
        else:
            first[row.content] = row
    return list(first.values()), repeated


def _numbered(distinct: Sequence[_Row], taken: set[ResponseId]) -> Iterator[_Row]:
    number = 1
    for i, row in enumerate(distinct):
        identifier = row.response_id
        while i and identifier in taken:
            number += 1
            identifier = ResponseId(f"{row.response_id}~{number}")
        taken.add(identifier)
        yield replace(row, response_id=identifier)


def _respondents(rows: Sequence[_Row], wave: Wave) -> list[RespondentId]:
    """A pseudonym for each row: what exports name respondents by (e-mail, name) is personal data."""
    keys = [_respondent_key(row) for row in rows]
    smallest: dict[tuple[str, str], ResponseId] = {}
    for key, row in zip(keys, rows, strict=True):
        smallest[key] = min(smallest.get(key, row.response_id), row.response_id)
    return [_pseudonym(wave, smallest[key]) for key in keys]


_NOBODY = frozenset({"", "-", "anonymous", "anon", "n/a", "na", "none", "null", "unknown"})


def _respondent_key(row: _Row) -> tuple[str, str]:
    at = row.source.respondent_id
    given = _plain(row.row.cells[at]).casefold() if at is not None else ""
    return ("response", row.response_id) if given in _NOBODY else ("respondent", given)


def _pseudonym(wave: Wave, response_id: ResponseId) -> RespondentId:
    return RespondentId("p-" + blake2b(f"{wave}\0{response_id}".encode(), digest_size=6).hexdigest())


# --- responses --------------------------------------------------------------------------------------------------------


def _responses(rows: Sequence[_Row], wave: Wave) -> Iterator[RawResponse]:
    for row, respondent in zip(rows, _respondents(rows, wave), strict=True):
        cells = row.row.cells
        about = {name: _demographic(cells[at]) for name, at in row.source.demographics.items()}
        for question, at in row.source.questions.items():
            yield RawResponse(
                response_id=row.response_id,
                respondent_id=respondent,
                question_id=question,
                text=RawText(cells[at]),
                source=row.source.name,
                row=row.row.row,
                demographics=about,
            )


def _demographic(cell: str) -> str:
    """Stripped; of a full postcode, only the district: the rest is personal data."""
    value = _plain(cell)
    postcode = _POSTCODE.match(value)
    return postcode[1].upper() if postcode else value


def _canonical(response: RawResponse) -> tuple[str, str, str]:
    digest = content_digest([response.question_id, response.text])
    return (digest, response.response_id, response.question_id)


# --- what the user should know ----------------------------------------------------------------------------------------


def _warnings(
    consultation: Consultation, sources: Sequence[_Source], rows: Sequence[_Row], identified: Sequence[_Row]
) -> Iterator[str]:
    for source in sources:
        notes = source.table.notes if looks_like_header(source.table) else ()
        yield from (f"{source.name}: {note}" for note in (*notes, *source.unread))
    yield from _absent_columns(consultation, sources)
    made = sum(row.made for row in rows)
    if made:
        yield f"{made:,} rows have no response id: identifiers made from their content"
    given = {row.response_id for row in rows}
    renamed = sum(row.response_id not in given for row in identified)
    if renamed:
        yield f"{renamed:,} rows have the response id of a different row: kept, as id~2, id~3 ..."


def _absent_columns(consultation: Consultation, sources: Sequence[_Source]) -> Iterator[str]:
    """Columns that some files lack: forms differ by channel."""
    present: list[tuple[str, list[bool]]] = [
        *((f"question '{q.id}'", [q.id in source.questions for source in sources]) for q in consultation.questions),
        *(
            (f"demographic '{d.id}'", [d.id in each.demographics for each in sources])
            for d in consultation.demographics
        ),
    ]
    if consultation.columns.response_id:
        present.append(("response_id", [source.response_id is not None for source in sources]))
    if consultation.columns.respondent_id:
        present.append(("respondent_id", [source.respondent_id is not None for source in sources]))
    for what, found in present:
        without = [source.name for source, has in zip(sources, found, strict=True) if not has]
        if without:
            yield f"{what}: no column in {', '.join(without)}"


def _file_counts(wave: Wave, loaded: Loaded) -> Iterator[FileCount]:
    responses = _tally(loaded.responses)
    rejected = _tally(loaded.rejected)
    for source, rows in loaded.rows_read.items():
        yield FileCount(wave, source, rows, responses[source], rejected[source])


def _tally(items: Iterable[Any]) -> Counter[str]:
    return Counter(item.source for item in items)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
