"""Text as residents typed it, made readable; whether it says anything; the language it is in."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from analysis.types import RawText, SafeText, Status

if TYPE_CHECKING:
    from ftfy import TextFixerConfig


class CleanSettings(BaseModel):
    """The table `[clean]` of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_language_chars: int = Field(ge=0)
    min_language_confidence: float = Field(ge=0, le=1)
    default_language: str = Field(pattern=r"^[a-z]{2,3}$")
    min_campaign_words: int = Field(ge=3)
    campaign_similarity: float = Field(gt=0, le=1)
    max_campaign_ratio: float = Field(ge=1)
    min_campaign_size: int = Field(ge=2)


# --- cleaning ---------------------------------------------------------------------------------------------------------

_MAX_PASSES = 8
_BLOCK_TAGS = "p|br|div|li|ul|ol|tr|td|th|table|tbody|thead|h[1-6]|hr|blockquote|section|article"
_INLINE_TAGS = "span|b|i|u|s|a|strong|em|small|big|font|sub|sup|mark|img|label|center"
# An attribute needs its "=": "if a <b and c> d" is arithmetic, not markup. The group itself is not possessive: before
# Python 3.11.5 that finds other attributes.
_ATTRIBUTES = r"""(?:\s++[\w:-]++\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>]++))*\s*+/?"""
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK_TAGS}){_ATTRIBUTES}>", re.I)
_INLINE_TAG = re.compile(rf"</?(?:{_INLINE_TAGS}){_ATTRIBUTES}>", re.I)
_NESTED_AMPERSAND = re.compile(r"&(?:amp;|#0*38;|#x0*26;)+", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NESTED_UNDERSCORE = re.compile(r"(?:_x005[fF])+_(?=x[0-9A-Fa-f]{4}_)")
_EXCEL_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_OPENERS = re.compile(r"[<>&_]")

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff]"
)
# Joiners carry meaning inside emoji and in Arabic and Indic scripts, nowhere else.
_JOINED = "\u0600-\u1fff\u2190-\u2bff\ufb50-\ufdff\ufe0f\ufe70-\ufefc\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])")

_LINE_BREAK = re.compile("\r\n?|[\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+|\u2800+")
_LINE_EDGE = re.compile(r" *\n *")
_BLANK_LINES = re.compile(r"\n{3,}")
_ELLIPSIS = re.compile(r"(?:…|\.(?: ?\.){2,})(?: ?[.…])*")


def clean_text(text: RawText) -> RawText:
    """The text without what machines put in: mojibake, markup, escapes, invisible characters, odd white space.

    Words, spelling, case, emoji and line breaks stay. Idempotent: what a decoding reveals is decoded too, and what is
    still wrapped after that many layers was not written by a resident and loses its wrapping characters.
    """
    current = str(text)
    for _ in range(_MAX_PASSES):
        cleaned = _clean_once(current)
        if cleaned == current:
            return RawText(current)
        current = cleaned
    return RawText(_settled(_OPENERS.sub(" ", current)))


def _settled(text: str) -> str:
    for _ in range(_MAX_PASSES):
        cleaned = _clean_once(text)
        if cleaned == text:
            break
        text = cleaned
    return text


def _clean_once(text: str) -> str:
    text = _without_tags(_decoded(text))
    return _tidy_space(_visible(_repaired(text)))


def _decoded(text: str) -> str:
    """Excel's `_xHHHH_` and HTML entities as the characters they stand for."""
    if "_x" in text:
        text = _EXCEL_ESCAPE.sub(lambda found: chr(int(found[1], 16)), _NESTED_UNDERSCORE.sub("_", text))
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), _NESTED_AMPERSAND.sub("&", text))
    return text


def _without_tags(text: str) -> str:
    """Known tags out; `<3`, `a < b` and `<script>` are text like any other."""
    return _INLINE_TAG.sub("", _BLOCK_TAG.sub("\n", text)) if "<" in text else text


def _repaired(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    import ftfy

    return ftfy.fix_text(text, _repair_config())


@lru_cache(maxsize=1)
def _repair_config() -> TextFixerConfig:
    from ftfy import TextFixerConfig

    return TextFixerConfig(unescape_html=False, uncurl_quotes=True, normalization="NFC", explain=False)


def _visible(text: str) -> str:
    return _STRAY_JOINER.sub("", _INVISIBLE.sub("", text))


def _tidy_space(text: str) -> str:
    text = _SPACES.sub(" ", _LINE_BREAK.sub("\n", text))
    text = _BLANK_LINES.sub("\n\n", _LINE_EDGE.sub("\n", text))
    return _ELLIPSIS.sub("…", text).strip()


# --- says nothing -----------------------------------------------------------------------------------------------------

_PLACEHOLDER = re.compile(r"\[(?:[A-Z][A-Z_ ]*\d*|illegible|unreadable|unclear|blank|\?)\]")
_MAX_EMPTY_WORDS = 15
_TOPICLESS = (
    "comments?|coments?|commets?|opinions?|views?|answers?|ideas?|responses?|suggestions?|feedback|preferences?"
    "|thoughts?|reply|concerns?|issues?|complaints?|problems?|clue|reason|dislikes"
)
_ABOVE = "above|before|previous|previously|prior|last|earlier|below|first|q ?\\d+|question \\d+|answer \\d+|attached"
_EMPTY_PHRASES = (
    # refusals and blanks in words
    r"n ?a|not? applicable|none?|nil|null|noth?ing?|nuffin|nuthing?|nowt|nope|nah|nay|no|zero|zilch|void|empty",
    r"no(?: (?:further|other|more|additional|specific|particular|real|strong|new|general))?"
    rf" (?:{_TOPICLESS})(?: to (?:make|add|give|offer))?",
    r"(?:left )?blank|skip(?:ped)?|pass|(?:id )?(?:prefer|rather) not(?: to)? (?:say|answer)|no answer|not answering",
    # pointing elsewhere
    r"(?:please )?(?:as|see|same(?: as)?|refer to|per|as per)"
    r"(?: (?:my|the|in|i|per|to|answers?|stated|said|mentioned|written))*"
    rf"(?: (?:{_ABOVE}))+"
    r"(?: (?:answers?|responses?|comments?|questions?|box|stated|said|one|section|letter|email|page|sheet))*",
    r"same(?: answer| again| here| thing)?|ditto|likewise|idem|all of the above|above",
    r"(?:as )?(?:previously|already) (?:stated|said|mentioned|answered)|answered (?:above|already|before)",
    # not knowing
    r"(?:im |am |i am )?(?:not (?:really |too |so |very |quite )?sure|unsure|undecided|uncertain)",
    r"(?:i )?(?:really )?(?:dont|do not|didnt|don) (?:really |actually |honestly )?(?:know|no|mind|care)",
    r"idk|dk|(?:i )?dunno|who knows|(?:hard|difficult) to say|i have (?:no idea|none)",
    r"(?:i )?(?:dont have|havent got) any",
    r"(?:i )?(?:cant|cannot|can not|couldnt) (?:really )?(?:think|say|comment)(?: of)?(?: any| anything| one)?",
    r"nothing (?:i can think of|(?:comes|springs) to mind|to (?:add|say|report|declare|mention|comment)|much|special"
    r"|major|specific|(?:in )?particular|particularly|else|new|further|more|whatsoever|of note)",
    r"not (?:really|much|a lot|at all|any|anything|particularly|especially|that i know of|that i can think of|yet)",
    # agreeing with nobody in particular, trying the form out
    r"yes|yeah|yea|yep|yup|aye|ok|okay|okey|(?:its )?all (?:good|fine|ok|okay|well)|maybe|perhaps|possibly",
    r"test(?:ing)?(?: \d+)*|asdf\w*|qwerty\w*|hi|hello|lorem ipsum|blah?|hmm?|mm|um+|er+m?|x|z|k",
    # the same in the languages most answers come in
    "rien|nada|niente|nichts|nic|brak|nimic|nieko|asgjë|hiç|ništo|nie wiem|nu știu|nu stiu|não sei|nao sei|no se",
    "je ne sais pas|nežinau|কিছু না|কিছুই না|নাই|না|jo|nie|tak|da|nu|sim|não|nao|oui|non|si",
    # what such answers are dressed with
    r"tbh|lol|haha\w*|really|honestly|sorry|thanks?|thank you|thankyou|thx|please|pls|at all|at present|at the moment",
    r"atm|at this time|currently|(?:for |right |just )?now|(?:for|from) me|here|i think|as such|to be honest|so far",
    r"(?:that )?i (?:know of|am aware of|can think of)|in my opinion|(?:in )?particular|yet|im afraid|mate|whatsoever",
)
_KEY_DROPS = re.compile(r"[^\w\s]|_")
_STRETCHED = re.compile(r"(.)\1{2,}")


def status_of(text: SafeText) -> Status:
    """Whether a redacted answer says something: blank, non-substantive ("n/a", "as above", "???") or substantive."""
    if not text.strip():
        return Status.BLANK
    key = _empty_key(_PLACEHOLDER.sub(" ", text))
    return Status.NON_SUBSTANTIVE if _says_nothing(key) else Status.SUBSTANTIVE


def _says_nothing(key: str) -> bool:
    if not any(character.isalpha() for character in key) or (len(key) == 1 and key.isascii()):
        return True
    return key.count(" ") < _MAX_EMPTY_WORDS and _empty_answer().fullmatch(key) is not None


def _empty_key(text: str) -> str:
    """Lower case, no punctuation, stretched letters shortened: "Noooo!!" and "n/a." become "no" and "na"."""
    spaced = re.sub(r"(?<=\w\w)[-–—,;:.!?…/](?=\w\w)", " ", text.casefold())
    return _STRETCHED.sub(r"\1", " ".join(_KEY_DROPS.sub("", spaced).split()))


@lru_cache(maxsize=1)
def _empty_answer() -> re.Pattern[str]:
    foreign = re.compile(r"[^\x00-\x7f]+")
    phrases = "|".join(foreign.sub(lambda found: _KEY_DROPS.sub("", found[0]), phrase) for phrase in _EMPTY_PHRASES)
    return re.compile(rf"(?:(?:{phrases})(?: |$))+")


# --- language ---------------------------------------------------------------------------------------------------------

_NOT_LANGUAGE = re.compile(r"https?://\S+|\S+@\S+|@\w+|\d+")
_MIN_FOREIGN_LETTERS = 4


def language_of(text: SafeText, settings: CleanSettings) -> str:
    """ISO 639 code of the language of an answer; `default_language` where the text is short or the guess unsure.

    Answers in a script other than Latin need no minimum length: the script says most of it.
    """
    words = " ".join(_NOT_LANGUAGE.sub(" ", _PLACEHOLDER.sub(" ", text)).split())
    if len(words) < settings.min_language_chars and not _in_another_script(words):
        return settings.default_language
    language, confidence = _identifier().classify(words)
    sure = confidence >= settings.min_language_confidence
    return str(language) if sure else settings.default_language


def _in_another_script(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    foreign = sum(character > "\u024f" for character in letters)
    return foreign >= _MIN_FOREIGN_LETTERS and 2 * foreign > len(letters)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
