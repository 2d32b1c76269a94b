"""Name themes as a policy officer would: short noun phrases in residents' words, one sentence on what they say.

Candidates are the noun phrases of a theme's segments (`analysis.phrases`), spellings and plurals of one phrase counted
as one. They are ranked by how near they are to the theme's centroid (as in KeyBERT, Grootendorst 2020), how many of its
segments use them and how much they belong to this theme rather than to all text (class-based TF-IDF). A second phrase
joins the first if it says what the first leaves out (maximal marginal relevance, Carbonell and Goldstein 1998).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from analysis.embed import Vectors
from analysis.phrases import (
    LABEL_STOP_WORDS,
    TOKEN,
    TOKEN_PATTERN,
    Tagger,
    families,
    family,
    is_noun_phrase,
    is_topical,
    noun_phrases,
)
from analysis.says import sentence

__all__ = ["LABEL_STOP_WORDS", "TOKEN_PATTERN"]

MOST_ALIKE = 0.9  # cosine that no two labels of one codebook may have
_CANDIDATES = 20
_MOST_TAGGED = 400  # segments of a theme that are read for phrases: the first by content hash, as good as drawn by lot
_ALIKE = 0.75  # cosine of two phrases, from which they are one keyword
_ALIKE_BESIDE = 0.85  # and from which they are not joined in a label
_NEAR_PHRASE = 0.5  # cosine from which a known phrase may name a theme
_SPOKEN = 0.4  # share of a theme's segments that use a word of a known phrase, from which it may name it
_SPOKEN_EACH = 0.1  # and each of its words
_LEAST_TOPICAL = 0.3  # weight of a phrase that no topic of the guide knows
_COVERING = 0.7  # weight of how many segments use a phrase, and it alone, beside how near it is to the theme
_PLURAL = 0.3  # uses of a plural, as a share of those of the commonest form, from which it is shown
_LONGER = 0.3  # what each further word of a phrase adds to its worth: "affordable housing" says more than "housing"
_ENOUGH = 0.6  # share of segments with the first phrase, from which it names the theme alone
_MOSTLY_IN = 0.35  # share of a word's segments in which it stands in one longer phrase, from which that is the name
_LEAST_FIRST = 0.4  # worth of a phrase that may come first, as a share of the best's
_SECOND = (0.4, 0.12)  # worth of a second phrase, as a share of the first's, and share of segments that have it
_BESIDE_LITTLE = (0.12, 0.08)  # the same where the first says little: it is a single word, or few use it
_LEAST_USED = 0.06  # share of segments with a phrase that may come first
_WORD_USED = 0.3  # or with one of its words
_REACHING = 0.5  # weight of how many segments use its commonest word, for a phrase that comes first
_USED_ENOUGH = 0.25  # share of segments with it, under which few use it


@dataclass(frozen=True, slots=True)
class Guide:
    """What a council's vision knows about topics: short phrases that name them, and how topical a text is.

    `score` takes unit vectors of shape (texts, dimensions) and gives a score per topic, 0 to 1.
    """

    phrases: tuple[str, ...]
    score: Callable[[Vectors], npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Words:
    """How words are turned into vectors: `encode` as embedded, `centre` as seen by the codebook."""

    encode: Callable[[Sequence[str]], Vectors]
    centre: Callable[[Vectors], Vectors]
    common: frozenset[str] = frozenset()
    """Names of the place that all speak of, in lower case: by themselves they name no theme."""


@dataclass(frozen=True, slots=True)
class ThemeWords:
    """What a theme is called: a short label, one sentence, and keywords."""

    label: str
    description: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A phrase of a theme: its spelling, which of the theme's segments have it, its centred vector and its worth."""

    phrase: str
    rows: frozenset[int]
    vector: Vectors = field(repr=False)
    worth: float
    reach: float = 1.0
    """Share of the theme's segments that have the commonest of its words."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A phrase's centred vector, and how topical it is."""

    vector: Vectors
    topical: float


def describe_themes(
    themes: Sequence[Sequence[str]],
    everything: Sequence[str],
    centroids: Vectors,
    words: Words,
    keywords: int,
    taken: frozenset[str] = frozenset(),
    guide: Guide | None = None,
) -> tuple[ThemeWords, ...]:
    """Name each theme from its segments; no label is in `taken` or means the same as one that is, or is used twice.

    `centroids` has one unit row per theme, centred; `everything` are all segments, to tell a theme's own words from
    common ones. With a guide, its phrases may name a theme too, if residents use their words, and topical phrases of
    residents come first.
    """
    return tuple(_Namer(themes, everything, words, keywords, taken, guide).names(centroids))


class _Namer:
    def __init__(
        self,
        themes: Sequence[Sequence[str]],
        everything: Sequence[str],
        words: Words,
        keywords: int,
        taken: Iterable[str],
        guide: Guide | None,
    ) -> None:
        self._words, self._keywords, self._guide = words, keywords, guide
        self._tagger = Tagger(everything, guide.phrases if guide else (), words.common)
        self._themes = [sorted(texts)[:: max(1, len(texts) // _MOST_TAGGED)] for texts in themes]
        self._verbs = self._mostly_verbs(everything)
        self._found = [self._phrases(texts) for texts in self._themes]
        wanted = frozenset(key for found in self._found for key in found)
        self._background = Counter(
            key for text in everything for key in families(self._tagger.tag(text)) if key in wanted
        )
        self._total = len(everything)
        self._used = _Labels(words.encode, taken)
        self._known = self._guide_phrases()

    def names(self, centroids: Vectors) -> Iterator[ThemeWords]:
        likely = [self._likely(len(texts), found) for texts, found in zip(self._themes, self._found, strict=True)]
        known = self._seen(sorted({phrase for phrases in likely for phrase in phrases}))
        for texts, phrases, centroid in zip(self._themes, likely, centroids, strict=True):
            ranked = self._with_reach(self._ranked(phrases, known, centroid), texts)
            own = [candidate.phrase for candidate in _distinct(ranked)]
            label = self._label(texts, ranked, centroid)
            self._used.add(label)
            said = sentence([self._tagger.tag(text) for text in texts], own)
            yield ThemeWords(label, said, tuple(own[: self._keywords]))

    def _with_reach(self, ranked: Sequence[_Candidate], texts: Sequence[str]) -> list[_Candidate]:
        """The phrases as they are mostly written, and how far their words reach."""
        used = Counter(key for text in texts for key in families(self._tagger.tag(text)))
        return [
            replace(
                candidate,
                phrase=self._tagger.spelt(candidate.phrase, texts),
                reach=max(used[family([word])] for word in candidate.phrase.split(" ")) / len(texts),
            )
            for candidate in ranked
        ]

    def _mostly_verbs(self, everything: Sequence[str]) -> frozenset[str]:
        """Words that are verbs as often as nouns: "vote" and "change" name less well than "voting" and "climate"."""
        uses: dict[str, Counter[str]] = {kind: Counter() for kind in "nv"}
        for text in everything:
            tagged = self._tagger.tag(text)
            for word, kind in zip(tagged.words, tagged.kinds, strict=True):
                if kind in uses:
                    uses[kind][word.casefold()] += 1
        return frozenset(word for word, count in uses["v"].items() if count >= uses["n"][word])

    def _phrases(self, texts: Sequence[str]) -> dict[str, tuple[str, frozenset[int]]]:
        """Each family of phrases with its commonest spelling and the segments that have it."""
        spelt: dict[str, Counter[str]] = {}
        for text in texts:
            for phrase in set(noun_phrases(self._tagger.tag(text))):
                if phrase[-1].casefold() in self._verbs:
                    continue
                spelt.setdefault(family(phrase), Counter())[" ".join(phrase)] += 1
        if not spelt:  # no nouns, or another language
            for text in texts:
                for word in {word for word in self._tagger.tag(text).words if is_topical(word) and word[0].isalnum()}:
                    spelt.setdefault(family([word]), Counter())[word] += 1
        rows: dict[str, set[int]] = {key: set() for key in spelt}
        for row, text in enumerate(texts):
            for key in families(self._tagger.tag(text)) & rows.keys():
                rows[key].add(row)
        best = {key: _commonest(forms) for key, forms in spelt.items()}
        common = {key for key, phrase in best.items() if self._is_common(phrase)}
        return {key: (best[key], frozenset(rows[key])) for key in sorted(best) if rows[key] and key not in common}

    def _is_common(self, phrase: str) -> bool:
        words = phrase.casefold().split()
        return len(words) < 3 and bool(self._words.common.intersection(words))

    def _likely(
        self, size: int, found: dict[str, tuple[str, frozenset[int]]]
    ) -> dict[str, tuple[frozenset[int], float]]:
        """The phrases of a theme that are its own and not too rare, with their segments and class-based TF-IDF."""
        least = 2 if size < 60 else max(2, round(0.02 * size))
        common = {key: each for key, each in found.items() if len(each[1]) >= least} or found
        weight = {key: self._class_tfidf(key, len(rows), size) for key, (_, rows) in common.items()}
        best = sorted(weight, key=lambda key: (-weight[key] * _length(common[key][0]), key))[:_CANDIDATES]
        return {common[key][0]: (common[key][1], weight[key]) for key in best}

    def _ranked(
        self, likely: dict[str, tuple[frozenset[int], float]], known: dict[str, _Seen], centroid: Vectors
    ) -> list[_Candidate]:
        """The theme's phrases, best first: near its centroid, topical, its own, and long."""
        candidates = [
            _Candidate(
                phrase,
                rows,
                known[phrase].vector,
                max(float(known[phrase].vector @ centroid), 0.01)
                * (_LEAST_TOPICAL + known[phrase].topical)
                * weight**_COVERING
                * _length(phrase),
            )
            for phrase, (rows, weight) in likely.items()
        ]
        return sorted(candidates, key=lambda candidate: (-candidate.worth, candidate.phrase))

    def _seen(self, phrases: Sequence[str]) -> dict[str, _Seen]:
        """All phrases embedded at once, which is faster than theme by theme."""
        if not phrases:
            return {}
        embedded = self._words.encode(phrases)
        topical = self._guide.score(embedded).max(axis=1) if self._guide else np.ones(len(phrases))
        vectors = self._words.centre(embedded)
        return {p: _Seen(v, float(t)) for p, v, t in zip(phrases, vectors, topical, strict=True)}

    def _class_tfidf(self, key: str, inside: int, size: int) -> float:
        """Weigh a phrase by its share of the theme, its rarity, and how much of its use is in this theme."""
        overall = max(self._background[key], inside)
        return inside / size * math.log(1 + self._total / overall) * inside / overall

    def _guide_phrases(self) -> tuple[tuple[str, ...], Vectors]:
        """The guide's phrases that are noun phrases, and their centred vectors, once for all themes."""
        names = tuple(p for p in self._guide.phrases if is_noun_phrase(self._tagger.tag(p))) if self._guide else ()
        vectors = self._words.centre(self._words.encode(names)) if names else np.zeros((0, 0), dtype=np.float32)
        return names, vectors

    def _known_phrases(self, texts: Sequence[str], centroid: Vectors) -> Iterator[str]:
        """The guide's phrases that are near the theme and in whose words its people speak, nearest first."""
        names, vectors = self._known
        if not names:
            return
        nearness = vectors @ centroid
        spoken = [_stems(text.casefold()) for text in texts]
        for i in np.argsort(-nearness, kind="stable"):
            if nearness[i] >= _NEAR_PHRASE and len(names[i].split()) > 1 and _is_spoken(names[i], spoken):
                yield names[i]

    def _label(self, texts: Sequence[str], ranked: Sequence[_Candidate], centroid: Vectors) -> str:
        """The first choice that no other label is like."""
        choices = [*self._known_phrases(texts, centroid), *_choices(ranked, len(texts))]
        for choice in choices:
            label = _capital(choice)
            if self._used.may_have(label):
                return label
        return self._used.unique(_capital(choices[0]) if choices else "Other remarks")


def _commonest(forms: Counter[str]) -> str:
    """The commonest spelling, or the plural if that is common too: a theme is of parks, not of a park."""
    plural = [form for form in forms if form.endswith("s") and forms[form] >= _PLURAL * max(forms.values())]
    return min(plural or forms, key=lambda form: (-forms[form], form))


def _length(phrase: str) -> float:
    return 1 + _LONGER * (min(len(phrase.replace(" of ", " ").split()), 3) - 1)


def _choices(ranked: Sequence[_Candidate], size: int) -> Iterator[str]:
    """Labels for a theme, best first: each phrase with the phrase that adds most to it, if any adds enough.

    A single word is made plainer by the longer phrase in which it mostly stands, else like a phrase that few use by a
    second one.
    """
    worth_first = {each.phrase: each.worth * each.reach**_REACHING for each in ranked if _is_used(each, size)}
    best = max(worth_first.values(), default=0.0)
    used = [each for each in ranked if worth_first.get(each.phrase, -1.0) >= _LEAST_FIRST * best] or ranked
    for one in sorted(used, key=lambda each: (-worth_first.get(each.phrase, 0.0), each.phrase)):
        first = _fuller(one, ranked)
        several = " " in first.phrase
        worth, share = _SECOND if several and len(first.rows) >= _USED_ENOUGH * size else _BESIDE_LITTLE
        added = {
            other.phrase: other.worth * len(other.rows - first.rows) / len(other.rows)
            for other in ranked
            if _differ(first, other, _ALIKE_BESIDE)
            and other.worth >= worth * first.worth
            and len(other.rows) >= max(2, share * size)
            and other.rows - first.rows
        }
        joined = [
            f"{first.phrase} and {second}" for second in sorted(added, key=lambda phrase: (-added[phrase], phrase))
        ]
        alone = [first.phrase]
        yield from [*alone, *joined] if several and len(first.rows) >= _ENOUGH * size else [*joined, *alone]
    for one in ranked:
        yield from (f"{one.phrase} and {other.phrase}" for other in ranked if _differ(one, other))


def _is_used(one: _Candidate, size: int) -> bool:
    return len(one.rows) >= _LEAST_USED * size or one.reach >= _WORD_USED


def _fuller(one: _Candidate, ranked: Sequence[_Candidate]) -> _Candidate:
    """The longer phrase in which a word mostly stands: "Democratic Party" for "party"."""
    if " " in one.phrase:
        return one
    words = {family([one.phrase])}
    longer = [c for c in ranked if " " in c.phrase and words & {family([word]) for word in c.phrase.split()}]
    most = max(longer, key=lambda c: (len(c.rows), c.worth, c.phrase), default=one)
    return most if len(most.rows) >= _MOSTLY_IN * len(one.rows) else one


def _differ(one: _Candidate, other: _Candidate, alike: float = _ALIKE) -> bool:
    return not _roots(one.phrase) & _roots(other.phrase) and float(one.vector @ other.vector) < alike


class _Labels:
    """The labels of a codebook: none twice, no phrase in two of them, none that means the same as another."""

    def __init__(self, encode: Callable[[Sequence[str]], Vectors], taken: Iterable[str]) -> None:
        self._encode = encode
        self._names: set[str] = set()
        self._phrases: set[str] = set()
        self._vectors: list[Vectors] = []
        for label in sorted(taken):
            self.add(label)

    def may_have(self, label: str) -> bool:
        if label.casefold() in self._names or _phrases_in(label) & self._phrases:
            return False
        (vector,) = self._encode([label])
        return all(float(vector @ other) <= MOST_ALIKE for other in self._vectors)

    def add(self, label: str) -> None:
        self._names.add(label.casefold())
        self._phrases |= _phrases_in(label)
        self._vectors.extend(self._encode([label]))

    def unique(self, label: str) -> str:
        """The label with a number, where nothing that was said tells a theme from one named before."""
        if label.casefold() not in self._names:
            return label
        return next(f"{label} ({n})" for n in range(2, 10_000) if f"{label} ({n})".casefold() not in self._names)


def _phrases_in(label: str) -> set[str]:
    return {family(phrase.split()) for phrase in re.split(r" and |, ", label)}


def _is_spoken(phrase: str, spoken: Sequence[set[str]]) -> bool:
    """Whether people use each word of a phrase, and enough of them any."""
    topical = [token for token in TOKEN.findall(phrase.casefold()) if token not in LABEL_STOP_WORDS]
    stems = {stem for token in topical for stem in _stems(token)}
    used = Counter(stem for each in spoken for stem in each & stems)
    any_of_them = sum(bool(each & stems) for each in spoken)
    least = max(2, _SPOKEN_EACH * len(spoken))
    return bool(stems) and all(used[stem] >= least for stem in stems) and any_of_them >= _SPOKEN * len(spoken)


def _distinct(ranked: Sequence[_Candidate]) -> list[_Candidate]:
    """Leave out phrases that share a word with, or mean the same as, one ranked before them."""
    kept: list[_Candidate] = []
    for candidate in ranked:
        if all(_differ(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def _stems(phrase: str) -> set[str]:
    tokens = (part for token in TOKEN.findall(phrase) for part in token.casefold().split("-"))
    return {re.sub(r"(?:'s|s'|ies|es|s|ing|ed|y)$", "", token)[:6] for token in tokens if len(token) > 2}


def _roots(phrase: str) -> set[str]:
    """Stems by which "vote" and "voting" are one word."""
    return {stem.removesuffix("e") for stem in _stems(phrase)}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
