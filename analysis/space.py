"""The space in which segments are compared: what they mean, the words they use, and the topics that they touch.

Each view is of a segment within its response, since "it never opens" says little without what stands before it. The
space is made from a consultation's first wave and kept with its codebook, so that later waves are seen the same way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analysis.embed import Vectors
from analysis.labels import LABEL_STOP_WORDS, TOKEN_PATTERN

_LEXICAL_DIMENSIONS = 64
_DOCUMENTS_AN_AXIS = 8  # with fewer, an axis is one response's own words and nothing is alike
_MOST_WORDS = 8_000
_MOST_DENSE = 2_500  # words or responses, whichever are fewer, up to which the axes are computed exactly
_ROUNDS = 30  # of power iteration beyond it: what remains of chance is then about a millionth
_NOTHING = 1e-6  # singular value, as a share of the largest, of an axis on which nothing lies
_TOPIC_DOUBT = 0.3
_TOPICAL_COSINE = 0.2  # of the responses that hold a word, from which it counts in full
_LEAST_TOPICAL = 0.1
_COMMON_SHARE = 0.01  # of responses that hold a name, from which it names no topic
_LEAST_NAMING = 8
_NO_COMPANY = 1.75
_AS_A_NAME = 0.9  # share of its uses inside sentences that have a capital
_TOKEN = re.compile(TOKEN_PATTERN)
_INSIDE = re.compile(r"(?<![.!?:\n] )(?<![.!?:\n\"“‘(*-])(?<!^)\b[^\W\d_][\w'’-]*")


class Weights(Protocol):
    """How much each view counts: 0 to 1."""

    @property
    def own_weight(self) -> float:
        """The segment's own part beside its response's."""

    @property
    def lexical_weight(self) -> float:
        """Words beside meaning."""

    @property
    def topic_weight(self) -> float:
        """Topics of the guide beside words and meaning."""


class Seen(Protocol):
    """Segments with what is known of them, row by row; `wholes` are the responses they stand in."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The segments."""

    @property
    def wholes(self) -> tuple[str, ...]:
        """Their responses."""

    @property
    def vectors(self) -> Vectors:
        """Embeddings of the segments, unit rows."""

    @property
    def whole_vectors(self) -> Vectors:
        """Embeddings of the responses, unit rows."""

    @property
    def topics(self) -> npt.NDArray[np.float64]:
        """Scores on the guide's topics, blended; no columns without a guide."""


@dataclass(frozen=True, slots=True)
class Space:
    """Where zero of the embeddings is, the words known, and where each word points.

    `origin` is the mean vector of the first wave's segments: what all text of a consultation has in common tells no
    theme from another. `axes` has one row a word, its inverse document frequency times its place on each axis of the
    latent semantic analysis (Deerwester et al. 1990). `topics` is how many topics the guide had. `common` are
    unit rows at right angles, along which embeddings are not compared: where the `names` point that all residents use.
    """

    origin: Vectors
    words: tuple[str, ...] = ()
    axes: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    topics: int = 0
    names: tuple[str, ...] = ()
    common: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))

    @classmethod
    def of(cls, seen: Seen, seed: int, origin: Vectors | None = None) -> Space:
        """The space of a first wave, or with an `origin` of what is new in a later one."""
        start = seen.vectors.mean(axis=0) if origin is None else origin
        names = common_names(seen.wholes)
        common = _directions(names, seen.wholes, seen.whole_vectors)
        meanings = cls(start, common=common).centred(seen.whole_vectors)
        words, axes = _lexical_axes(seen.wholes, meanings, names, seed)
        return cls(start, words, axes, seen.topics.shape[1], names, common)

    def centred(self, vectors: Vectors) -> Vectors:
        """Embeddings seen from the origin, unit length."""
        if not self.origin.size or not len(vectors):
            return vectors
        seen = vectors - self.origin
        return unit_rows(np.asarray(seen - (seen @ self.common.T) @ self.common if len(self.common) else seen))

    def place(self, seen: Seen, weights: Weights) -> Vectors:
        """Unit rows, one a segment. A view that does not exist leaves its weight to the others."""
        own = weights.own_weight
        meaning = unit_rows(own * self.centred(seen.vectors) + (1 - own) * self.centred(seen.whole_vectors))
        views = [(1.0, meaning)]
        if self.words:
            lexical = unit_rows(own * self._lexical(seen.texts) + (1 - own) * self._lexical(seen.wholes))
            views = [(1 - weights.lexical_weight, meaning), (weights.lexical_weight, lexical)]
        if self.topics and seen.topics.shape[1] == self.topics:
            views = [(weight * (1 - weights.topic_weight), view) for weight, view in views]
            views.append((weights.topic_weight, _topical(seen.topics)))
        return unit_rows(np.hstack([np.sqrt(weight) * view for weight, view in views]))

    def _lexical(self, texts: tuple[str, ...]) -> Vectors:
        """Unit rows; zero for a text without a known word."""
        from sklearn.feature_extraction.text import CountVectorizer

        if not texts:
            return np.zeros((0, self.axes.shape[1]), dtype=np.float32)
        row_of = {text: row for row, text in enumerate(dict.fromkeys(texts))}  # a response stands here once a segment
        counter = CountVectorizer(vocabulary=list(self.words), token_pattern=TOKEN_PATTERN, dtype=np.float32)
        counts = counter.transform(row_of)
        counts.data = 1 + np.log(counts.data)
        rows = unit_rows(np.asarray(counts @ self.axes, dtype=np.float32))
        return rows[[row_of[text] for text in texts]]


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; rows of length 0 stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def _lexical_axes(
    texts: tuple[str, ...], meanings: Vectors, names: tuple[str, ...], seed: int
) -> tuple[tuple[str, ...], Vectors]:
    """The words of at least two responses but for `names`, and their axes; nothing if too few recur."""
    from sklearn.preprocessing import normalize

    meaning_of = dict(zip(texts, meanings, strict=True))
    documents = sorted(meaning_of)
    try:
        words, table = _tfidf(documents, LABEL_STOP_WORDS.union(names))
    except ValueError:  # no word stands in two responses
        return (), np.zeros((0, 0), dtype=np.float32)
    dimensions = min(_LEXICAL_DIMENSIONS, len(documents) // _DOCUMENTS_AN_AXIS, table.shape[1] - 1)
    if dimensions < 2:
        return (), np.zeros((0, 0), dtype=np.float32)
    weights = words.idf_ * _topicality(table, np.stack([meaning_of[each] for each in documents]))
    table = normalize(table.multiply(weights / words.idf_).tocsr())
    components = _leading(table, dimensions, seed)
    if len(components) < 2:
        return (), np.zeros((0, 0), dtype=np.float32)
    return tuple(words.get_feature_names_out()), np.asarray((components * weights).T, dtype=np.float32)


def _leading(table: Any, dimensions: int, seed: int) -> npt.NDArray[np.float64]:
    """The leading right singular vectors of a sparse table, as rows: the same bytes for the same table.

    Not by ARPACK: in scipy 1.17 its last digits depend on where in memory its vectors happen to lie, and where
    singular values are equal (answers built alike) it then gives other axes. Dense algebra does not. Axes on which
    nothing lies are left out.
    """
    from sklearn.utils.extmath import randomized_svd, svd_flip

    if min(table.shape) > _MOST_DENSE:
        _, values, rows = randomized_svd(
            table, dimensions, n_oversamples=dimensions, n_iter=_ROUNDS, power_iteration_normalizer="QR",
            random_state=seed,
        )  # fmt: skip
    else:
        values, rows = _exact(table, dimensions)
    rows = rows[values > _NOTHING * values[0]]
    return np.asarray(svd_flip(None, rows, u_based_decision=False)[1], dtype=np.float64)


def _exact(table: Any, dimensions: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Singular values, largest first, and right singular vectors, from the smaller of the two products with itself."""
    from scipy.linalg import eigh

    by_words = table.shape[1] <= table.shape[0]
    product = (table.T @ table if by_words else table @ table.T).toarray()
    size = len(product)
    squares, vectors = eigh(product, subset_by_index=[size - dimensions, size - 1])
    values, vectors = np.sqrt(np.maximum(squares[::-1], 0)), vectors[:, ::-1]
    if by_words:
        return values, vectors.T
    return values, (table.T @ vectors).T / np.where(values == 0, 1, values)[:, None]


def common_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names, in lower case, that stand in many of the distinct texts and keep no company: the place where all live.

    "Bowling Green needs a skating rink" and "Bowling Green needs better roads" share the town and no topic. A name
    that is a topic brings words of its own: the texts that hold it share more words than any texts do.
    """
    documents = sorted(set(texts))
    written = [_INSIDE.findall(text) for text in documents if not text.isupper()]
    capitals = Counter(word.casefold() for words in written for word in words if word[0].isupper())
    uses = Counter(word.casefold() for words in written for word in words)
    held = Counter(word for text in documents for word in _words_of(text))
    least = max(_LEAST_NAMING, _COMMON_SHARE * len(documents))
    named = (word for word in uses if held[word] >= least and word not in LABEL_STOP_WORDS)
    names = sorted(word for word in named if capitals[word] >= _AS_A_NAME * uses[word])
    return tuple(name for name, company in zip(names, _company(names, documents), strict=True) if company < _NO_COMPANY)


def _company(names: Sequence[str], documents: Sequence[str]) -> Iterator[float]:
    """How much more alike in their other words the texts with each name are than all texts (1: no more)."""
    from sklearn.preprocessing import normalize

    if not names:
        return
    words, table = _tfidf(documents, LABEL_STOP_WORDS)
    holds = table > 0
    spoken = words.get_feature_names_out()
    for name in names:
        column = words.vocabulary_.get(name)
        if column is None:
            yield np.inf
            continue
        one = holds[:, [column]].toarray().ravel()
        part_of_it = np.isin(spoken, [name, *_written_with(name, documents)])
        rest = normalize(table[:, ~part_of_it])
        yield _mean_cosine(rest[one]) / max(_mean_cosine(rest), 1e-9)


def _written_with(name: str, documents: Sequence[str]) -> list[str]:
    """Words that mostly stand right beside a name, as "green" in "Bowling Green"."""
    beside: Counter[str] = Counter()
    holding = 0
    for text in documents:
        words = [word.casefold() for word in _TOKEN.findall(text)]
        at = [i for i, word in enumerate(words) if word == name]
        holding += bool(at)
        beside.update({words[j] for i in at for j in (i - 1, i + 1) if 0 <= j < len(words)})
    return [word for word, count in beside.items() if count > holding / 2]


def _mean_cosine(rows: Any) -> float:
    """Mean cosine of all pairs of unit rows, from the length of their sum."""
    total, size = np.asarray(rows.sum(axis=0)).ravel(), rows.shape[0]
    return float((total @ total - size) / max(size * (size - 1), 1))


def _directions(names: tuple[str, ...], texts: tuple[str, ...], meanings: Vectors) -> Vectors:
    """Orthonormal rows: for each name, from the responses without it to those with it."""
    holds = [np.array([name in words for words in map(_words_of, texts)]) for name in names]
    rows = [_mean(meanings[one]) - _mean(meanings[~one]) for one in holds]
    if not rows:
        return np.zeros((0, 0), dtype=np.float32)
    return np.asarray(np.linalg.qr(np.array(rows, dtype=np.float64).T)[0].T, dtype=np.float32)


def _mean(rows: Vectors) -> Vectors:
    return np.asarray(rows.sum(axis=0) / max(len(rows), 1), dtype=np.float32)


def _words_of(text: str) -> set[str]:
    return {word.casefold() for word in _TOKEN.findall(text)}


def _tfidf(documents: Sequence[str], stop_words: frozenset[str]) -> tuple[Any, Any]:
    """The fitted counter of words and its table; raises ValueError if no word recurs."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(
        stop_words=sorted(stop_words),
        token_pattern=TOKEN_PATTERN,
        sublinear_tf=True,
        min_df=2,
        max_features=_MOST_WORDS,
    )
    return words, words.fit_transform(documents)


def _topicality(table: Any, meanings: Vectors) -> npt.NDArray[np.float64]:
    """How much each word tells of a topic, to 1: by how near in meaning the responses that hold it are.

    Those that hold "recycling" speak of one thing, those that hold "country" or "home" of anything. The mean cosine of
    all pairs follows from the length of the sum of their vectors.
    """
    holds = (table > 0).astype(np.float64)
    size = np.asarray(holds.sum(axis=0)).ravel()
    length = ((holds.T @ meanings) ** 2).sum(axis=1)
    mean_cosine = (length - size) / np.maximum(size * (size - 1), 1)
    return np.asarray(np.clip(mean_cosine / _TOPICAL_COSINE, _LEAST_TOPICAL, 1.0), dtype=np.float64)


def _topical(topics: npt.NDArray[np.float64]) -> Vectors:
    """Scale topic scores so that a text sure of its topic has length near 1 and one without a topic near 0."""
    lengths = np.linalg.norm(topics, axis=1, keepdims=True)
    return np.asarray(topics / (lengths + _TOPIC_DOUBT), dtype=np.float32)
