"""Files of codings: a blind sample for people to code, and what they filled in.

A file has one row a response: `response_id`; `question_id` and `wave` where a consultation has several; and either one
column `coder_<name>` a coder, with the codes parted by ";", or one coder's `theme_1`, `theme_2` ... (the workbook of
`manifesto sample`). A theme is given by its code or its title; NONE says that the response is outside the vision; a row
left empty was not coded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import Fault, InputError
from analysis.evaluate import NONE, Coding, ResponseKey
from analysis.files import write_atomically
from analysis.readers import FormatOptions, Table, normalise_header, read_table
from analysis.review_book import OWNER
from analysis.tables import rows_of
from analysis.types import RawText, Status, VisionCode
from analysis.vision import Framework

SHEET, CODEBOOK = "Coding", "Codebook"
THEME_COLUMNS = ("theme_1", "theme_2", "theme_3", "theme_4")
_NONE_WORDS = ("none", "none of these", "none of them", "outside the vision")
_CODER = re.compile(r"^coder[ _](.+)$")
_THEME = re.compile(r"^theme[ _]\d+$")
_NOTES = (
    "One row a response. Read the response, then give every theme of the vision that it clearly raises.",
    "Choose from the lists in theme_1 to theme_4; for a response that fits no theme choose NONE in theme_1.",
    "Leave a row empty if you did not code it. Do not look at the machine's answer, or at another coder's.",
    "Then run: manifesto evaluate THIS_FILE [FILES OF OTHER CODERS] --consultation DIR_OF_CONSULTATION",
)


@dataclass(frozen=True, slots=True)
class CodedFile:
    """The codings of one file, and the texts it holds by response (empty without a column `text`)."""

    codings: tuple[Coding, ...]
    texts: Mapping[ResponseKey, RawText]


# --- reading ----------------------------------------------------------------------------------------------------------


def read_codings(
    paths: Sequence[Path], framework: Framework, questions: Sequence[str] = (), waves: Sequence[str] = ()
) -> CodedFile:
    """Read what people coded. `questions` and `waves` are the consultation's: of one only, files need not name it.

    Raises InputError with every fault of all files, by row and column; a fault never holds a response's words.
    """
    faults: list[Fault] = []
    codes: dict[str, dict[ResponseKey, frozenset[VisionCode]]] = {}
    texts: dict[ResponseKey, RawText] = {}
    for path in paths:
        sheet = _Sheet(path, read_table(path, FormatOptions(header_rows=1)), framework, questions, waves)
        faults += sheet.faults()
        texts.update(sheet.texts())
        for coder, key, own, where in sheet.codes():
            if codes.setdefault(coder, {}).setdefault(key, own) != own:
                faults.append(Fault(where, f"'{coder}' coded this response twice, differently.", "Keep one of them."))
    if not faults and not any(codes.values()):
        faults.append(Fault(", ".join(path.name for path in paths), "No row is coded.", "Fill in codes, or NONE."))
    if faults:
        raise InputError(faults)
    return CodedFile(tuple(Coding(coder, codes[coder]) for coder in sorted(codes)), texts)


class _Sheet:
    """One file of codings, read row by row."""

    def __init__(
        self, path: Path, table: Table, framework: Framework, questions: Sequence[str], waves: Sequence[str]
    ) -> None:
        self._path, self._table = path, table
        self._choices = {"question_id": tuple(questions), "wave": tuple(waves)}
        self._known = _known_themes(framework)
        names = {i: normalise_header(column.name) for i, column in enumerate(table.columns)}
        self._themes = [i for i, name in names.items() if _THEME.match(name)]
        self._coders = {i: found[1] for i, name in names.items() if (found := _CODER.match(name))}
        self._id, self._text, self._coder = (self._at(name) for name in ("response_id", "text", "coder"))

    def _at(self, name: str) -> int | None:
        return next(iter(self._table.find(name)), None)

    def faults(self) -> list[Fault]:
        found = [Fault(f"{self._path.name}, row {r.row}", r.reason, r.remedy) for r in self._table.rejected]
        if self._id is None:
            found.append(self._fault("has no column 'response_id'.", "Add it: it says which response was coded."))
        if not self._themes and not self._coders:
            remedy = "Name a column coder_<name> for each coder, or theme_1, theme_2 ... for one."
            found.append(self._fault("has no column of codes.", remedy))
        for name, choices in self._choices.items():
            if self._at(name) is None and len(choices) > 1:
                found.append(self._fault(f"has no column '{name}'.", f"It is one of: {', '.join(choices)}."))
        return found or [fault for row in self._cells() for fault in self._cell_faults(*row)]

    def codes(self) -> Iterator[tuple[str, ResponseKey, frozenset[VisionCode], str]]:
        if self._id is None:
            return
        for where, coder, key, words in self._cells():
            own = [self._known[word] for word in words if word in self._known]
            if own:
                yield coder, key, frozenset(code for code in own if code != NONE), where

    def texts(self) -> Mapping[ResponseKey, RawText]:
        if self._text is None or self._id is None:
            return {}
        return {self._key(row.cells): RawText(row.cells[self._text]) for row in self._table.rows}

    def _cells(self) -> Iterator[tuple[str, str, ResponseKey, list[str]]]:
        """Where, coder, response and the words for themes, for each coding of a row."""
        for row in self._table.rows:
            where = f"{self._path.name}, row {row.row}"
            key = self._key(row.cells)
            for i, coder in self._coders.items():
                yield f"{where}, column '{self._table.columns[i].name}'", coder, key, _words(row.cells[i].split(";"))
            if self._themes:
                named = row.cells[self._coder].strip() if self._coder is not None else ""
                yield where, named or self._path.stem, key, _words(row.cells[i] for i in self._themes)

    def _key(self, cells: Sequence[str]) -> ResponseKey:
        return ResponseKey(self._given("wave", cells), cells[self._id or 0].strip(), self._given("question_id", cells))

    def _given(self, name: str, cells: Sequence[str]) -> str:
        at = self._at(name)
        return cells[at].strip() if at is not None else "".join(self._choices[name][:1])

    def _cell_faults(self, where: str, _coder: str, key: ResponseKey, words: Sequence[str]) -> Iterator[Fault]:
        if words and not key.response_id:
            yield Fault(where, "is coded but has no response_id.", "Give it, or empty the codes.")
        for word in words:
            if word not in self._known:
                near = get_close_matches(word, self._known, n=1, cutoff=0.7)
                hint = f"Did you mean {self._known[near[0]]}?" if near else "Use a theme's code or title, or NONE."
                yield Fault(where, "holds something that is no theme of the vision.", hint)
        codes = {self._known.get(word) for word in words}
        if NONE in codes and len(codes) > 1:
            yield Fault(where, "says NONE and names a theme too.", "Keep one of them.")

    def _fault(self, problem: str, remedy: str) -> Fault:
        return Fault(self._path.name, problem, remedy)


def _known_themes(framework: Framework) -> Mapping[str, VisionCode]:
    """Every way to write a theme, folded, to its code."""
    known = dict.fromkeys(_NONE_WORDS, NONE)
    for theme in framework.themes:
        for form in (theme.code, theme.title, f"{theme.code} {theme.title}"):
            known[_folded(form)] = theme.code
    return known


def _words(cells: Iterable[str]) -> list[str]:
    return [_folded(cell) for cell in cells if cell.strip()]


def _folded(form: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", form.casefold()))


# --- a blind sample ---------------------------------------------------------------------------------------------------


def draw_sample(responses: pd.DataFrame, size: int, seed: int) -> pd.DataFrame:
    """Draw responses by lot, each question of each wave in proportion; the lot is a hash, so rows' order is nothing.

    Substantive responses only, each text once. Returns at most `size` rows in a mixed order.
    """
    fit = responses[(responses["status"] == Status.SUBSTANTIVE) & (responses["duplicate_of"] == "")]
    keys = zip(fit["wave"], fit["response_id"], fit["question_id"], strict=True)
    fit = fit.assign(lot=[hashlib.sha256("\x1f".join((str(seed), *key)).encode()).hexdigest() for key in keys])
    fit = fit.sort_values("lot")
    turn = fit.groupby(["wave", "question_id"]).cumcount()
    stratum = fit.groupby(["wave", "question_id"])["lot"].transform("size")
    # the k-th of n drawn in a stratum stands at (k + 1/2) / n of the way, so that any first part is in proportion
    return fit.assign(place=(turn + 0.5) / stratum).sort_values(["place", "lot"]).head(size).sort_values("lot")


def write_coding_book(
    path: Path, sample: pd.DataFrame, framework: Framework, coder: str = "", consultation: str = ""
) -> None:
    """Write a workbook to code in: the responses without any answer of the machine, and the code frame beside them."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with write_atomically(path) as part, xlsxwriter.Workbook(str(part), options) as book:
        if consultation:
            book.set_custom_property(OWNER, consultation)
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet, frame = book.add_worksheet(SHEET), book.add_worksheet(CODEBOOK)
        header = ("wave", "response_id", "question_id", "text", *THEME_COLUMNS, "coder")
        rows = [(r.wave, r.response_id, r.question_id, r.text, "", "", "", "", coder) for r in rows_of(sample)]
        _write_sheet(sheet, header, rows, bold, wrapped)
        forms = [(f"{t.code} {t.title}", "; ".join(t.belongs), "; ".join(t.excludes)) for t in framework.themes]
        _write_sheet(frame, ("theme", "belongs here", "does not"), [*forms, (NONE, "fits no theme", "")], bold, wrapped)
        sheet.set_column(0, 2, 14)
        sheet.set_column(3, 3, 80)
        sheet.set_column(4, 8, 26)
        frame.set_column(0, 0, 34)
        frame.set_column(1, 2, 70)
        choices = {"validate": "list", "source": f"={CODEBOOK}!$A$2:$A${len(forms) + 2}"}
        sheet.data_validation(1, 4, max(1, len(rows)), 7, choices)
        notes = book.add_worksheet("Notes")
        notes.set_column(0, 0, 110)
        for number, note in enumerate(_NOTES):
            notes.write_string(number, 0, note)


def _write_sheet(sheet: Any, header: Sequence[str], rows: Sequence[Sequence[str]], bold: Any, wrapped: Any) -> None:
    for number, row in enumerate((header, *rows)):
        for column, value in enumerate(row):
            sheet.write_string(number, column, value, wrapped if number else bold)
    sheet.freeze_panes(1, 0)
