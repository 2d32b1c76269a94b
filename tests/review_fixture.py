"""A small consultation as it stands after a run, by hand, and the machine's and people's say over it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pandas as pd
from conftest import responses_table

from analysis.coding import response_themes
from analysis.decided import Decided, Known, decided_segments, decided_tables
from analysis.decisions import Decisions
from analysis.review import Results, ReviewSettings, review_book
from analysis.review_book import open_book, write_book
from analysis.review_edits import Edits, edits_of
from analysis.settings import load_settings
from analysis.tables import CONTRACT, checked

VISION = {"GREEN": "Green places", "MOVE": "Getting about", "HOME": "A home"}
STANCES = {"likes": "like", "hopes": "hope"}
LABELS = ("Parks", "Buses", "Rents", "Dentists", "Bins", "=SUM(A1) of it")
TOPICS = ("parks and trees", "late buses", "rents that rise", "a dentist or doctor", "bins and rubbish", "odd sums")
KEYS = ["wave", "response_id", "question_id"]


def machine_tables(people: int = 24, waves: tuple[str, ...] = ("w1",)) -> dict[str, pd.DataFrame]:
    """Each person answers each question and says one or two things; what the stages alone would give."""
    responses, segments, links = [], [], []
    for wave in waves:
        for n in range(people):
            for question in STANCES:
                own = [(n + list(STANCES).index(question)) % len(TOPICS), (5 * n + 2) % len(TOPICS)][: 1 + n % 2]
                parts = [f"There should be {TOPICS[t]} in street {n}, {wave}." for t in own]
                key = {"wave": wave, "response_id": f"0{n}", "question_id": question}
                responses.append({**key, "text": " ".join(parts), "respondent": f"p{n}"})
                start = 0
                for i, (topic, text) in enumerate(zip(own, parts, strict=True)):
                    row = {"segment_id": f"s-{wave}-{n}-{question}-{i}", "start": start, "end": start + len(text)}
                    score = round(0.5 + topic / 20, 4)
                    further = {"also": f"t-{(topic + 2) % 6}", "also_scores": "0.41"} if n % 8 == 7 else {}
                    part = f"u-{topic}" if topic in (3, 4) and n % 2 else ""
                    found = {"theme_id": f"t-{topic}", "theme_score": score, "vision": "", "subtheme_id": part}
                    segments.append({"also": "", "also_scores": "", **key, **row, "text": text, **found, **further})
                    start += len(text) + 1
                codes = [code for i, code in enumerate(VISION) if i in {t % 4 for t in own}]
                links += [{**key, "vision_code": code, "score": 0.6} for code in codes]
    themes = [
        {"theme_id": f"t-{i}", "label": label, "description": f"About {label}.", "keywords": label.lower(),
         "first_wave": "w1" if i < 5 else waves[-1], "state": "confirmed" if i < 5 else "emerging",
         "vision": list(VISION)[i % 4] if i % 4 < 3 else "", "origin": "found"}
        for i, label in enumerate(LABELS)
    ]  # fmt: skip
    frames = {
        "responses": responses_table(responses),
        "segments": pd.DataFrame(segments),
        "themes": pd.DataFrame(themes),
    }
    parts = [(f"u-{i}", f"t-{i}", f"Part of {LABELS[i]}", "", "", "w1") for i in (3, 4)]
    frames["subthemes"] = pd.DataFrame(parts, columns=list(CONTRACT["subthemes"]))
    return {**frames, "response_vision": pd.DataFrame(links, columns=list(CONTRACT["response_vision"]))}


def published(machine: Mapping[str, pd.DataFrame], decisions: Decisions) -> Decided:
    """The tables as a run publishes them."""
    segments = decided_segments(machine["segments"], list(machine["themes"]["theme_id"]), decisions)
    tables = {**machine, "segments": segments, "response_themes": response_themes(segments, STANCES)}  # type: ignore[arg-type]
    decided = decided_tables(tables, decisions, Known(tuple(VISION), STANCES))  # type: ignore[arg-type]
    return Decided({name: checked(name, table) for name, table in decided.tables.items()}, decided.pointless)


def results(machine: Mapping[str, pd.DataFrame], decisions: Decisions | None = None, owner: str = "better") -> Results:
    decided = published(machine, decisions or Decisions()).tables
    margins = machine["responses"][KEYS].assign(margin=[(i * 7 % 10) / 10 for i in range(len(machine["responses"]))])
    questions = {"likes": "What do you like?", "hopes": "What do you hope for?"}
    return Results(owner, decided, margins, decisions or Decisions(), VISION, questions)


def exported(path: Path, found: Results, settings: ReviewSettings | None = None) -> Path:
    defaults = load_settings()
    write_book(path, review_book(found, settings or defaults.review, defaults.report))
    return path


def filled(path: Path, change: Callable[[openpyxl.Workbook], None]) -> Path:
    """A copy of a workbook that somebody changed and saved."""
    copy = path.with_name(f"{path.stem}-filled.xlsx")
    shutil.copyfile(path, copy)
    book = openpyxl.load_workbook(copy)
    change(book)
    book.save(copy)
    return copy


def put(sheet: str, cells: Mapping[tuple[str, ...], Mapping[str, object]]) -> Callable[[openpyxl.Workbook], None]:
    """Fill cells of the rows whose first cells are the given ones, by the headings of the columns."""

    def change(book: openpyxl.Workbook) -> None:
        page = book[sheet]
        columns = {str(cell.value): cell.column for cell in page[1]}
        for row in range(2, page.max_row + 1):
            for start, values in cells.items():
                if tuple(str(page.cell(row, i + 1).value) for i in range(len(start))) == start:
                    for name, value in values.items():
                        page.cell(row, columns[name]).value = value  # type: ignore[assignment]

    return change


def read(path: Path, found: Results) -> Edits:
    return edits_of(open_book(path), found)
