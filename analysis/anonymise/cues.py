"""Evidence of a name in the words around it: titles, relations and introductions before, and what is said after."""

from __future__ import annotations

from analysis.anonymise.gazetteer import load_gazetteer
from analysis.anonymise.lexicon import (
    ABBREVIATED,
    ADDRESSED,
    AFTER_CUES,
    AFTER_KIN,
    AFTER_MY_NAME,
    BEFORE_A_NAME,
    CALENDAR,
    CALENDAR_WORDS,
    DENIALS,
    FUNCTION_WORDS,
    HONORIFICS_AFTER,
    HOUSEHOLD,
    KIN_TITLES,
    LEADING,
    NAME_IS,
    NEAREST,
    PERSON_VERBS,
    PLACE_TYPES,
    PROFESSIONAL_TITLES,
    PRONOUNS,
    RELATIONS,
    SIGN_OFFS,
    STRONG_TITLES,
    WEAK_TITLES,
    WEEKDAYS,
    WHOSE,
)
from analysis.anonymise.reading import (
    CERTAIN,
    GIVEN,
    LIKELY,
    LONGEST_NAME,
    NAMES,
    ORDINARY,
    POSSIBLE,
    SURNAME,
    UNKNOWN,
    WORD_NAME,
    Reading,
)
from analysis.anonymise.wording import words as words_of

_TITLES = STRONG_TITLES | PROFESSIONAL_TITLES | WEAK_TITLES
STRANGE_AFTER_CUE = 0.2
_SELF = (
    NAME_IS
    | BEFORE_A_NAME
    | frozenset(cue[0] for cue in ADDRESSED)
    | words_of("i i'm im am is me myself us my our the")
)  # words that may lead to a name, so that all others are passed over at once
_BETWEEN = words_of(", ( is called named 's ’s name - – : mr mrs ms miss . dr old poor dear was being")
_WHERE_THEY_LIVE = words_of("at next upstairs downstairs opposite across over above below")  # after "the Petrauskas"
_LABELS = words_of(
    """
    tel telephone phone landline mob mobile email e-mail nhs ni nino dob d o b born address no number date of birth
    postcode . : ref t e
    """
)
_AFTER_CUES = {cue[0]: tuple(c for c in AFTER_CUES if c[0] == cue[0]) for cue in AFTER_CUES}


class Cues(Reading):
    """Names that the words around them give away."""

    # --- cues before --------------------------------------------------------------------------------------------------

    def _after_cues(self) -> None:
        for i, word in enumerate(self.folded):
            if word in _TITLES:
                self._after_title(i)
            if word in _SELF:
                self._after_self(i)
            if word in RELATIONS:
                self._after_relation(i)

    def _after_title(self, i: int) -> None:
        word = self.folded[i]
        slot = i + 1 + (self._at(i + 1) == "." and word in ABBREVIATED)
        if slot >= len(self.words) or "\n" in self.words[slot]:
            return
        if self.folded[slot] in STRONG_TITLES | WEAK_TITLES:
            return
        over_keep = self.kept[slot] == "INSTITUTION" or (
            bool(self.kept[slot]) and word in STRONG_TITLES and not self.kept[i] and self.kept[slot] not in {"FIGURE"}
        )
        if self.kept[i] and self.kept[i] == self.kept[slot]:
            return
        if self._leads(slot) and self.kept[slot + 1]:
            self._believe(slot, slot + 2, LIKELY)  # "Pastor da Costa", though a shop has that name
        elif word in STRONG_TITLES:
            self._strong_title(slot, over_keep)
        else:
            self._weak_title(word, slot)

    def _strong_title(self, slot: int, over_keep: bool) -> None:
        j = self._read(slot, over_keep, lower_ok=True)
        if j == slot and self._nameable(slot, over_keep) and self.folded[slot].isalpha() and len(self.folded[slot]) > 1:
            j = slot + 1
        if j > slot:
            self._believe(slot, self._trimmed(slot, j), CERTAIN)

    def _weak_title(self, word: str, slot: int) -> None:
        j = self._read(slot, lower_ok=word in KIN_TITLES)
        if j == slot:
            return
        first = self.kinds[slot]
        known = first in NAMES or first == UNKNOWN or self._initial(slot)
        written = self._capital(slot) and (known or (word in PROFESSIONAL_TITLES and j - slot > 1))
        kin = word in KIN_TITLES and (
            (first == WORD_NAME and self._at(slot + 1) in AFTER_KIN) or (first == UNKNOWN and self.likely[slot] >= 0.1)
        )
        if written or first == GIVEN or kin:
            self._believe(slot, self._trimmed(slot, j), LIKELY)

    def _after_self(self, i: int) -> None:
        word, after = self.folded[i], self._at(i + 1)
        if word in NAME_IS:
            self._after_name_is(i)
        elif self._says_i_am(i):
            self._introduced(i + 1 + (after in {"called", "just"}), strong=False)
        elif word in {"i", "me", "myself"} and after == ",":
            self._introduced(i + 2, strong=False)
        elif word in {"me", "us"} and after in {"and", "n", "&"} and self._is_name(i + 2) and self._nameable(i + 2):
            self._believe(i + 2, max(self._read(i + 2, lower_ok=True), i + 3), POSSIBLE)
        elif (word, after) in ADDRESSED:
            self._introduced(i + 2, strong=False)
        elif word in BEFORE_A_NAME and self._capital_name(i + 1) and self.kinds[i + 1] in (GIVEN, SURNAME):
            self._introduced(i + 1, strong=False)
        elif word in {"my", "our"}:
            self._after_my(i)
        elif word == "the":
            self._family(i + 1)

    def _after_name_is(self, i: int) -> None:
        slot = i + 1
        while (
            self._at(slot) in {"is", "'s", "’s", "was", ":", "-", "=", ",", "(", "really", "actually"} and slot < i + 5
        ):
            slot += 1
        stated = self._at(i - 1) in WHOSE or slot > i + 1
        self._introduced(slot, strong=self.folded[i].startswith("name") and stated)

    def _says_i_am(self, i: int) -> bool:
        word, before = self.folded[i], self._at(i - 1)
        return word in {"i'm", "im"} or (word in {"am", "is"} and before in {"i", "this"})

    def _after_my(self, i: int) -> None:
        """ "My Ron and I"."""
        slot = i + 1
        sure = self._capital_name(slot) and (
            self.kinds[slot] == GIVEN
            or self._at(slot + 1) in AFTER_MY_NAME
            or (self.kinds[slot] == WORD_NAME and self._ends(slot + 1) and self.folded[slot] not in CALENDAR)
        )
        if sure and not self._is_thing(slot + 1):
            self._believe(slot, self._trimmed(slot, self._read(slot)), LIKELY)

    def _family(self, slot: int) -> None:
        """ "The Uddins", "the Heath family"."""
        folded = self._at(slot)
        if self._at(slot + 1) in HOUSEHOLD or (self._at(slot) in LEADING and self._at(slot + 2) in HOUSEHOLD):
            self._household(slot)
            return
        if (
            folded.endswith("s")
            and self._capital_name(slot)
            and self.kinds[slot] != GIVEN
            and not self._is_thing(slot + 1)
        ):
            lists, single = load_gazetteer(), folded[:-1]
            settled = self._at(slot + 1) in _WHERE_THEY_LIVE and (
                lists.is_known_name(single) or self.kinds[slot] == UNKNOWN
            )
            if settled or (lists.is_surname(single) and not lists.is_ordinary(single)):
                self._believe(slot, slot + 1, POSSIBLE)

    def _household(self, slot: int) -> None:
        """The name of a family that is no people, faith or place."""
        over_keep = self.kept[slot] == "PLACE" and load_gazetteer().is_known_name(self.folded[slot])
        j = slot + (self._at(slot) in LEADING)
        known = self.kinds[j] in (*NAMES, UNKNOWN) and self.folded[j] not in CALENDAR_WORDS
        if known and self._capital(j) and self._nameable(j, over_keep):
            self._believe(slot, j + 1, LIKELY)

    def _is_thing(self, i: int) -> bool:
        return self._at(i) in PLACE_TYPES

    def _capital_name(self, i: int) -> bool:
        return self._nameable(i) and self._capital(i) and self.kinds[i] in (*NAMES, UNKNOWN)

    def _introduced(self, slot: int, strong: bool) -> None:
        if slot >= len(self.words):
            return
        if self.folded[slot] in _TITLES or self.folded[slot] in WEEKDAYS:
            return
        over_keep = self.kept[slot] in {"INSTITUTION", "FIGURE"} and strong
        j = self._read(slot, over_keep, lower_ok=strong)
        if j == slot:
            self._strange_word(slot)
            return
        j = j if strong else self._trimmed(slot, j)
        first = self.kinds[slot]
        if self._capital(slot):
            good = (
                strong
                or first in NAMES
                or (first == UNKNOWN)
                or self._initial(slot)
                or (j - slot > 1 and self._plausible(slot, j))
            )
        else:
            good = strong or first == GIVEN or (first == SURNAME and self.shouted)
        if good:
            j = self._extended(slot, j) if strong else j
            self._believe(slot, j, CERTAIN if strong else LIKELY)

    def _extended(self, i: int, j: int) -> int:
        """In lower case or capitals a surname may be in no list: "my name is raymond tull"."""
        while (
            j - i < 2
            and j < len(self.words)
            and self._nameable(j)
            and self.kinds[j] != ORDINARY
            and self.words[j].isalpha()
        ):
            j += 1
        return j

    def _after_relation(self, i: int) -> None:
        if self.kept[i] not in {"", "WORDS"}:
            return
        slot = i + 1
        called = False
        while self._at(slot) in _BETWEEN and slot < i + 5:
            if self._at(slot) == "." and self._at(slot - 1) not in STRONG_TITLES:
                return
            called |= self._at(slot) in {"called", "named", "name"}
            slot += 1
        over_keep = (
            slot < len(self.words) and self.kept[slot] in {"INSTITUTION", "FIGURE"} and (slot == i + 1 or called)
        )
        over_keep |= self._kin_called_like_a_place(i, slot)
        if not self._nameable(slot, over_keep):
            return
        j = self._read(slot, over_keep)
        if j == slot:
            self._strange_word(slot)
            return
        first = self.kinds[slot]
        if self._capital(slot):
            if first in NAMES or first == UNKNOWN or called:
                self._believe(slot, self._trimmed(slot, j), LIKELY)
        elif first == GIVEN or (called and first == SURNAME):
            self._believe(slot, self._trimmed(slot, j), LIKELY)

    def _kin_called_like_a_place(self, i: int, slot: int) -> bool:
        """ "My wife Vlora": right after "my" and a relative a town's name is a person's."""
        near = slot == i + 1 and slot < len(self.words) and self.kept[slot] == "PLACE" and self._capital(slot)
        whose = self._at(i - 1) in {"my", "his", "her", "our", "their"} and self.folded[i] in NEAREST
        return near and whose and not self._capital_at(slot + 1) and self.kept[slot + 1 : slot + 2] != ["PLACE"]

    def _strange_word(self, slot: int) -> None:
        """In lower case after a cue a word that no list and no dictionary holds: "my friend brayleigh"."""
        strange = (
            self.casual and self.kinds[slot] == UNKNOWN and len(self.words[slot]) > 3 and self.words[slot].isalpha()
        )
        if strange and self._nameable(slot) and self.likely[slot] >= STRANGE_AFTER_CUE:
            self._believe(slot, slot + 1, POSSIBLE)

    # --- cues after ---------------------------------------------------------------------------------------------------

    def _before_cues(self) -> None:
        for i in range(len(self.words)):
            if self._initial(i) and self._nameable(i) and self.words[i] != "I":
                self._initialled(i)
            elif self.casual and self.kinds[i] == UNKNOWN and self._nameable(i):
                self._unknown_before_address(i)
            elif self.words[i] == "A" and (self._listed_alone(i + 1) or self._initial_a(i)):
                self._believe(i, i + 2, LIKELY)
            elif self.kept[i] == "FIGURE":
                self._namesake(i)
            elif self._capital_name(i) or (self.kinds[i] == GIVEN and self._nameable(i)):
                j = self._trimmed(i, self._read(i))
                if j > i and (self._cue_follows(i, j) or self._identifier_follows(i, j) or self._spoken_of(i)):
                    self._believe(i, j, LIKELY)

    def _cue_follows(self, i: int, j: int) -> bool:
        if self._at(j) == "here" and not self._sentence_start(i):
            return False
        if self._at(j) in HONORIFICS_AFTER and self._capital(i):
            return True
        if self._at(j) in {"and", "&", "n"} and self._at(j + 1) in {"i", "me", "myself"} and self._capital(i):
            return True
        j += self._at(j) == ","
        if self._at(j) in {"his", "her", "my", "their", "our"} and self._at(j + 1) in RELATIONS:
            return True
        if self._at(j) == "(" and "name" in self.folded[j + 1 : j + 5]:
            return True
        return any(tuple(self.folded[j : j + len(cue)]) == cue for cue in _AFTER_CUES.get(self._at(j), ()))

    def _spoken_of(self, i: int) -> bool:
        """A verb, and a capital or a pronoun: "Since Peggy passed", "Blessing is good, they keep sending her"."""
        if self.kinds[i] != WORD_NAME or self.folded[i] in CALENDAR or not self._capital(i):
            return False
        if self._at(i + 1) not in PERSON_VERBS:
            return False
        before = self._at(i - 1)
        apart = not self._capital(i - 1) or before in FUNCTION_WORDS
        inside = not self._sentence_start(i) and apart and before not in {"the", "my", "our", "a", "an"}
        return (inside and self.folded[i] not in PLACE_TYPES) or (
            (apart or self._sentence_start(i)) and not PRONOUNS.isdisjoint(self.folded[i + 2 : i + 18])
        )

    def _identifier_follows(self, i: int, j: int) -> bool:
        """A name stands right before a telephone number, address, date of birth and the like."""
        if (
            self.folded[i] in SIGN_OFFS
            or self.folded[i] in _LABELS
            or (j - i == 1 and self.folded[i] in CALENDAR_WORDS)
        ):
            return False
        k = j
        while k < min(j + 3, len(self.words)) and (
            self.words[k] in {",", ":", "(", "-", "–", ";", "."} or "\n" in self.words[k]
        ):
            k += 1
        if not self._is_masked(k):
            k = self._past_label(k)
        starts_well = i == 0 or not self._capital(i - 1) or not self.words[i - 1].isalpha()
        apart = k > j
        return (
            self._is_masked(k)
            and starts_well
            and (j - i > 1 or self.kinds[i] == GIVEN or (apart and self.kinds[i] in (UNKNOWN, WORD_NAME)))
        )

    def _past_label(self, k: int) -> int:
        first = k
        while k < min(first + 5, len(self.words)) and self._at(k) in _LABELS:
            k += 1
        return k

    def _unknown_before_address(self, i: int) -> None:
        """ "that kevan brigs at flat 11": in lower case, words of no list right before where somebody lives."""
        j = i + 1
        while (
            j < i + 3 and j < len(self.words) and self._nameable(j) and self.kinds[j] in (UNKNOWN, SURNAME, WORD_NAME)
        ):
            j += 1
        if self.words[i].isalpha() and self._at(j) in {"at", "of", "from"} and self._is_masked(j + 1):
            self._believe(i, j, POSSIBLE)

    def _initial_a(self, i: int) -> bool:
        """A capital A inside a sentence is no article: "Contact A Macaraeg for the keys"."""
        inside = i > 0 and (
            self.words[i - 1].islower() or (self.words[i - 1].istitle() and self._sentence_start(i - 1))
        )
        inside = inside and self._capital_name(i + 1)
        return inside and self.kinds[i + 1] in (GIVEN, SURNAME, UNKNOWN) and not self._capital_at(i + 2)

    def _namesake(self, i: int) -> None:
        """ "Bobby Moore (no, not that one)": somebody who has a known person's name and is not that person."""
        j = i
        while j < len(self.words) and self.kept[j] == "FIGURE" and j < i + LONGEST_NAME:
            j += 1
        said = tuple(w for w in self.folded[j : j + 20] if w.isalpha())
        denied = any(said[k : k + len(cue)] == cue for k in range(9) for cue in DENIALS)
        if denied and self._capital(i) and (i == 0 or self.kept[i - 1] != "FIGURE"):
            self._believe(i, j, LIKELY)

    def _listed_alone(self, i: int) -> bool:
        """A listed surname that ends its phrase: "A Mensah, P Hourihane"."""
        return self._capital_name(i) and self.kinds[i] in (GIVEN, SURNAME) and self._ends(i + 1)

    def _initialled(self, i: int) -> None:
        lead = i + 1 + (self._at(i + 1) == ".")
        if self._at(lead) in LEADING and self._capital_at(lead + 1) and self._at(lead + 1) not in PLACE_TYPES:
            self._believe(i, lead + 2, LIKELY)
        j = self._read(i)
        if j <= i:
            return
        dotted = self._at(i + 1) == "."
        last = next((k for k in range(j - 1, i, -1) if len(self.words[k]) > 1), i)
        listed = self.kinds[last] in (GIVEN, SURNAME, UNKNOWN) or (self.kinds[last] == WORD_NAME and dotted)
        if self._capital(last) and (listed or (dotted and self.kinds[last] == ORDINARY and self._ends(j))):
            self._believe(i, self._trimmed(i, j), LIKELY)

    def _ends(self, j: int) -> bool:
        return j >= len(self.words) or not self.words[j].isalpha() or self._is_masked(j)
