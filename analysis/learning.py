"""Learn from people's corrections of vision links: a small head over the linker's scores, fitted on corrected answers.

For each theme of the vision, the logit of the linker's score is scaled, shifted and corrected by a linear function of
the answer's embedding. All of these are held near "no change" by Gaussian priors (ridge), so that thirty corrections
teach something and wrong ones do little harm. The head needs nothing of the linker but its scores. What is learned is
measured on corrections held out, and used only if links get better by more than chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analysis.decisions import Decisions, ResponseKey, codes_of
from analysis.embed import Encode, Vectors, content_hash
from analysis.linker import VisionLinker
from analysis.places import names_read_plainly, plainly
from analysis.priorities import RESPONSE_KEY
from analysis.steady import in_one_thread
from analysis.tables import rows_of
from analysis.types import SafeText, Status
from analysis.vision import Scores, response_scores, rows_f1

_SLOPE, _SHIFT, _WEIGHTS = 0.1, 0.5, 0.9  # variances of the priors: slope - 1, shift, weights on unit vectors


class LearningSettings(BaseModel):
    """When corrections are learned from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least: int = Field(ge=10)
    folds: int = Field(ge=2)


@dataclass(frozen=True, slots=True)
class Taught:
    """An answer whose vision links a person checked: its text, its segments, its links, and whether these changed."""

    text: SafeText
    parts: tuple[SafeText, ...]
    themes: tuple[str, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """What corrections taught. `before` and `after` are samples-F1 on corrections held out, without and with learning.

    `corrections` are distinct answers that a person checked, `changed` those where the person said otherwise than the
    machine; `learned_from` is 0 where they are too few, or teach nothing that holds on others.
    """

    corrections: int
    changed: int
    learned_from: int = 0
    before: float | None = None
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What was learned, a row per vision theme."""

    slope: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]

    def score(self, base: Scores, whole: Vectors) -> Scores:
        """Scores of responses after learning, from the linker's (responses, themes) and their texts' embeddings."""
        if not len(base):
            return base
        return _probability(_logit(base) * self.slope + self.shift + whole.astype(np.float64) @ self.weights.T)


def taught_by(
    decisions: Decisions,
    tables: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
    codes: Sequence[str],
    places: Sequence[str] = (),
) -> tuple[Taught, ...]:
    """What people's decisions teach, in order of the texts' hashes, each text once, read as the linker reads them.

    `tables` are the `responses` and `segments` of the waves that decisions speak of: decisions hold no text. Codes that
    the framework does not know teach nothing. `places` are the framework's; the home is found in each wave's responses.
    """
    said = decisions.codes("vision")
    found: dict[str, Taught] = {}
    for responses, segments in tables:
        substantive = responses[responses["status"] == Status.SUBSTANTIVE]
        names = names_read_plainly(places, substantive["text"])
        parts = _parts(segments)
        for row in rows_of(substantive):
            key = (row.wave, row.response_id, row.question_id)
            themes = said.get(key)
            if themes is not None and set(themes) <= set(codes):
                changed = set(themes) != set(codes_of(decisions.first_before(key, "vision")))
                own = parts.get(key, (SafeText(row.text),))
                text, *pieces = (SafeText(plainly(each, names)) for each in (row.text, *own))
                found[content_hash(text)] = Taught(text, tuple(pieces), themes, changed)
    return tuple(found[digest] for digest in sorted(found))


def texts_of(taught: Iterable[Taught]) -> list[str]:
    """Every text that needs a vector."""
    return sorted({text for each in taught for text in (each.text, *each.parts)})


@in_one_thread
def measure(linker: VisionLinker, taught: Sequence[Taught], encode: Encode, settings: LearningSettings) -> Lesson:
    """Say what corrections teach: each is scored by a head that was fitted on the others (cross-validation)."""
    plain = Lesson(len(taught), sum(each.changed for each in taught))
    if len(taught) < settings.least:
        return plain
    lesson = _Lesson.of(linker, taught, encode)
    fold = np.arange(len(taught)) % settings.folds
    linked = np.zeros_like(lesson.truth)
    for number in range(settings.folds):
        seen, held_out = fold != number, fold == number
        head = lesson.only(seen).fit()
        linked[held_out] = linker.rule.links(head.score(lesson.base[held_out], lesson.whole[held_out]))
    before, after = (rows_f1(links, lesson.truth) for links in (linker.rule.links(lesson.base), linked))
    used = len(taught) if _is_gain(after - before) else 0
    means = (round(float(f1.mean()), 4) for f1 in (before, after))
    return Lesson(plain.corrections, plain.changed, used, *means)


def _is_gain(gains: npt.NDArray[np.float64]) -> bool:
    """Whether answers gain more than chance would let them: on average, by more than the standard error of that."""
    return bool(gains.mean() > gains.std(ddof=1) / np.sqrt(len(gains)))


@in_one_thread
def fit_head(linker: VisionLinker, taught: Sequence[Taught], encode: Encode) -> Head:
    """Fit a head on all corrections."""
    return _Lesson.of(linker, taught, encode).fit()


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Corrected answers as arrays, a row each: the linker's scores, embeddings, and what people said."""

    base: Scores
    whole: Vectors
    truth: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, linker: VisionLinker, taught: Sequence[Taught], encode: Encode) -> _Lesson:
        texts = [each.text for each in taught]
        parts = [part for each in taught for part in each.parts]
        whole = encode(texts)
        owner = np.array([i for i, each in enumerate(taught) for _ in each.parts], dtype=np.int64)
        base = response_scores(linker.score(whole, texts), linker.score(encode(parts), parts), owner)
        truth = np.array([[code in each.themes for code in linker.codes] for each in taught], dtype=bool)
        return cls(base, whole, truth)

    def only(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> _Lesson:
        return _Lesson(self.base[rows], self.whole[rows], self.truth[rows])

    def fit(self) -> Head:
        fitted = _fit(_logit(self.base), self.whole.astype(np.float64), self.truth)
        return Head(1 + fitted[0], fitted[1], fitted[2:].T)


def _fit(
    logits: npt.NDArray[np.float64], whole: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Rows slope - 1, shift and weights, a column per theme, that are most likely after the answers.

    A penalised logistic regression with the linker's logit as offset; the themes do not depend on one another.
    """
    from scipy.optimize import minimize

    themes, dimensions = truth.shape[1], whole.shape[1]
    variance = np.concatenate([[_SLOPE, _SHIFT], np.full(dimensions, _WEIGHTS)])[:, None]

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        coefficients = flat.reshape(-1, themes)
        value = logits * (1 + coefficients[0]) + coefficients[1] + whole @ coefficients[2:]
        error = _probability(value) - truth
        slope = np.vstack([(error * logits).sum(axis=0), error.sum(axis=0), whole.T @ error])
        penalty = coefficients / variance
        total = np.sum(np.logaddexp(0, value) - truth * value) + np.sum(coefficients * penalty) / 2
        return float(total), (slope + penalty).ravel()

    found = minimize(loss, np.zeros((2 + dimensions) * themes), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(np.round(found.x.reshape(-1, themes), 6))


def _logit(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    kept = np.clip(scores, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(kept / (1 - kept)))


def _probability(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))


def _parts(segments: pd.DataFrame) -> Mapping[ResponseKey, tuple[SafeText, ...]]:
    found: dict[ResponseKey, tuple[SafeText, ...]] = {}
    for *key, text in segments[[*RESPONSE_KEY, "text"]].itertuples(index=False, name=None):
        wave, response, question = key
        found[(wave, response, question)] = (*found.get((wave, response, question), ()), SafeText(text))
    return found
