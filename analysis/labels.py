"""Name themes with short phrases in residents' own words.

Candidates are phrases of one to three words from a theme's segments that neither begin nor end with a function word.
They are ranked by how near they are to the theme's centroid (as in KeyBERT, Grootendorst 2020), how many of its
segments use them and how much they belong to this theme rather than to all text (class-based TF-IDF).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from analysis.embed import Vectors

TOKEN_PATTERN = r"(?u)\b[^\W_][\w'’-]*\b"
_TOKEN = re.compile(r"[^\W_](?:[\w'’-]*[^\W_])?")
_PLACEHOLDER = re.compile(r"\[[A-Z_]+(?: \d+)?\]|\[illegible\]|\[\?\]", re.IGNORECASE)
_BREAK = re.compile(r"[.,;:!?()\[\]\"“”/\n]|\s[-–—]\s")
_LONGEST = 3
_CANDIDATES = 24
_ALIKE = 0.75
_NEAR_PHRASE = 0.5  # cosine from which a known phrase may name a theme
_LEAST_TOPICAL = 0.3  # weight of a phrase that no topic of the guide knows


def _read_stop_words() -> frozenset[str]:
    text = resources.files("analysis").joinpath("stop_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


LABEL_STOP_WORDS = _read_stop_words()


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


@dataclass(frozen=True, slots=True)
class ThemeWords:
    """What a theme is called: a short label, one sentence, and keywords."""

    label: str
    description: str
    keywords: tuple[str, ...]


def describe_themes(
    themes: Sequence[Sequence[str]],
    everything: Sequence[str],
    centroids: Vectors,
    words: Words,
    keywords: int,
    taken: frozenset[str] = frozenset(),
    guide: Guide | None = None,
) -> tuple[ThemeWords, ...]:
    """Name each theme from its segments; no label is in `taken` (casefolded) or used twice.

    `centroids` has one unit row per theme, centred; `everything` are all segments, to tell a theme's own words from
    common ones. With a guide, its phrases may name a theme too, if residents use their words, and topical phrases of
    residents come first.
    """
    background = Counter(phrase for text in everything for phrase in set(phrases_of(text)))
    spelling = _spellings(everything)
    phrases = _guide_phrases(words, guide)
    used = set(taken)
    named = []
    for texts, centroid in zip(themes, centroids, strict=True):
        ranked = _ranked_phrases(texts, centroid, background, len(everything), words, guide)
        theme = _named(_known_phrases(texts, centroid, phrases), ranked, spelling, keywords, used)
        used.add(theme.label.casefold())
        named.append(theme)
    return tuple(named)


def phrases_of(text: str) -> Iterator[str]:
    """Yield the lower-case phrases of up to three words that could name a topic."""
    for part in _BREAK.split(_PLACEHOLDER.sub(". ", text.replace("’", "'"))):
        tokens = [token.casefold() for token in _TOKEN.findall(part)]
        for start in range(len(tokens)):
            for end in range(start + 1, min(start + _LONGEST, len(tokens)) + 1):
                if _could_name(tokens[start:end]):
                    yield " ".join(tokens[start:end])


def _could_name(tokens: Sequence[str]) -> bool:
    first, last = tokens[0], tokens[-1]
    inner_ok = all(
        token in {"of", "to", "and", "for", "in", "the"} or token not in LABEL_STOP_WORDS for token in tokens[1:-1]
    )
    return _is_topical(first) and _is_topical(last) and inner_ok


def _is_topical(token: str) -> bool:
    return token not in LABEL_STOP_WORDS and len(token) > 1 and not token.replace(",", "").isdigit()


def _ranked_phrases(
    texts: Sequence[str],
    centroid: Vectors,
    background: Counter[str],
    total: int,
    words: Words,
    guide: Guide | None,
) -> list[tuple[str, Vectors]]:
    counts = Counter(phrase for text in texts for phrase in set(phrases_of(text)))
    least = 2 if len(texts) < 60 else max(2, round(0.02 * len(texts)))
    common = {phrase: n for phrase, n in counts.items() if n >= least} or dict(counts)
    weight = {phrase: _class_tfidf(n, len(texts), background[phrase], total) for phrase, n in common.items()}
    best = sorted(weight, key=lambda phrase: (-weight[phrase], phrase))[:_CANDIDATES]
    if not best:
        return []
    embedded = words.encode(best)
    vectors = words.centre(embedded)
    topical = guide.score(embedded).max(axis=1) if guide else np.ones(len(best))
    nearness = np.clip(vectors @ centroid, 0.01, None) * (_LEAST_TOPICAL + topical)
    score = {phrase: float(near) * weight[phrase] ** 0.5 for phrase, near in zip(best, nearness, strict=True)}
    by_phrase = dict(zip(best, vectors, strict=True))
    return [(phrase, by_phrase[phrase]) for phrase in sorted(best, key=lambda p: (-score[p], p))]


def _class_tfidf(inside: int, size: int, overall: int, total: int) -> float:
    """Weigh a phrase by its share of the theme, its rarity, and how much of its use is in this theme."""
    return inside / size * math.log(1 + total / overall) * min(1.0, inside / overall)


def _guide_phrases(words: Words, guide: Guide | None) -> tuple[tuple[str, ...], Vectors]:
    """Return the guide's phrases and their centred vectors, once for all themes."""
    if guide is None or not guide.phrases:
        return (), np.zeros((0, 0), dtype=np.float32)
    return guide.phrases, words.centre(words.encode(guide.phrases))


def _known_phrases(
    texts: Sequence[str], centroid: Vectors, phrases: tuple[tuple[str, ...], Vectors]
) -> list[tuple[str, Vectors]]:
    """Return the guide's phrases that are near the theme and whose every word residents use in it, nearest first."""
    names, vectors = phrases
    if not names:
        return []
    nearness = vectors @ centroid
    spoken = Counter(stem for text in texts for stem in _stems(text.casefold()))
    near = [i for i in np.argsort(-nearness, kind="stable") if nearness[i] >= _NEAR_PHRASE]
    return [(names[i], vectors[i]) for i in near if _is_spoken(names[i], spoken)]


def _is_spoken(phrase: str, spoken: Counter[str]) -> bool:
    topical = [token for token in _TOKEN.findall(phrase.casefold()) if token not in LABEL_STOP_WORDS]
    return bool(topical) and all(spoken[stem] >= 2 for token in topical for stem in _stems(token))


def _named(
    known: Sequence[tuple[str, Vectors]],
    ranked: Sequence[tuple[str, Vectors]],
    spelling: dict[str, str],
    keywords: int,
    used: set[str],
) -> ThemeWords:
    if not known and not ranked:
        return ThemeWords(_unique("Other remarks", used), "Remarks that share no clear words.", ())
    own = [_spelt(phrase, spelling) for phrase, _ in _distinct(ranked)]
    first = [phrase for phrase, _ in known[:1]]
    shown = first + [_spelt(phrase, spelling) for phrase, _ in _distinct([*known[:1], *ranked])[len(first) :]]
    return ThemeWords(_label(shown, bool(first), used), _sentence(own or shown), tuple((own or shown)[:keywords]))


def _label(shown: Sequence[str], known: bool, used: set[str]) -> str:
    """Name by a known phrase of several words alone; else join the best phrase with the next that is not taken."""
    if known and len(shown[0].split()) > 1 and shown[0].casefold() not in used:
        return _capital(shown[0])
    for second in shown[1:]:
        label = _capital(f"{shown[0]} and {second}")
        if label.casefold() not in used:
            return label
    return _unique(_capital(shown[0]), used)


def _unique(label: str, used: set[str]) -> str:
    if label.casefold() not in used:
        return label
    return next(f"{label} ({n})" for n in range(2, len(used) + 3) if f"{label} ({n})".casefold() not in used)


def _distinct(ranked: Sequence[tuple[str, Vectors]]) -> list[tuple[str, Vectors]]:
    """Leave out phrases that share a word with, or mean the same as, one ranked before them."""
    kept: list[tuple[str, Vectors]] = []
    for phrase, vector in ranked:
        stems = _stems(phrase)
        if all(not stems & _stems(other) and float(vector @ near) < _ALIKE for other, near in kept):
            kept.append((phrase, vector))
    return kept


def _stems(phrase: str) -> set[str]:
    tokens = (part for token in _TOKEN.findall(phrase) for part in token.split("-"))
    return {re.sub(r"(?:'s|ies|es|s|ing|ed|y)$", "", token)[:6] for token in tokens if len(token) > 2}


def _sentence(shown: Sequence[str]) -> str:
    if len(shown) == 1:
        return f"Remarks about {shown[0]}."
    some = shown[:4]
    return f"Remarks about {', '.join(some[:-1])} and {some[-1]}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _spellings(texts: Iterable[str]) -> dict[str, str]:
    """Return each token's commonest spelling inside sentences, so that 'GP' and 'A13' keep their capitals."""
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        if text.isupper():
            continue
        for token in _TOKEN.findall(_PLACEHOLDER.sub(" ", text.replace("’", "'")))[1:]:
            seen.setdefault(token.casefold(), Counter())[token] += 1
    return {token: min(forms, key=lambda form: (-forms[form], form)) for token, forms in seen.items()}


def _spelt(phrase: str, spelling: dict[str, str]) -> str:
    return " ".join(spelling.get(token, token) for token in phrase.split(" "))
