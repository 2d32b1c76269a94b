"""Fit the linker of texts to a vision on a framework's examples, and keep what was fitted.

Views of each text are stacked (Wolpert 1992): by meaning, over embeddings of the sentence model and of the tuned one,
kernel ridge regressions (Saunders et al. 1998), the mean of the k best cosines to a theme's examples and the share of a
theme among near examples (Nadaraya-Watson); by words, a ridge regression over TF-IDF of words and of letters in words.
The stacker, which makes one calibrated score of them, and the threshold are fitted on scores of
examples by writers of other manners, never on responses. Why so: docs/decisions/0012.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analysis.embed import Encode, SideBySide, Vectors, side_by_side, workers
from analysis.files import write_atomically
from analysis.labels import Guide
from analysis.places import plainly
from analysis.steady import in_one_thread
from analysis.types import VisionCode
from analysis.vision import (
    Example,
    Framework,
    Scores,
    VisionSettings,
    examples_of,
    folds_of,
    manner_of,
    samples_f1,
    shipped_vectors,
)

Floats = npt.NDArray[np.float64]

_FORM = "3"  # of what is kept: another form or another way of fitting is another linker
_FOLDS = 4
_NEAR_VIEWS = 2  # best cosines and shares, beside a view for each bandwidth
_MANY = 500  # examples from which a word that stands in one of them alone is left out
_CHUNK = 1000  # texts scored at once: what is compared with every example is a large table
_AT_ONCE = 4  # chunks, each of a hundred megabytes
_STACKER_C = 0.1
_THRESHOLDS = np.round(np.arange(0.10, 0.71, 0.05), 2)
_PLATEAU = 0.005  # thresholds that do as well as the best but for this are as good as the best
_WORD = re.compile(r"\w+")


class Rule(Protocol):
    """Chooses the themes of texts by their scores."""

    def links(self, scores: Scores) -> npt.NDArray[np.bool_]:
        """Whether each text is linked to each theme."""

    def margins(self, scores: Scores) -> Floats:
        """How clear the choice of each text is: 0 is a toss-up."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A text is linked to every theme that scores so much."""

    value: float

    def links(self, scores: Scores) -> npt.NDArray[np.bool_]:
        """Shape (texts, themes)."""
        return scores >= self.value

    def margins(self, scores: Scores) -> Floats:
        """How far the theme in most doubt is from the threshold."""
        return np.asarray(np.abs(scores - self.value).min(axis=1, initial=1.0))


@dataclass(frozen=True, slots=True)
class VisionLinker:
    """A fitted linker: scores of texts, and which themes they are linked to by these."""

    codes: tuple[VisionCode, ...]
    rule: Rule
    _score: Callable[[Vectors, Sequence[str] | None], Scores]

    def score(self, vectors: Vectors, texts: Sequence[str] | None = None) -> Scores:
        """Score texts by their unit vectors, shape (texts, dimensions), and their words, against every theme.

        The vectors are as what encoded the examples gives them. Without `texts`, those of the sentence model as it is,
        and scores by meaning alone, which is less sure.
        """
        return self._score(vectors, texts) if len(vectors) else np.zeros((0, len(self.codes)))


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is learned from examples: all that cannot be had at once from the examples and their vectors.

    `duals` has shape (bandwidths, examples, themes), `plain_duals` are the same for scores by meaning alone; `words`
    and `letters` are the terms with their inverse document frequency `weights` and regression `coefficients`, of words
    first; the stackers have a weight for each feature and themes' biases last.
    """

    usual: npt.NDArray[np.float32]
    duals: npt.NDArray[np.float16]
    plain_duals: npt.NDArray[np.float16]
    words: npt.NDArray[np.str_]
    letters: npt.NDArray[np.str_]
    weights: npt.NDArray[np.float32]
    coefficients: npt.NDArray[np.float16]
    by_meaning: Floats
    by_all: Floats
    threshold: Floats


def fit_linker(
    framework: Framework, encode: Encode, settings: VisionSettings, more: Sequence[Example] = ()
) -> VisionLinker:
    """Fit a linker on a framework's examples, and on `more` if given. `encode` gives one unit vector per text.

    If it is `SideBySide`, scores by meaning alone go by its plain vectors. Under a second for some hundred examples, a
    minute or two for eight thousand: `ready_linker` need not wait for these.
    """
    known = _Known.of((*examples_as_read(framework), *more), framework.codes, encode, settings)
    return _linker(framework.codes, known, _fit(known))


def ready_linker(
    framework: Framework, encode: Encode, encoder: str, settings: VisionSettings, kept: Path | None = None
) -> VisionLinker:
    """The linker as kept in a file (by default what is shipped with the framework), fitted anew if that is another's.

    `encoder` is the fingerprint of what encodes.
    """
    found = _read(kept or shipped_linker(framework), fingerprint_of(framework, encoder, settings))
    if found is None:
        return fit_linker(framework, encode, settings)
    return _linker(framework.codes, _Known.of(examples_as_read(framework), framework.codes, encode, settings), found)


@in_one_thread
def keep_linker(framework: Framework, encode: Encode, encoder: str, settings: VisionSettings, path: Path) -> None:
    """Fit a linker and write what it learned, for `ready_linker`."""
    fitted = _fit(_Known.of(examples_as_read(framework), framework.codes, encode, settings))
    arrays: dict[str, Any] = {field.name: _stored(getattr(fitted, field.name)) for field in fields(Fitted)}
    with write_atomically(path) as part, part.open("wb") as file:
        np.savez_compressed(file, fingerprint=fingerprint_of(framework, encoder, settings), **arrays)


def fingerprint_of(framework: Framework, encoder: str, settings: VisionSettings) -> str:
    """Change whenever what is learned would."""
    parts = (_FORM, framework.fingerprint, encoder, settings.model_dump_json())
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def shipped_linker(framework: Framework) -> Path:
    """Where what was fitted on a shipped framework is (training/frameworks); for others there is no file."""
    return shipped_vectors(framework).with_name(f"{framework.framework.id}_linker.npz")


def examples_as_read(framework: Framework) -> tuple[Example, ...]:
    """The examples with the framework's places put plainly, as the texts that are linked have them."""
    examples, places = examples_of(framework), framework.framework.places
    return tuple(Example(plainly(each.text, places), each.themes, each.is_phrase, each.writer) for each in examples)


def guide_of(framework: Framework, linker: VisionLinker) -> Guide:
    """Return what the framework knows about topics, for finding and naming themes."""
    return Guide(tuple(example.text for example in examples_of(framework) if example.is_phrase), linker.score)


# --- what is known ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """All examples as a linker sees them."""

    examples: tuple[Example, ...]
    plain: Vectors
    vectors: Vectors
    truth: npt.NDArray[np.float32]
    settings: VisionSettings

    @classmethod
    def of(
        cls, examples: Sequence[Example], codes: Sequence[VisionCode], encode: Encode, settings: VisionSettings
    ) -> _Known:
        truth = np.array([[code in each.themes for code in codes] for each in examples], dtype=np.float32)
        texts = [each.text for each in examples]
        plain = encode.plain(texts) if isinstance(encode, SideBySide) else encode(texts)
        both = side_by_side(plain, encode.tuned(texts)) if isinstance(encode, SideBySide) else plain
        return cls(tuple(examples), plain, both, truth, settings)

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.examples]


def _linker(codes: tuple[VisionCode, ...], known: _Known, fitted: Fitted) -> VisionLinker:
    read, coefficients = _Reader.kept(fitted), fitted.coefficients.astype(np.float32)
    duals, plain_duals = fitted.duals.astype(np.float32), fitted.plain_duals.astype(np.float32)

    def by_meaning(vectors: Vectors, examples: Vectors, learned: Vectors) -> Floats:
        cosines = np.asarray(vectors, dtype=np.float32) @ examples.T
        return _meaning(cosines, known.truth, learned, fitted.usual, known.settings)

    def score_some(vectors: Vectors, texts: Sequence[str] | None) -> Scores:
        if texts is None:
            views = by_meaning(vectors, known.plain, plain_duals)
            return _stacked(_features(views), fitted.by_meaning)
        by_words = read.table(texts) @ coefficients + fitted.usual
        views = _beside(by_meaning(vectors, known.vectors, duals), by_words)
        return _stacked(_features(views, _lengths(texts)), fitted.by_all)

    def score(vectors: Vectors, texts: Sequence[str] | None) -> Scores:
        starts = range(0, len(vectors), _CHUNK)
        some = [vectors[i : i + _CHUNK] for i in starts]
        said = [None if texts is None else texts[i : i + _CHUNK] for i in starts]
        with ThreadPoolExecutor(min(workers(), _AT_ONCE)) as pool:
            return np.concatenate(list(pool.map(score_some, some, said)))

    return VisionLinker(codes, Threshold(float(fitted.threshold)), score)


# --- fitting ----------------------------------------------------------------------------------------------------------


@in_one_thread
def _fit(known: _Known) -> Fitted:
    reader = _Reader.of(known.texts)
    table, usual = reader.table(known.texts), known.truth.mean(axis=0)
    duals, meaning = _by_meaning(known, known.vectors)
    plain_duals, plain = (duals, meaning) if known.vectors is known.plain else _by_meaning(known, known.plain)
    statements = np.array([not each.is_phrase for each in known.examples])
    truth, lengths = known.truth[statements], _lengths(known.texts)[statements]
    seen = _features(_beside(meaning, _words_held_out(known, table))[statements], lengths)
    by_all = _fit_stacker(seen, truth)
    manners = np.array([manner_of(each) for each in known.examples])[statements]
    threshold = _best_threshold(_stacked(seen, by_all), truth > 0, manners)
    words, letters = reader.terms
    return Fitted(
        usual=usual,
        duals=duals.astype(np.float16),
        plain_duals=plain_duals.astype(np.float16),
        words=words,
        letters=letters,
        weights=reader.weights,
        coefficients=_word_regression(table, known.truth, known.settings).astype(np.float16),
        by_meaning=_fit_stacker(_features(plain[statements]), truth),
        by_all=by_all,
        threshold=threshold,
    )


def _by_meaning(known: _Known, vectors: Vectors) -> tuple[Vectors, Floats]:
    """Kernel regressions over these vectors, and every example's views by what examples of other folds teach.

    Shapes (bandwidths, examples, themes) and (examples, themes, views).
    """
    cosines = vectors @ vectors.T
    views = np.zeros((*known.truth.shape, len(known.settings.bandwidths) + _NEAR_VIEWS))
    for own, rest in _folds(known):
        truth = known.truth[rest]
        duals = _kernel_regressions(cosines[np.ix_(rest, rest)], truth, known.settings)
        views[own] = _meaning(cosines[np.ix_(own, rest)], truth, duals, truth.mean(axis=0), known.settings)
    return _kernel_regressions(cosines, known.truth, known.settings), views


def _words_held_out(known: _Known, table: Any) -> Floats:
    """What the words of every example say by examples of other folds, shape (examples, themes)."""
    found = np.zeros(known.truth.shape)
    for own, rest in _folds(known):
        truth = known.truth[rest]
        found[own] = table[own] @ _word_regression(table[rest], truth, known.settings) + truth.mean(axis=0)
    return found


def _folds(known: _Known) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Rows of each fold, and all others."""
    fold = folds_of(known.examples, _FOLDS)
    for number in np.unique(fold):
        yield np.flatnonzero(fold == number), np.flatnonzero(fold != number)


def _kernel_regressions(cosines: Vectors, truth: npt.NDArray[np.float32], settings: VisionSettings) -> Vectors:
    """What examples add to how usual each theme is, for each bandwidth; shape (bandwidths, examples, themes)."""
    from scipy.linalg import cho_factor, cho_solve

    duals = []
    for bandwidth in settings.bandwidths:
        kernel = _kernel(cosines, bandwidth)
        kernel[np.diag_indices(len(truth))] += np.float32(settings.regularisation)
        wanted = truth - truth.mean(axis=0)
        duals.append(cho_solve(cho_factor(kernel, overwrite_a=True, check_finite=False), wanted))
    return np.stack(duals)


def _word_regression(table: Any, truth: npt.NDArray[np.float32], settings: VisionSettings) -> Vectors:
    """What words add to how usual each theme is; shape (terms, themes)."""
    from sklearn.linear_model import Ridge

    words = Ridge(alpha=settings.regularisation, fit_intercept=False, solver="sparse_cg", tol=1e-3)
    return np.asarray(words.fit(table, truth - truth.mean(axis=0)).coef_.T, dtype=np.float32)


def _beside(views: Floats, by_words: Floats) -> Floats:
    return np.concatenate([views, by_words[..., None]], axis=-1)


def _meaning(
    cosines: Vectors,
    truth: npt.NDArray[np.float32],
    duals: npt.NDArray[np.float32],
    usual: npt.NDArray[np.float32],
    settings: VisionSettings,
) -> Floats:
    """Views by meaning of texts with these cosines to the examples, shape (texts, themes, views)."""
    kernels = zip(settings.bandwidths, duals, strict=True)
    regressions = (_kernel(cosines, bandwidth) @ dual + usual for bandwidth, dual in kernels)
    near = _best_cosines(cosines, truth > 0, settings.neighbours), _shares(cosines, truth, settings)
    return np.stack([*regressions, *near], axis=-1, dtype=np.float64)


def _kernel(cosines: Vectors, bandwidth: float) -> Vectors:
    """Gaussian of the distance between unit vectors."""
    return np.asarray(np.exp((cosines - np.float32(1)) * np.float32(bandwidth)), dtype=np.float32)


def _best_cosines(cosines: Vectors, truth: npt.NDArray[np.bool_], k: int) -> Vectors:
    """Mean of the k best cosines to each theme's examples; 0 for a theme without any."""
    columns = []
    for labels in truth.T:
        theirs = cosines[:, labels]
        top = min(k, theirs.shape[1])
        best = np.partition(theirs, -top, axis=1)[:, -top:] if top else np.zeros((len(cosines), 1), dtype=np.float32)
        columns.append(best.mean(axis=1))
    return np.stack(columns, axis=1)


def _shares(cosines: Vectors, truth: npt.NDArray[np.float32], settings: VisionSettings) -> Vectors:
    """Share of each theme among examples, the nearer the more they count; what is near none is near no theme."""
    nearest = np.maximum(cosines.max(axis=1, keepdims=True), np.float32(settings.strange))
    weights = np.exp((cosines - nearest) / np.float32(settings.nearness))
    nothing = np.exp((np.float32(settings.strange) - nearest) / np.float32(settings.nearness))
    return np.asarray(weights @ truth / (weights.sum(axis=1, keepdims=True) + nothing))


# --- words ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reader:
    """TF-IDF of words and pairs of words, and of runs of letters within words, which forgive spelling."""

    words: Any
    letters: Any

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Reader:
        least = 2 if len(texts) >= _MANY else 1
        return cls(*(each.fit(texts) for each in cls._blank(min_df=least)))

    @classmethod
    def kept(cls, fitted: Fitted) -> _Reader:
        """The same from the terms and their weights."""
        both = fitted.words.tolist(), fitted.letters.tolist()
        made = [each.set_params(vocabulary=terms) for each, terms in zip(cls._blank(), both, strict=True)]
        made[0].idf_, made[1].idf_ = np.split(fitted.weights, [len(both[0])])
        return cls(*made)

    @staticmethod
    def _blank(**least: int) -> tuple[Any, Any]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        shape = {"sublinear_tf": True, "dtype": np.float32, **least}
        return (
            TfidfVectorizer(ngram_range=(1, 2), **shape),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **shape),
        )

    @property
    def terms(self) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]]:
        words, letters = (np.array(each.get_feature_names_out(), dtype=str) for each in (self.words, self.letters))
        return words, letters

    @property
    def weights(self) -> npt.NDArray[np.float32]:
        return np.concatenate([self.words.idf_, self.letters.idf_]).astype(np.float32)

    def table(self, texts: Sequence[str]) -> Any:
        """Sparse rows, words first."""
        from scipy.sparse import hstack

        return hstack([self.words.transform(texts), self.letters.transform(texts)], format="csr", dtype=np.float32)


def _lengths(texts: Sequence[str]) -> Floats:
    """Logarithm of the number of words."""
    return np.log1p([len(_WORD.findall(text)) for text in texts])


# --- stacking ---------------------------------------------------------------------------------------------------------


def _features(views: Floats, lengths: Floats | None = None) -> Floats:
    """Each view as it is and relative to the text's best theme, the length, and which theme: a row for each theme."""
    texts, themes, _ = views.shape
    which = np.broadcast_to(np.eye(themes), (texts, themes, themes))
    long = [] if lengths is None else [np.broadcast_to(lengths[:, None, None], (texts, themes, 1))]
    return np.concatenate([views, views - views.max(axis=1, keepdims=True), *long, which], axis=-1)


def _fit_stacker(features: Floats, truth: npt.NDArray[np.float32]) -> Floats:
    """Weights of the features and, last, a constant; of a logistic regression that serves all themes."""
    from sklearn.linear_model import LogisticRegression

    rows = features.reshape(-1, features.shape[-1])
    spread = np.where(rows.std(axis=0) > 0, rows.std(axis=0), 1.0)
    wanted = truth.ravel() > 0
    model = LogisticRegression(C=_STACKER_C, max_iter=2000).fit((rows - rows.mean(axis=0)) / spread, wanted)
    weights = model.coef_[0] / spread
    return np.append(weights, model.intercept_[0] - weights @ rows.mean(axis=0))


def _stacked(features: Floats, weights: Floats) -> Scores:
    return np.asarray(1 / (1 + np.exp(-(features @ weights[:-1] + weights[-1]))))


def _best_threshold(scores: Scores, truth: npt.NDArray[np.bool_], manners: npt.NDArray[np.str_]) -> Floats:
    """The middle of the thresholds that do as well as the best, every manner of text counting alike."""
    kinds = [manners == manner for manner in np.unique(manners)]
    reached = np.array([[samples_f1(scores[k] >= t, truth[k]) for k in kinds] for t in _THRESHOLDS]).mean(axis=1)
    good = _THRESHOLDS[reached >= reached.max() - _PLATEAU]
    return np.asarray(good[(len(good) - 1) // 2])


# --- keeping ----------------------------------------------------------------------------------------------------------


def _stored(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Texts as lines of UTF-8: an array of texts takes the length of its longest for each."""
    return np.frombuffer("\n".join(array).encode(), dtype=np.uint8) if array.dtype.kind == "U" else array


def _read(path: Path, fingerprint: str) -> Fitted | None:
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as kept:
        if str(kept["fingerprint"]) != fingerprint:
            return None
        arrays = {field.name: kept[field.name] for field in fields(Fitted)}
    texts = {name: np.array(bytes(arrays[name]).decode().split("\n")) for name in ("words", "letters")}
    return Fitted(**{**arrays, **texts})
