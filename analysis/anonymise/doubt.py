"""Which words of a response are in doubt: those for which the second opinion (context.py) is worth its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from analysis.anonymise.gazetteer import load_gazetteer
from analysis.anonymise.lexicon import (
    ARTICLES,
    CALENDAR_WORDS,
    FUNCTION_WORDS,
    PLACE_TYPES,
    RELATIONS,
    WEAK_TITLES,
    WHEN,
)
from analysis.anonymise.wording import words as words_of

PLAINLY = 0.97  # a word with a capital that is likelier is a name
HARDLY = 0.02  # a common word in lower case that the recogniser finds less likely is none
BARELY = 0.002  # the same for a rarer word, where capitals say nothing
LIKELY = 0.5  # in lower case among capitals only a word that the recogniser finds likelier
_STOPS = frozenset('.!?…:;-–—•"“')
_NEVER = frozenset({"function", "other", "mask"})
_AFTER_A_VERB = words_of("the a an my our your their this that these those there you we i it they to")
_NOT_ASKED = PLACE_TYPES | RELATIONS | WEAK_TITLES | CALENDAR_WORDS | FUNCTION_WORDS


@dataclass(frozen=True, slots=True)
class Text:
    """A tokenised response: words, folded words, starts, what the lists say of each, keep-list phrases."""

    words: list[str]
    folded: list[str]
    starts: list[int]
    classes: list[str]
    phrases: list[tuple[str, int, int]]  # kind, first word, end


@dataclass(frozen=True)
class Doubt:
    """Tells for each word of a text whether it could be either; `firsts` are first names that are words too."""

    words: Sequence[str]
    folded: Sequence[str]
    classes: Sequence[str]
    likely: Sequence[float]
    firsts: frozenset[str]
    settled: frozenset[str] = frozenset()  # words of the keep list

    def of(self, i: int) -> bool:
        """Whether word `i` is in doubt."""
        if self.classes[i] in _NEVER:
            return False
        word, low = self.words[i], self.folded[i]
        if len(word) < 2 or not word[0].isalpha() or (self.likely[i] > PLAINLY and not word.islower()):
            return False
        if low in self.firsts:
            return self._first_name(i, low)
        if low in self.settled:
            return False
        if self.classes[i] in {"given", "either"}:
            return word.islower() and (self._written or low in load_gazetteer().vocabulary)
        if not self._written:
            return self._without_capitals(i)
        if word.islower():
            return self.likely[i] > LIKELY
        return word[0].isupper() and not word.isupper() and low not in _NOT_ASKED and self._capital(i)

    @cached_property
    def _written(self) -> bool:
        """Whether capitals tell something in this text: it begins with one and is not all in capitals."""
        shouted = sum(map(str.isupper, self.words)) > sum(map(str.islower, self.words))
        first = next((word for word in self.words if word[0].isalpha()), "a")
        return first[0].isupper() and not shouted

    def _first_name(self, i: int, low: str) -> bool:
        """A first name that is a word too, unless the words beside it settle which it is."""
        before = self._before(i)
        if self.words[i + 1 : i + 2] == [":"] or (low in CALENDAR_WORDS and before in WHEN):
            return False
        if low in PLACE_TYPES and i and self.words[i - 1][0].isupper():
            return False  # "Church Elm Lane"
        if low in RELATIONS or low in WEAK_TITLES:
            return False
        if self._written:
            begun = self.words[i][0].isupper() and not (self._starts(i) and self._after(i) in _AFTER_A_VERB)
            return begun or self.likely[i] > LIKELY
        return self.likely[i] > HARDLY or low not in FUNCTION_WORDS | CALENDAR_WORDS

    def _capital(self, i: int) -> bool:
        """A word with a capital that is no first name: whether it is one all the same ("Smiler", "Kurmanji")."""
        starts = self._starts(i)
        if self.classes[i] in {"unknown", "rarer"}:
            return not starts or self.likely[i] > HARDLY
        if starts or self._before(i) in ARTICLES:
            return False
        if self.classes[i] == "word name":
            return True
        beside = [*self.words[i - 1 : i], *self.words[i + 1 : i + 2]]
        return self.classes[i] == "ordinary" and not any(word[0].isupper() for word in beside)

    def _without_capitals(self, i: int) -> bool:
        """In a text whose capitals say nothing: a word of no list, a name that is a word, a word after a first name."""
        word_after_name = i > 0 and self.classes[i - 1] in {"given", "either"}
        if self.classes[i] == "unknown" or (word_after_name and self.classes[i] in {"ordinary", "rarer", "word name"}):
            return True
        return self.classes[i] == "word name" and self.likely[i] > BARELY

    def _starts(self, i: int) -> bool:
        return i == 0 or self.words[i - 1] in _STOPS or "\n" in self.words[i - 1]

    def _after(self, i: int) -> str:
        return self.folded[i + 1] if i + 1 < len(self.folded) else ""

    def _before(self, i: int) -> str:
        return self.folded[i - 1] if i else ""
