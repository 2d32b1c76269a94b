"""Link text to the themes of a council's vision, or to none of them.

The framework file holds example statements; from them alone a linker is fitted, so another council brings a file, not
code. Three views of each text are stacked (Wolpert 1992): a one-versus-rest logistic regression over the embeddings,
the mean of the k best cosines to a theme's examples, and the same to its short phrases. The stacker and the threshold
are fitted on out-of-fold scores of the examples, never on responses.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.embed import Vectors
from analysis.errors import Fault, InputError
from analysis.labels import Guide
from analysis.steady import in_one_thread
from analysis.types import VisionCode

Scores = npt.NDArray[np.float64]
"""Shape (texts, vision themes): how likely each text speaks to each theme, 0 to 1."""

_FOLDS = 5
_THRESHOLDS = np.round(np.arange(0.10, 0.71, 0.05), 2)
_VIEWS = 3
_PLATEAU = 0.005


class VisionSettings(BaseModel):
    """How the linker is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: int = Field(ge=1)
    regularisation: float = Field(gt=0)
    seed: int


class VisionTheme(BaseModel):
    """One theme of a vision: what belongs to it, in words for people and in examples for the linker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: VisionCode = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    title: str = Field(min_length=1)
    aspiration: str
    belongs: tuple[str, ...] = Field(min_length=1)
    excludes: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    statements: tuple[str, ...] = Field(min_length=5)


class SharedExample(BaseModel):
    """A statement that speaks to several themes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)
    themes: tuple[VisionCode, ...] = Field(min_length=2)


class OutsideExample(BaseModel):
    """A statement that speaks to no theme."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)


class FrameworkHead(BaseModel):
    """Which framework this is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    title: str = Field(min_length=1)


class Framework(BaseModel):
    """A council's vision: its themes and the examples that say what belongs to each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    framework: FrameworkHead
    themes: tuple[VisionTheme, ...] = Field(min_length=2)
    shared: tuple[SharedExample, ...] = ()
    outside: tuple[OutsideExample, ...] = ()

    @property
    def codes(self) -> tuple[VisionCode, ...]:
        """The theme codes in the file's order."""
        return tuple(theme.code for theme in self.themes)

    @property
    def fingerprint(self) -> str:
        """Change whenever anything in the framework does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @model_validator(mode="after")
    def _codes_are_known_and_unique(self) -> Framework:
        repeated = {code for code in self.codes if self.codes.count(code) > 1}
        if repeated:
            raise ValueError(f"theme codes are used twice: {', '.join(sorted(repeated))}")
        unknown = {code for example in self.shared for code in example.themes} - set(self.codes)
        if unknown:
            raise ValueError(f"[[shared]] names themes that do not exist: {', '.join(sorted(unknown))}")
        return self


def load_framework(name: str, beside: Path | None = None) -> Framework:
    """Load a shipped framework by name, or one by path (relative paths are taken from `beside`).

    Raises InputError with every fault of the file.
    """
    text, where = _framework_text(name, beside)
    try:
        return Framework.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError([Fault(where, f"is not valid TOML: {error}.", "Mend that line.")]) from error
    except ValidationError as error:
        raise InputError(_faults(error, where)) from error


def shipped_frameworks() -> tuple[str, ...]:
    """Names of the frameworks that come with the project."""
    folder = resources.files("analysis.frameworks")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@dataclass(frozen=True, slots=True)
class Example:
    """A text of the framework with the themes it speaks to; `is_phrase` tells short phrases from statements."""

    text: str
    themes: tuple[VisionCode, ...]
    is_phrase: bool


def examples_of(framework: Framework) -> tuple[Example, ...]:
    """All that a framework gives the linker to learn from."""
    return tuple(_examples(framework))


@dataclass(frozen=True, slots=True)
class VisionLinker:
    """A fitted linker. `threshold` is the score from which a text counts as speaking to a theme."""

    codes: tuple[VisionCode, ...]
    threshold: float
    _views: Callable[[Vectors], npt.NDArray[np.float64]]
    _stacker: Any

    def score(self, vectors: Vectors) -> Scores:
        """Score unit vectors of shape (texts, dimensions) against every theme."""
        if len(vectors) == 0:
            return np.zeros((0, len(self.codes)))
        return _stack(self._stacker, self._views(vectors))


@in_one_thread
def fit_linker(
    framework: Framework, encode: Callable[[Sequence[str]], Vectors], settings: VisionSettings
) -> VisionLinker:
    """Fit a linker on a framework's examples. `encode` gives one unit vector per text."""
    examples = examples_of(framework)
    vectors = encode([example.text for example in examples])
    truth = _truth(examples, framework.codes)
    phrases = np.array([example.is_phrase for example in examples])
    held_out = _out_of_fold_views(vectors, truth, phrases, settings)
    stacker = _fit_stacker(held_out[~phrases], truth[~phrases])
    threshold = _best_threshold(_stack(stacker, held_out[~phrases]), truth[~phrases])
    return VisionLinker(framework.codes, threshold, _fit_views(vectors, truth, phrases, settings), stacker)


def guide_of(framework: Framework, linker: VisionLinker) -> Guide:
    """Return what the framework knows about topics, for finding and naming themes."""
    return Guide(tuple(example.text for example in examples_of(framework) if example.is_phrase), linker.score)


def response_scores(whole: Scores, segments: Scores, owner: npt.NDArray[np.int64]) -> Scores:
    """Combine the scores of whole responses with those of their segments: the mean of the whole and the best segment.

    `owner[i]` is the row of `whole` that segment `i` is from. A story is understood whole, a list by its parts.
    """
    best = whole.copy() if len(segments) == 0 else np.zeros_like(whole)
    np.maximum.at(best, owner, segments)
    covered = np.isin(np.arange(len(whole)), owner)
    best[~covered] = whole[~covered]
    return np.asarray((whole + best) / 2)


def samples_f1(linked: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Mean over rows of the F1 between two sets of labels; two empty sets agree (1), one empty set does not (0)."""
    if len(truth) == 0:
        return 0.0
    nothing = ~linked.any(axis=1) & ~truth.any(axis=1)
    both = (linked & truth).sum(axis=1)
    sizes = np.maximum(linked.sum(axis=1), 1) + np.maximum(truth.sum(axis=1), 1)
    return float(np.mean(np.where(nothing, 1.0, 2 * both / sizes)))


def _framework_text(name: str, beside: Path | None) -> tuple[str, str]:
    shipped = resources.files("analysis.frameworks") / f"{name}.toml"
    if "/" not in name and "\\" not in name and shipped.is_file():
        return shipped.read_text(encoding="utf-8"), f"framework '{name}'"
    path = (beside or Path()) / name
    if not path.is_file():
        known = ", ".join(shipped_frameworks())
        fault = Fault(
            "consultation.toml, [consultation] vision",
            f"'{name}' is neither a shipped framework ({known}) nor a file.",
            "Name one of these, or give the path of a framework file.",
        )
        raise InputError([fault])
    try:
        return path.read_text(encoding="utf-8-sig"), str(path)
    except UnicodeDecodeError:
        raise InputError([Fault(str(path), "is not saved as UTF-8.", "Save it as UTF-8.")]) from None


def _faults(error: ValidationError, where: str) -> list[Fault]:
    return [
        Fault(
            f"{where}, {'.'.join(str(part) for part in item['loc']) or 'file'}",
            f"{item['msg']}.",
            "See the shipped framework for the form.",
        )
        for item in error.errors(include_url=False, include_input=False)
    ]


def _examples(framework: Framework) -> Iterator[Example]:
    for theme in framework.themes:
        yield from (Example(text, (theme.code,), False) for text in theme.statements)
        yield from (Example(text, (theme.code,), True) for text in (theme.title, *theme.phrases, *theme.belongs))
    yield from (Example(example.text, example.themes, False) for example in framework.shared)
    yield from (Example(example.text, (), False) for example in framework.outside)


def _truth(examples: Sequence[Example], codes: Sequence[VisionCode]) -> npt.NDArray[np.bool_]:
    return np.array([[code in example.themes for code in codes] for example in examples], dtype=bool)


def _fit_views(
    vectors: Vectors, truth: npt.NDArray[np.bool_], phrases: npt.NDArray[np.bool_], settings: VisionSettings
) -> Callable[[Vectors], npt.NDArray[np.float64]]:
    weights, bias = _fit_regressions(vectors, truth, settings)

    def views(texts: Vectors) -> npt.NDArray[np.float64]:
        near = _best_cosines(texts, vectors, truth, settings.neighbours)
        near_phrases = _best_cosines(texts, vectors[phrases], truth[phrases], settings.neighbours)
        return np.stack([texts @ weights + bias, near, near_phrases], axis=-1)

    return views


def _fit_regressions(
    vectors: Vectors, truth: npt.NDArray[np.bool_], settings: VisionSettings
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    from sklearn.linear_model import LogisticRegression

    fitted = [LogisticRegression(C=settings.regularisation, max_iter=2000).fit(vectors, labels) for labels in truth.T]
    return np.stack([model.coef_[0] for model in fitted], axis=1), np.array([model.intercept_[0] for model in fitted])


def _best_cosines(texts: Vectors, examples: Vectors, truth: npt.NDArray[np.bool_], k: int) -> npt.NDArray[np.float64]:
    cosines = texts @ examples.T
    columns = []
    for labels in truth.T:
        theirs = cosines[:, labels]
        if theirs.shape[1] == 0:
            columns.append(np.zeros(len(texts)))
            continue
        top = min(k, theirs.shape[1])
        columns.append(np.partition(theirs, -top, axis=1)[:, -top:].mean(axis=1))
    return np.stack(columns, axis=1).astype(np.float64)


def _out_of_fold_views(
    vectors: Vectors, truth: npt.NDArray[np.bool_], phrases: npt.NDArray[np.bool_], settings: VisionSettings
) -> npt.NDArray[np.float64]:
    fold = np.random.default_rng(settings.seed).permutation(np.arange(len(vectors)) % _FOLDS)
    held_out = np.zeros((len(vectors), truth.shape[1], _VIEWS))
    for number in range(_FOLDS):
        rest = fold != number
        held_out[~rest] = _fit_views(vectors[rest], truth[rest], phrases[rest], settings)(vectors[~rest])
    return held_out


def _stack_features(views: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each view as it is and relative to the text's best theme, so that one stacker serves every theme."""
    return np.concatenate([views, views - views.max(axis=1, keepdims=True)], axis=-1)


def _fit_stacker(views: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = _stack_features(views).reshape(-1, 2 * _VIEWS)
    return make_pipeline(StandardScaler(), LogisticRegression(C=10.0, max_iter=2000)).fit(features, truth.ravel())


def _stack(stacker: Any, views: npt.NDArray[np.float64]) -> Scores:
    features = _stack_features(views).reshape(-1, 2 * _VIEWS)
    return np.asarray(stacker.predict_proba(features)[:, 1].reshape(views.shape[:2]))


def _best_threshold(scores: Scores, truth: npt.NDArray[np.bool_]) -> float:
    """Return the middle of the thresholds that do as well as the best: the ends of a plateau are chance."""
    reached = np.array([samples_f1(scores >= threshold, truth) for threshold in _THRESHOLDS])
    good = _THRESHOLDS[reached >= reached.max() - _PLATEAU]
    return float(good[len(good) // 2])
