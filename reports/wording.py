"""Numbers and codes in plain British English: the filters of the templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.types import Certainty, Count, GapSummary, Quote, Side, ThemeChange
from reports.figures import STANCE_NAMES

MINUS: Final = "\u2212"
NO_FIGURE: Final = "\u2013"

_MARKED = {
    "name": "a word that may be a name",
    "number": "a long number",
    "contact": "a way to reach somebody",
    "address": "what may be an address",
    "combination": "facts that together may tell who somebody is",
}
_REDACTED: Final[Mapping[str, str]] = {
    "PERSON": "Names of people",
    "ADDRESS": "Addresses",
    "DATE_OF_BIRTH": "Dates of birth",
    "EMAIL": "Email addresses",
    "ID_NUMBER": "Account, case and reference numbers",
    "NHS_NUMBER": "NHS numbers",
    "NI_NUMBER": "National Insurance numbers",
    "PHONE": "Telephone numbers",
    "POSTCODE": "Full postcodes",
    "URL_OR_HANDLE": "Personal web links and social media names",
    "VEHICLE_REG": "Vehicle registrations",
    "DRIVING_LICENCE": "Driving licence numbers",
    "PASSPORT": "Passport numbers",
    "CARD": "Payment card numbers",
    "CARD_NUMBER": "Payment card numbers",
    "IBAN": "Bank account numbers",
    "BANK_ACCOUNT": "Bank account numbers",
    "IP_ADDRESS": "Internet (IP) addresses",
}
_LANGUAGES: Final[Mapping[str, str]] = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "cs": "Czech",
    "cy": "Welsh",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "gu": "Gujarati",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ku": "Kurdish",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nl": "Dutch",
    "pa": "Punjabi",
    "pl": "Polish",
    "ps": "Pashto",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "so": "Somali",
    "sq": "Albanian",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "yo": "Yoruba",
    "zh": "Chinese",
}
_EVIDENCE: Final[Mapping[str, str]] = {
    "figures": "Figures (how many, how much, how long)",
    "examples": "Examples (what happened, to whom, when)",
    "sources": "Sources (studies, data, what other places do)",
    "local knowledge": "Knowledge of the place (which street, which junction)",
    "proposals": "Proposals that say how, for whom or why",
}
_SMALL: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_CERTAINTY: Final[Mapping[Certainty, str]] = {
    "said": "A person says so",
    "clear": "Sure",
    "likely": "Fairly sure",
    "unsure": "Not sure",
}
_QUOTE_STANCES: Final[Mapping[Side, str]] = {**STANCE_NAMES, "open": "Comment"}


def number(value: int) -> str:
    """1234 as 1,234."""
    return f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """A number and its noun: 1 respondent, 1,234 respondents."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def worded(value: int) -> str:
    """A small number in words, as in running text: three; 1,234 from eleven on."""
    return _SMALL[value] if 0 <= value < len(_SMALL) else number(value)


def decimal(value: float | None) -> str:
    """A figure between 0 and 1 with two decimals; a dash where there is none."""
    return NO_FIGURE if value is None else f"{value:.2f}"


def percent(share: float) -> str:
    """A share (0 to 1) for tables, with one decimal; a small share is never shown as nothing."""
    return "under 0.1%" if 0 < share < 0.0005 else f"{100 * share:.1f}%"


def about(share: float) -> str:
    """A share (0 to 1) for running text, in whole per cent."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= share < 1 else f"{100 * share:.0f}%"


def points(change: float | None) -> str:
    """A change in percentage points with its sign; a dash where there is no earlier figure."""
    if change is None:
        return NO_FIGURE
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    return f"{sign}{abs(change):.1f}"


def change_in_words(change: float | None) -> str:
    """A change in percentage points as a phrase that follows "the share": "is up 2.3 percentage points"."""
    if change is None:
        return "has no earlier figure"
    if change == 0:
        return "is unchanged"
    unit = "percentage point" if abs(change) == 1 else "percentage points"
    return f"is {'up' if change > 0 else 'down'} {abs(change):.1f} {unit}"


def stance_name(stance: Side) -> str:
    """The heading of a stance's column: Likes, Dislikes, Hopes, Comments."""
    return STANCE_NAMES[stance]


def quote_stance(quote: Quote) -> str:
    """The words over a quote: Likes, Dislikes, Hopes or Comment."""
    return _QUOTE_STANCES[quote.stance]


def balance(count: Count) -> str:
    """The stances of a count in words: "Likes 12, dislikes 40"."""
    parts = [f"{STANCE_NAMES[stance].lower()}\u00a0{number(n)}" for stance, n in ordered(count.by_stance) if n]
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def ordered(by_stance: Mapping[Side, int]) -> list[tuple[Side, int]]:
    """Counts by stance in the fixed order of stances; stances without a count are 0."""
    return [(stance, by_stance.get(stance, 0)) for stance in STANCE_NAMES]


def interval(change: ThemeChange) -> str:
    """The interval of a change in percentage points: "+1.2 to +9.0"; a dash where nothing is known."""
    if change.low is None or change.high is None:
        return NO_FIGURE
    return f"{points(round(100 * change.low, 1))} to {points(round(100 * change.high, 1))}"


def certainty(value: Certainty) -> str:
    """How surely a topic is outside the vision, in a word or two."""
    return _CERTAINTY[value]


def certainty_in_words(gap: GapSummary) -> str:
    """How surely a topic is outside the vision, as a sentence."""
    linked = "" if gap.share_linked is None else f": {about(gap.share_linked)} of the remarks on it are linked"
    return {
        "said": "A person who checked the themes says that the vision does not name it.",
        "clear": f"The machine is sure that no theme of the vision covers it{linked}.",
        "likely": f"The machine is fairly sure that no theme of the vision covers it{linked}.",
        "unsure": f"This may be no gap{linked or ', as few remarks were made'}. Read them first.",
    }[gap.certainty]


def evidence(kind: str) -> str:
    """A kind of evidence in words."""
    return _EVIDENCE.get(kind, kind.capitalize())


def redacted(label: str) -> str:
    """A type of personal data in words; an unknown type is shown readable."""
    return _REDACTED.get(label, label.replace("_", " ").capitalize())


def marked(mark: str) -> str:
    """What a response is marked for, in words."""
    return _MARKED.get(mark, mark)


def language(code: str) -> str:
    """The English name of a language code; an unknown code stands for itself."""
    return _LANGUAGES.get(code.split("-", maxsplit=1)[0].lower(), code)


def suppressed(value: int | None, min_cell: int) -> str:
    """A count of people, or "fewer than 10" where it is too small to show."""
    return f"fewer than {min_cell}" if value is None else number(value)
