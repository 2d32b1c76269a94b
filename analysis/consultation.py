"""What a consultation is: its `consultation.toml`, and the wave folders with the exports beside it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from analysis.errors import Fault, InputError
from analysis.readers import FormatOptions, normalise_header
from analysis.types import Stance, Wave

FILE_NAME = "consultation.toml"
CORRECTIONS_FILE = "redactions.csv"
DECISIONS_FILE = "decisions.csv"
OWN_FILES = (CORRECTIONS_FILE, DECISIONS_FILE)  # what people decided, beside the exports
EXPORT_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")
UNREADABLE_SUFFIXES = (".xls", ".xlsb", ".xlsm", ".ods", ".numbers")

# Identifiers become folder names and addresses.
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


ColumnNames = Annotated[tuple[Words, ...], BeforeValidator(_as_list), Field(min_length=1)]
"""One name, or alternatives for waves exported in different formats; the first that a file has is read."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class About(_Part):
    """`[consultation]`: identifier, title, framework, and (optional) the order of the waves."""

    id: Identifier
    title: Words
    vision: Words = "borough_manifesto"
    synthetic: bool = False
    waves: tuple[Words, ...] = ()


class Columns(_Part):
    """`[columns]`: who said it. Without `response_id`, identifiers are made from the content of the row."""

    response_id: ColumnNames | None = None
    respondent_id: ColumnNames | None = None


class Question(_Part):
    """`[[questions]]`: a free-text question and the stance its answers take.

    `waves` names the waves that asked it; without, every wave did, and one without its column is a fault.
    """

    id: Identifier
    column: ColumnNames
    text: Words
    stance: Stance
    waves: tuple[Words, ...] = ()

    def asked_in(self, wave: Wave) -> bool:
        """Whether a wave asked this question."""
        return not self.waves or wave in self.waves


class CodeFrameEntry(_Part):
    """`[code_frame]`: the file of themes that an analyst brings, and whether others are found beside them."""

    file: Words
    mode: Literal["alone", "beside"] = "alone"


class Demographic(_Part):
    """`[[demographics]]`: something respondents volunteered about themselves."""

    id: Identifier
    column: ColumnNames


class ConsultationFile(_Part):
    """The whole of `consultation.toml`."""

    about: About = Field(alias="consultation")
    columns: Columns = Columns()
    questions: tuple[Question, ...] = Field(min_length=1)
    demographics: tuple[Demographic, ...] = ()
    code_frame: CodeFrameEntry | None = None
    format: FormatOptions = FormatOptions()
    settings: dict[str, dict[str, Any]] = {}


class Consultation(ConsultationFile):
    """A consultation and the folder it lies in."""

    folder: Path

    @property
    def id(self) -> str:
        """Identifier, safe as a folder name."""
        return self.about.id

    @property
    def title(self) -> str:
        """Title as reports show it."""
        return self.about.title

    @property
    def vision(self) -> str:
        """Name of a shipped framework, or path to one."""
        return self.about.vision

    @property
    def synthetic(self) -> bool:
        """Whether the responses are invented (a demonstration)."""
        return self.about.synthetic

    def waves(self) -> tuple[tuple[Wave, tuple[Path, ...]], ...]:
        """Waves in order, each with its export files in order of name.

        Raises:
            InputError: with every fault of the folder: no wave, an export outside a wave folder, an empty wave
                folder, a format that cannot be read, or a `waves` list that does not fit the folders.
        """
        folders = {folder.name: folder for folder in _wave_folders(self.folder)}
        faults = [*_layout_faults(self, folders), *_order_faults(self, folders)]
        if faults:
            raise InputError(faults)
        order = self.about.waves or sorted(folders, key=natural_key)
        return tuple((Wave(name), exports_in(folders[name])) for name in order)


_KEYS: Mapping[str, tuple[str, ...]] = {
    "": tuple(field.alias or name for name, field in ConsultationFile.model_fields.items()),
    "consultation": tuple(About.model_fields),
    "columns": tuple(Columns.model_fields),
    "questions": tuple(Question.model_fields),
    "demographics": tuple(Demographic.model_fields),
    "code_frame": tuple(CodeFrameEntry.model_fields),
    "format": tuple(FormatOptions.model_fields),
}


def load_consultation(folder: Path) -> Consultation:
    """Read `folder/consultation.toml`.

    Raises:
        InputError: with every fault of the file: key, value and remedy, in plain words.
    """
    where = f"{folder.name or folder}/{FILE_NAME}"
    raw = _read_toml(folder / FILE_NAME, where)
    faults = [*_repeat_faults(raw, where), *_setting_faults(raw, where)]
    try:
        parsed = ConsultationFile.model_validate(raw)
    except ValidationError as error:
        raise InputError([*plain_faults(error, where, _KEYS), *faults]) from None
    if faults:
        raise InputError(faults)
    return Consultation(folder=folder, **{name: getattr(parsed, name) for name in ConsultationFile.model_fields})


def default_settings() -> Mapping[str, Mapping[str, Any]]:
    """The tables of `analysis/defaults.toml`."""
    return tomllib.loads(resources.files("analysis").joinpath("defaults.toml").read_text(encoding="utf-8"))


def natural_key(name: str) -> tuple[tuple[str, int], ...]:
    """Sort key under which wave-2 comes before wave-10."""
    parts = re.split(r"(\d+)", name.casefold())
    pairs = [(parts[i], int(parts[i + 1]) if i + 1 < len(parts) else -1) for i in range(0, len(parts), 2)]
    return (*pairs, (name, 0))


def exports_in(folder: Path) -> tuple[Path, ...]:
    """Export files anywhere in a wave folder, in order of name; hidden and lock files are not exports."""
    return tuple(path for path in _visible_files(folder) if path.suffix.lower() in EXPORT_SUFFIXES)


def other_files_in(folder: Path) -> tuple[Path, ...]:
    """Files of a wave folder that are no exports and will not be read."""
    return tuple(path for path in _visible_files(folder) if path.suffix.lower() not in EXPORT_SUFFIXES)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like this one, or an empty string."""
    by_plain = {normalise_header(each): each for each in known}
    matches = get_close_matches(normalise_header(name), by_plain, n=1, cutoff=0.6)
    return by_plain[matches[0]] if matches else ""


# --- the file ---------------------------------------------------------------------------------------------------------


def _read_toml(path: Path, where: str) -> dict[str, Any]:
    try:
        # Windows' Notepad writes a byte order mark, which TOML does not allow.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        remedy = "Name the folder of a consultation, or make one with: manifesto new NAME --from EXPORT"
        raise InputError([Fault(str(path.parent), f"There is no {FILE_NAME} here.", remedy)]) from None
    except UnicodeDecodeError:
        raise InputError([Fault(where, "The file is not UTF-8 text.", "Save it again with encoding UTF-8.")]) from None
    except OSError as error:
        problem = f"The file cannot be read: {error.strerror}."
        raise InputError([Fault(where, problem, "Check the file and its permissions.")]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError([_syntax_fault(error, where)]) from None


def _syntax_fault(error: Exception, where: str) -> Fault:
    found = re.search(r"\(at line (\d+), column \d+\)", str(error))
    place = f"{where}, line {found[1]}" if found else f"{where}, last line"
    reason = re.sub(r"\s*\(at .*\)$", "", str(error)) or "nested too deeply"
    remedy = "Text stands in double quotes on one line, a backslash or a quote inside it takes a backslash before it."
    return Fault(place, f"Not valid TOML: {reason}.", remedy)


def _repeat_faults(raw: Mapping[str, Any], where: str) -> Iterator[Fault]:
    for table in ("questions", "demographics"):
        ids = [str(part["id"]) for part in _tables(raw, table) if "id" in part]
        for repeated in _repeated(ids):
            yield Fault(f"{where}, [[{table}]]", f"The id '{repeated}' stands twice.", "Give each an id of its own.")
    for column in _repeated(_read_columns(raw)):
        problem = f"The column '{_short(column)}' is used twice."
        yield Fault(where, problem, "Let each question and each demographic read a column of its own.")


def _tables(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    parts = raw.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _read_columns(raw: Mapping[str, Any]) -> list[str]:
    """Columns of questions and demographics, and that of the response id: text read as an id would be published."""
    columns = raw.get("columns")
    parts = [*_tables(raw, "questions"), *_tables(raw, "demographics")]
    named = [part.get("column") for part in parts]
    named.append(columns.get("response_id") if isinstance(columns, dict) else None)
    return [column for value in named for column in _distinct_names(value)]


def _distinct_names(value: object) -> list[str]:
    names = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(normalise_header(name) for name in names if isinstance(name, str)))


def _repeated(names: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return [name for name, count in seen.items() if count > 1]


def _setting_faults(raw: Mapping[str, Any], where: str) -> Iterator[Fault]:
    settings, known = raw.get("settings"), default_settings()
    for stage, table in settings.items() if isinstance(settings, dict) else ():
        if stage not in known:
            yield _unknown(f"{where}, [settings.{stage}]", stage, known)
        for key in table if stage in known and isinstance(table, dict) else ():
            if key not in known[stage]:
                yield _unknown(f"{where}, [settings.{stage}]", key, known[stage])


# --- pydantic's errors in plain words ---------------------------------------------------------------------------------

_PLAIN: Mapping[str, tuple[str, str]] = {
    "missing": ("is missing.", "Add it."),
    "string_type": ("must be text, but is {value}.", "Put it in double quotes."),
    "string_too_short": ("is empty.", "Write something between the quotes, or delete the line."),
    "too_short": ("is empty.", "Give at least one."),
    "string_pattern_mismatch": (
        "is {value}, which cannot be used as a name of a folder.",
        "Use small letters a-z, digits, - and _, beginning with a letter or digit.",
    ),
    "literal_error": ("is {value}.", "Use one of {expected}."),
    "bool_type": ("is {value}.", "Use true or false, without quotes."),
    "bool_parsing": ("is {value}.", "Use true or false, without quotes."),
    "int_type": ("must be a whole number, but is {value}.", "Write it without quotes."),
    "int_parsing": ("must be a whole number, but is {value}.", "Write it without quotes."),
    "int_from_float": ("must be a whole number, but is {value}.", "Write it without a decimal point."),
    "float_type": ("must be a number, but is {value}.", "Write it without quotes."),
    "float_parsing": ("must be a number, but is {value}.", "Write it without quotes."),
    "model_type": ("must be a table.", "Write it as [table], with its keys on the lines below."),
    "dict_type": ("must be a table.", "Write it as [table], with its keys on the lines below."),
    "tuple_type": ("must be a list, but is {value}.", "Write it in square brackets: [..., ...]."),
}
_TABLE_LISTS = ("questions", "demographics")


def plain_faults(error: ValidationError, where: str, known: Mapping[str, Iterable[str]]) -> tuple[Fault, ...]:
    """Each error of pydantic as a fault in plain words.

    `known` gives the keys of each table ("" is the top level), to propose one for a misspelt key.
    """
    return tuple(_plain_fault(detail, where, known) for detail in error.errors(include_url=False))


def _plain_fault(detail: ErrorDetails, where: str, known: Mapping[str, Iterable[str]]) -> Fault:
    loc, kind = detail["loc"], detail["type"]
    place = f"{where}, {_place(loc)}" if loc else where
    if kind == "extra_forbidden":
        return _unknown(place, str(loc[-1]), known.get(str(loc[0]) if len(loc) > 1 else "", ()))
    if kind == "tuple_type" and loc[-1] in _TABLE_LISTS:
        return Fault(place, "is not a list of tables.", f"Head each with double brackets: [[{loc[-1]}]].")
    problem, remedy = _PLAIN.get(kind, (detail["msg"] + ", but is {value}.", "Correct it."))
    words = {"value": _short(repr(detail["input"])), "expected": detail.get("ctx", {}).get("expected", "")}
    return Fault(place, problem.format(**words), remedy.format(**words))


def _unknown(place: str, key: str, known: Iterable[str]) -> Fault:
    names = tuple(known)
    guess = nearest(key, names)
    remedy = f"Did you mean '{guess}'?" if guess else f"Use one of: {', '.join(names)}."
    return Fault(place, f"'{_short(key)}' is not known here.", remedy)


def _place(loc: tuple[int | str, ...]) -> str:
    """('questions', 1, 'stance') as "questions number 2, key 'stance'"."""
    words = [f"number {part + 1}" if isinstance(part, int) else part for part in loc]
    table, rest = words[0], words[1:]
    if not rest:
        return f"'{table}'"
    if isinstance(loc[1], int):
        table, rest = f"[[{table}]] {rest[0]}", rest[1:]
    else:
        table = f"[{table}]"
    return ", ".join([table, *(f"key '{word}'" if not word.startswith("number ") else word for word in rest)])


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


# --- the folder -------------------------------------------------------------------------------------------------------


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$", "__"))


def _visible_files(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    seen = [path for path in files if not any(_hidden(part) for part in path.relative_to(folder).parts)]
    return sorted(seen, key=lambda path: natural_key(path.relative_to(folder).as_posix()))


def _wave_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path.name))


def _layout_faults(consultation: Consultation, waves: Mapping[str, Path]) -> Iterator[Fault]:
    folder, entry = consultation.folder, consultation.code_frame
    known = {*OWN_FILES, *([entry.file] if entry else [])}
    beside = [path for path in folder.iterdir() if path.is_file() and not _hidden(path.name)]
    for path in sorted(beside):
        if path.name not in known and path.suffix.lower() in (*UNREADABLE_SUFFIXES, ".csv", ".tsv", ".xlsx"):
            problem = f"The export lies beside {FILE_NAME}, not in a folder of a wave."
            yield Fault(f"{folder.name}/{path.name}", problem, _beside_remedy)
    if not waves:
        problem = "There is no folder of a wave here."
        yield Fault(str(folder), problem, "Make a folder named after the wave (2026-09/) and put the export into it.")
    for name in sorted(waves, key=natural_key):
        yield from _wave_faults(waves[name], f"{folder.name}/{name}")


_beside_remedy = (
    "Move it into a folder named after its wave: 2026-09/ (or, if it is a code frame, name it under [code_frame])."
)


def _wave_faults(wave: Path, where: str) -> Iterator[Fault]:
    unreadable = [path for path in other_files_in(wave) if path.suffix.lower() in UNREADABLE_SUFFIXES]
    for path in unreadable:
        problem = f"The format {path.suffix.lower()} cannot be read."
        yield Fault(f"{where}/{path.relative_to(wave).as_posix()}", problem, "Open it and save it as .xlsx.")
    if not unreadable and not exports_in(wave):
        problem = "The folder holds no export."
        yield Fault(where, problem, f"Put the export ({', '.join(EXPORT_SUFFIXES)}) into it, or remove the folder.")


def _order_faults(consultation: Consultation, waves: Mapping[str, Path]) -> Iterator[Fault]:
    listed, where = consultation.about.waves, f"{consultation.folder.name}/{FILE_NAME}, key 'waves'"
    for name in _repeated(listed):
        yield Fault(where, f"The wave '{name}' stands twice.", "List each wave once.")
    for name in (each for each in listed if each not in waves):
        guess = nearest(name, waves)
        remedy = f"Did you mean '{guess}'?" if guess else "Make the folder, or take the wave off the list."
        yield Fault(where, f"There is no folder '{name}'.", remedy)
    for name in (each for each in waves if listed and each not in listed):
        yield Fault(where, f"The folder '{name}' is not listed.", "Add it at its place in the order.")
