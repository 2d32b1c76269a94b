"""A first `consultation.toml` for an export, guessed from its columns, for a person to read and correct."""

from __future__ import annotations

import json
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from analysis.consultation import EXPORT_SUFFIXES, FILE_NAME, load_consultation
from analysis.errors import Fault, InputError
from analysis.ingest import IngestSettings, ingest_settings, load_wave, looks_like_header, personal_kind
from analysis.readers import FormatOptions, Table, normalise_header, read_table
from analysis.types import Stance, Wave


@dataclass(frozen=True, slots=True)
class GuessedQuestion:
    """A free-text column taken for a question."""

    id: str
    column: str
    text: str
    stance: Stance


@dataclass(frozen=True, slots=True)
class ScaffoldReport:
    """What was written and what was guessed. `personal` is (column, kind) of the columns left out as personal data.

    `unused` are the other columns that are not read: closed questions, dates, what the survey tool adds.
    """

    folder: Path
    wave: Wave
    rows: int
    response_id: str
    respondent_id: str
    questions: tuple[GuessedQuestion, ...]
    demographics: tuple[tuple[str, str], ...]
    personal: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    warnings: tuple[str, ...]


def scaffold(export: Path, name: str, into: Path, wave: str | None = None) -> ScaffoldReport:
    """Make the folder `into/<name as a slug>` with a commented `consultation.toml` and a copy of the export.

    The wave is the current month unless given. The folder appears whole or not at all.

    Raises:
        InputError: if the export cannot be read or holds no free text, or the consultation exists.
    """
    slug, wave_name = slugify(name), wave or f"{date.today():%Y-%m}"
    folder = into / slug
    _refuse(export, name, folder, wave_name)
    table = read_table(export, FormatOptions())
    guess = _guess(export, table)
    draft = into / f".{slug}.{os.getpid()}.new"
    try:
        _write(draft, export, wave_name, _toml(slug, name, export.name, guess))
        warnings = _proof(draft, Wave(wave_name))
        _appear(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return ScaffoldReport(
        folder=folder,
        wave=Wave(wave_name),
        rows=len(table.rows) + len(table.rejected),
        response_id=guess.response_id,
        respondent_id=guess.respondent_id,
        questions=guess.questions,
        demographics=guess.demographics,
        personal=guess.personal,
        unused=guess.unused,
        warnings=warnings,
    )


def slugify(name: str, longest: int = 60) -> str:
    """Small letters, digits and dashes: safe as an identifier, a folder name and an address. Can be empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words if len(words) <= longest else words[:longest].rsplit("-", 1)[0].strip("-")


# --- writing ----------------------------------------------------------------------------------------------------------


def _refuse(export: Path, name: str, folder: Path, wave: str) -> None:
    faults = []
    if not folder.name or folder == folder.parent or not slugify(name):
        faults.append(Fault("name", f"'{name}' has no letters or digits to name a folder by.", "Choose another name."))
    elif folder.exists():
        faults.append(Fault(str(folder), "This consultation exists.", "Choose another name, or remove the folder."))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]*", wave):
        faults.append(Fault("wave", f"'{wave}' cannot name a folder.", "Use letters, digits, '-' and '_': 2026-09."))
    if not export.is_file():
        faults.append(Fault(str(export), "There is no such file.", "Name an export of the survey tool."))
    elif export.suffix.lower() not in EXPORT_SUFFIXES:
        problem = f"A file '{export.suffix}' cannot be read."
        faults.append(Fault(export.name, problem, "Save it as .xlsx or .csv."))
    if faults:
        raise InputError(faults)


def _write(draft: Path, export: Path, wave: str, toml: str) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    (draft / wave).mkdir(parents=True)
    shutil.copyfile(export, draft / wave / (export.name.lstrip(".~$_") or f"export{export.suffix}"))
    (draft / FILE_NAME).write_text(toml, encoding="utf-8", newline="\n")


def _proof(draft: Path, wave: Wave) -> tuple[str, ...]:
    """The draft loads, or is not kept; returns the warnings of loading."""
    consultation = load_consultation(draft)
    settings: IngestSettings = ingest_settings(consultation)
    return load_wave(consultation, wave, dict(consultation.waves())[wave], settings).warnings


def _appear(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError as error:
        problem = f"The folder cannot be made: {error.strerror}."
        raise InputError([Fault(str(folder), problem, "Choose another name, or check permissions.")]) from None


_HEAD = """\
# What this consultation asked, and which columns of its exports hold the answers.
# Guessed from {export}: read it, correct it, then run `manifesto check` on this folder.
# A name of a column may be written as it stands in any header row of the export. Where later waves call it otherwise,
# give a list: column = ["What do you like?", "Q3. What do you like?"]

[consultation]
id = {id}
title = {title}
vision = "borough_manifesto"     # a framework shipped with the project, or the path of your own
# waves = ["2026-spring", "2026-autumn"]   # order of the wave folders, if their names do not sort
"""
_COLUMNS = """
# Who said it. The response id appears in working outputs, so it must not be an e-mail address or a name. The
# respondent id joins several answers of one person; it is replaced by a pseudonym on reading.
[columns]
"""
_QUESTIONS = """
# Free-text questions. `stance` is what the question asks for: like, dislike, hope or open. It is guessed from the
# words of the question: check it. `text` is how reports show the question.
"""
_CODE_FRAME = """
# Themes of your own (a code frame), to code the answers to: a table with the columns label, description, examples
# (and, if you like, id and vision) in a file beside this one. "alone": no other themes; "beside": others are found too.
# [code_frame]
# file = "frame.csv"
# mode = "beside"
"""
_DEMOGRAPHICS = """
# What respondents said about themselves, for breakdowns. Delete what you do not need: less data is less risk.
"""


def _toml(slug: str, title: str, export: str, guess: _Guess) -> str:
    parts = [
        _HEAD.format(export=_comment(export), id=_quoted(slug), title=_quoted(" ".join(title.split()))),
        _COLUMNS + _id_lines(guess),
        _QUESTIONS + "\n".join(_question_lines(question) for question in guess.questions),
        _DEMOGRAPHICS + "\n".join(_table_lines("demographics", id=i, column=c) for i, c in guess.demographics),
        _CODE_FRAME,
        _left_out("Left out, because they hold personal data. Nothing reads them", _personal_lines(guess)),
        _left_out("Not used: closed questions, dates, and what the survey tool adds", guess.unused),
    ]
    return "".join(parts)


def _id_lines(guess: _Guess) -> str:
    response = f"response_id = {_quoted(guess.response_id)}\n"
    respondent = f"respondent_id = {_quoted(guess.respondent_id)}\n"
    return (response if guess.response_id else "# no response id found: identifiers are made from the content\n") + (
        respondent if guess.respondent_id else "# respondent_id = ...   # without it, each row is one respondent\n"
    )


def _question_lines(question: GuessedQuestion) -> str:
    fields = {"id": question.id, "column": question.column, "text": question.text, "stance": question.stance}
    return _table_lines("questions", **fields)


def _table_lines(table: str, **values: str) -> str:
    return "".join([f"[[{table}]]\n", *(f"{key} = {_quoted(value)}\n" for key, value in values.items())])


def _personal_lines(guess: _Guess) -> list[str]:
    return [f"{column} ({kind})" for column, kind in guess.personal]


def _left_out(why: str, columns: Sequence[str]) -> str:
    lines = [f"#   {_comment(column)}\n" for column in columns]
    return "".join([f"\n# {why}:\n", *lines]) if columns else ""


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL."""
    writable = text.encode("utf-8", "replace").decode()
    return json.dumps(writable, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    """On one line and without the control characters that TOML forbids in comments."""
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text).split())


# --- guessing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Guess:
    response_id: str
    respondent_id: str
    questions: tuple[GuessedQuestion, ...]
    demographics: tuple[tuple[str, str], ...]
    personal: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """A column as it looks: `words` of its header in small letters, and its values that are not blank."""

    name: str
    label: str
    words: str
    values: tuple[str, ...]
    rows: int
    distinct: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "distinct", len(set(self.values)))

    def share(self, test: Callable[[str], object]) -> float:
        """Share of the values that pass (0 to 1)."""
        return sum(bool(test(value)) for value in self.values) / len(self.values) if self.values else 0.0


def _guess(export: Path, table: Table) -> _Guess:
    if not looks_like_header(table):
        problem = "The first row does not look like a header: it holds a number, a date or an e-mail address."
        raise InputError([Fault(export.name, problem, "Add a first row that names each column.")])
    looks = [_look(table, i) for i in range(len(table.columns))]
    personal = {look.name: kind for look in looks if (kind := _personal(look))}
    rest = [look for look in looks if look.name not in personal]
    response, respondent = _ids(rest)
    rest = [look for look in rest if look.name not in (response, respondent)]
    open_looks = [look for look in rest if _is_free_text(look)] or _longest(rest)
    if not open_looks:
        problem = "No column holds free text."
        raise InputError([Fault(export.name, problem, "Export the answers as text (not as codes), with all columns.")])
    rest = [look for look in rest if look not in open_looks]
    about = [look for look in rest if _is_demographic(look)]
    return _Guess(
        response_id=response,
        respondent_id=respondent,
        questions=tuple(_questions(open_looks)),
        demographics=tuple(_demographics(about)),
        personal=tuple(personal.items()),
        unused=tuple(look.name for look in rest if look not in about),
    )


def _look(table: Table, at: int) -> _Look:
    column = table.columns[at]
    values = [row.cells[at].strip() for row in table.rows]
    return _Look(
        column.name, column.label, _plain_words(column.label), tuple(value for value in values if value), len(values)
    )


def _plain_words(header: str) -> str:
    """`DistributionChannel`, `comment-id` as words in small letters."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return " ".join(re.sub(r"[^\w\s']|_", " ", normalise_header(spaced)).split())


_PERSONAL_VALUES: Mapping[str, re.Pattern[str]] = {
    "e-mail": re.compile(r"[^\s@]+@[^\s@]+\.\w+"),
    "IP address": re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{0,4}){3,7}", re.IGNORECASE),
    "phone number": re.compile(r"(\+44|0044|0)[\d ()-]{9,14}"),
    "postcode": re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}", re.IGNORECASE),
    "location": re.compile(r"-?\d{1,3}\.\d{4,}"),
}


def _personal(look: _Look) -> str:
    if kind := personal_kind(look.name) or personal_kind(look.label):
        return kind
    kinds = _PERSONAL_VALUES.items()
    return next((kind for kind, pattern in kinds if look.share(pattern.fullmatch) > 0.5), "")


_RESPONSE_ID = re.compile(r"^(response|comment|submission|entry|record|answer|survey response|respondent|reply)? ?id$")
_REFERENCE = re.compile(r"^(response |submission |consultation )?(reference|ref|number|no|uuid|guid)( number| no)?$")
_RESPONDENT_ID = re.compile(r"^(author|respondent|user|participant|person|member|resident|voter|contact) ?(id|number)$")


def _ids(looks: Sequence[_Look]) -> tuple[str, str]:
    """Names of the columns with response and respondent identifiers; empty where there is none."""
    unique = [look for look in looks if look.rows and look.distinct == look.rows and _short_values(look, 80)]
    candidates = [look.name for pattern in (_RESPONSE_ID, _REFERENCE) for look in unique if pattern.search(look.words)]
    response = candidates[0] if candidates else ""
    people = [look.name for look in looks if _RESPONDENT_ID.search(look.words) and look.name != response]
    return response, people[0] if people else ""


def _short_values(look: _Look, longest: int) -> bool:
    return all(len(value) <= longest for value in look.values)


_SYSTEM = re.compile(
    r"^(start|end|completion|submission|recorded|created|modified|last modified|submitted|date|timestamp|datetime"
    r"|date (created|modified|submitted)|submitted (date|at|on)) ?(time|date)?$|^(status|finished|progress|duration"
    r"|duration in seconds|distribution channel|user ?language|language|collector ?id|agrees|disagrees|moderated|votes"
    r"|score|source|channel|device|browser|user agent|total points|quiz feedback|tags?)$"
    r"|\banalyst\b|^notes?$|\binternal\b"
)
_NUMBER_OR_DATE = re.compile(r"[\d\s.,:/%£+-]+(T[\d:.]+Z?)?|[A-Z][a-z]{2} [A-Z][a-z]{2} \d.*")


def _is_system(look: _Look) -> bool:
    """What the survey tool adds, by the name of the column or its label."""
    return bool(_SYSTEM.search(look.words) or _SYSTEM.search(_plain_words(look.name)))


def _is_free_text(look: _Look) -> bool:
    """Mostly several words and mostly different; or, in a small export, headed as an open question."""
    if _is_system(look) or look.share(_NUMBER_OR_DATE.fullmatch) > 0.5 or _is_multiple_choice(look):
        return False
    if not look.values:
        return not look.rows and bool(_OPEN_HEADER.search(look.words))
    words = sum(len(value.split()) for value in look.values) / len(look.values)
    varied = look.distinct / len(look.values)
    asked_openly = bool(_OPEN_HEADER.search(look.words)) and not _DEMOGRAPHIC.search(look.words)
    if asked_openly:
        return words > 1.5 or varied > 0.5
    return words >= 5 and varied > 0.3 and not _DEMOGRAPHIC.search(look.words)


_OPEN_HEADER = re.compile(
    r"^(what|why|how (could|can|would|do|might)|where|tell us|please (tell|explain|describe|say|give|use|add))\b"
    r"|\b(comments?|why|tell us|explain|describe|feedback|hopes?|dislikes?|likes?|other please specify|ideas?"
    r"|suggestions?|anything else|in your own words)\b|\b(text|open ended response)$"
)


def _is_multiple_choice(look: _Look) -> bool:
    """Choices joined by `;` with one at the end (Microsoft Forms), or a column that repeats its own option's label."""
    own_label = normalise_header(look.label)
    repeats = look.distinct == 1 and own_label.endswith(normalise_header(look.values[0]))
    return repeats or look.share(lambda value: value.endswith(";")) > 0.5


def _longest(looks: Sequence[_Look]) -> list[_Look]:
    """The wordiest column left, if any holds answers of more than two words."""

    def words(look: _Look) -> float:
        return sum(len(value.split()) for value in look.values) / max(1, len(look.values))

    usable = [look for look in looks if not _is_system(look) and not _is_multiple_choice(look)]
    best = max(usable, key=words, default=None)
    return [best] if best and words(best) > 2 else []


_DEMOGRAPHIC = re.compile(
    r"\b(wards?|ages?|gender|sex|sexual|orientation|ethnic\w*|race|religion|faith|belief|disab\w*|tenure|occupation"
    r"|post ?code|employment status|working status|marital|pregnan\w*|carer|nationality|neighbourhood|area"
    r"|respondent type|are you|do you (live|work|rent|own|consider|have a)|how old|how long have you"
    r"|which school|school year|year group|capacity)\b"
)
_OPINION = re.compile(
    r"\b(agree|disagree|satisf\w*|support|oppose|important|importance|rate|rating|scale"
    r"|how (often|much|safe|likely|well|easy|far|strongly)|which of|priorit\w*|rank|overall|proposals?|option)\b"
)
_SCALE = re.compile(
    r"(strongly |very |fairly |neither |tend to |somewhat )?(dis)?(agree|satisfied|support|oppose|good|poor)"
)


def _is_demographic(look: _Look) -> bool:
    """Few different short values that are no opinions."""
    if not look.values or _is_system(look) or _is_multiple_choice(look) or not _short_values(look, 60):
        return False
    if _DEMOGRAPHIC.search(look.words) and not _OPINION.search(look.words):
        return look.distinct <= 60
    numbers = look.share(_NUMBER_OR_DATE.fullmatch) > 0.5
    opinions = _OPINION.search(look.words) or look.share(lambda value: _SCALE.match(value.lower())) > 0.3
    few = 1 < look.distinct <= 20 and look.distinct * 4 <= len(look.values)
    return few and not numbers and not opinions


def _questions(looks: Sequence[_Look]) -> Iterator[GuessedQuestion]:
    stances = [guess_stance(look.label) for look in looks]
    drafts = [
        GuessedQuestion(_question_id(look, stance, stances), look.name, look.label, stance)
        for look, stance in zip(looks, stances, strict=True)
    ]
    ids = _unique_ids([draft.id for draft in drafts])
    return (replace(draft, id=name) for draft, name in zip(drafts, ids, strict=True))


def _question_id(look: _Look, stance: Stance, stances: Sequence[Stance]) -> str:
    """The stance, if no other question shares it; else the words of the question."""
    return stance if stance != "open" and stances.count(stance) == 1 else slugify(look.label, 40) or "question"


def _demographics(looks: Sequence[_Look]) -> Iterator[tuple[str, str]]:
    ids = _unique_ids([slugify(look.label, 40) or "about" for look in looks])
    return zip(ids, (look.name for look in looks), strict=True)


def _unique_ids(names: Sequence[str]) -> list[str]:
    unique: list[str] = []
    for name in names:
        number, candidate = 1, name
        while candidate in unique:
            number += 1
            candidate = f"{name}-{number}"
        unique.append(candidate)
    return unique


_STANCE_WORDS: Mapping[Stance, re.Pattern[str]] = {
    "dislike": re.compile(
        r"\b(dis ?lik\w*|don ?'?t (you )?like|do not like|worst|hate|problems?|concern\w*|worr\w*|issues?"
        r"|challenges|wrong|improv\w*)\b"
    ),
    "hope": re.compile(
        r"\b(hop\w+|futures?|chang\w+|would (you )?(like|make|want)|could make|wish\w*|visions?|aspir\w+|dream\w*"
        r"|next \d+ years?|years? time|by 20\d\d|20 years)\b"
    ),
    "like": re.compile(r"\b(likes?|lov\w+|best|enjoy\w*|proud|good about|value most|most value|strengths?)\b"),
}
# "Anything you would like to add" asks for nothing in particular, and "what is it like" for no liking.
_NOT_LIKING = re.compile(
    r"\b(would )?(you )?(would )?like (us )?to (tell|say|add|share|comment|raise|make|let)\b"
    r"|\b(is|was|feels?|looks?|sounds?) (it )?like\b|\bwhat (is|was|'s) .{0,40}\blike\b"
)


def guess_stance(question: str) -> Stance:
    """Stance of a question by its words; `open` where they say nothing or say opposite things."""
    words = _NOT_LIKING.sub(" ", normalise_header(question))
    hoping = bool(_STANCE_WORDS["hope"].search(words))
    disliking = bool(_STANCE_WORDS["dislike"].search(words))
    liking = bool(_STANCE_WORDS["like"].search(_STANCE_WORDS["dislike"].sub(" ", words)))
    if hoping:
        return "open" if liking and disliking else "hope"
    if liking == disliking:
        return "open"
    return "like" if liking else "dislike"
