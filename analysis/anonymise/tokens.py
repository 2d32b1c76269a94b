"""Text to spaCy tokens, and what spaCy is told of each word. Imports spaCy: the name finder and the trainer load it.

The shipped pipeline was trained on these tokens and attributes; change one and train it again (training/ner).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spacy.attrs import IS_SPACE, LANG, LOWER, NORM, PREFIX, SHAPE, SUFFIX  # type: ignore[import-not-found]
from spacy.lang.lex_attrs import word_shape
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from analysis.anonymise.gazetteer import fold, load_gazetteer
from analysis.anonymise.lexicon import FUNCTION_WORDS, PLACE_TYPES, RELATIONS
from analysis.anonymise.masks import MASK, PERSON_MASK

_PART = r"[^\W_](?:[^\W_]|[\u0300-\u036f])*"  # an accent may be a character of its own
_TOKEN = re.compile(rf"{MASK}+|{PERSON_MASK}+|{_PART}(?:[’'\-‐‑]{_PART})*|[^\S ]+| |[^\w\s]|_", re.UNICODE)
_POSSESSIVE = re.compile(r"^(.{2,})([’'](?:s|S))$")
_LONGEST = 40
SHORT = 6  # letters: such words are met again and again


def split(text: str) -> tuple[list[str], list[bool]]:
    """The words of a text, and whether a space follows each."""
    words: list[str] = []
    spaces: list[bool] = []
    for piece in _TOKEN.findall(text):
        if piece == " " and spaces and not spaces[-1] and not words[-1].isspace():
            spaces[-1] = True
            continue
        possessive = _POSSESSIVE.match(piece) if ("'" in piece or "’" in piece) and len(piece) < 60 else None
        if possessive:
            words.extend(possessive.groups())
            spaces.extend((False, False))
        else:
            words.append(piece)
            spaces.append(False)
    return words, spaces


class ResponseTokenizer:
    """Text to spaCy Doc in linear time on any input: words keep hyphens, a possessive 's stands apart."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        vocab.lex_attr_getters = _ATTRIBUTES  # type: ignore[attr-defined]

    def __call__(self, text: str) -> Doc:
        """The tokens of a text; joined with their spaces they are the text again."""
        words, spaces = split(text)
        return Doc(self.vocab, words=words, spaces=spaces)

    def to_disk(self, path: str | Path, **_: Any) -> None:
        """Nothing is learnt, so nothing is kept."""

    def from_disk(self, path: str | Path, **_: Any) -> ResponseTokenizer:
        """As it is."""
        return self

    def to_bytes(self, **_: Any) -> bytes:
        """Nothing is learnt, so nothing is kept."""
        return b""

    def from_bytes(self, data: bytes, **_: Any) -> ResponseTokenizer:
        """As it is."""
        return self


@registry.tokenizers("manifesto.ResponseTokenizer.v1")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Callable[[Language], ResponseTokenizer]:
    """What spaCy's configuration calls."""
    return lambda nlp: ResponseTokenizer(nlp.vocab)


def name_class(word: str) -> str:
    """What the lists know of a word, as one feature: "given", "surname", "either", "function", "ordinary", ..."""
    if word == "_":
        return "en"  # so spaCy asks for the language of a vocabulary
    if not word[0].isalpha() or len(word) > _LONGEST or any(c.isdigit() for c in word):
        return "mask" if word[0] in MASK + PERSON_MASK else "other"
    folded, lists = fold(word), load_gazetteer()
    if folded in FUNCTION_WORDS and word.replace("’", "'").isascii():
        return "function name" if lists.is_word_name(folded) else "function"
    if lists.is_word_name(folded):
        return "word name"
    given, surname = lists.is_given(folded), lists.is_surname(folded)
    if given or surname:
        return "either" if given and surname else "given" if given else "surname"
    if lists.is_ordinary(folded):
        return "ordinary"
    return "rarer" if word.isascii() and lists.is_rarer_word(folded) else "unknown"


def _masked(word: str) -> str | None:
    return word[0] if word[0] in MASK + PERSON_MASK else None


_ATTRIBUTES: dict[int, Callable[[str], Any]] = {
    IS_SPACE: str.isspace,
    LOWER: str.lower,
    NORM: lambda word: _masked(word) or fold(word[:_LONGEST]),
    PREFIX: lambda word: _masked(word) or fold(word[:3]),
    SUFFIX: lambda word: _masked(word) or fold(word[-3:]),
    SHAPE: lambda word: _masked(word) or word_shape(word[:_LONGEST]),
    LANG: name_class,  # a free attribute of a word in a pipeline of one language: it carries the word's class
}


def warm(vocab: Vocab) -> None:
    """Makes the commonest words once and for all; other words live as long as their batch."""
    for word in FUNCTION_WORDS | RELATIONS | PLACE_TYPES:
        for form in (word, word.capitalize()):
            vocab[form]
    for word in load_gazetteer().ordinary:
        if len(word) <= SHORT:
            vocab[word]
    for mark in " .,!?-:;()'\"\n/&":
        vocab[mark]
