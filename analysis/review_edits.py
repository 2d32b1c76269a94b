"""What a person changed in a review workbook: decisions, or every fault by its cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.codebook import SEPARATOR
from analysis.decided import part_id
from analysis.decisions import NONE, About, Decision, ResponseKey, circle_in, codes_of, joined
from analysis.errors import Fault
from analysis.review import (
    CHECKED,
    LEAST_LINKS,
    LEAST_THEMES,
    NONE_OPTION,
    QUOTE_OPTIONS,
    QUOTES,
    RESPONSES,
    STATE_OPTIONS,
    THEME_LINKS,
    THEMES,
    YES,
    Results,
    link_columns,
    links_of,
    substantive,
    theme_columns,
    themes_of,
)
from analysis.review_book import FilledRow, read_sheet
from analysis.tables import rows_of
from analysis.types import ThemeState

LONGEST_LABEL, LONGEST_TEXT = 80, 500
_BRACKETED = re.compile(r"\[([^\[\]]+)\]$")
_TEXT_COLUMNS = {"label": "New label", "description": "New description", "split_label": "Label of the part",
                 "split_words": "Split off answers that say"}  # fmt: skip
_MERGE, _STATE, _QUOTE = "Merge into", "Show or hide", "May it be quoted?"
_AGAIN = "Export the workbook again and decide there."


@dataclass(frozen=True, slots=True)
class Change:
    """A decision that a workbook asks for, and the cell that asks. `by` and `when` are filled in on keeping it."""

    at: str
    decision: Decision

    def __str__(self) -> str:
        d = self.decision
        what = d.theme_id or f"answer {d.response_id}, {d.question_id}"
        after = d.after or "left to the machine"
        return f"{self.at}: {d.field.replace('_', ' ')} of {what}: {d.before or 'nothing'} -> {after}"


@dataclass(frozen=True, slots=True)
class Edits:
    """All that a workbook asks for, and all that is wrong with it. With a fault, nothing of it should be kept."""

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]


def edits_of(opened: Any, results: Results) -> Edits:
    """Read what was changed in an opened workbook, against the results and decisions as they are now."""
    reader = _Reader(results)
    changes: list[Change] = []
    faults: list[Fault] = []
    for name, columns, read in _sheets(opened, reader):
        rows, wrong = read_sheet(opened, name, columns)
        faults += wrong
        for row in rows:
            found = list(read(row))
            changes += [each for each in found if isinstance(each, Change)]
            faults += [each for each in found if isinstance(each, Fault)]
    return Edits(tuple(changes), (*faults, *_theme_faults(changes, results)))


def _sheets(
    opened: Any, reader: _Reader
) -> Iterator[tuple[str, Sequence[str], Callable[[FilledRow], Iterator[Change | Fault]]]]:
    links, themes = (_width(opened, name) for name in ("Vision link", "Theme"))
    yield THEMES, (*_TEXT_COLUMNS.values(), _MERGE, _STATE, *link_columns(THEME_LINKS)), reader.theme
    asked = (CHECKED, *link_columns(max(LEAST_LINKS, links)), *theme_columns(max(LEAST_THEMES, themes)))
    yield RESPONSES, asked, reader.response
    yield QUOTES, (_QUOTE,), reader.quote


def _width(opened: Any, heading: str) -> int:
    """How many columns of a kind the sheet of responses has."""
    if RESPONSES not in opened.sheetnames:
        return 0
    names = [str(cell.value or "") for cell in opened[RESPONSES][1]]
    return sum(bool(re.fullmatch(rf"{heading} \d+", name)) for name in names)


class _Reader:
    """Turns rows into changes and faults."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._themes = {t.theme_id: t._asdict() for t in rows_of(results.tables["themes"])}
        self._linked, self._coded = links_of(results), themes_of(results)
        self._responses = {(r.wave, r.response_id, r.question_id) for r in rows_of(substantive(results))}
        labels = {name: theme["label"] for name, theme in self._themes.items() if theme["state"] != ThemeState.MERGED}
        self._theme_names = _names(labels)
        self._vision_names = _names(results.vision)

    def theme(self, row: FilledRow) -> Iterator[Change | Fault]:
        name = row.key[0]
        if name not in self._themes:
            yield from _gone(row, f"the theme {name} is not among the themes any more")
            return
        for field, column in _TEXT_COLUMNS.items():
            if row.edited([column]):
                yield from self._theme_change(row, column, field, row.now[column], _text_fault(row, column, field))
        if row.edited([_MERGE]):
            target, fault = self._chosen(row, _MERGE, self._theme_names)
            own = Fault(row.at(_MERGE), "merges a theme into itself.", "Choose another.") if target == name else None
            yield from self._theme_change(row, _MERGE, "merged_into", target, fault or own)
        if row.edited([_STATE]):
            state, fault = self._chosen(row, _STATE, STATE_OPTIONS)
            yield from self._theme_change(row, _STATE, "state", state, fault)
        columns = link_columns(THEME_LINKS)
        if row.edited(columns):
            links, fault = self._several(row, columns, self._vision_names)
            yield from self._theme_change(row, columns[0], "vision", links, fault)

    def response(self, row: FilledRow) -> Iterator[Change | Fault]:
        links = [c for c in row.now if c.startswith("Vision link ")]
        themes = [c for c in row.now if c.startswith("Theme ")]
        key = (row.key[0], row.key[1], row.key[2])
        if key not in self._responses:
            yield from _gone(row, "this answer is not among those with something to say any more")
            return
        if row.edited([CHECKED, *links]):
            yield from self._links(row, key, links)
        if row.edited(themes):
            codes, fault = self._several(row, themes, self._theme_names, needed=True)
            before = joined(self._coded.get(key, ()))
            yield from self._change(row, themes[0], About.RESPONSE, key, "themes", before, codes, fault)

    def _links(self, row: FilledRow, key: ResponseKey, links: Sequence[str]) -> Iterator[Change | Fault]:
        if row.now[CHECKED] and row.now[CHECKED].casefold() != YES:
            yield Fault(row.at(CHECKED), "is neither 'yes' nor empty.", "Choose from the list.")
            return
        before = joined(self._links_now(key))
        if not row.now[CHECKED] and not row.edited(links):  # the yes was taken away: the machine's say again
            yield from self._change(row, CHECKED, About.RESPONSE, key, "vision", before, "", None)
            return
        codes, fault = self._several(row, links, self._vision_names, needed=True)
        first = next((column for column in links if row.edited([column])), CHECKED)
        yield from self._change(row, first, About.RESPONSE, key, "vision", before, codes, fault)

    def _links_now(self, key: ResponseKey) -> tuple[str, ...]:
        said = self._results.decisions.value(About.RESPONSE, key, "vision")
        return codes_of(said) if said else self._linked.get(key, ())

    def quote(self, row: FilledRow) -> Iterator[Change | Fault]:
        key = (row.key[0], row.key[1], row.key[2])
        if not row.edited([_QUOTE]):
            return
        if key not in self._responses:
            yield from _gone(row, "this answer is not among those with something to say any more")
            return
        verdict, fault = self._chosen(row, _QUOTE, QUOTE_OPTIONS)
        before = self._results.decisions.value(About.QUOTE, key, "quote")
        yield from self._change(row, _QUOTE, About.QUOTE, key, "quote", before, verdict, fault)

    def _theme_change(
        self, row: FilledRow, column: str, field: str, after: str, fault: Fault | None
    ) -> Iterator[Change | Fault]:
        theme = self._themes[row.key[0]]
        said = self._results.decisions.value(About.THEME, row.key[0], field)
        before = said or str(theme.get(f"{field}_machine") or theme.get(field, ""))
        yield from self._change(row, column, About.THEME, row.key[0], field, before, after, fault)

    def _change(
        self,
        row: FilledRow,
        column: str,
        about: About,
        subject: str | ResponseKey,
        field: str,
        before: str,
        after: str,
        fault: Fault | None,
    ) -> Iterator[Change | Fault]:
        """A change unless it is made already; a fault where somebody else decided otherwise since the export."""
        if fault:
            yield fault
            return
        now, last = (
            self._results.decisions.value(about, subject, field),
            self._results.decisions.last(about, subject, field),
        )
        text = row.key[3] if about == About.QUOTE else ""
        if now == after and (not last or last.text_hash == text):
            return
        if now != row.was.get(field, "") and now != after and last:
            said = f"'{now}'" if now else "to leave it to the machine"
            problem = f"{last.by} decided {said} on {last.when[:10]}, after this workbook was exported."
            yield Fault(row.at(column), problem, _AGAIN)
            return
        theme = subject if isinstance(subject, str) else ""
        wave, response, question = subject if isinstance(subject, tuple) else ("", "", "")
        yield Change(
            row.at(column),
            Decision("", "", about, theme, wave, response, question, field, before, after, text),
        )

    def _chosen(self, row: FilledRow, column: str, names: Mapping[str, str]) -> tuple[str, Fault | None]:
        said = row.now[column]
        found = _find(said, names)
        if said and not found:
            return "", Fault(row.at(column), "is nothing of the list.", "Choose from the list, or leave it empty.")
        return found, None

    def _several(
        self, row: FilledRow, columns: Sequence[str], names: Mapping[str, str], needed: bool = False
    ) -> tuple[str, Fault | None]:
        """The codes chosen in several cells, joined; 'none' for none of them; '' where all are empty."""
        codes: list[str] = []
        none = [column for column in columns if row.now[column].casefold() == NONE_OPTION]
        for column in (column for column in columns if row.now[column] and column not in none):
            code, fault = self._chosen(row, column, names)
            if fault:
                return "", fault
            codes += [code] if code not in codes else []
        if none and codes:
            return "", Fault(row.at(none[0]), f"says '{NONE_OPTION}' beside others.", "Empty one or the other.")
        if needed and not none and not codes:
            return "", Fault(row.at(columns[0]), "says nothing.", f"Choose from the list, or '{NONE_OPTION}'.")
        return (NONE if none else SEPARATOR.join(codes)), None


def _gone(row: FilledRow, problem: str) -> Iterator[Fault]:
    """A fault where something was decided on what is not there any more; else nothing needs saying."""
    edited = [column for column in row.now if row.edited([column])]
    if edited:
        yield Fault(row.at(edited[0]), f"{problem}.", "Undo this change, or export the workbook again.")


def _names(names: Mapping[str, str]) -> dict[str, str]:
    """What one may write for each code: the code, or its name where only one has it."""
    plain = [name.casefold() for name in names.values()]
    alone = {name.casefold(): code for code, name in names.items() if plain.count(name.casefold()) == 1}
    return {**alone, **{code.casefold(): code for code in names}}


def _find(said: str, names: Mapping[str, str]) -> str:
    """The code of a choice: by what stands in brackets at its end, else by the whole."""
    bracketed = _BRACKETED.search(said)
    return (names.get(bracketed[1].casefold(), "") if bracketed else "") or names.get(said.casefold(), "")


def _text_fault(row: FilledRow, column: str, field: str) -> Fault | None:
    text, most = row.now[column], LONGEST_LABEL if field.endswith("label") else LONGEST_TEXT
    if len(text) > most:
        return Fault(row.at(column), f"has {len(text)} characters.", f"Write at most {most}.")
    if text and not any(char.isalnum() for char in text):
        return Fault(row.at(column), "has neither letter nor digit.", "Write words, or leave it empty.")
    if field == "split_words" and any(part.strip() and len(part.strip()) < 3 for part in text.split(";")):
        return Fault(row.at(column), "holds a word of fewer than three letters.", "Write longer words, parted by ;")
    return None


# --- faults that only show in the whole -------------------------------------------------------------------------------


def _theme_faults(changes: Iterable[Change], results: Results) -> Iterator[Fault]:
    """Merges in a circle or into what is hidden or merged away, labels that stand twice, labels of no part."""
    by_field: dict[str, dict[str, Change]] = {}
    for change in changes:
        if change.decision.about == About.THEME:
            by_field.setdefault(change.decision.field, {})[change.decision.theme_id] = change

    def now(field: str) -> dict[str, str]:
        said = {str(k): v for k, v in results.decisions.values(About.THEME, field).items()}
        said.update({theme: change.decision.after for theme, change in by_field.get(field, {}).items()})
        return {theme: value for theme, value in said.items() if value}

    into, state = now("merged_into"), now("state")
    for theme, change in by_field.get("merged_into", {}).items():
        if theme in circle_in(into):
            yield Fault(change.at, "merges themes in a circle.", "Leave one of them out.")
        elif into.get(theme) and state.get(into[theme]) == ThemeState.HIDDEN:
            yield Fault(change.at, "merges into a theme that is hidden.", "Hide this one too, or choose another.")
    yield from _label_faults(by_field, into, state, now("label"), now("split_label"), results)
    words = now("split_words")
    for theme, change in by_field.get("split_label", {}).items():
        if change.decision.after and theme not in words:
            yield Fault(change.at, "names a part, but nothing is split off.", "Say which words, or empty it.")


def _label_faults(
    by_field: Mapping[str, Mapping[str, Change]],
    into: Mapping[str, str],
    state: Mapping[str, str],
    label: Mapping[str, str],
    split_label: Mapping[str, str],
    results: Results,
) -> Iterator[Fault]:
    out = {theme for theme in {*into, *state} if theme in into or state.get(theme) == ThemeState.HIDDEN}
    themes = rows_of(results.tables["themes"])
    names = {t.theme_id: label.get(t.theme_id) or getattr(t, "label_machine", "") or t.label for t in themes}
    names.update({part_id(t): name for t, name in split_label.items() if part_id(t) not in label})
    shown = {theme: " ".join(name.split()).casefold() for theme, name in names.items() if theme not in out}
    for field in ("label", "split_label"):
        for theme, change in by_field.get(field, {}).items():
            own = part_id(theme) if field == "split_label" else theme
            same = [other for other, name in shown.items() if other != own and name == shown.get(own)]
            if change.decision.after and same:
                problem = f"is the label of {same[0]} too."
                yield Fault(change.at, problem, "Choose another, or merge the two.")
