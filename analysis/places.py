"""Names of the place that are ordinary words: "Bowling Green" is no sport and no meadow, "Barking" no noise of dogs.

An encoder reads such a name by its words, so texts are linked to the vision with it put plainly. The names are those
that a framework lists, and those that the texts at hand show: a name of ordinary words in which things happen ("in Park
City"), written with capitals by many, without an article, and that is no school, road or hospital.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from analysis.anonymise.wording import words
from analysis.phrases import LABEL_STOP_WORDS, is_ordinary_word

PLAIN = "the town"
_LONGEST = 3
_LEAST_TEXTS, _LEAST_SHARE = 5, 0.03  # that hold the name
_LEAST_WITHIN, _WITHIN_SHARE = 3, 0.2  # of its uses inside sentences that say what is in it
_AS_A_NAME = 0.8  # of its uses inside sentences that have capitals
_WITH_ARTICLE = 0.2  # of its uses inside sentences, from which it is a thing of the place, not the place
_WITHIN = words("in around throughout across within outside near into")
_ARTICLES = words("the a an our my your his her their its this that every each no any")
_FACILITIES = words(
    """
    hospital school schools college university academy library museum theatre theater church mosque temple park parks
    road street avenue lane drive way highway parkway bridge station airport hall house centre center court market mall
    club council commission board committee department police party government bank trust act law code fund security
    rights care service services project program programme day week month festival lake river creek square plaza
    """
)
_NO_PLACES = words(
    """
    january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday spring summer autumn fall winter christmas easter god lord heaven hell earth jesus
    congress parliament state city town borough county council government downtown internet medicare medicaid covid
    english maths math science history art music north south east west
    """
)
_WORD = re.compile(r"[^\W\d_](?:[\w’'-]*\w)?")
_TOKEN = re.compile(r"[^\W_](?:[\w’'-]*\w)?|[^\w\s]|\n")
_ENDS = frozenset('.!?:;\n"“”‘(*-–—')


def home_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of ordinary words that the distinct texts show to be the place where they were written, longest first.

    Neither the order of the texts nor how often one is repeated changes them.
    """
    documents = sorted(set(texts))
    written = [tokens for text in documents if not text.isupper() and (tokens := _TOKEN.findall(text))]
    least = max(_LEAST_TEXTS, _LEAST_SHARE * len(documents))
    within = Counter(name for tokens in written for name in set(_names_within(tokens)))
    likely = [name for name, count in within.items() if count >= _LEAST_WITHIN and _may_be_home(name)]
    return _ordered(name for name in likely if _is_home(name, written, least))


def names_read_plainly(listed: Iterable[str], texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names that are put plainly in these texts: those listed and the home that the texts show."""
    return tuple(sorted({*listed, *home_names(texts)}))


def plainly(text: str, names: Sequence[str]) -> str:
    """The text with "the town" for each of these names; for one word only where its capital shows it to be a name."""
    if not names:
        return text
    return _pattern(tuple(names)).sub(lambda found: PLAIN if _stands_for_place(found, text) else found[0], text)


def _names_within(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Whole runs of capitalised words after "in", "around" and the like."""
    for i, token in enumerate(tokens):
        if token.casefold() in _WITHIN:
            run = _run(tokens, i + 1)
            if 1 <= len(run) <= _LONGEST:
                yield run


def _run(tokens: Sequence[str], start: int) -> tuple[str, ...]:
    end = start
    while end < len(tokens) and _is_capitalised(tokens[end]):
        end += 1
    return tuple(_stem(token) for token in tokens[start:end])


def _is_capitalised(token: str) -> bool:
    return token[0].isupper() and (len(token) > 1) and not (token.isupper() and len(token) > 1)


def _stem(word: str) -> str:
    return re.sub(r"[’']s?$", "", word)


def _may_be_home(name: tuple[str, ...]) -> bool:
    folded = [word.casefold() for word in name]
    if not all(map(is_ordinary_word, folded)) or folded[-1] in _FACILITIES:
        return False
    return len(folded) > 1 or folded[0] not in _NO_PLACES | LABEL_STOP_WORDS


def _is_home(name: tuple[str, ...], written: Sequence[Sequence[str]], least: float) -> bool:
    """Whether enough texts hold the name, as one of a place: see the values at the top."""
    size, folded = len(name), tuple(word.casefold() for word in name)
    holding = uses = capital = article = within = 0
    for tokens in written:
        stems = [_stem(token).casefold() for token in tokens]
        at = [i for i in range(len(stems) - size + 1) if tuple(stems[i : i + size]) == folded]
        holding += any(_is_capitalised(tokens[i]) for i in at)
        for i in at:
            if i == 0 or tokens[i - 1] in _ENDS:
                continue
            before = stems[i - 1]
            uses += 1
            capital += all(_is_capitalised(tokens[j]) for j in range(i, i + size))
            article += before in _ARTICLES
            within += before in _WITHIN
    return (
        holding >= least
        and capital >= _AS_A_NAME * uses
        and within >= max(_LEAST_WITHIN, _WITHIN_SHARE * uses)
        and article < _WITH_ARTICLE * uses
    )


def _ordered(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted((" ".join(name) for name in names), key=lambda name: (-len(name), name)))


@cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    alone = "|".join(re.escape(name) for name in sorted(names, key=lambda n: (-len(n), n)))
    return re.compile(rf"(?<![\w’'-])(?:{alone})(?![\w-])", re.IGNORECASE)


def _stands_for_place(found: re.Match[str], text: str) -> bool:
    """Whether a match is the name: of several words always, of one if its capital is not that of a sentence's start."""
    word = found[0]
    if not word[0].isupper():
        return " " in word
    before = text[: found.start()].rstrip(" ")
    if " " in word or (before and before[-1] not in _ENDS):
        return True
    after = _WORD.match(text[found.end() :].lstrip(" "))
    return after is None or after[0].casefold() in LABEL_STOP_WORDS
