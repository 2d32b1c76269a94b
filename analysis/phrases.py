"""Noun phrases of residents' sentences: what a theme can be called, and what people ask to be done with it.

Words are tagged by Brill's lexicon and rules (Brill 1992) as TextBlob carries them, which need no model and no
download. A phrase is a noun with the adjectives and nouns before it ("affordable housing"), or two joined by "of"
("cost of living"). Tags are of the text in the commonest spelling of its words, so that a capital at the start of a
sentence, or a whole answer in capitals, makes no name.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

TOKEN_PATTERN = r"(?u)\b[^\W_][\w'’-]*\b"
TOKEN = re.compile(r"[^\W_](?:[\w'’-]*[^\W_])?")
PLACEHOLDER = re.compile(r"\[[A-Z_]+(?: \d+)?\]|\[illegible\]|\[\?\]", re.IGNORECASE)
LONGEST = 3
_LONGEST_ACRONYM = 5
_FIXED = 4  # texts with a pair of words, from which it may be a name
_FIXED_SHARE = 0.2  # of the texts with its first word
_ADJECTIVE, _NOUN, _GERUND, _PARTICIPLE, _VERB, _OF, _OTHER = "angdvox"
_CHUNK = re.compile(r"[agdn]*n(?:o[agdn]*[ng])?")
_NO_HEAD = re.compile(r"(?:thing|one|body)s?$")


def _read_stop_words() -> tuple[frozenset[str], frozenset[str]]:
    """All words that name no topic, and of them those that stand in no phrase at all (the first part of the file)."""
    text = resources.files("analysis").joinpath("stop_words.txt").read_text(encoding="utf-8")
    parts = [part.split("\n", 1)[-1].split() for part in text.split("# ")[1:]]
    return frozenset(word for part in parts[1:] for word in part), frozenset(parts[1])


LABEL_STOP_WORDS, FUNCTION_WORDS = _read_stop_words()


@dataclass(frozen=True, slots=True)
class Tagged:
    """The words of a text and, sign by sign, what each is: see `_CHUNK`; a stop between two phrases is a word too."""

    words: tuple[str, ...]
    kinds: str


class Tagger:
    """Tags the texts of one consultation: knows how its people spell a word and which two words are one."""

    def __init__(self, texts: Iterable[str], more: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        """Learn spellings from `texts`; compounds from these and `more` (phrases of a guide).

        `names` are words, in lower case, that with the one after them are a place: "Bowling Green".
        """
        plain = sorted({*map(_plain, texts)})
        self._spelling = _spellings(plain)
        self._compounds = _compounds(plain, [_plain(text) for text in more])
        self._compounds = {form: best for form, best in self._compounds.items() if form != best}
        pairs = "|".join(re.escape(form) for form in sorted(self._compounds) if " " in form)
        self._pairs = re.compile(rf"(?<![\w'-])(?:{pairs or '$.'})(?![\w'-])")
        self._fixed = _fixed_pairs(plain, frozenset(names))
        self._known: dict[str, Tagged] = {}

    def spelt(self, phrase: str, texts: Iterable[str]) -> str:
        """A phrase of several words as it is mostly written: "Social Security"."""
        if " " not in phrase:
            return phrase
        wanted = re.compile(rf"(?<![\w'’-]){re.escape(phrase)}(?![\w'’-])", re.IGNORECASE)
        written = [found for text in texts if not text.isupper() for found in wanted.finditer(text)]
        forms = Counter(found[0] for found in written if found.start() > 0 or _is_telling(found[0]))
        return min(forms, key=lambda form: (-forms[form], form)) if forms else phrase

    def tag(self, text: str) -> Tagged:
        """The words of a text with their kinds."""
        if text not in self._known:
            self._known[text] = self._with_fixed_pairs(_tag(self._normal(_plain(text))))
        return self._known[text]

    def _with_fixed_pairs(self, tagged: Tagged) -> Tagged:
        """The same with "high school" as one word."""
        words, kinds = list(tagged.words), list(tagged.kinds)
        for i in reversed(range(len(words) - 1)):
            if kinds[i] in "an" and kinds[i + 1] in "an" and (_lower(words[i]), _lower(words[i + 1])) in self._fixed:
                words[i : i + 2], kinds[i : i + 2] = [f"{words[i]} {words[i + 1]}"], [kinds[i + 1]]
        return Tagged(tuple(words), "".join(kinds))

    def _normal(self, text: str) -> str:
        """The text as its people mostly spell it, "fly tipping" and "flytipping" as "fly-tipping"."""
        respelt = TOKEN.sub(lambda found: self._compounds.get(found[0].casefold(), found[0].casefold()), text)
        joined = self._pairs.sub(lambda found: self._compounds[found[0]], respelt)
        return TOKEN.sub(lambda found: self._spelling.get(found[0], found[0]), joined)


def _is_telling(form: str) -> bool:
    """Whether a form at the start of a text tells how it is written: not by its first capital, which stands there."""
    return form[1:] != form[1:].lower() or form[0].islower()


def noun_phrases(tagged: Tagged) -> Iterator[tuple[str, ...]]:
    """The noun phrases of a text, longest first within each: ("affordable", "family", "housing"), then its ends."""
    for chunk in _CHUNK.finditer(tagged.kinds):
        for start in range(*chunk.span()):
            words, kinds = tagged.words[start : chunk.end()], tagged.kinds[start : chunk.end()]
            if _could_name(words, kinds):
                yield words
        if "o" in chunk[0]:  # the noun before "of" by itself
            end = chunk.start() + chunk[0].index("o")
            for start in range(chunk.start(), end):
                if _could_name(tagged.words[start:end], tagged.kinds[start:end]):
                    yield tagged.words[start:end]


def _could_name(words: Sequence[str], kinds: str) -> bool:
    content = [word for word, kind in zip(words, kinds, strict=True) if kind != _OF]
    if len(content) > LONGEST or kinds.startswith(_OF) or not kinds.endswith((_NOUN, _OF + _GERUND)):
        return False
    if words[-1].endswith(("'s", "'")):
        return False
    if kinds[0] == _GERUND or not (is_topical(words[-1]) or kinds.endswith(_OF + _GERUND)):  # "cost of living"
        return False
    if not is_topical(words[0]) and (kinds[0] != _NOUN or kinds[1:2] != _OF):  # "people of colour"
        return False
    topical = [word for word in content if is_topical(word)]
    return (
        bool(topical) and (len(topical) == len(content) or len(content) > 1) and not _NO_HEAD.search(_lower(words[-1]))
    )


def is_topical(word: str) -> bool:
    """Whether a word may name a topic at all."""
    long_enough = len(word) > 2 or (len(word) > 1 and word.isupper())  # "GP"
    return _lower(word) not in LABEL_STOP_WORDS and long_enough and not word.replace(",", "").isdigit()


def is_ordinary_word(word: str) -> bool:
    """Whether the lexicon knows the word without a capital, as a word and no name: "green", not "Kentucky"."""
    tags = _lexicon().get(word.casefold(), "NNP")
    return not tags.startswith("NNP")


def is_noun_phrase(tagged: Tagged) -> bool:
    """Whether a whole text is one: nouns with what describes them, joined by "of", "and", a comma."""
    return bool(_WHOLE_PHRASE.fullmatch(tagged.kinds)) and is_topical(tagged.words[0]) and is_topical(tagged.words[-1])


_WHOLE_PHRASE = re.compile(r"[agdn]*n(?:[oc][agdn]*n)*")


def family(phrase: Iterable[str]) -> str:
    """What spellings of one phrase share: "fly tipping", "Fly-tipping" and "flytipping"; "park" and "parks"."""
    return "".join(_singular(_lower(word)) for word in phrase).replace("-", "").replace(" ", "")


def families(tagged: Tagged) -> frozenset[str]:
    """The families of all runs of up to five words of a text; of one word, if it is no verb."""
    words = [family([word]) for word in tagged.words]
    stops = [i for i, kind in enumerate(tagged.kinds) if kind == "."]
    ends = [next((stop for stop in stops if stop >= i), len(words)) for i in range(len(words))]
    return frozenset(
        "".join(words[i:j])
        for i in range(len(words))
        for j in range(i + 1, min(i + LONGEST + 2, ends[i]) + 1)
        if j > i + 1 or tagged.kinds[i] in _ADJECTIVE + _NOUN + _GERUND
    )


def _singular(word: str) -> str:
    word = re.sub(r"'s?$", "", word)
    if len(word) < 4 or re.search(r"(?:ss|us|is)$", word):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return re.sub(r"(?<=ch|sh|ss)es$|(?<=x)es$|s$", "", word)


def _lower(word: str) -> str:
    return word.casefold()


# --- tagging ----------------------------------------------------------------------------------------------------------


def _tag(text: str) -> Tagged:
    """Tag the words of a text and the stops between them, one tag each."""
    words = _PIECE.findall(text)
    bases = [re.sub(r"'.*", "", word) or word for word in words]  # "women's" as "women", "don't" as "don"
    tags = [tag for _, tag in _tagger().tag(" ".join(bases), tokenize=False)] if words else []
    kinds = list(map(_kind, words, tags))
    return Tagged(tuple(words), "".join(_corrected(i, words, kinds) for i in range(len(words))))


def _corrected(i: int, words: Sequence[str], kinds: Sequence[str]) -> str:
    """Verbs and nouns that the lexicon takes for each other: "should widen", "Widen the road"; "the bypass"."""
    before = _lower(words[i - 1]) if i else "."
    if kinds[i] == _VERB and (before in _DETERMINERS or (i and kinds[i - 1] == _ADJECTIVE)):
        return _NOUN
    opens = before == "." and i + 1 < len(words) and _lower(words[i + 1]) in _DETERMINERS
    return _VERB if kinds[i] == _NOUN and (before in _MODALS or opens) else kinds[i]


_MODALS = frozenset(
    ["should", "must", "will", "would", "can", "could", "shall", "may", "might", "don't", "please", "let's"]
)
_DETERMINERS = frozenset(["the", "a", "an", "our", "all", "him", "them", "these", "those", "this", "your", "their"])


_PIECE = re.compile(rf"{TOKEN.pattern}|[^\w\s]+")
_CONTRACTION = re.compile(r"'(?:t|re|ve|ll|d|m)$")


def _kind(word: str, tag: str) -> str:
    lower = _lower(word)
    if lower == "of":
        return _OF
    if lower in ("and", "&", ","):
        return "c"
    if not any(sign.isalnum() for sign in word):
        return "."
    if lower in FUNCTION_WORDS or _CONTRACTION.search(lower) or len(word) < 2:
        return _OTHER
    if "-" in word:
        return _hyphenated(lower)
    return next((kind for start, kind in _KINDS if tag.startswith(start)), _OTHER)


_KINDS = (
    *((tag, _OTHER) for tag in ("JJR", "JJS", "VBZ", "VBD")),
    *(("NN", _NOUN), ("FW", _NOUN), ("JJ", _ADJECTIVE), ("VBG", _GERUND), ("VBN", _PARTICIPLE), ("VB", _VERB)),
)


def _hyphenated(word: str) -> str:
    """What a compound is follows from its parts: "fly-tipping" and "e-scooters" are nouns, "low-income" is none."""
    parts = word.split("-")
    first, last = _lexical(parts[0]), _lexical(parts[-1])
    if last in {"NNS", "VBG"} or _lexical("".join(parts)) == "NN":
        return _NOUN
    return _NOUN if last.startswith("NN") and first.startswith("NN") else _ADJECTIVE


def _lexical(word: str) -> str:
    return str(_tagger().tag(word)[0][1]) if word.isalpha() else ""


@cache
def _lexicon() -> Any:
    from textblob.en import lexicon

    return lexicon


@cache
def _tagger() -> Any:
    from textblob.taggers import PatternTagger

    return PatternTagger()


# --- spelling ---------------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    return PLACEHOLDER.sub(" . ", text.replace("’", "'"))


def _spellings(texts: Iterable[str]) -> dict[str, str]:
    """Each word's commonest spelling inside sentences: "GP" and "A13" keep their capitals, "Parks" does not."""
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        if text.isupper():
            continue
        for sentence in re.split(r"[.!?:;\n]", text):
            for token in TOKEN.findall(sentence)[1:]:
                seen.setdefault(token.casefold(), Counter())[token] += 1
    return {token: _spelling(forms) for token, forms in seen.items()}


def _spelling(forms: Counter[str]) -> str:
    """The commonest form, but for words that some shout and others do not."""
    calm = {form: count for form, count in forms.items() if not (form.isupper() and len(form) > _LONGEST_ACRONYM)}
    kept = calm or forms
    return min(kept, key=lambda form: (-kept[form], form))


def _fixed_pairs(texts: Iterable[str], names: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Pairs in which a word that names no topic by itself is part of a name: "high school", "health care"."""
    alone: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        words = [token.casefold() for token in TOKEN.findall(text)]
        alone.update({word for word in words if _is_weak(word, names)})
        pairs.update({pair for pair in itertools.pairwise(words) if any(_is_weak(word, names) for word in pair)})
    return frozenset(
        pair
        for pair, n in pairs.items()
        if n >= _FIXED and all(n >= _FIXED_SHARE * alone[word] for word in pair) and not FUNCTION_WORDS & {*pair}
    )


def _is_weak(word: str, names: frozenset[str]) -> bool:
    return word in names or (word in LABEL_STOP_WORDS and word not in FUNCTION_WORDS)


def _compounds(texts: Sequence[str], more: Sequence[str]) -> dict[str, str]:
    """Spellings in two words or one to the one with a hyphen, for compounds that recur or that a guide has."""
    written = Counter(word for text in texts for word in {w.casefold() for w in TOKEN.findall(text) if "-" in w})
    known = {word for word, count in written.items() if count > 1}
    known |= {word.casefold() for text in more for word in TOKEN.findall(text) if "-" in word}
    simple = [word for word in sorted(known) if re.fullmatch(r"[^\W\d_]{2,}-[^\W\d_]{2,}", word)]
    closed = Counter(word for text in texts for word in {w.casefold() for w in TOKEN.findall(text)})
    chosen = {word: max(word.replace("-", ""), word, key=lambda form: (closed[form], form == word)) for word in simple}
    return {
        form: best for word, best in chosen.items() for form in (word.replace("-", " "), word.replace("-", ""), word)
    }
