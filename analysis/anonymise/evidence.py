"""The evidence that words of one response are somebody's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from analysis.anonymise.gazetteer import Gazetteer, fold
from analysis.anonymise.people import (
    AFTER_CUES,
    KIN_TITLES,
    MASK,
    NAME_IS,
    NOT_NAMES,
    PARTICLES,
    PLACE_TYPES,
    PROFESSIONAL_TITLES,
    RELATIONS,
    SIGN_OFFS,
    STRONG_TITLES,
    WEAK_TITLES,
    NameSpan,
)
from analysis.anonymise.wording import phrases, words

if TYPE_CHECKING:
    from spacy.tokens import Doc

LONGEST_NAME = 4
CERTAIN, LIKELY, POSSIBLE, SLIGHT = 0.95, 0.75, 0.5, 0.3

CONTRACTIONS = ("n't", "'d", "'ll", "'ve", "'re", "'m")
NAMES_TOO = words("hope will love young best small little")  # function words that are also names
PERSON_VERBS = words(
    """
    is was has had said says told passed died moved came comes never helps helped knows took made lives does
    """
)
PRONOUNS = words("she he her him his hers")
CALENDAR = words(
    """
    january february march april may june july august summer autumn winter spring sunday will hope love man
    """
)
WHOSE = words("my full real her his their whose our childs 's s") | {""}
BEFORE_A_NAME = words("contact meet signed from by dear cheers hi just me poor late old little young")
ADDRESSED = phrases(
    "ask for, speak to, spoke to, talk to, call me, signed by, contact :, thanks to, thank you, name of"
)
VERB_LIKE_TYPES = words(
    """
    parks park view views way place act plan line end cup day stores shop boys girls close drive walk rise point flats
    bus house garden cafe gardens united
    """
)
ABBREVIATED = words("mr mrs ms mx dr prof rev revd fr sgt cllr")
AFTER_KIN = words("'s ’s and is was who has , .")

# What a word may be, strongest first.
GIVEN, SURNAME, WORD_NAME, UNKNOWN, ORDINARY, NEVER = range(6)
NAMES = (GIVEN, SURNAME, WORD_NAME)


@dataclass
class Evidence:
    """One response: its words, what each may be, and the names believed so far (first word -> name)."""

    words: list[str]
    folded: list[str]
    starts: list[int]
    kinds: list[int]
    kept: list[str]  # kind of keep-list entry that holds the word, or ""
    found: dict[int, tuple[int, float]] = field(default_factory=dict)
    slight: dict[int, tuple[int, float]] = field(default_factory=dict)  # too weak to lead to other names
    taken: set[int] = field(default_factory=set)  # words of the names found

    @classmethod
    def of(cls, doc: Doc, gazetteer: Gazetteer, kept_words: frozenset[str]) -> Evidence:
        """Reads a tokenised response; whitespace is left out, a line break kept as a word."""
        words, starts, kept = [], [], []
        for token in doc:
            text = token.text
            if text.isspace() and "\n" not in text and "\r" not in text:
                continue
            words.append(text)
            starts.append(token.idx)
            kept.append(token.ent_type_)
        folded = [fold(word) for word in words]
        kinds = [_kind(w, f, gazetteer, kept_words) for w, f in zip(words, folded, strict=True)]
        lower = {word for word in words if word.islower()}
        kinds = [
            ORDINARY if k == UNKNOWN and (f in lower or _acronym(w)) and w[0].isupper() else k
            for w, f, k in zip(words, folded, kinds, strict=True)
        ]
        return cls(words, folded, starts, kinds, kept)

    def names(self, entities: Sequence[tuple[int, int]] = ()) -> tuple[NameSpan, ...]:
        """Every name, in order, with its score; `entities` are a model's PERSON spans in characters."""
        self._protect_places()
        self._after_cues()
        self._signatures()
        self._before_cues()
        self._from_lists()
        self._from_model(entities)
        self._beside_names()
        self._repeats()
        weak = {i: (j, score) for i, (j, score) in self.slight.items() if not self._taken(i, j)}
        names = sorted({**weak, **self.found}.items())
        return tuple(NameSpan(self.starts[i], self._end(j - 1), score) for i, (j, score) in names)

    # --- what a word looks like ---------------------------------------------------------------------------------------

    @cached_property
    def shouted(self) -> bool:
        """Nearly all in capitals: capitals say nothing."""
        letters = [c for word in self.words for c in word if c.isalpha()]
        return len(letters) > 15 and sum(c.isupper() for c in letters) > 0.7 * len(letters)

    @cached_property
    def casual(self) -> bool:
        """Written without regard to capitals, so that a name may be in lower case (or all is shouted)."""
        first = next((word for word in self.words if word[0].isalpha()), "")
        capitals = sum(word[0].isupper() and len(word) > 1 for word in self.words)
        return self.shouted or first[:1].islower() or capitals == 0

    def _capital(self, i: int) -> bool:
        word = self.words[i]
        return word[0].isupper() and not self.shouted

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
        return (
            0 <= i < len(self.words) and len(self.words[i]) == 1 and self.words[i].isalpha() and self.words[i].isupper()
        )

    def _sentence_start(self, i: int) -> bool:
        return i == 0 or self.words[i - 1] in {".", "!", "?", "…", ":", "-", "–", "—", "•"} or "\n" in self.words[i - 1]

    # --- places: "Keir Hardie Way", "Robert Clack School" -------------------------------------------------------------

    def _protect_places(self) -> None:
        self._places: set[int] = set()
        for i, folded in enumerate(self.folded):
            if folded not in PLACE_TYPES or i == 0:
                continue
            before = i - 1
            if self._at(before) in {"'s", "’s"}:
                before -= 1
            start = before
            while start >= 0 and before - start < 3 and self._place_word(start):
                start -= 1
            if start < before and (before - start > 1 or self.kept[before] or not self._lower_ordinary_type(i)):
                self._places.update(range(start + 1, before + 1))
            elif self.kept[before]:
                self._places.add(before)
        saints = (i for i, folded in enumerate(self.folded) if folded in {"st", "saint"})
        self._places.update(i + 1 + (self._at(i + 1) == ".") for i in saints)

    def _place_word(self, i: int) -> bool:
        if self.words[i] in {".", "&"}:
            return i > 0 and self._at(i - 1) in {"st", "dr"}
        return (
            self._capital(i)
            and self.words[i].replace("'", "").replace("-", "").replace("’", "").isalpha()
            and self.folded[i] not in NOT_NAMES | RELATIONS
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
            if self.folded[j] in PARTICLES and j > i and self._name_like(j + 1, over_keep, lower_ok):
                j += 1
                continue
            if not self._name_like(j, over_keep, lower_ok and j == i, after_capital=j > i and self._capital(i)):
                break
            j, taken = j + 1, taken + 1
        return j if any(not self._initial(k) and self.words[k] != "." for k in range(i, j)) else i

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

    # --- cues before --------------------------------------------------------------------------------------------------

    def _after_cues(self) -> None:
        for i in range(len(self.words)):
            if self._is_masked(i):
                continue
            self._after_title(i)
            self._after_self(i)
            self._after_relation(i)

    def _after_title(self, i: int) -> None:
        word = self.folded[i]
        if word not in STRONG_TITLES and word not in PROFESSIONAL_TITLES and word not in WEAK_TITLES:
            return
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
        if word in STRONG_TITLES:
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
        kin = word in KIN_TITLES and first == WORD_NAME and self._at(slot + 1) in AFTER_KIN
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

    def _after_name_is(self, i: int) -> None:
        slot = i + 1
        while self._at(slot) in {"is", "'s", "’s", "was", ":", "-", "=", ",", "("} and slot < i + 4:
            slot += 1
        stated = self._at(i - 1) in WHOSE or slot > i + 1
        self._introduced(slot, strong=self.folded[i].startswith("name") and stated)

    def _says_i_am(self, i: int) -> bool:
        word, before = self.folded[i], self._at(i - 1)
        return word in {"i'm", "im"} or (word in {"am", "is"} and before in {"i", "this"})

    def _after_my(self, i: int) -> None:
        """ "My Ron and I"."""
        slot = i + 1
        sure = self._capital_name(slot) and (self.kinds[slot] == GIVEN or self._at(slot + 1) in {"and", "he", "she"})
        if sure and not self._is_thing(slot + 1):
            self._believe(slot, self._trimmed(slot, self._read(slot)), LIKELY)

    def _is_thing(self, i: int) -> bool:
        return self._at(i) in PLACE_TYPES

    def _capital_name(self, i: int) -> bool:
        return self._nameable(i) and self._capital(i) and self.kinds[i] in (*NAMES, UNKNOWN)

    def _introduced(self, slot: int, strong: bool) -> None:
        if slot >= len(self.words):
            return
        if self.folded[slot] in STRONG_TITLES | WEAK_TITLES | PROFESSIONAL_TITLES:
            return
        over_keep = self.kept[slot] in {"INSTITUTION", "FIGURE"} and strong
        j = self._read(slot, over_keep, lower_ok=strong)
        if j == slot:
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
        if self.folded[i] not in RELATIONS or self.kept[i] not in {"", "WORDS"}:
            return
        slot = i + 1
        called = False
        while (
            self._at(slot)
            in {
                ",",
                "(",
                "is",
                "called",
                "named",
                "'s",
                "’s",
                "name",
                "-",
                "–",
                ":",
                "mr",
                "mrs",
                "ms",
                "miss",
                ".",
                "dr",
                "old",
                "poor",
                "dear",
                "was",
                "being",
            }
            and slot < i + 5
        ):
            if self._at(slot) == "." and self._at(slot - 1) not in STRONG_TITLES:
                return
            called |= self._at(slot) in {"called", "named", "name"}
            slot += 1
        over_keep = slot < len(self.words) and self.kept[slot] in {"INSTITUTION", "FIGURE"} and slot == i + 1
        if not self._nameable(slot, over_keep):
            return
        j = self._read(slot, over_keep)
        if j == slot:
            return
        first = self.kinds[slot]
        if self._capital(slot):
            if first in NAMES or first == UNKNOWN or called:
                self._believe(slot, self._trimmed(slot, j), LIKELY)
        elif first == GIVEN or (called and first == SURNAME):
            self._believe(slot, self._trimmed(slot, j), LIKELY)

    # --- cues after ---------------------------------------------------------------------------------------------------

    def _before_cues(self) -> None:
        for i in range(len(self.words)):
            if self._initial(i) and self._nameable(i) and self.words[i] != "I":
                self._initialled(i)
            elif self._capital_name(i) or (self.kinds[i] == GIVEN and self._nameable(i)):
                j = self._trimmed(i, self._read(i))
                if j > i and (self._cue_follows(i, j) or self._identifier_follows(i, j) or self._spoken_of(i)):
                    self._believe(i, j, LIKELY)

    def _cue_follows(self, i: int, j: int) -> bool:
        if self._at(j) == "here" and not self._sentence_start(i):
            return False
        j += self._at(j) == ","
        return any(tuple(self.folded[j : j + len(cue)]) == cue for cue in AFTER_CUES)

    def _spoken_of(self, i: int) -> bool:
        """A verb, and a capital or a pronoun: "Since Peggy passed", "Blessing is good, they keep sending her"."""
        if self.kinds[i] != WORD_NAME or self.folded[i] in CALENDAR or not self._capital(i):
            return False
        if self._at(i + 1) not in PERSON_VERBS:
            return False
        before = self._at(i - 1)
        apart = not self._capital(i - 1) or before in NOT_NAMES
        inside = not self._sentence_start(i) and apart and before not in {"the", "my", "our", "a", "an"}
        return (inside and self.folded[i] not in PLACE_TYPES) or not PRONOUNS.isdisjoint(self.folded[i + 2 : i + 18])

    def _identifier_follows(self, i: int, j: int) -> bool:
        """A name stands right before a telephone number, address, date of birth and the like."""
        if self.folded[i] in SIGN_OFFS:
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
        labels = {
            "tel",
            "telephone",
            "phone",
            "mob",
            "mobile",
            "email",
            "e-mail",
            "nhs",
            "ni",
            "nino",
            "dob",
            "d",
            "o",
            "b",
            "born",
            "address",
            "no",
            "number",
            "date",
            "of",
            "birth",
            "postcode",
            ".",
            ":",
            "ref",
            "t",
            "e",
        }
        first = k
        while k < min(first + 5, len(self.words)) and self._at(k) in labels:
            k += 1
        return k

    def _initialled(self, i: int) -> None:
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

    # --- signatures ---------------------------------------------------------------------------------------------------

    def _signatures(self) -> None:
        """A name that stands alone: after a sign-off, after a dash or full stop at the end, or on its own line."""
        for start, end in self._fragments():
            first = start
            while first < end and (
                self.folded[first] in SIGN_OFFS
                or self.folded[first] in STRONG_TITLES | WEAK_TITLES
                or self.words[first] in {",", "-", "–", "—", ":", "."}
            ):
                first += 1
            j = self._read(first, lower_ok=False) if first < end else first
            if j == first:
                continue
            signed = first > start and any(f in SIGN_OFFS for f in self.folded[start:first])
            lone = self._closes(j, end)
            if (signed or lone) and self._signature_words(first, j, signed):
                self._believe(first, j if not signed else self._trimmed(first, j), LIKELY)

    def _fragments(self) -> Iterator[tuple[int, int]]:
        start = 0
        for i, word in enumerate(self.words):
            stop = (
                "\n" in word
                or word in {"!", "?", "…"}
                or word in {"-", "–", "—"}
                or (word == "." and not self._initial(i - 1) and self._at(i - 1) not in STRONG_TITLES)
            )
            if self._at(i) in SIGN_OFFS and i > start:
                yield start, i
                start = i
            if stop:
                yield start, i
                start = i + 1
        yield start, len(self.words)

    def _closes(self, j: int, end: int) -> bool:
        rest = [
            w
            for w in self.folded[j:end]
            if w
            not in {
                ",",
                "(",
                ")",
                "x",
                "xx",
                "xxx",
                ";",
                "retd",
                "retired",
                "mrs",
                "mr",
                "ms",
                "miss",
                "aged",
                ".",
                "'s",
            }
            and not w.isdigit()
            and w[0] != MASK
        ]
        return not rest or (j < end and self.words[j] == "(")

    def _signature_words(self, i: int, j: int, signed: bool) -> bool:
        kinds = [self.kinds[k] for k in range(i, j) if len(self.words[k]) > 1 and self.folded[k] not in PARTICLES]
        listed = sum(kind in (GIVEN, SURNAME) for kind in kinds)
        word_names = sum(kind == WORD_NAME for kind in kinds)
        unknown = sum(kind == UNKNOWN for kind in kinds)
        if self.shouted or not self._capital(i):
            return (listed == len(kinds) and GIVEN in kinds) or (signed and bool(listed))
        last = j == len(self.words)
        if ORDINARY in kinds and not (listed and self.kinds[i] == GIVEN):
            return False
        return (
            bool(listed)
            or (signed and bool(word_names or unknown))
            or (len(kinds) > 1 and bool(unknown))
            or (last and bool(unknown) and i > 0)
        )

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
        if not self.casual:
            return 0.0
        if len(kinds) > 1 and kinds[0] == GIVEN and kinds[1] in (SURNAME, GIVEN):
            return LIKELY
        return POSSIBLE if kinds == [GIVEN] and len(self.words[i]) > 3 else 0.0

    def _in_capitalised_phrase(self, i: int, j: int) -> bool:
        before = i > 0 and self.words[i - 1].isalpha() and self._capital(i - 1) and not self._sentence_start(i - 1)
        after = j < len(self.words) and self.words[j].isalpha() and self._capital(j)
        return before or after

    def _from_model(self, entities: Sequence[tuple[int, int]]) -> None:
        for start, end in entities:
            inside = [k for k in range(len(self.words)) if self.starts[k] >= start and self._end(k) <= end]
            if inside and all(self._nameable(k) for k in inside):
                self._believe(inside[0], inside[-1] + 1, 0.6)

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
            hit = known.get(folded) or (known.get(folded[:-1]) if folded.endswith("s") and len(folded) > 4 else None)
            if hit is None or not self._nameable(i) or self._taken(i, i + 1):
                continue
            if hit[0] in (GIVEN, SURNAME, UNKNOWN) or self._repeated_word(i):
                self._believe(i, i + 1, hit[1])

    def _repeated_word(self, i: int) -> bool:
        """A name that is a word ("Grace", "May") is the name again only with its capital and not before "of", "I"."""
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


def _acronym(word: str) -> bool:
    return word.isupper() and 1 < len(word) < 6


def _kind(word: str, folded: str, gazetteer: Gazetteer, kept_words: frozenset[str]) -> int:
    if not word[0].isalpha() or any(c.isdigit() for c in word) or len(word) > 40:
        return NEVER
    if gazetteer.is_word_name(folded) and (folded not in NOT_NAMES or folded in NAMES_TOO):
        return WORD_NAME
    if folded in NOT_NAMES or folded in kept_words or folded.endswith(CONTRACTIONS):
        return NEVER
    if gazetteer.is_given(folded):
        return GIVEN
    if gazetteer.is_surname(folded):
        return SURNAME
    return ORDINARY if gazetteer.is_ordinary(folded) or folded in RELATIONS or folded in WEAK_TITLES else UNKNOWN
