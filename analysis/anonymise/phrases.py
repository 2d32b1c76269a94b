"""Phrases of several words, found in a text that is split into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Phrases:
    """Finds phrases, each of a kind; by first word, so that a word that begins no phrase costs one look."""

    def __init__(self, kinds: Mapping[tuple[str, ...], str]) -> None:
        self._kinds = kinds
        self._lengths: dict[str, set[int]] = {}
        for words in kinds:
            self._lengths.setdefault(words[0], set()).add(len(words))

    def find(self, words: Sequence[str]) -> list[tuple[str, int, int]]:
        """(kind, start, end) of each phrase among the words, longest first."""
        found = [
            (kind, i, i + length)
            for i, word in enumerate(words)
            for length in self._lengths.get(word, ())
            if i + length <= len(words) and (kind := self._kinds.get(tuple(words[i : i + length])))
        ]
        return sorted(found, key=lambda match: (match[1] - match[2], match[1]))
