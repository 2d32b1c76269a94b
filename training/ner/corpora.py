"""The public corpora: CoNLL files to marked texts, with where each original token stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PERSON, PLACE, BODY = "PERSON", "LOC", "ORG"
LABELS = {
    "PER": PERSON, "person": PERSON,
    "LOC": PLACE, "location": PLACE,
    "ORG": BODY, "corporation": BODY, "group": BODY,
}  # fmt: skip
_NO_SPACE_BEFORE = {".", ",", "!", "?", ":", ";", ")", "'s", "’s", "n't", "'m", "'re", "'ve", "'ll", "'d", "%", "..."}
_NO_SPACE_AFTER = {"(", "@", "#", "$", "£"}


@dataclass(frozen=True)
class Sentence:
    """A sentence as a text; `tokens` are the character ranges of its own tokens, `entities` ranges of those."""

    text: str
    tokens: tuple[tuple[int, int], ...]
    entities: tuple[tuple[int, int, str], ...]  # first token, end token, label

    @property
    def spans(self) -> tuple[tuple[int, int, str], ...]:
        """The entities in characters."""
        return tuple((self.tokens[a][0], self.tokens[b - 1][1], label) for a, b, label in self.entities)


def read_conll(path: Path) -> list[Sentence]:
    """The sentences of a CoNLL file: first column the token, last its tag (IOB or IOB2)."""
    blocks = re.split(r"\n[ \t]*\n", path.read_text(encoding="utf-8"))
    rows = [[line.split() for line in block.splitlines()] for block in blocks]
    return [_sentence([row for row in block if len(row) > 1]) for block in rows if any(len(row) > 1 for row in block)]


def _sentence(rows: list[list[str]]) -> Sentence:
    text, tokens = "", []
    for row in rows:
        word = row[0]
        joined = not text or word in _NO_SPACE_BEFORE or text[-1] in _NO_SPACE_AFTER
        text += word if joined else " " + word
        tokens.append((len(text) - len(word), len(text)))
    return Sentence(text, tuple(tokens), tuple(_entities([row[-1] for row in rows])))


def _entities(tags: list[str]) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    before = "O"
    for i, tag in enumerate(tags):
        label = LABELS.get(tag.partition("-")[2], "")
        if label:
            if found and found[-1][1] == i and found[-1][2] == label and tag[0] == "I" and before != "O":
                found[-1] = (found[-1][0], i + 1, label)
            else:
                found.append((i, i + 1, label))
        before = tag
    return found
