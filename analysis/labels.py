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

from analysis.embed import Vectors

TOKEN_PATTERN = r"(?u)\b[a-zA-Z0-9][\w'’-]*\b"
_TOKEN = re.compile(r"[^\W_](?:[\w'’-]*[^\W_])?")
_PLACEHOLDER = re.compile(r"\[[A-Z_]+(?: \d+)?\]|\[illegible\]|\[\?\]", re.IGNORECASE)
_BREAK = re.compile(r"[.,;:!?()\[\]\"“”/\n]|\s[-–—]\s")
_LONGEST = 3
_CANDIDATES = 40
_ALIKE = 0.75


def _read_stop_words() -> frozenset[str]:
    text = resources.files("analysis").joinpath("stop_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


LABEL_STOP_WORDS = _read_stop_words()


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
    encode: Callable[[Sequence[str]], Vectors],
    keywords: int,
    taken: frozenset[str] = frozenset(),
) -> tuple[ThemeWords, ...]:
    """Name each theme from its segments; no label is in `taken` (casefolded) or used twice.

    `centroids` has one unit row per theme; `everything` are all segments, to tell a theme's own words from common ones.
    """
    background = Counter(phrase for text in everything for phrase in set(phrases_of(text)))
    spelling = _spellings(everything)
    used = set(taken)
    named = []
    for texts, centroid in zip(themes, centroids, strict=True):
        ranked = _ranked_phrases(texts, centroid, background, len(everything), encode)
        words = _named(ranked, spelling, keywords, used)
        used.add(words.label.casefold())
        named.append(words)
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
    encode: Callable[[Sequence[str]], Vectors],
) -> list[tuple[str, Vectors]]:
    counts = Counter(phrase for text in texts for phrase in set(phrases_of(text)))
    least = 2 if len(texts) < 60 else max(2, round(0.02 * len(texts)))
    common = {phrase: n for phrase, n in counts.items() if n >= least} or dict(counts)
    weight = {phrase: _class_tfidf(n, len(texts), background[phrase], total) for phrase, n in common.items()}
    best = sorted(weight, key=lambda phrase: (-weight[phrase], phrase))[:_CANDIDATES]
    if not best:
        return []
    vectors = encode(best)
    nearness = np.clip(vectors @ centroid, 0.01, None)
    score = {phrase: float(near) * weight[phrase] ** 0.5 for phrase, near in zip(best, nearness, strict=True)}
    by_phrase = dict(zip(best, vectors, strict=True))
    return [(phrase, by_phrase[phrase]) for phrase in sorted(best, key=lambda p: (-score[p], p))]


def _class_tfidf(inside: int, size: int, overall: int, total: int) -> float:
    """Weigh a phrase by its share of the theme, its rarity, and how much of its use is in this theme."""
    return inside / size * math.log(1 + total / overall) * min(1.0, inside / overall)


def _named(
    ranked: Sequence[tuple[str, Vectors]], spelling: dict[str, str], keywords: int, used: set[str]
) -> ThemeWords:
    if not ranked:
        return ThemeWords(_unique("Other remarks", used), "Remarks that share no clear words.", ())
    distinct = _distinct(ranked)
    shown = [_spelt(phrase, spelling) for phrase, _ in distinct]
    label = _unique_label(shown, used)
    return ThemeWords(label, _sentence(shown), tuple(shown[:keywords]))


def _unique_label(shown: Sequence[str], used: set[str]) -> str:
    """Join the best phrase with the next that gives a label nobody has; alone only if there is no second."""
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
    return {re.sub(r"(?:'s|ies|es|s|ing|ed)$", "", token)[:6] for token in re.split(r"[\s-]", phrase) if len(token) > 2}


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
        for token in _TOKEN.findall(text.replace("’", "'"))[1:]:
            seen.setdefault(token.casefold(), Counter())[token] += 1
    return {token: min(forms, key=lambda form: (-forms[form], form)) for token, forms in seen.items()}


def _spelt(phrase: str, spelling: dict[str, str]) -> str:
    return " ".join(spelling.get(token, token) for token in phrase.split(" "))
