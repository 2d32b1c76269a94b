"""Evidence of a name in where it stands: signed at the end, or alone on its line."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.anonymise.gazetteer import load_gazetteer
from analysis.anonymise.lexicon import CALENDAR_WORDS, PARTICLES, SIGN_OFFS, STRONG_TITLES, WEAK_TITLES
from analysis.anonymise.masks import MASK
from analysis.anonymise.reading import GIVEN, LIKELY, ORDINARY, SURNAME, UNKNOWN, WORD_NAME, Reading

_TITLES = STRONG_TITLES | WEAK_TITLES
_STOPS = frozenset("!?…-–—")
_NO_FIRST_NAMES = CALENDAR_WORDS - {"june", "april"}


class Signatures(Reading):
    """Names that stand alone."""

    # --- signatures ---------------------------------------------------------------------------------------------------

    def _signatures(self) -> None:
        """A name that stands alone: after a sign-off, after a dash or full stop at the end, or on its own line."""
        for start, end in self._fragments():
            first = start
            while first < end and (
                self.folded[first] in SIGN_OFFS
                or self.folded[first] in _TITLES
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
                word in _STOPS
                or "\n" in word
                or (word == "." and not self._initial(i - 1) and self._at(i - 1) not in STRONG_TITLES)
            )
            if self.folded[i] in SIGN_OFFS and i > start:
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

    def _first_name_word(self, i: int) -> bool:
        return self.folded[i] in load_gazetteer().first_word_names and self.folded[i] not in _NO_FIRST_NAMES

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
            or (last and i > 0 and word_names == len(kinds) == 2 and self._first_name_word(i))
        )
