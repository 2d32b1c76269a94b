"""The same letter sent by many: equal and nearly equal long answers, linked to one representative each."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from analysis.clean import CleanSettings
from analysis.types import SafeText

_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_ ]*\d*\]")
_APOSTROPHE = re.compile("['’`]")
_WORD = re.compile(r"[^\W_]+")
_SHINGLE_WORDS = 3
# Many bands of two rows: finds pairs from a Jaccard similarity of about 0.2 on, which a short template with as much
# again of a resident's own words still has; what is found too much, the exact containment turns down.
_BANDS, _ROWS = 64, 2

Shingles = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Letter:
    """A normalised text and everyone who sent it, as (hash of the text as written, id)."""

    words: str
    senders: tuple[tuple[str, str], ...]


def link_duplicates(ids: Sequence[str], texts: Sequence[SafeText], settings: CleanSettings) -> dict[str, str]:
    """The id of each duplicate's representative; representatives and answers that have no double are absent.

    Two answers of at least `min_campaign_words` words are one letter if their words are equal, or if the smaller set
    of word 3-shingles lies in the larger to `campaign_similarity`, and the larger is no more than `max_campaign_ratio`
    times its size. Groups are connected components; the representative is the commonest wording, ties by content
    hash, so the order of the input changes nothing. Candidates: MinHash LSH (Broder 1997, as in datasketch).
    """
    letters = _letters(ids, texts, settings.min_campaign_words)
    groups = _components(len(letters), _near_pairs(letters, settings))
    return dict(link for group in groups for link in _links([letters[index] for index in group]))


def _letters(ids: Sequence[str], texts: Sequence[SafeText], min_words: int) -> list[_Letter]:
    senders: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for response_id, text in zip(ids, texts, strict=True):
        words = _words(text)
        if len(words) >= min_words:
            senders[" ".join(words)].append((_hash(text), response_id))
    return [_Letter(words, tuple(sorted(who))) for words, who in sorted(senders.items())]


def _words(text: SafeText) -> list[str]:
    """Words without case, punctuation and redacted names: a signature does not make another letter."""
    return _WORD.findall(_APOSTROPHE.sub("", _PLACEHOLDER.sub(" ", text)).casefold())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _shingles(words: str) -> Shingles:
    tokens = words.split(" ")
    return frozenset(" ".join(tokens[at : at + _SHINGLE_WORDS]) for at in range(len(tokens) - _SHINGLE_WORDS + 1))


# --- near pairs -------------------------------------------------------------------------------------------------------


def _near_pairs(letters: Sequence[_Letter], settings: CleanSettings) -> Iterator[tuple[int, int]]:
    """Pairs of positions of letters that are nearly the same, at least enough of them to connect each group."""
    shingles = [_shingles(letter.words) for letter in letters]
    joined = _Components(len(letters))
    for one, other in _candidates(shingles):
        if joined.find(one) != joined.find(other) and _same_letter(shingles[one], shingles[other], settings):
            joined.union(one, other)
            yield one, other


def _same_letter(one: Shingles, other: Shingles, settings: CleanSettings) -> bool:
    smaller, larger = sorted((one, other), key=len)
    if len(larger) > settings.max_campaign_ratio * len(smaller):
        return False
    return len(smaller & larger) >= settings.campaign_similarity * len(smaller)


def _candidates(shingles: Sequence[Shingles]) -> Iterator[tuple[int, int]]:
    if len(shingles) < 2:
        return
    from datasketch import MinHashLSH

    index = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
    for position, signature in enumerate(_signatures(shingles)):
        for earlier in index.query(signature):
            yield earlier, position
        index.insert(position, signature, check_duplication=False)


def _signatures(shingles: Iterable[Shingles]) -> Iterator[object]:
    from datasketch import MinHash

    encoded = ([shingle.encode("utf-8", "surrogatepass") for shingle in sorted(text)] for text in shingles)
    yield from MinHash.generator(encoded, num_perm=_BANDS * _ROWS, seed=1)


# --- groups -----------------------------------------------------------------------------------------------------------


class _Components:
    """Disjoint sets of positions (union by smaller position, path halving)."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, item: int) -> int:
        parent = self._parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def union(self, one: int, other: int) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        self._parent[second] = first


def _components(size: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    joined = _Components(size)
    for one, other in pairs:
        joined.union(one, other)
    groups: dict[int, list[int]] = defaultdict(list)
    for position in range(size):
        groups[joined.find(position)].append(position)
    return list(groups.values())


def _links(group: Sequence[_Letter]) -> Iterator[tuple[str, str]]:
    commonest = min(group, key=lambda letter: (-len(letter.senders), _hash(letter.words)))
    head = commonest.senders[0][1]
    for letter in group:
        yield from ((sender, head) for _, sender in letter.senders if sender != head)
