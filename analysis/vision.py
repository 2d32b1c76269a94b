"""Link text to the themes of a council's vision, or to none of them.

The framework file and the coded answers beside it hold examples; from them alone a linker is fitted, so another council
brings files, not code. Views of each text are stacked (Wolpert 1992): by meaning, a kernel ridge regression over the
embeddings (Saunders et al. 1998), the mean of the k best cosines to a theme's examples and the share of a theme among
near examples (Nadaraya-Watson); by words, a ridge regression over TF-IDF of words and of letters in words. The stacker,
which makes one calibrated score of them, and the thresholds are fitted on scores of examples by writers held out, never
on responses. Why so: docs/decisions/0012.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.embed import Vectors, content_hash
from analysis.errors import Fault, InputError
from analysis.labels import Guide
from analysis.steady import in_one_thread
from analysis.types import VisionCode

Scores = npt.NDArray[np.float64]
"""Shape (texts, vision themes): how likely each text speaks to each theme, 0 to 1."""

_FOLDS = 4
_THRESHOLDS = np.round(np.arange(0.10, 0.71, 0.05), 2)
_PLATEAU = 0.005
_MEANING_VIEWS = 3
_WHOLE = 0.9  # of a response's score is the whole's, the rest its best segment's: measured on writers held out
_MANY = 500  # examples from which a word that stands in one of them alone is left out
_CHUNK = 2000  # texts scored at once: what is compared with every example is a large table


class VisionSettings(BaseModel):
    """How the linker is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: int = Field(ge=1)
    bandwidth: float = Field(gt=0)
    nearness: float = Field(gt=0)
    strange: float = Field(ge=-1, le=1)
    regularisation: float = Field(gt=0)


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


class CodedExample(BaseModel):
    """An answer coded to every theme that it speaks to, none of them if it is outside the vision.

    `writer` tells who wrote it: what is learned is measured on writers that nothing was learned from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)
    themes: tuple[VisionCode, ...]
    writer: str = ""


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
    examples: tuple[CodedExample, ...] = ()

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
        for name, coded in (("[[shared]]", self.shared), ("[[examples]]", self.examples)):
            unknown = {code for example in coded for code in example.themes} - set(self.codes)
            if unknown:
                raise ValueError(f"{name} names themes that do not exist: {', '.join(sorted(unknown))}")
        return self


def load_framework(name: str, beside: Path | None = None) -> Framework:
    """Load a shipped framework by name, or one by path (relative paths are taken from `beside`).

    Coded answers in `<name>_examples.jsonl` beside the file ("text", "themes", perhaps "writer" on each line) are taken
    up as if they were its [[examples]]. Raises InputError with every fault of the file.
    """
    text, coded, where = _framework_text(name, beside)
    try:
        content = tomllib.loads(text)
        if coded:
            content["examples"] = [*content.get("examples", ()), *_lines_of(coded, where)]
        return Framework.model_validate(content)
    except tomllib.TOMLDecodeError as error:
        raise InputError([Fault(where, f"is not valid TOML: {error}.", "Mend that line.")]) from error
    except ValidationError as error:
        raise InputError(_faults(error, where)) from error


def shipped_frameworks() -> tuple[str, ...]:
    """Names of the frameworks that come with the project."""
    folder = resources.files("analysis.frameworks")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def shipped_vectors(framework: Framework) -> Path:
    """Where the vectors of a shipped framework's examples are (training/frameworks); for others there is no file."""
    return Path(str(resources.files("analysis.frameworks"))) / f"{framework.framework.id}.npz"


@dataclass(frozen=True, slots=True)
class Example:
    """A text of the framework with the themes it speaks to; `is_phrase` tells short phrases from statements."""

    text: str
    themes: tuple[VisionCode, ...]
    is_phrase: bool
    writer: str = ""


def examples_of(framework: Framework) -> tuple[Example, ...]:
    """All that a framework gives the linker to learn from."""
    return tuple(_examples(framework))


@dataclass(frozen=True, slots=True)
class VisionLinker:
    """A fitted linker. `threshold` has, for each theme, the score from which a text counts as speaking to it."""

    codes: tuple[VisionCode, ...]
    threshold: npt.NDArray[np.float64]
    _score: Callable[[Vectors, Sequence[str] | None], Scores]

    def score(self, vectors: Vectors, texts: Sequence[str] | None = None) -> Scores:
        """Score texts by their unit vectors, shape (texts, dimensions), and their words, against every theme.

        Without `texts`, by meaning alone, which is a little less sure.
        """
        return self._score(vectors, texts) if len(vectors) else np.zeros((0, len(self.codes)))


@in_one_thread
def fit_linker(
    framework: Framework,
    encode: Callable[[Sequence[str]], Vectors],
    settings: VisionSettings,
    more: Sequence[Example] = (),
) -> VisionLinker:
    """Fit a linker on a framework's examples, and on `more` if given. `encode` gives one unit vector per text.

    A few seconds for thousands of examples, so that it can be fitted anew when an analyst adds some.
    """
    examples = (*examples_of(framework), *more)
    known = _Known.of(examples, framework.codes, encode, settings)
    held_out = known.held_out(folds_of(examples, _FOLDS))
    statements = np.array([not example.is_phrase for example in examples])
    seen, truth = held_out[statements], known.truth[statements]
    stackers = {count: _fit_stacker(seen[..., :count], truth) for count in (_MEANING_VIEWS, seen.shape[-1])}
    threshold = _best_thresholds(_stack(stackers[seen.shape[-1]], seen), truth)
    views = known.fit()

    def score(vectors: Vectors, texts: Sequence[str] | None) -> Scores:
        found = views(vectors, texts)
        return _stack(stackers[found.shape[-1]], found)

    return VisionLinker(framework.codes, threshold, score)


def guide_of(framework: Framework, linker: VisionLinker) -> Guide:
    """Return what the framework knows about topics, for finding and naming themes."""
    return Guide(tuple(example.text for example in examples_of(framework) if example.is_phrase), linker.score)


def response_scores(whole: Scores, segments: Scores, owner: npt.NDArray[np.int64]) -> Scores:
    """Combine the scores of whole responses with those of their best segments, by `_WHOLE`.

    `owner[i]` is the row of `whole` that segment `i` is from. A story is understood whole, a list by its parts.
    """
    best = whole.copy() if len(segments) == 0 else np.zeros_like(whole)
    np.maximum.at(best, owner, segments)
    covered = np.isin(np.arange(len(whole)), owner)
    best[~covered] = whole[~covered]
    return np.asarray(_WHOLE * whole + (1 - _WHOLE) * best)


def folds_of(examples: Sequence[Example], count: int) -> npt.NDArray[np.int64]:
    """Deal examples into so many folds: a writer's stay together, those of no named writer are spread label by label.

    An example is then judged by what was learned from other writers, as a resident's answer will be. The order of the
    examples changes nothing.
    """
    writers = sorted({example.writer for example in examples if example.writer})
    named = [writers.index(example.writer) % count if example.writer else 0 for example in examples]
    fold = np.array(named, dtype=np.int64)
    alone = [i for i, example in enumerate(examples) if not example.writer]
    alone.sort(key=lambda i: (examples[i].themes, examples[i].is_phrase, content_hash(examples[i].text)))
    fold[alone] = np.arange(len(alone)) % count
    return fold


def samples_f1(linked: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Mean over rows of the F1 between two sets of labels; two empty sets agree (1), one empty set does not (0)."""
    if len(truth) == 0:
        return 0.0
    nothing = ~linked.any(axis=1) & ~truth.any(axis=1)
    both = (linked & truth).sum(axis=1)
    sizes = np.maximum(linked.sum(axis=1), 1) + np.maximum(truth.sum(axis=1), 1)
    return float(np.mean(np.where(nothing, 1.0, 2 * both / sizes)))


def _framework_text(name: str, beside: Path | None) -> tuple[str, str, str]:
    """The framework file, the coded answers beside it ('' if there are none), and what to call them."""
    folder = Path(str(resources.files("analysis.frameworks")))
    if "/" not in name and "\\" not in name and (folder / f"{name}.toml").is_file():
        path, where = folder / f"{name}.toml", f"framework '{name}'"
    else:
        path = (beside or Path()) / name
        where = str(path)
    if not path.is_file():
        known = ", ".join(shipped_frameworks())
        fault = Fault(
            "consultation.toml, [consultation] vision",
            f"'{name}' is neither a shipped framework ({known}) nor a file.",
            "Name one of these, or give the path of a framework file.",
        )
        raise InputError([fault])
    try:
        examples = path.with_name(f"{path.stem}_examples.jsonl")
        coded = examples.read_text(encoding="utf-8-sig") if examples.is_file() else ""
        return path.read_text(encoding="utf-8-sig"), coded, where
    except UnicodeDecodeError:
        raise InputError([Fault(where, "is not saved as UTF-8.", "Save it as UTF-8.")]) from None


def _lines_of(coded: str, where: str) -> list[Any]:
    rows, faults = [], []
    for number, line in enumerate(coded.splitlines(), start=1):
        try:
            rows.extend([json.loads(line)] if line.strip() else [])
        except json.JSONDecodeError as error:
            faults.append(Fault(f"{where}, examples, line {number}", f"is not JSON: {error.msg}.", "Mend that line."))
    if faults:
        raise InputError(faults)
    return rows


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
    yield from (Example(example.text, example.themes, False, example.writer) for example in framework.examples)


def _truth(examples: Sequence[Example], codes: Sequence[VisionCode]) -> npt.NDArray[np.bool_]:
    return np.array([[code in example.themes for code in codes] for example in examples], dtype=bool)


@dataclass(frozen=True, slots=True)
class _Known:
    """All examples as a linker sees them: vectors, TF-IDF of their words, and the themes of each."""

    vectors: Vectors
    words: Any
    truth: npt.NDArray[np.bool_]
    read: Callable[[Sequence[str]], Any]
    settings: VisionSettings

    @classmethod
    def of(
        cls,
        examples: Sequence[Example],
        codes: Sequence[VisionCode],
        encode: Callable[[Sequence[str]], Vectors],
        settings: VisionSettings,
    ) -> _Known:
        texts = [example.text for example in examples]
        reader = _word_reader(2 if len(texts) >= _MANY else 1).fit(texts)
        return cls(encode(texts), reader.transform(texts), _truth(examples, codes), reader.transform, settings)

    def fit(self) -> Callable[[Vectors, Sequence[str] | None], npt.NDArray[np.float64]]:
        """Learn from all examples; what is returned gives views of texts, shape (texts, themes, views)."""
        by_meaning, by_words = self._fit(np.arange(len(self.vectors)), self.vectors @ self.vectors.T)

        def views(vectors: Vectors, texts: Sequence[str] | None) -> npt.NDArray[np.float64]:
            starts = range(0, len(vectors), _CHUNK)
            meaning = np.concatenate([by_meaning(vectors[i : i + _CHUNK] @ self.vectors.T) for i in starts])
            if texts is None:
                return meaning
            return np.concatenate([meaning, by_words(self.read(texts))[..., None]], axis=-1)

        return views

    def held_out(self, fold: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Views of every example by what the other folds teach."""
        cosines = self.vectors @ self.vectors.T
        views = np.zeros((*self.truth.shape, _MEANING_VIEWS + 1))
        for number in np.unique(fold):
            own, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            by_meaning, by_words = self._fit(rest, cosines[np.ix_(rest, rest)])
            views[own, :, :-1] = by_meaning(cosines[np.ix_(own, rest)])
            views[own, :, -1] = by_words(self.words[own])
        return views

    def _fit(
        self, rows: npt.NDArray[np.int64], cosines: Vectors
    ) -> tuple[Callable[[Vectors], npt.NDArray[np.float64]], Callable[[Any], npt.NDArray[np.float64]]]:
        """Learn from some rows with these cosines between them; views by cosines to them, and by TF-IDF."""
        from scipy.linalg import cho_factor, cho_solve
        from sklearn.linear_model import Ridge

        settings, truth = self.settings, self.truth[rows].astype(np.float32)
        usual = truth.mean(axis=0)
        kernel = _kernel(cosines, settings)
        kernel[np.diag_indices(len(rows))] += np.float32(settings.regularisation)
        dual = cho_solve(cho_factor(kernel, overwrite_a=True), truth - usual)
        words = Ridge(alpha=settings.regularisation, solver="sparse_cg", tol=1e-3).fit(self.words[rows], truth)

        def by_meaning(cosines: Vectors) -> npt.NDArray[np.float64]:
            near = _best_cosines(cosines, truth > 0, settings.neighbours), _shares(cosines, truth, settings)
            return np.stack([_kernel(cosines, settings) @ dual + usual, *near], axis=-1, dtype=np.float64)

        return by_meaning, words.predict


def _word_reader(least: int) -> Any:
    """TF-IDF of words and pairs of words, and of runs of letters within words, which forgive spelling."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    shape = {"sublinear_tf": True, "min_df": least, "dtype": np.float32}
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **shape)
    return make_union(letters, TfidfVectorizer(ngram_range=(1, 2), **shape))


def _kernel(cosines: Vectors, settings: VisionSettings) -> Vectors:
    """Gaussian of the distance between unit vectors."""
    return np.asarray(np.exp((cosines - 1) * np.float32(settings.bandwidth)), dtype=np.float32)


def _best_cosines(cosines: Vectors, truth: npt.NDArray[np.bool_], k: int) -> npt.NDArray[np.float64]:
    """Mean of the k best cosines to each theme's examples; 0 for a theme without any."""
    columns = []
    for labels in truth.T:
        theirs = cosines[:, labels]
        top = min(k, theirs.shape[1])
        best = np.partition(theirs, -top, axis=1)[:, -top:] if top else np.zeros((len(cosines), 1))
        columns.append(best.mean(axis=1))
    return np.stack(columns, axis=1).astype(np.float64)


def _shares(cosines: Vectors, truth: npt.NDArray[np.float32], settings: VisionSettings) -> npt.NDArray[np.float64]:
    """Share of each theme among examples, the nearer the more they count; what is near none is near no theme."""
    nearest = np.maximum(cosines.max(axis=1, keepdims=True), settings.strange)
    weights = np.exp((cosines - nearest) / np.float32(settings.nearness))
    nothing = np.exp((settings.strange - nearest) / settings.nearness)
    return np.asarray(weights @ truth / (weights.sum(axis=1, keepdims=True) + nothing))


def _stack_features(views: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each view as it is and relative to the text's best theme, so that one stacker serves every theme."""
    return np.concatenate([views, views - views.max(axis=1, keepdims=True)], axis=-1).reshape(-1, 2 * views.shape[-1])


def _fit_stacker(views: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=10.0, max_iter=2000))
    return model.fit(_stack_features(views), truth.ravel())


def _stack(stacker: Any, views: npt.NDArray[np.float64]) -> Scores:
    return np.asarray(stacker.predict_proba(_stack_features(views))[:, 1].reshape(views.shape[:2]))


def _best_thresholds(scores: Scores, truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the middle of the thresholds that do as well as the best: the ends of a plateau are chance."""
    reached = np.array([samples_f1(scores >= threshold, truth) for threshold in _THRESHOLDS])
    good = _THRESHOLDS[reached >= reached.max() - _PLATEAU]
    return np.full(truth.shape[1], good[len(good) // 2])
