"""The evidence that words of one response are somebody's name, gathered in order of strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.anonymise.cues import Cues
from analysis.anonymise.gazetteer import load_gazetteer
from analysis.anonymise.lexicon import (
    ABBREVIATED,
    ARTICLES,
    BEFORE_PLACES,
    BYNAMES,
    CALENDAR_WORDS,
    KIN_BYNAMES,
    KIN_WORDS,
    LEADING,
    LOWER_BYNAMES,
    NAMES_TOO,
    PARTICLES,
    PERSON_VERBS,
    PLACE_TYPES,
    RELATIONS,
    SHORT_GIVEN,
    WEAK_TITLES,
    WHEN,
)
from analysis.anonymise.reading import (
    CERTAIN,
    GIVEN,
    LIKELY,
    NAMES,
    ORDINARY,
    POSSIBLE,
    SLIGHT,
    SURNAME,
    UNKNOWN,
    WORD_NAME,
    NameSpan,
)
from analysis.anonymise.signatures import Signatures

# How likely the recogniser has to find a word: to go with a name; to be one if it looks like one, less so, not at all.
SLIGHTEST, BELONGS, ENOUGH, MIDDLING, PLAIN, SURE, NO_NAME = 0.02, 0.15, 0.1, 0.35, 0.55, 0.3, 1.1
HARDLY_EVER = 0.9  # days, months and feasts, words after an article, words of grammar
# The same where the second opinion (context.py) was asked: fitted on the development sets, recall before precision.
NO_NAME_LIKELY = 0.1  # "hazel hedges" in a text without capitals
FIRST_NAME_WORD, NAME_WORD, NO_WORD, ANY_WORD, LOWER_WORD = 0.1, 0.15, 0.04, 0.25, 0.08
STRANGE = 0.0  # a word that no list and no dictionary holds, with a capital inside a sentence: a name until kept


class Evidence(Cues, Signatures):
    """All evidence of one response."""

    def names(self, entities: Sequence[tuple[int, int]] = ()) -> tuple[NameSpan, ...]:
        """Every name, in order, with its score; `entities` are a model's PERSON spans in characters."""
        self._protect_places()
        self._protect_things()
        self._after_cues()
        self._signatures()
        self._before_cues()
        self._from_lists()
        self._from_recogniser()
        self._from_entities(entities)
        self._beside_names()
        self._widen()
        self._repeats()
        weak = {i: (j, score) for i, (j, score) in self.slight.items() if not self._taken(i, j)}
        names = sorted({**weak, **self.found}.items())
        return tuple(NameSpan(self.starts[i], self._end(j - 1), score) for i, (j, score) in names)

    # --- the lists ----------------------------------------------------------------------------------------------------

    def _from_lists(self) -> None:
        i = 0
        while i < len(self.words):
            j = self._list_run(i)
            score = self._list_score(i, j) if j > i else 0.0
            if score:
                self._believe(i, j, score)
            i = max(i + 1, j if score else i + 1)

    def _list_run(self, i: int) -> int:
        if not self._nameable(i) or self.kinds[i] == ORDINARY or self._taken(i, i + 1):
            return i
        return self._trimmed(i, self._read(i))

    def _list_score(self, i: int, j: int) -> float:
        kinds = [
            self.kinds[k]
            for k in range(i, j)
            if len(self.words[k]) > 1 and self.folded[k] not in PARTICLES and self.words[k] != "."
        ]
        if not kinds or not self._capital(i):
            return self._list_score_lower(i, kinds)
        if kinds[0] == GIVEN:
            return LIKELY
        if len(kinds) == 1:
            return SLIGHT if kinds[0] in (SURNAME, UNKNOWN) else 0.0
        if (
            GIVEN in kinds
            or (kinds[0] == WORD_NAME and any(k in (SURNAME, UNKNOWN) for k in kinds))
            or kinds.count(SURNAME) > 1
        ):
            return POSSIBLE
        strange = all(kind in (UNKNOWN, SURNAME) for kind in kinds) and not self._in_capitalised_phrase(i, j)
        return POSSIBLE if strange else 0.0

    def _list_score_lower(self, i: int, kinds: list[int]) -> float:
        if self.casual and len(kinds) > 1 and kinds[0] == GIVEN and kinds[1] in (SURNAME, GIVEN):
            return LIKELY
        if not self.casual or (self.asked[i] and self.likely[i] < NO_NAME_LIKELY):
            return 0.0
        return POSSIBLE if kinds == [GIVEN] and len(self.words[i]) > 3 else 0.0

    def _in_capitalised_phrase(self, i: int, j: int) -> bool:
        before = i > 0 and self.words[i - 1].isalpha() and self._capital(i - 1) and not self._sentence_start(i - 1)
        after = j < len(self.words) and self.words[j].isalpha() and self._capital(j)
        return before or after

    # --- the recogniser -----------------------------------------------------------------------------------------------

    def _from_entities(self, entities: Sequence[tuple[int, int]]) -> None:
        """PERSON spans of an installed model."""
        for start, end in entities:
            inside = [k for k in range(len(self.words)) if self.starts[k] >= start and self._end(k) <= end]
            if inside and all(self._nameable(k) for k in inside):
                self._believe(inside[0], inside[-1] + 1, 0.6)

    def _from_recogniser(self) -> None:
        """Runs of words of which at least one is likely enough for what it is, and the others likely at all."""
        i = 0
        while i < len(self.words):
            j = i
            while j < len(self.words) and self._may_belong(j, j == i):
                j += 1
            while j > i and not self.words[j - 1][0].isalpha() and not self._initial(j - 2):
                j -= 1
            if j > i and any(self._likely_name(k) for k in range(i, j)):
                self._believe(i, j, POSSIBLE)
            i = max(j, i + 1)

    def _may_belong(self, i: int, first: bool) -> bool:
        if (self.likely[i] < SLIGHTEST and not self._strange(i)) or i in self.taken:
            return False
        if self.likely[i] < min(BELONGS, self._needed(i)):
            return False
        if self.words[i] == "." or self.folded[i] in PARTICLES:
            return not first
        if len(self.words[i]) == 1 and not self._initial(i):
            return False
        return self._initial(i) or self._nameable(i) or (self._function_name(i) and self.likely[i] >= HARDLY_EVER)

    def _strange(self, i: int) -> bool:
        return (
            self.kinds[i] == UNKNOWN
            and not self.casual
            and len(self.words[i]) > 2
            and self.words[i].istitle()
            and not self._sentence_start(i)
            and self._at(i - 1) not in BEFORE_PLACES
        )

    def _likely_name(self, i: int) -> bool:
        return self._initial(i) is False and self.words[i][0].isalpha() and self.likely[i] >= self._needed(i)

    def _written_as_name(self, i: int) -> bool:
        """A first name that is a word, with a capital in mid-sentence where others have none: "I buried my Frank"."""
        if self.kinds[i] != WORD_NAME or self.casual or not self._capital(i) or self._sentence_start(i):
            return False
        if self.folded[i] not in load_gazetteer().first_word_names or self.folded[i] in CALENDAR_WORDS:
            return False
        around = [k for k in (i - 1, i + 1) if 0 <= k < len(self.words) and self.words[k][0].isalpha()]
        apart = not any(self._capital(k) for k in around) and self._at(i - 1) not in ARTICLES
        return apart and self._at(i + 1) not in PLACE_TYPES and self._at(i - 1) not in {'"', "“", "'", "‘", "("}

    def _needed(self, i: int) -> float:
        """How likely a word has to be: listed names least; other words have to look like a name, or be sure."""
        kind = self.kinds[i]
        if kind == WORD_NAME and self._at(i + 1) == ":":
            return NO_NAME  # a heading: "Hope: more trees"
        if self.folded[i] in CALENDAR_WORDS and self._at(i - 1) in WHEN:
            return NO_NAME
        if self._labels_identifier(i) or self._no_name_by_itself(i):
            return NO_NAME
        if self.folded[i] in CALENDAR_WORDS or self._at(i - 1) in ARTICLES:
            return HARDLY_EVER
        if self.asked[i]:
            return self._needed_in_doubt(i)
        if self._written_as_name(i):
            return SLIGHTEST
        return self._needed_with_capital(i, kind) if self._capital(i) else self._needed_in_lower_case(kind)

    def _needed_in_doubt(self, i: int) -> float:
        if not self._capital(i) and not self.shouted:
            return NO_NAME_LIKELY if self.kinds[i] == GIVEN else LOWER_WORD if self.casual else PLAIN
        if self.folded[i] in load_gazetteer().first_word_names:
            return FIRST_NAME_WORD
        return {WORD_NAME: NAME_WORD, UNKNOWN: NO_WORD}.get(self.kinds[i], ANY_WORD)

    def _no_name_by_itself(self, i: int) -> bool:
        """What people are to each other, and capitals of two to four letters ("PIP")."""
        if self.kinds[i] != ORDINARY:
            return False
        label = self.words[i].isupper() and 1 < len(self.words[i]) < 5 and not self.shouted
        return label or self.folded[i] in RELATIONS or self.folded[i] in ABBREVIATED or self.folded[i] in KIN_WORDS

    def _labels_identifier(self, i: int) -> bool:
        """ "PCN [ID_NUMBER]": letters that say what the number is."""
        word = self.words[i]
        label = word.isupper() and 1 < len(word) < 5 and not self.shouted and self.kinds[i] not in NAMES
        return (label or self.folded[i] == "tel") and (
            self._is_masked(i + 1) or self._at(i + 1) in {"no", "number", "ref", ":", "."}
        )

    def _needed_with_capital(self, i: int, kind: int) -> float:
        if kind in (GIVEN, SURNAME) or (kind == WORD_NAME and not self._sentence_start(i)):
            return ENOUGH
        if self._strange(i):
            return STRANGE
        return MIDDLING if kind in (WORD_NAME, UNKNOWN) else SURE

    def _needed_in_lower_case(self, kind: int) -> float:
        if kind == GIVEN:
            return ENOUGH
        if kind == SURNAME or (self.casual and kind in (WORD_NAME, UNKNOWN)):
            return PLAIN
        return CERTAIN if kind in (WORD_NAME, UNKNOWN) else NO_NAME

    def _function_name(self, i: int) -> bool:
        return self.folded[i] in NAMES_TOO and self._capital(i)

    def _widen(self) -> None:
        """A found name takes in the capitalised words beside it that the recogniser counts to it: "Big Sal"."""
        for i, (j, score) in sorted(self.found.items()):
            first = i
            while first > 0 and self._belongs_beside(first - 1):
                first -= 1
            last = j
            while last < len(self.words) and self.folded[last] not in BYNAMES and self._belongs_beside(last):
                last += 1
            first -= self._byname_before(first)
            while self._leads(first - 1) and not self._taken(first - 1, first) and self._may_lead(first - 1):
                first -= 1
            if self._at(first - 1) == "." and self._at(first - 2) in SHORT_GIVEN - {"st"}:
                first -= 2  # "Md. Nurul Alam"
            last += last == i + 1 and (self._town_as_surname(i, last) or self._word_as_surname(i, last))
            last = self._past_particle(i, last)
            if (first, last) != (i, j):
                del self.found[i]
                self.found[first] = (last, score)
                self.taken.update(range(first, last))

    def _may_lead(self, i: int) -> bool:
        """ "bin" and "la" before a name are part of it where nothing makes them words of their own."""
        return self._at(i - 1) not in ARTICLES or self._at(i) not in {"bin", "mac", "al", "la"}

    def _past_particle(self, i: int, last: int) -> int:
        """The end with a last name after a particle, though a keep list holds it: "Filomena da Costa"."""
        if self._at(last) not in LEADING or last + 1 >= len(self.words) or self._taken(last, last + 2):
            return last
        known = self._is_name(last + 1) or self.kinds[last + 1] == UNKNOWN
        written = self._capital(last + 1) or (self.casual and known)
        return (
            last + 2 if written and self.folded[last + 1].isalpha() and self._at(last + 1) not in PLACE_TYPES else last
        )

    def _word_as_surname(self, i: int, last: int) -> bool:
        """ "Precious Best": right after a first name, a word with a capital that is a last name too."""
        if (
            last >= len(self.words)
            or not self._capital(last)
            or not self._nameable(last)
            or self._taken(last, last + 1)
        ):
            return False
        first_name = self.kinds[i] == GIVEN or self.folded[i] in load_gazetteer().first_word_names
        word = self.kinds[last] == WORD_NAME and self.folded[last] not in CALENDAR_WORDS | PLACE_TYPES | WEAK_TITLES
        return first_name and word and not self._capital_at(last + 1)

    def _town_as_surname(self, i: int, last: int) -> bool:
        """ "Yvonne Hucknall": right after a first name a town's name ends a person's, if a phrase ends there."""
        first_name = self.kinds[i] == GIVEN or self.folded[i] in load_gazetteer().first_word_names
        if not first_name or last >= len(self.words) or not self._capital(last) or self._taken(last, last + 1):
            return False
        kind = self.kept[last]
        surname = load_gazetteer().is_surname(self.folded[last])
        listed = kind == "ORGANISATION" and surname
        if kind == "FIGURE" and surname and self.kept[last - 1] != kind and self.kept[last + 1 : last + 2] != [kind]:
            return True  # "Jean Blair"; who is known by both names is kept by both
        return (kind == "PLACE" or listed) and self.kept[last + 1 : last + 2] != [kind] and self._ends(last + 1)

    def _byname_before(self, i: int) -> bool:
        """ "i like big steve", "They call me Papa Vin"."""
        if i == 0 or self._taken(i - 1, i) or self.kept[i - 1]:
            return False
        word, before = self.words[i - 1], self.folded[i - 1]
        lower = before in LOWER_BYNAMES and word.islower() and self.words[i].islower()
        kin = before in KIN_BYNAMES and self._capital(i - 1) and not self._sentence_start(i - 1)
        return lower or (kin and self._at(i - 2) not in {"my", "our", "his", "her", "their", "your"})

    def _belongs_beside(self, i: int) -> bool:
        capital = self.words[i][0].isupper() and len(self.words[i]) > 1 and not self._taken(i, i + 1)
        if capital and self.folded[i] in BYNAMES and not self.kept[i]:
            return True
        if self.folded[i] in WEAK_TITLES or self.folded[i] in CALENDAR_WORDS:
            return False
        return capital and self._nameable(i) and not self._taken(i, i + 1) and self.likely[i] >= BELONGS

    # --- from name to name --------------------------------------------------------------------------------------------

    def _beside_names(self) -> None:
        """In a list of names the others are names too: "Sheeba and Biju Varghese", "Tom, Grace and Ali"."""
        for _ in range(3):
            before = len(self.found)
            for i, (j, _score) in sorted(self.found.items()):
                self._beside(j)
                self._ahead(i)
            if len(self.found) == before:
                return

    def _beside(self, j: int) -> None:
        k = j + (self._at(j) == ",")
        if self._at(k) in {"and", "&", "n", "or"}:
            k += 1
        elif k == j or self._at(j) != ",":
            return
        linked = self._at(k - 1) != ","
        if self._at(k) in BYNAMES and self.casual and self._nameable(k + 1) and self.words[k + 1].isalpha():
            self._believe(k, k + 2, POSSIBLE)  # "me n tayo n lil smokes"
            return
        if k > j and self._capital_name(k) and (self.kinds[k] in (GIVEN, UNKNOWN) or linked or self._list_goes_on(k)):
            self._believe(k, self._trimmed(k, self._read(k)), POSSIBLE)

    def _list_goes_on(self, k: int) -> bool:
        return self._at(k + 1) in {",", "and", "&"}

    def _ahead(self, i: int) -> None:
        comma = self._at(i - 1) == "," and i > 1 and self.kinds[i - 2] in (GIVEN, SURNAME)
        if self._at(i - 1) not in {"and", "&", "n"} and not comma:
            return
        k = i - 2
        while k > 0 and self._capital_name(k - 1) and not self._sentence_start(k):
            k -= 1
        shouted = self.shouted and not comma and k >= 0 and self._is_name(k) and self._nameable(k)
        if self._capital_name(k) or shouted:
            self._believe(k, i - 1, POSSIBLE)

    def _repeats(self) -> None:
        known = {
            self.folded[k]: (self.kinds[k], score)
            for i, (j, score) in self.found.items()
            for k in range(i, j)
            if len(self.words[k]) > 2 and self.folded[k] not in PARTICLES and score >= POSSIBLE
        }
        for i, folded in enumerate(self.folded):
            hit = (
                known.get(folded)
                or self._misspelt(i, known)
                or (known.get(folded[:-1]) if folded.endswith("s") and len(folded) > 4 else None)
            )
            if hit is None or not self._nameable(i) or self._taken(i, i + 1):
                continue
            if hit[0] in (GIVEN, SURNAME, UNKNOWN) or self._repeated_word(i):
                self._believe(i, i + 1, hit[1])

    def _misspelt(self, i: int, known: Mapping[str, tuple[int, float]]) -> tuple[int, float] | None:
        """ "Winston Prudhomme, not Prudham like on the letter"."""
        folded = self.folded[i]
        if self.kinds[i] != UNKNOWN or not self._capital(i) or len(folded) < 5:
            return None
        alike = (
            name for name in known if len(name) > 4 and name[:4] == folded[:4] and abs(len(name) - len(folded)) < 4
        )
        return next((known[name] for name in alike), None)

    def _repeated_word(self, i: int) -> bool:
        """A name that is a word ("Grace", "May") is the name again only with its capital and not before "of", "I"."""
        if self.folded[i] in CALENDAR_WORDS and self._at(i - 1) in {
            "on",
            "in",
            "every",
            "since",
            "this",
            "last",
            "next",
        }:
            return False
        if self._sentence_start(i) and self._at(i + 1).isalpha() and self._at(i + 1) not in PERSON_VERBS:
            return False
        return self._capital(i) and self._at(i + 1) not in {
            "i",
            "we",
            "you",
            "the",
            "of",
            "a",
            "it",
            "they",
            "someone",
            "somebody",
        }
