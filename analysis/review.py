"""What a person is asked to look at: themes, a sample of responses with their vision links, quotes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analysis.anonymise.corrections import text_hash
from analysis.codebook import split_joined
from analysis.coding import themed_segments
from analysis.decisions import FIELDS, NONE, About, Decisions, ResponseKey, Verdict, codes_of
from analysis.embed import content_hash
from analysis.priorities import RESPONSE_KEY
from analysis.review_book import Book, Column, Row, Sheet
from analysis.summary import ReportSettings, quotable
from analysis.tables import rows_of
from analysis.types import SafeText, Status, ThemeState

NONE_OPTION = "none of them"
YES = "yes"
THEMES, RESPONSES, QUOTES = "Themes", "Responses", "Quotes"
STATE_OPTIONS = {"hide": str(ThemeState.HIDDEN), "confirm": str(ThemeState.CONFIRMED)}
QUOTE_OPTIONS = {"approve": str(Verdict.APPROVED), "refuse": str(Verdict.REFUSED)}
THEME_LINKS, LEAST_LINKS, LEAST_THEMES = 3, 4, 3
CHECKED = "Vision links checked"
_SCORES = ("low", "medium", "high")
_LISTS = ("Themes", "Themes or none", "Vision themes or none", "Yes", "Show or hide", "May be quoted")


class ReviewSettings(BaseModel):
    """How much a review asks a person to look at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample: int = Field(ge=0)
    uncertain: int = Field(ge=0)
    quotes: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class Results:
    """A consultation's published tables, how certain each response's links are, and what people decided so far.

    `vision` gives the title of each code, `questions` the text of each question. `margins` has the keys of responses
    and the distance of their nearest score to its threshold.
    """

    consultation: str
    tables: Mapping[str, pd.DataFrame]
    margins: pd.DataFrame
    decisions: Decisions
    vision: Mapping[str, str]
    questions: Mapping[str, str]


def option(name: str, identifier: str) -> str:
    """How a theme stands in a list to choose from: its name and, in brackets, its identifier."""
    return f"{' '.join(name.split())} [{identifier}]"


def link_columns(count: int) -> tuple[str, ...]:
    """Headings of the columns for vision links."""
    return tuple(f"Vision link {n}" for n in range(1, count + 1))


def theme_columns(count: int) -> tuple[str, ...]:
    """Headings of the columns for the themes of a response."""
    return tuple(f"Theme {n}" for n in range(1, count + 1))


def review_book(
    results: Results, settings: ReviewSettings, report: ReportSettings, others: Sequence[Sheet] = ()
) -> Book:
    """Return the workbook to fill in; `others` are further sheets, after its own."""
    sheets = (_themes_sheet(results), _responses_sheet(results, settings), _quotes_sheet(results, settings, report))
    return Book(results.consultation, _notes(), (*sheets, *others), lists_of(results))


def _notes() -> tuple[tuple[str, str], ...]:
    text = resources.files("analysis").joinpath("review_notes.toml").read_text(encoding="utf-8")
    return tuple((note["about"], note["text"]) for note in tomllib.loads(text)["notes"])


def lists_of(results: Results) -> dict[str, tuple[str, ...]]:
    """The lists to choose from, by name."""
    themes = tuple(sorted(theme_options(results).values(), key=str.casefold))
    vision = tuple(option(title, code) for code, title in results.vision.items())
    lists = (themes, (NONE_OPTION, *themes), (NONE_OPTION, *vision), (YES,), tuple(STATE_OPTIONS), tuple(QUOTE_OPTIONS))
    return dict(zip(_LISTS, lists, strict=True))


def theme_options(results: Results) -> dict[str, str]:
    """The themes that one may choose, by identifier: all but those merged into others."""
    themes = results.tables["themes"]
    return {t.theme_id: option(t.label, t.theme_id) for t in rows_of(themes[themes["state"] != str(ThemeState.MERGED)])}


def links_of(results: Results) -> dict[ResponseKey, tuple[str, ...]]:
    """The vision links of responses as they stand, strongest first; those without any are missing."""
    return _by_response(results.tables["response_vision"], "vision_code")


def themes_of(results: Results) -> dict[ResponseKey, tuple[str, ...]]:
    """The themes of responses as they stand, strongest first; those without any are missing."""
    return _by_response(results.tables["response_themes"], "theme_id")


def substantive(results: Results) -> pd.DataFrame:
    """The responses that say something."""
    responses = results.tables["responses"]
    return responses[responses["status"] == Status.SUBSTANTIVE]


# --- themes -----------------------------------------------------------------------------------------------------------


def _themes_sheet(results: Results) -> Sheet:
    themes, people = results.tables["themes"], _respondents(results)
    found = sorted(rows_of(themes), key=lambda t: (-people.get(t.theme_id, 0), t.label, t.theme_id))
    asked = (
        Column("New label", 26, True, hint="A better name. Empty: the machine's stays."),
        Column("New description", 36, True, hint="One sentence. Empty: the machine's stays."),
        Column("Merge into", 30, True, "Themes", "Its answers count for the theme you choose."),
        Column("Show or hide", 12, True, "Show or hide", "hide: not in reports. confirm: a theme like the others."),
        *(
            Column(name, 22, True, "Vision themes or none", "Empty in all: the machine's links stay.")
            for name in link_columns(THEME_LINKS)
        ),
        Column("Split off answers that say", 26, True, hint="Words, parted by ;  Sentences with one of them leave."),
        Column("Label of the part", 22, True, hint="What the theme of these sentences is called."),
    )
    shown = (
        Column("Theme id", 14),
        Column("Label (machine)", 26),
        Column("Description (machine)", 36),
        Column("Keywords", 30),
        Column("Respondents", 12, number=True),
        Column("State", 12),
        Column("First wave", 12),
        Column("Vision links (machine)", 24),
    )
    rows = tuple(_theme_row(theme._asdict(), people, results) for theme in found)
    return Sheet(
        THEMES, "Every theme found. Change in the yellow columns what should be otherwise.", (*shown, *asked), rows
    )


def _theme_row(theme: Mapping[str, Any], people: Mapping[str, int], results: Results) -> Row:
    name = theme["theme_id"]
    was = {field: results.decisions.value(About.THEME, name, field) for field in FIELDS[About.THEME]}
    links = [_title(results, code) for code in split_joined(theme.get("vision_machine", theme["vision"]))]
    options = theme_options(results)
    return Row(
        (name,),
        was,
        (
            name,
            theme.get("label_machine") or theme["label"],
            theme.get("description_machine") or theme["description"],
            theme["keywords"],
            people.get(name, 0),
            theme["state"],
            theme["first_wave"],
            "; ".join(links) or NONE_OPTION,
            was["label"],
            was["description"],
            options.get(was["merged_into"], was["merged_into"]),
            next((text for text, state in STATE_OPTIONS.items() if state == was["state"]), ""),
            *_options(was["vision"], {c: option(t, c) for c, t in results.vision.items()}, THEME_LINKS),
            was["split_words"],
            was["split_label"],
        ),
    )


def _respondents(results: Results) -> dict[str, int]:
    """Respondents of each theme as the machine found it, and of each part that a person split off."""
    segments = results.tables["segments"]
    if segments.empty:
        return {}
    who = results.tables["responses"][[*RESPONSE_KEY, "respondent"]]
    found = [
        themed_segments(each).merge(who, on=RESPONSE_KEY).groupby("theme_id")["respondent"].nunique()
        for each in (segments, _as_found(segments))
    ]
    return {str(theme): int(count) for counts in found for theme, count in counts.items()}


def _as_found(segments: pd.DataFrame) -> pd.DataFrame:
    """Segments with the themes that the machine gave them."""
    if "theme_machine" not in segments:
        return segments
    return segments.assign(theme_id=segments["theme_machine"], also=segments["also_machine"])


# --- responses --------------------------------------------------------------------------------------------------------


def _responses_sheet(results: Results, settings: ReviewSettings) -> Sheet:
    links, themes = links_of(results), themes_of(results)
    chosen = sample_responses(results, settings)
    width = max([LEAST_LINKS, *(len(links.get(key, ())) for key in chosen)])
    depth = max([LEAST_THEMES, *(len(themes.get(key, ())) for key in chosen)])
    columns = (
        Column("Wave", 12),
        Column("Response id", 14),
        Column("Question", 24),
        Column("Answer", 70),
        Column("Why it is here", 22),
        Column("Certainty", 10),
        Column("Themes (machine)", 28),
        Column("Vision links (machine)", 28),
        Column(CHECKED, 12, True, "Yes", "yes: you read the answer, and the links beside are right."),
        *(
            Column(name, 24, True, "Vision themes or none", "What stands now. Change it where it is wrong.")
            for name in link_columns(width)
        ),
        *(
            Column(name, 28, True, "Themes or none", "What stands now. Change it where it is wrong.")
            for name in theme_columns(depth)
        ),
    )
    about = f"{len(chosen)} answers to check, with the machine's links and themes."
    return Sheet(RESPONSES, about, columns, tuple(_response_rows(results, chosen, links, themes, width, depth)))


def _response_rows(
    results: Results,
    chosen: Mapping[ResponseKey, tuple[str, str]],
    links: Mapping[ResponseKey, tuple[str, ...]],
    themes: Mapping[ResponseKey, tuple[str, ...]],
    width: int,
    depth: int,
) -> Iterable[Row]:
    labels = {t.theme_id: t.label for t in rows_of(results.tables["themes"])}
    vision = {code: option(title, code) for code, title in results.vision.items()}
    theme_names = {name: option(label, name) for name, label in labels.items()}
    text_of = {_key(row): row.text for row in rows_of(substantive(results))}
    machine = _machine_themes(results)
    for key, (why, certainty) in chosen.items():
        was = {field: results.decisions.value(About.RESPONSE, key, field) for field in FIELDS[About.RESPONSE]}
        now, coded = links.get(key, ()), themes.get(key, ())
        found = codes_of(results.decisions.first_before(key, "vision")) if was["vision"] else now
        yield Row(
            key,
            was,
            (
                key[0],
                key[1],
                results.questions.get(key[2], key[2]),
                text_of[key],
                why,
                certainty,
                "; ".join(labels.get(theme, theme) for theme in machine.get(key, ())) or NONE_OPTION,
                "; ".join(_title(results, code) for code in found) or NONE_OPTION,
                YES if was["vision"] else "",
                *_options("; ".join(now) or NONE, vision, width),
                *_options("; ".join(coded) or NONE, theme_names, depth),
            ),
        )


def sample_responses(results: Results, settings: ReviewSettings) -> dict[ResponseKey, tuple[str, str]]:
    """The responses to look at, each with why and how certain its links are.

    First what people decided before; then a sample drawn in turn from every vision theme, question and level of
    certainty, so that small themes are seen; then those of which the machine is least certain. Within a group the order
    is by content hash, which is as good as by lot and the same each time. Each text stands once.
    """
    decided = {*results.decisions.codes("vision"), *results.decisions.codes("themes")}
    rows = substantive(results).merge(results.margins, on=RESPONSE_KEY, how="left").fillna({"margin": 0.0})
    level = _levels(rows["margin"])
    links = links_of(results)
    before: dict[ResponseKey, tuple[str, str]] = {}
    groups: dict[tuple[str, str, str], list[tuple[str, ResponseKey]]] = {}
    pool: dict[ResponseKey, tuple[float, str, str]] = {}
    texts: set[str] = set()
    for row, certainty in zip(rows_of(rows), level, strict=True):
        key = _key(row)
        if key in decided:
            before[key] = ("decided before", certainty)
            texts.add(row.text)
    for row, certainty in zip(rows_of(rows), level, strict=True):
        key, digest = _key(row), content_hash(row.text)
        if key in before or row.duplicate_of or row.text in texts:
            continue
        texts.add(row.text)
        pool[key] = (row.margin, digest, certainty)
        for code in links.get(key, (NONE,)):
            groups.setdefault((code, row.question_id, certainty), []).append((digest, key))
    turns = zip_longest(*(sorted(group) for _, group in sorted(groups.items())))
    drawn = list(dict.fromkeys(pair[1] for turn in turns for pair in turn if pair))[: settings.sample]
    rest = sorted((pool[key], key) for key in pool if key not in set(drawn))[: settings.uncertain]
    return {
        **before,
        **{key: ("drawn by lot", pool[key][2]) for key in drawn},
        **{key: ("least certain", certainty) for (_, _, certainty), key in rest},
    }


def _levels(margins: pd.Series[float]) -> list[str]:
    """Low, medium or high certainty: thirds of the responses by their margin."""
    if margins.empty:
        return []
    bounds = np.quantile(margins, [1 / 3, 2 / 3])
    return [_SCORES[int(np.searchsorted(bounds, margin, side="left"))] for margin in margins]


def _machine_themes(results: Results) -> dict[ResponseKey, tuple[str, ...]]:
    themed = themed_segments(_as_found(results.tables["segments"]))
    return _by_response(themed.assign(score=themed["theme_score"]), "theme_id")


# --- quotes -----------------------------------------------------------------------------------------------------------


def _quotes_sheet(results: Results, settings: ReviewSettings, report: ReportSettings) -> Sheet:
    columns = (
        Column("Where it may be shown", 36),
        Column("Question", 24),
        Column("Answer", 80),
        Column("May it be quoted?", 14, True, "May be quoted", "approve or refuse. Empty: not judged."),
    )
    text_of = {_key(row): row.text for row in rows_of(substantive(results))}
    rows = tuple(
        Row(
            (*key, text_hash(SafeText(text_of[key]))),
            {"quote": (said := results.decisions.value(About.QUOTE, key, "quote"))},
            (
                "; ".join(places),
                results.questions.get(key[2], key[2]),
                text_of[key],
                next((text for text, verdict in QUOTE_OPTIONS.items() if verdict == said), ""),
            ),
        )
        for key, places in quote_candidates(results, settings, report).items()
    )
    about = "Answers that reports may quote. Nothing was redacted in them; look for what still tells who wrote them."
    return Sheet(QUOTES, about, columns, rows)


def quote_candidates(
    results: Results, settings: ReviewSettings, report: ReportSettings
) -> dict[ResponseKey, tuple[str, ...]]:
    """The answers that a report may quote, most typical first for each theme, with where; and those judged before."""
    rows = quotable(substantive(results), report)
    themes, coded = results.tables["themes"], results.tables["response_themes"]
    shown = themes[~themes["state"].isin([str(ThemeState.MERGED), str(ThemeState.HIDDEN)])]
    places: dict[ResponseKey, tuple[str, ...]] = {}
    groups = [(f"Theme: {t.label}", coded[coded["theme_id"] == t.theme_id]) for t in rows_of(shown)]
    links = results.tables["response_vision"]
    groups += [(f"Vision: {title}", links[links["vision_code"] == c]) for c, title in results.vision.items()]
    for place, raised in groups:
        typical = rows.merge(raised[[*RESPONSE_KEY, "score"]], on=RESPONSE_KEY)
        typical = typical.sort_values(["score", "text"], ascending=[False, True], kind="stable")
        for row in rows_of(typical.drop_duplicates("respondent").drop_duplicates("text").head(settings.quotes)):
            places[_key(row)] = (*places.get(_key(row), ()), place)
    for key in results.decisions.values(About.QUOTE, "quote"):
        if isinstance(key, tuple):
            places.setdefault(key, ("judged before",))
    there = {_key(row) for row in rows_of(substantive(results))}
    return {key: where for key, where in places.items() if key in there}


# --- small parts ------------------------------------------------------------------------------------------------------


def _key(row: Any) -> ResponseKey:
    return row.wave, row.response_id, row.question_id


def _by_response(table: pd.DataFrame, column: str) -> dict[ResponseKey, tuple[str, ...]]:
    found: dict[ResponseKey, tuple[str, ...]] = {}
    ordered = table.sort_values(["score", column], ascending=[False, True], kind="stable")
    for *key, code in ordered[[*RESPONSE_KEY, column]].itertuples(index=False, name=None):
        wave, response, question = key
        own = found.get((wave, response, question), ())
        found[(wave, response, question)] = own if code in own else (*own, code)
    return found


def _options(value: str, names: Mapping[str, str], width: int) -> list[str]:
    """Cells for a joined value; nothing is said by empty cells, and no theme by 'none of them'."""
    codes = codes_of(value)
    cells = [names.get(code, code) for code in codes] or ([NONE_OPTION] if value == NONE else [])
    return [*cells, *[""] * width][: max(width, len(cells))]


def _title(results: Results, code: str) -> str:
    return results.vision.get(code, code)
