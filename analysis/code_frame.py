"""Read the code frame that an analyst brings, as TOML or as a table (CSV, XLSX); tell all its faults at once."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.consultation import FILE_NAME, Consultation, nearest
from analysis.errors import Fault, InputError
from analysis.given import CodeFrame, GivenTheme, given_theme_id
from analysis.labels import LABEL_STOP_WORDS
from analysis.readers import FormatOptions, normalise_header, read_table
from analysis.types import VisionCode
from analysis.vision import load_framework

COLUMNS = ("label", "description", "examples", "id", "vision")
_TABLES = (".csv", ".tsv", ".txt", ".xlsx")
_MOST_THEMES = 70
_LONGEST_LABEL = 120
_LEAST_WORDS = 2
_SEPARATORS = ("\n", "|", ";")
_BULLET = re.compile(r"^(?:[-*•·–]\s*|\(?\d{1,2}[.)]\s+)")
_QUOTES = "\"'“”‘’"
_CATCH_ALL = re.compile(
    r"(none|neither|nothing) of (the|these|them).*|no (reason|answer|response|comment|theme|code)s?( given| applies)?"
    r"|others?( (themes?|comments?|issues?|topics?|remarks?|answers?))?( \(.*\))?|not (coded|applicable)|n/?a"
    r"|misc(ellaneous)?|uncod(ed|able)|don'?t know|unclear|blank|off[- ]topic|irrelevant",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FrameRead:
    """A code frame, what it is called, and what its analyst should know of it."""

    frame: CodeFrame
    name: str
    warnings: tuple[str, ...]

    @property
    def line(self) -> str:
        """One line on what was read."""
        examples = sum(len(theme.examples) for theme in self.frame.themes)
        beside = "other themes are found beside them" if self.frame.mode == "beside" else "no other themes are found"
        return f"{self.name}: {len(self.frame.themes)} themes given, {examples} examples; {beside}"


@dataclass(frozen=True, slots=True)
class _Row:
    """One theme as written, and where it stands."""

    where: str
    label: str
    description: str
    examples: tuple[str, ...]
    key: str
    vision: tuple[str, ...]


def read_code_frame(consultation: Consultation) -> FrameRead | None:
    """Read the code frame a consultation names, if it names one.

    Raises:
        InputError: with every fault of the file: what cannot be read, unknown columns, empty, doubled or overlong
            labels, doubled identifiers, themes of too few words, unknown codes of the vision.
    """
    entry = consultation.code_frame
    if entry is None:
        return None
    path = consultation.folder / entry.file
    rows, faults, warnings = _read(path, f"{consultation.folder.name}/{entry.file}")
    catch_alls = [row for row in rows if _CATCH_ALL.fullmatch(row.label)]
    themes = [row for row in rows if row not in catch_alls]
    warnings += [
        f"{row.where}: '{row.label}' is no theme but what is left over; it is not coded. Answers that fit no theme are "
        "reported as such"
        for row in catch_alls
    ]
    faults += [*_frame_faults(themes, entry.file, bool(faults)), *_vision_faults(themes, consultation)]
    if faults:
        raise InputError(faults)
    warnings += _advice(themes)
    given = tuple(
        GivenTheme(
            given_theme_id(row.key or row.label),
            row.label,
            row.description,
            row.examples,
            tuple(VisionCode(code) for code in row.vision),
        )
        for row in themes
    )
    return FrameRead(CodeFrame(given, entry.mode), entry.file, tuple(warnings))


def split_examples(cell: str) -> tuple[str, ...]:
    """Part a cell of examples at line ends, else at '|', else at ';'; never at commas, which sentences have."""
    separator = next((each for each in _SEPARATORS if each in cell.strip()), "\n")
    parts = (_BULLET.sub("", part.strip()).strip().strip(_QUOTES).strip() for part in cell.split(separator))
    return tuple(dict.fromkeys(part for part in parts if part))


# --- the file ---------------------------------------------------------------------------------------------------------


def _read(path: Path, where: str) -> tuple[list[_Row], list[Fault], list[str]]:
    if not path.is_file():
        beside = [p.name for p in path.parent.iterdir() if p.suffix.lower() in (*_TABLES, ".toml")]
        guess = nearest(path.name, [name for name in beside if name != FILE_NAME])
        remedy = f"Did you mean '{guess}'?" if guess else f"Put the file beside {FILE_NAME}, or correct its name there."
        place = f"{path.parent.name}/{FILE_NAME}, [code_frame]"
        raise InputError([Fault(place, f"There is no file '{path.name}'.", remedy)])
    if path.suffix.lower() == ".toml":
        return _read_toml(path, where)
    if path.suffix.lower() in _TABLES:
        return _read_table(path, where)
    remedy = "Save it as .csv, .xlsx or .toml."
    raise InputError([Fault(where, f"A code frame '{path.suffix}' cannot be read.", remedy)])


def _read_table(path: Path, where: str) -> tuple[list[_Row], list[Fault], list[str]]:
    table = read_table(path, FormatOptions(header_rows=1))
    at = {name: found[0] for name in COLUMNS if (found := table.find(name))}
    others = [column.name for i, column in enumerate(table.columns) if i not in at.values()]
    faults = [Fault(f"{where}, row {row.row}", f"{row.reason}.", row.remedy) for row in table.rejected]
    faults += [
        Fault(f"{where}, column '{name}'", "This column is not known here.", f"Did you mean '{guess}'?")
        for name in others
        if (guess := nearest(name, [column for column in COLUMNS if column not in at]))
    ]
    if "label" not in at:
        remedy = f"Head the columns: {', '.join(COLUMNS)} (all but label may be left out)."
        return [], [*faults, Fault(where, "There is no column 'label'.", remedy)], []

    def cell(cells: Sequence[str], name: str) -> str:
        return cells[at[name]].strip() if name in at else ""

    rows = [
        _Row(
            f"{where}, row {row.row}",
            _one_line(cell(row.cells, "label")),
            _one_line(cell(row.cells, "description")),
            split_examples(cell(row.cells, "examples")),
            _one_line(cell(row.cells, "id")),
            tuple(code for code in re.split(r"[\s,;|]+", cell(row.cells, "vision")) if code),
        )
        for row in table.rows
        if any(part.strip() for part in row.cells)
    ]
    warnings = [f"{where}: column '{name}' is not read" for name in others if not nearest(name, COLUMNS)]
    return rows, faults, warnings


def _read_toml(path: Path, where: str) -> tuple[list[_Row], list[Fault], list[str]]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError([Fault(where, "The file is not UTF-8 text.", "Save it again with encoding UTF-8.")]) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError([Fault(where, f"Not valid TOML: {error}.", "Mend that line.")]) from None
    themes = raw.get("themes")
    faults = [
        Fault(f"{where}, '{key}'", "This key is not known here.", "A code frame is a list of [[themes]].")
        for key in raw
        if key != "themes"
    ]
    if not isinstance(themes, list) or not all(isinstance(theme, dict) for theme in themes):
        remedy = 'Head each theme with [[themes]], its label = "..." on the line below.'
        return [], [*faults, Fault(where, "There is no list of themes.", remedy)], []
    rows = []
    for number, theme in enumerate(themes, 1):
        place = f"{where}, [[themes]] number {number}"
        faults += _kind_faults(theme, place)
        rows.append(_toml_row(theme, place))
    return rows, faults, []


def _kind_faults(theme: Mapping[str, Any], place: str) -> Iterator[Fault]:
    for key, value in theme.items():
        at = f"{place}, key '{key}'"
        if key not in COLUMNS:
            guess = nearest(key, COLUMNS)
            remedy = f"Did you mean '{guess}'?" if guess else f"Use: {', '.join(COLUMNS)}."
            yield Fault(at, "This key is not known here.", remedy)
        elif key in ("examples", "vision"):
            if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
                yield Fault(at, "must be a list of texts.", 'Write it so: ["...", "..."]')
        elif not isinstance(value, str):
            yield Fault(at, "must be text.", "Put it in double quotes.")


def _toml_row(theme: Mapping[str, Any], place: str) -> _Row:
    def text(key: str) -> str:
        value = theme.get(key, "")
        return _one_line(value) if isinstance(value, str) else ""

    def texts(key: str, split: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
        value = theme.get(key, ())
        if isinstance(value, str):
            return tuple(split(value))
        return tuple(dict.fromkeys(_one_line(v) for v in value if isinstance(v, str) and v.strip())) if value else ()

    examples, vision = texts("examples", split_examples), texts("vision", str.split)
    return _Row(place, text("label"), text("description"), examples, text("id"), vision)


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- faults -----------------------------------------------------------------------------------------------------------


def _frame_faults(rows: Sequence[_Row], name: str, broken: bool) -> Iterator[Fault]:
    if not rows and not broken:
        yield Fault(name, "The code frame holds no theme.", "Give each theme a row with its label.")
    if len(rows) > _MOST_THEMES:
        yield Fault(name, f"The code frame holds {len(rows)} themes.", f"Use at most {_MOST_THEMES}: join the nearest.")
    for row in rows:
        yield from _row_faults(row)
    yield from _doubled(rows, "label", lambda row: row.label)
    yield from _doubled(rows, "id", lambda row: row.key)


def _row_faults(row: _Row) -> Iterator[Fault]:
    if not row.label:
        yield Fault(f"{row.where}, 'label'", "The theme has no label.", "Name it, or delete the row.")
    elif len(row.label) > _LONGEST_LABEL:
        problem = f"The label has {len(row.label)} characters."
        yield Fault(f"{row.where}, 'label'", problem, f"Use at most {_LONGEST_LABEL}; the rest belongs in description.")
    elif len(_topical_words(row)) < _LEAST_WORDS:
        problem, remedy = f"'{row.label}' says too little to code by.", "Describe it in a sentence, or give examples."
        yield Fault(f"{row.where}, 'description'", problem, remedy)


def _topical_words(row: _Row) -> set[str]:
    words = re.findall(r"[^\W\d_][\w'’-]+", " ".join([row.label, row.description, *row.examples]).casefold())
    return {word for word in words if word not in LABEL_STOP_WORDS}


def _doubled(rows: Sequence[_Row], field: str, value: Callable[[_Row], str]) -> Iterator[Fault]:
    counts = Counter(normalise_header(value(row)) for row in rows if value(row))
    seen: dict[str, str] = {}
    for row in rows:
        plain = normalise_header(value(row))
        if counts[plain] > 1:
            if plain in seen:
                problem = f"The {field} '{value(row)}' stands there and at {seen[plain].rsplit(', ', 1)[-1]}."
                remedy = f"Give each theme a {field} of its own, or join the two."
                yield Fault(f"{row.where}, '{field}'", problem, remedy)
            seen.setdefault(plain, row.where)


def _vision_faults(rows: Sequence[_Row], consultation: Consultation) -> list[Fault]:
    if not any(row.vision for row in rows):
        return []
    try:
        codes = load_framework(consultation.vision, consultation.folder).codes
    except InputError as error:
        return list(error.faults)
    return [
        Fault(f"{row.where}, 'vision'", f"'{code}' is no code of the vision.", _instead(code, codes))
        for row in rows
        for code in row.vision
        if code not in codes
    ]


def _instead(code: str, codes: Sequence[str]) -> str:
    guess = nearest(code, codes)
    return f"Did you mean '{guess}'?" if guess else f"Use: {', '.join(codes)}."


def _advice(rows: Sequence[_Row]) -> Iterator[str]:
    """What is no fault but makes coding worse."""
    for row in rows:
        if not row.description and not row.examples:
            yield f"{row.where}: '{row.label}' has a label alone; a sentence of description makes coding surer"
    described = Counter(normalise_header(row.description) for row in rows if row.description)
    for row in rows:
        if row.description and described[normalise_header(row.description)] > 1:
            yield f"{row.where}: '{row.label}' is described in the same words as another theme"
