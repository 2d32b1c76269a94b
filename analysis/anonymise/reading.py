"""One response as words: what each may be, which belong to places, and how far a name reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

from analysis.anonymise.gazetteer import fold, load_gazetteer
from analysis.anonymise.lexicon import (
    BEFORE_PLACES,
    CALENDAR_WORDS,
    CONTRACTIONS,
    FIRST_NAME_TIMES,
    FUNCTION_WORDS,
    KIN_WORDS,
    LAST_NAMES_TOO,
    LEADING,
    NAMED_THINGS,
    NAMES_OF_PLANTS,
    NAMES_TOO,
    PARTICLES,
    PLACE_TYPES,
    PLANT_WORDS,
    PLANTS,
    PROFESSIONAL_TITLES,
    RELATIONS,
    SCHOOLING,
    SHOP_TYPES,
    SHORT_GIVEN,
    SIGN_OFFS,
    SPEAKERS,
    STRONG_TITLES,
    TIMES,
    VERB_LIKE_TYPES,
    WEAK_TITLES,
)
from analysis.anonymise.masks import MASK

LONGEST_NAME = 4
PERSON_RATHER = 0.95  # how likely "Hazel" of "Hazel Marsh" has to be a person, so that it is no place
CERTAIN, LIKELY, POSSIBLE, SLIGHT = 0.95, 0.75, 0.5, 0.3

_TITLED = STRONG_TITLES | PROFESSIONAL_TITLES | frozenset({"miss"})

# What a word may be, strongest first.
GIVEN, SURNAME, WORD_NAME, UNKNOWN, ORDINARY, NEVER, RARER = range(7)
NAMES = (GIVEN, SURNAME, WORD_NAME)


@dataclass(frozen=True, slots=True)
class NameSpan:
    """A name at characters `[start, end)`."""

    start: int
    end: int
    score: float


class Token(NamedTuple):
    """A token of a response; `kept` is the kind of keep-list entry that covers it, `likely` the recogniser's word,
    `asked` whether the second opinion is in it."""

    text: str
    start: int
    name_class: str
    kept: str
    likely: float
    asked: bool = False


@dataclass
class Reading:
    """One response: its words, what each may be, and the names believed so far (first word -> name)."""

    words: list[str]
    folded: list[str]
    starts: list[int]
    kinds: list[int]
    kept: list[str]  # kind of keep-list entry that holds the word, or ""
    likely: list[float]  # the recogniser's probability that the word is part of a person's name
    asked: list[bool]  # whether the second opinion is in that probability
    found: dict[int, tuple[int, float]] = field(default_factory=dict)
    slight: dict[int, tuple[int, float]] = field(default_factory=dict)  # too weak to lead to other names
    taken: set[int] = field(default_factory=set)  # words of the names found
    _places: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, tokens: Sequence[Token], kept_words: frozenset[str]) -> Self:
        """Reads a tokenised response; whitespace is left out, a line break kept as a word."""
        tokens = [t for t in tokens if not t.text.isspace() or "\n" in t.text or "\r" in t.text]
        words = [t.text for t in tokens]
        folded = [fold(word) for word in words]
        first = {i for i in range(len(tokens)) if _first_of_two(i, tokens, folded)}
        kinds = [
            GIVEN if f in NAMES_TOO and i in first else _kind(t.name_class, f, f in kept_words and i not in first)
            for i, (t, f) in enumerate(zip(tokens, folded, strict=True))
        ]
        lower = {word for word in words if word.islower()}
        kinds = [
            ORDINARY if k in (UNKNOWN, RARER) and (f in lower or _acronym(w)) and w[0].isupper() else k
            for w, f, k in zip(words, folded, kinds, strict=True)
        ]
        kinds = [_settled(kind, i, words) for i, kind in enumerate(kinds)]
        if lower:
            kinds = [ORDINARY if k == WORD_NAME and _label(i, words) else k for i, k in enumerate(kinds)]
        starts, kept = [t.start for t in tokens], [t.kept for t in tokens]
        return cls(words, folded, starts, kinds, kept, [t.likely for t in tokens], [t.asked for t in tokens])

    @cached_property
    def _initials(self) -> frozenset[int]:
        return frozenset(i for i, word in enumerate(self.words) if len(word) == 1 and word.isalpha() and word.isupper())

    # --- what a word looks like ---------------------------------------------------------------------------------------

    @cached_property
    def shouted(self) -> bool:
        """Nearly all in capitals: capitals say nothing."""
        text = "".join(self.words)
        letters = sum(map(str.isalpha, text))
        return letters > 15 and sum(map(str.isupper, text)) > 0.7 * letters

    @cached_property
    def casual(self) -> bool:
        """Written without regard to capitals, so that a name may be in lower case (or all is shouted)."""
        first = next((word for word in self.words if word[0].isalpha()), "")
        capitals = sum(word[0].isupper() and len(word) > 1 for word in self.words)
        return self.shouted or first[:1].islower() or capitals == 0

    def _capital(self, i: int) -> bool:
        word = self.words[i]
        return word[0].isupper() and not self.shouted

    def _capital_at(self, i: int) -> bool:
        return 0 <= i < len(self.words) and self.words[i][0].isupper()

    def _at(self, i: int) -> str:
        return self.folded[i] if 0 <= i < len(self.words) else ""

    def _is_masked(self, i: int) -> bool:
        return 0 <= i < len(self.words) and self.words[i][0] == MASK

    def _end(self, i: int) -> int:
        return self.starts[i] + len(self.words[i])

    def _nameable(self, i: int, over_keep: bool = False) -> bool:
        if not 0 <= i < len(self.words) or self.kinds[i] == NEVER or i in self._places:
            return False
        return over_keep or not self.kept[i]

    def _initial(self, i: int) -> bool:
        return i in self._initials

    def _sentence_start(self, i: int) -> bool:
        return i == 0 or self.words[i - 1] in {".", "!", "?", "…", ":", "-", "–", "—", "•"} or "\n" in self.words[i - 1]

    # --- places: "Keir Hardie Way", "Robert Clack School" -------------------------------------------------------------

    def _protect_places(self) -> None:
        for i, folded in enumerate(self.folded):
            if folded not in PLACE_TYPES or i == 0:
                continue
            before = i - 1
            if self._at(before) in {"'s", "’s"}:
                before -= 1
                if folded in SHOP_TYPES and self.kinds[before] == GIVEN and not self.kept[before]:
                    continue  # somebody's shop: "Gülay's bakery"
            if self._signs(before, i) or self._person_rather(before, i):
                continue  # "Sidney Orchard, aged 94", "ask Sue Hill"
            start = before
            while start >= 0 and before - start < 3 and self._place_word(start):
                start -= 1
            if start < before and (before - start > 1 or self.kept[before] or not self._lower_ordinary_type(i)):
                self._places.update(range(start + 1, i + 1 if self._capital(i) else before + 1))
            elif self.kept[before]:
                self._places.update((before, i) if self._capital(i) else (before,))
        for i, folded in enumerate(self.folded):
            if folded in {"at", "between"} and not SCHOOLING.isdisjoint(self.folded[max(0, i - 4) : i]):
                self._protect_school(i + 1)
        saints = (i for i, folded in enumerate(self.folded) if folded in {"st", "saint"} and not self._middle_name(i))
        self._places.update(i + 1 + (self._at(i + 1) == ".") for i in saints)

    def _protect_things(self) -> None:
        """Storms and police operations, months in a phrase of time, "reg" before a plate, plants in a list."""
        for i, word in enumerate(self.words):
            before = self._at(i - 1)
            named = i > 0 and before in NAMED_THINGS and self._capital(i - 1) and self._capital(i)
            time = before in TIMES and self.folded[i] in CALENDAR_WORDS and not self._month_and_last_name(i)
            plate = word == "reg" and (self._is_masked(i + 1) or self._at(i + 1) in {"no", "number", "plate", ":"})
            if named or time or plate:
                self._places.add(i)
        plants = [i for i, folded in enumerate(self.folded) if folded in PLANTS and self.words[i].istitle()]
        if len(plants) > 1 and not PLANT_WORDS.isdisjoint(self.folded):
            self._protect_plants(plants)

    def _month_and_last_name(self, i: int) -> bool:
        """ "Until May Thompson came": a month that a name follows is a first name."""
        return self.folded[i] in FIRST_NAME_TIMES and self._capital_at(i + 1)

    def _protect_plants(self, plants: list[int]) -> None:
        """ "Ash, Hazel and Rowan would be fine": plants in a row, two where one is no name, else three."""
        row: list[int] = []
        for i in [*plants, 10**9]:
            apart = bool(row) and not (
                i - row[-1] <= 3 and all(self._at(k) in {",", "and", "or", "&", "nor"} for k in range(row[-1] + 1, i))
            )
            if apart:
                sure = len(row) > 2 or (len(row) == 2 and any(self.folded[k] not in NAMES_OF_PLANTS for k in row))
                led = RELATIONS & {self._at(row[0] - 1), self._at(row[0] - 2)}
                self._places.update(row if sure and not led else ())
                row = []
            row.append(i)

    def _middle_name(self, i: int) -> bool:
        """ "Everton St. Clair Brathwaite": between a first name and a last one."""
        after = i + 1 + (self._at(i + 1) == ".")
        named = i > 0 and self.kinds[i - 1] == GIVEN and self._capital(i - 1)
        return (
            named and self._capital_at(after) and self._capital_at(after + 1) and self._at(after + 1) not in PLACE_TYPES
        )

    def _signs(self, given: int, i: int) -> bool:
        """A first name and a last name that is a kind of place, alone and with an age or an identifier after them."""
        alone = self.kinds[given] == GIVEN and not self.kept[given] and self._sentence_start(given) and self._capital(i)
        k = i + 1 + (self._at(i + 1) == ",")
        return alone and (
            self._at(k) in {"aged", "age"} or self._is_masked(k) or (k == i + 2 and self._at(k).isdigit())
        )

    def _person_rather(self, given: int, i: int) -> bool:
        """Whether a first name and a kind of place are a person: the recogniser or the words before say so."""
        if (
            self.folded[i] not in LAST_NAMES_TOO
            or not self._capital(i)
            or self.kept[given]
            or self._at(i + 1) in PLACE_TYPES
        ):
            return False
        first = self.kinds[given] == GIVEN or self.folded[given] in load_gazetteer().first_word_names
        if self._at(i + 1) == "is" and self._at(i + 3) == "name":
            return first  # "Bridget Ward is the name"
        if self._at(given) in _TITLED or not first or not self._capital(given) or self._capital_at(i + 1):
            return self._at(given) in _TITLED and self._capital(given)
        before = self._at(given - 1)
        if before in BEFORE_PLACES:
            return False
        told = before in RELATIONS or before in _TITLED or before in SIGN_OFFS
        alone = self._sentence_start(given) and i == len(self.words) - 1 and given > 0
        if told or alone:
            self._believe(given, i + 1, LIKELY)
        return told or alone or (self.likely[given] >= PERSON_RATHER and self.likely[i] >= POSSIBLE)

    def _protect_school(self, slot: int) -> None:
        """ "Parent at Sarah Bonnell", "split between Betty Layward and William Patten"."""
        slot += self._at(slot) in WEAK_TITLES
        end = slot
        while end < len(self.words) and end - slot < 3 and self._place_word(end):
            end += 1
        if end - slot < 2:
            return
        self._places.update(range(slot, end))
        if self._at(end) in {"and", "&", "or"}:
            self._protect_school(end + 1)

    def _place_word(self, i: int) -> bool:
        if self.words[i] in {".", "&"}:
            return i > 0 and self._at(i - 1) in {"st", "dr"}
        return (
            self._capital(i)
            and self.words[i].replace("'", "").replace("-", "").replace("’", "").isalpha()
            and self.folded[i] not in FUNCTION_WORDS | RELATIONS
        )

    def _lower_ordinary_type(self, i: int) -> bool:
        """ "Dave parks", "Grace will": the type word in lower case may be a verb or start of another phrase."""
        return self.words[i].islower() and self.folded[i] in VERB_LIKE_TYPES

    # --- reading a name -----------------------------------------------------------------------------------------------

    def _read(self, i: int, over_keep: bool = False, lower_ok: bool = False) -> int:
        """The end of the run of name-like words from `i` (at most four, with initials and particles), or `i`."""
        j, taken = i, 0
        while j < len(self.words) and taken < LONGEST_NAME:
            if self._initial(j) and self.words[j] not in {"I"}:
                j += 2 if self._at(j + 1) == "." else 1
                taken += j - i > 2
                continue
            if (
                self.folded[j] in SHORT_GIVEN
                and self._at(j + 1) == "."
                and self._capital(j)
                and self._capital_at(j + 2)
            ):
                j += 2  # "Md. Nurul Alam", "Everton St. Clair Brathwaite"
                continue
            if self.folded[j] in PARTICLES and j > i and self._name_like(j + 1, over_keep, lower_ok):
                j += 1
                continue
            if j == i and self._leads(j) and self._name_like(j + 1, over_keep, lower_ok, after_capital=True):
                j += 1
                continue
            if not self._name_like(j, over_keep, lower_ok and j == i, after_capital=j > i and self._capital(i)):
                break
            j, taken = j + 1, taken + 1
        return j if any(not self._initial(k) and self.words[k] != "." for k in range(i, j)) else i

    def _leads(self, i: int) -> bool:
        """A particle before a last name with its capital: "da Costa", "Ni Bhriain"."""
        return self._at(i) in LEADING and self._capital_at(i + 1) and not self._sentence_start(i)

    def _short_given(self, i: int) -> bool:
        return self.folded[i] in SHORT_GIVEN and self._at(i + 1) == "." and self._capital(i) and self._capital_at(i + 2)

    def _name_like(self, i: int, over_keep: bool, lower_ok: bool, after_capital: bool = False) -> bool:
        if not self._nameable(i, over_keep):
            return False
        if self._capital(i):
            return True
        if after_capital and not self.casual:
            return False
        return self.kinds[i] in (GIVEN, SURNAME) or (lower_ok and self.kinds[i] in (WORD_NAME, UNKNOWN))

    def _believe(self, i: int, j: int, score: float) -> None:
        while j > i and (self.words[j - 1] == "." and not self._initial(j - 2)):
            j -= 1
        if j > i and not self._taken(i, j):
            if score < POSSIBLE:
                self.slight[i] = (j, score)
                return
            self.found[i] = (j, score)
            self.taken.update(range(i, j))

    def _taken(self, i: int, j: int) -> bool:
        return any(k in self.taken for k in range(i, j))

    def _is_name(self, i: int) -> bool:
        return 0 <= i < len(self.words) and self.kinds[i] in NAMES

    def _plausible(self, i: int, j: int) -> bool:
        """Holds a listed or an unknown word, so is not just ordinary words with capitals."""
        return any(self.kinds[k] in NAMES or (self.kinds[k] == UNKNOWN and self._capital(k)) for k in range(i, j))

    def _trimmed(self, i: int, j: int) -> int:
        """The end without ordinary words that follow the name ("Steve Reception")."""
        while j - 1 > i and self.kinds[j - 1] == ORDINARY:
            j -= 1
        return j


def _settled(kind: int, i: int, words: Sequence[str]) -> int:
    """A rarer word is a word, but for one with a capital inside a sentence: that may be a name no list holds."""
    if kind != RARER:
        return kind
    inside = i > 0 and words[i - 1][0].isalpha() and (words[i - 1].islower() or words[i - 1].istitle())
    return UNKNOWN if inside and words[i].istitle() else ORDINARY


def _label(i: int, words: Sequence[str]) -> bool:
    """ "PIP", "ESA": two to four capitals on their own among words that have lower-case letters."""
    beside = [*words[max(0, i - 1) : i], *words[i + 1 : i + 2]]
    shouted = any(word.isupper() and len(word) > 1 for word in beside)
    return words[i].isupper() and 1 < len(words[i]) < 5 and not shouted


def _acronym(word: str) -> bool:
    return word.isupper() and 1 < len(word) < 6


# What the tokenizer says of a word (tokens.name_class) as what it may be here.
_KINDS = {
    "given": GIVEN,
    "either": GIVEN,
    "surname": SURNAME,
    "word name": WORD_NAME,
    "ordinary": ORDINARY,
    "rarer": RARER,
    "unknown": UNKNOWN,
}


def _first_of_two(i: int, tokens: Sequence[Token], folded: Sequence[str]) -> bool:
    """Whether a word that is kept by itself is a first name here: a last name follows, written as it is.

    "Said Ahmed" is a name, "He said Ahmed" is not; "said ahmed" after a word for a person is still read as one.
    """
    if i + 1 >= len(tokens) or (i > 0 and folded[i - 1] in SPEAKERS):
        return False
    capital = tokens[i].text[0].isupper()
    spoken = capital and folded[i] in NAMES_TOO and folded[i] in load_gazetteer().given
    first, last = tokens[i].name_class in {"given", "either"}, tokens[i + 1].name_class in {"surname", "either"}
    return (first or spoken) and last and capital == tokens[i + 1].text[0].isupper()


def _kind(name_class: str, folded: str, is_kept: bool) -> int:
    kind = _KINDS.get(name_class, NEVER)
    if kind == GIVEN and folded in KIN_WORDS:
        return ORDINARY
    if kind in (UNKNOWN, RARER) and folded.endswith("s") and len(folded) > 4 and load_gazetteer().is_given(folded[:-1]):
        return GIVEN  # "my mum roxannes tablets"
    if kind == WORD_NAME or (name_class == "function name" and folded in NAMES_TOO):
        return WORD_NAME
    if is_kept or folded.endswith(CONTRACTIONS):
        return NEVER
    return ORDINARY if kind in (UNKNOWN, RARER) and (folded in RELATIONS or folded in WEAK_TITLES) else kind
