"""The contract's tables as people decided: the machine's say first, a person's over it, both told apart.

Stage results keep the machine's say alone; decisions are laid over them whenever tables are published. So they hold for
every wave, survive every re-run and can be taken back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from analysis.anonymise.corrections import text_hash
from analysis.codebook import SEPARATOR, Codebook, split_joined, themes_table
from analysis.decisions import About, Decision, Decisions, ResponseKey, codes_of
from analysis.priorities import RESPONSE_KEY
from analysis.tables import rows_of
from analysis.types import SafeText, Stance, Status, ThemeId, ThemeState, VisionCode, Wave

MACHINE, PERSON = "machine", "person"
BY_HAND = 1.0  # the score of a link that a person made
_SAID = ("label", "description", "vision")


@dataclass(frozen=True, slots=True)
class Known:
    """What decisions may speak of: the codes of the vision, and the stance of each question."""

    codes: Sequence[str]
    stance_of: Mapping[str, Stance]


@dataclass(frozen=True, slots=True)
class Decided:
    """The tables with decisions applied, and the decisions that fit nothing now, by their row in the file."""

    tables: Mapping[str, pd.DataFrame]
    pointless: Mapping[int, str] = field(default_factory=dict)


def part_id(theme: str) -> str:
    """The identifier of the part that is split off a theme: the same whatever words split it."""
    return f"t-{hashlib.blake2b(f'{theme} split'.encode(), digest_size=5).hexdigest()}"


def decided_segments(segments: pd.DataFrame, themes: Collection[str], decisions: Decisions) -> pd.DataFrame:
    """Return segments with the themes that people mean; the machine's are in `theme_machine` and `also_machine`.

    `themes` are the identifiers in the codebook. What is split off moves first, then what is merged.
    """
    machine = segments.assign(theme_machine=segments["theme_id"], also_machine=segments["also"])
    splits = {theme: re.compile(_says_any(words), re.IGNORECASE) for theme, words in _splits(themes, decisions).items()}
    ends = _ends([*themes, *map(part_id, splits)], decisions)

    def meant(theme: str, text: str) -> str:
        for parent, says in splits.items():
            theme = part_id(parent) if theme == parent and says.search(text) else theme
        return ends.get(theme, theme)

    if not splits and all(theme == end for theme, end in ends.items()):
        return machine
    best = [meant(theme, text) for theme, text in zip(segments["theme_id"], segments["text"], strict=True)]
    columns = (segments[name] for name in ("also", "also_scores", "text"))
    further = [
        _further(first, also, scores, lambda theme, text=text: meant(theme, text))  # type: ignore[misc]
        for first, also, scores, text in zip(best, *columns, strict=True)
    ]
    also, scores = ([pair[side] for pair in further] for side in (0, 1))
    parted = pd.Series(best, index=segments.index) != segments["theme_id"].map(ends).fillna("")
    part = segments["subtheme_id"].mask(parted, "")  # what was split off is no part of what it was a part of
    return machine.assign(theme_id=best, also=also, also_scores=scores, subtheme_id=part)


def _further(first: str, also: str, scores: str, meant: Callable[[str], str]) -> tuple[str, str]:
    """A segment's further themes after decisions, joined, with their scores; each once, and not its best again."""
    kept: dict[str, str] = {}
    for theme, score in zip(split_joined(also), split_joined(scores), strict=True):
        end = meant(theme)
        if end != first:
            kept.setdefault(end, score)
    return SEPARATOR.join(kept), SEPARATOR.join(kept.values())


def said_of_vision(themes: Iterable[str], decisions: Decisions, known: Known) -> dict[str, bool]:
    """The themes that people linked to the vision (True) or said to be outside it (False)."""
    said = {theme: decisions.value(About.THEME, theme, "vision") for theme in themes}
    linked = {theme: set(codes_of(value)) for theme, value in said.items() if value}
    return {theme: bool(codes) for theme, codes in linked.items() if not codes or codes & set(known.codes)}


def decided_codebook(codebook: Codebook, decisions: Decisions, known: Known) -> Codebook:
    """The codebook with themes as people decided; a part that was split off lies where its parent does."""
    if not codebook.themes:
        return codebook
    rows = list(rows_of(_themes(themes_table(codebook), decisions, known)))
    place: dict[str, int] = {theme.theme_id: i for i, theme in enumerate(codebook.themes)}
    for row in rows:  # a part stands after what it was split off
        place.setdefault(row.theme_id, place.get(row.split_from, 0))
    themes = tuple(
        replace(
            codebook.themes[place[row.theme_id]],
            theme_id=ThemeId(row.theme_id),
            label=row.label,
            first_wave=Wave(row.first_wave),
            state=ThemeState(row.state),
            vision=tuple(VisionCode(code) for code in split_joined(row.vision)),
        )
        for row in rows
    )
    return replace(codebook, themes=themes, centroids=codebook.centroids[[place[row.theme_id] for row in rows]])


def decided_tables(tables: Mapping[str, pd.DataFrame], decisions: Decisions, known: Known) -> Decided:
    """Lay decisions over the published tables; `segments` and `response_themes` come from `decided_segments`.

    Adds the columns `source` (machine or person), `*_machine`, `merged_into` and `split_from` where they belong.
    """
    themes = _themes(tables["themes"], decisions, known)
    responses, coded = tables["responses"], tables["response_themes"]
    decided = {
        **tables,
        "responses": responses.assign(quote=_quotes(responses, decisions)),
        "themes": themes,
        "response_themes": _response_themes(coded, responses, list(themes["theme_id"]), decisions, known),
        "response_vision": _response_vision(tables["response_vision"], responses, decisions, known),
    }
    decided |= _about_themes(tables, themes, decisions)
    return Decided(decided, _pointless(decided, decisions, known))


def _about_themes(
    tables: Mapping[str, pd.DataFrame], themes: pd.DataFrame, decisions: Decisions
) -> dict[str, pd.DataFrame]:
    """Tables that tell more of themes: the parts of a merged theme go with it, and themes are called as people do."""
    ends = _ends(list(themes["theme_id"]), decisions)
    labels = dict(zip(themes["theme_id"], themes["label"], strict=True))
    hidden = set(themes.loc[themes["state"] == str(ThemeState.HIDDEN), "theme_id"])
    found = {}
    if "subthemes" in tables:
        subthemes = tables["subthemes"]
        found["subthemes"] = subthemes.assign(theme_id=[ends.get(each, each) for each in subthemes["theme_id"]])
    if "theme_changes" in tables:
        changes = tables["theme_changes"]
        pairs = zip(changes["theme_id"], changes["label"], strict=True)
        found["theme_changes"] = changes.assign(label=[labels.get(theme, label) for theme, label in pairs])
    if "lineage" in tables:
        lineage = tables["lineage"]
        pairs = zip(lineage["new_theme_id"], lineage["new_label"], strict=True)
        gone = lineage["new_theme_id"].isin(hidden) | lineage["old_theme_id"].isin(hidden)
        found["lineage"] = lineage.assign(
            new_label=[labels.get(ends.get(theme, theme), label) for theme, label in pairs],
            hidden=lineage["hidden"].astype(bool) | gone,
        )
    return found


# --- themes -----------------------------------------------------------------------------------------------------------


def _themes(themes: pd.DataFrame, decisions: Decisions, known: Known) -> pd.DataFrame:
    found = {row.theme_id: _as_found(row._asdict()) for row in rows_of(themes)}
    for parent, words in _splits(found, decisions).items():
        found[part_id(parent)] = _part(found[parent], words, decisions)
    rows = [_theme(row, decisions, known) for row in found.values()]
    columns = dict.fromkeys([*themes.columns, *_as_found(dict.fromkeys(themes.columns))])
    return pd.DataFrame(_told_apart(_merged(rows, _ends(found, decisions))), columns=list(columns))


def _as_found(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {f"{name}_machine": row[name] for name in (*_SAID, "state")}
    return {**row, **said, "merged_into": "", "split_from": "", "source": MACHINE}


def _part(parent: Mapping[str, Any], words: str, decisions: Decisions) -> dict[str, Any]:
    """A theme that a person split off: the machine said nothing of it."""
    listed = _words(words)
    label = decisions.value(About.THEME, parent["theme_id"], "split_label") or f"{parent['label']}: {listed[0]}"
    return {
        **parent,
        "theme_id": part_id(parent["theme_id"]),
        "label": label,
        "description": f"Split off by a person: remarks that say {' or '.join(listed)}.",
        "keywords": SEPARATOR.join(listed),
        **{f"{name}_machine": "" for name in (*_SAID, "state")},
        "split_from": parent["theme_id"],
        "source": PERSON,
    }


def _theme(row: Mapping[str, Any], decisions: Decisions, known: Known) -> dict[str, Any]:
    said = {name: decisions.value(About.THEME, row["theme_id"], name) for name in (*_SAID, "state", "merged_into")}
    vision = codes_of(said["vision"])
    said["vision"] = SEPARATOR.join(code for code in vision if code in known.codes)
    if decisions.value(About.THEME, row["theme_id"], "vision") and not (vision and not said["vision"]):
        row = {**row, "vision": said["vision"], "source": PERSON}
    changes = {name: value for name, value in said.items() if value and name != "vision"}
    return {**row, **changes, "source": PERSON} if changes else dict(row)


def _merged(rows: Sequence[dict[str, Any]], ends: Mapping[str, str]) -> list[dict[str, Any]]:
    """Mark what is merged; a theme that others are merged into is as old and as sure as the first of them."""
    members: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        members.setdefault(ends[row["theme_id"]], []).append(row)
    order = {row["first_wave"]: place for place, row in reversed(list(enumerate(rows)))}  # waves as themes came up
    return [_after_merges(row, ends, members.get(row["theme_id"], []), order) for row in rows]


def _after_merges(
    row: dict[str, Any], ends: Mapping[str, str], members: Sequence[dict[str, Any]], order: Mapping[str, int]
) -> dict[str, Any]:
    end = ends[row["theme_id"]]
    if end != row["theme_id"]:
        return {**row, "state": str(ThemeState.MERGED), "merged_into": end}
    first = min((each["first_wave"] for each in members), key=order.__getitem__)
    sure = row["state"] == ThemeState.EMERGING and any(each["state"] == ThemeState.CONFIRMED for each in members)
    state = str(ThemeState.CONFIRMED) if sure else row["state"]
    return {**row, "first_wave": first, "state": state, "merged_into": ""}


def _told_apart(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give a machine's label that equals one that a person chose a number, since no two themes may be called alike."""
    shown = [row for row in rows if row["state"] not in (ThemeState.MERGED, ThemeState.HIDDEN)]
    taken = {row["label"].casefold() for row in shown if row["label"] != row["label_machine"]}
    apart = []
    for row in rows:
        label = row["label"]
        if row["label"] == row["label_machine"] and label.casefold() in taken:
            label = next(f"{label} ({n})" for n in range(2, len(rows) + 3) if f"{label} ({n})".casefold() not in taken)
            taken.add(label.casefold())
        apart.append({**row, "label": label})
    return apart


def _words(words: str) -> list[str]:
    return [word.strip() for word in words.split(";") if word.strip()]


def _says_any(words: str) -> str:
    """A pattern for texts that hold any of the words, parted by ';', from the beginning of a word."""
    patterns = (r"\s+".join(re.escape(part) for part in word.split()) for word in _words(words))
    return "|".join(rf"(?<!\w){pattern}" for pattern in patterns) or r"(?!)"


def _splits(themes: Collection[str], decisions: Decisions) -> dict[str, str]:
    """The themes to split with the words, a part only after the theme it comes from; those that are there."""
    wanted = {
        str(theme): words for theme, words in decisions.values(About.THEME, "split_words").items() if _words(words)
    }
    there, found = set(themes), dict[str, str]()
    while ready := sorted((set(wanted) & there) - set(found)):
        found.update({theme: wanted[theme] for theme in ready})
        there |= set(map(part_id, ready))
    return found


def _ends(themes: Iterable[str], decisions: Decisions) -> dict[str, str]:
    """Where each theme's answers go: along its merges to the last theme that is there."""
    into, there = decisions.values(About.THEME, "merged_into"), dict.fromkeys(themes)
    ends = {}
    for theme in there:
        end = step = theme
        while step in into:
            step = into[step]
            end = step if step in there else end
        ends[theme] = end
    return ends


# --- responses --------------------------------------------------------------------------------------------------------


def _quotes(responses: pd.DataFrame, decisions: Decisions) -> list[str]:
    """Each response's verdict as a quote, if its text is still the one that was judged."""
    judged = _verdicts(decisions)
    if not judged:
        return [""] * len(responses)
    keys = zip(*(responses[column] for column in RESPONSE_KEY), strict=True)
    return [
        judged[key].after if key in judged and judged[key].text_hash == text_hash(SafeText(text)) else ""
        for key, text in zip(keys, responses["text"], strict=True)
    ]


def _verdicts(decisions: Decisions) -> dict[ResponseKey, Decision]:
    said = decisions.values(About.QUOTE, "quote")
    found = {key: decisions.last(About.QUOTE, key, "quote") for key in said if isinstance(key, tuple)}
    return {key: decision for key, decision in found.items() if decision is not None}


def _response_vision(table: pd.DataFrame, responses: pd.DataFrame, decisions: Decisions, known: Known) -> pd.DataFrame:
    said = {
        key: tuple(code for code in codes if code in known.codes)
        for key, codes in decisions.codes("vision").items()
        if not codes or set(codes) & set(known.codes)
    }
    return _overlaid(table, "vision_code", said, responses, list(known.codes))


def _response_themes(
    table: pd.DataFrame, responses: pd.DataFrame, themes: Sequence[str], decisions: Decisions, known: Known
) -> pd.DataFrame:
    ends = _ends(themes, decisions)
    said = {
        key: tuple(dict.fromkeys(ends[each] for each in codes if each in ends))
        for key, codes in decisions.codes("themes").items()
        if not codes or set(codes) & set(ends)
    }
    decided = _overlaid(table, "theme_id", said, responses, [])
    stance = decided["question_id"].map(known.stance_of)
    return decided.assign(stance=decided["stance"].where(decided["stance"].notna(), stance))


def _overlaid(
    table: pd.DataFrame,
    column: str,
    said: Mapping[ResponseKey, tuple[str, ...]],
    responses: pd.DataFrame,
    order: Sequence[str],
) -> pd.DataFrame:
    """The rows of `table`, those of decided responses replaced by what a person said.

    A link that the machine made too keeps its score; other values are taken over from the response's other rows.
    """
    machine = table.assign(source=MACHINE)
    place = _places(responses)
    here = {key: codes for key, codes in said.items() if key in place}
    if not here:
        return machine
    keys = list(zip(*(table[name] for name in RESPONSE_KEY), strict=True))
    is_decided = pd.Series([key in here for key in keys], index=table.index, dtype=bool)
    theirs: dict[ResponseKey, list[dict[str, Any]]] = {}
    for row in rows_of(machine[is_decided]):
        theirs.setdefault((row.wave, row.response_id, row.question_id), []).append(row._asdict())
    rows = [
        _row(dict(zip(RESPONSE_KEY, key, strict=True)), column, code, theirs.get(key, []))
        for key, codes in here.items()
        for code in codes
    ]
    by_hand = pd.DataFrame(rows, columns=machine.columns)
    both = pd.concat([part for part in (machine[~is_decided], by_hand) if len(part)] or [machine.iloc[:0]])
    rank = {code: i for i, code in enumerate(order)}
    at = [
        (place[key], rank.get(code, 0), code)
        for *parts, code in zip(*(both[name] for name in (*RESPONSE_KEY, column)), strict=True)
        for key in [(parts[0], parts[1], parts[2])]
    ]
    return both.iloc[sorted(range(len(both)), key=at.__getitem__)].reset_index(drop=True)


def _row(key: Mapping[str, str], column: str, code: str, theirs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    rows = list(theirs)
    same = next((row for row in rows if row[column] == code), None)
    other = rows[0] if rows else {}
    return {**other, **key, column: code, "score": same["score"] if same else BY_HAND, "source": PERSON}


def _places(responses: pd.DataFrame) -> dict[ResponseKey, int]:
    """Row of each substantive response."""
    rows = responses[responses["status"] == Status.SUBSTANTIVE]
    keys = zip(*(rows[column] for column in RESPONSE_KEY), strict=True)
    return {key: i for i, key in enumerate(keys)}


# --- what fits nothing ------------------------------------------------------------------------------------------------


def _pointless(tables: Mapping[str, pd.DataFrame], decisions: Decisions, known: Known) -> dict[int, str]:
    """Decisions that hold and yet change nothing now, by row, with the reason."""
    themes, places = set(tables["themes"]["theme_id"]), _places(tables["responses"])
    responses = tables["responses"]
    quotable = set(zip(*(responses.loc[responses["quote"] != "", column] for column in RESPONSE_KEY), strict=True))
    found = {row: _reason(d, themes, places, quotable, known) for row, d in decisions.holding()}
    return {row: reason for row, reason in found.items() if reason}


def _reason(
    decision: Decision,
    themes: set[str],
    places: Mapping[ResponseKey, int],
    quotable: set[Any],
    known: Known,
) -> str:
    if decision.about == About.THEME:
        if decision.theme_id not in themes:
            return f"the theme {decision.theme_id} is not among the themes now"
        if decision.field == "merged_into" and decision.after not in themes:
            return f"the theme {decision.after} to merge into is not among the themes now"
    elif decision.subject not in places:
        return "the answer is not among those with something to say now"
    elif decision.about == About.QUOTE and decision.subject not in quotable:
        return "the answer has changed since it was judged as a quote"
    codes = split_joined(decision.after) if decision.field in ("vision", "themes") and codes_of(decision.after) else ()
    unknown = [code for code in codes if code not in (known.codes if decision.field == "vision" else themes)]
    return f"not known now: {', '.join(unknown)}" if unknown else ""
