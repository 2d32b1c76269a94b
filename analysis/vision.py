"""A council's vision as a file: its themes, and examples of what residents say that speaks to each, or to none.

What links texts to it is fitted on these alone (analysis/linker.py), so another council brings files, not code.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.embed import content_hash
from analysis.errors import Fault, InputError
from analysis.types import VisionCode

Scores = npt.NDArray[np.float64]
"""Shape (texts, vision themes): how likely each text speaks to each theme, 0 to 1."""

_WHOLE = 0.8  # of a response's score is the whole's, the rest its best segment's: measured on writers held out


class VisionSettings(BaseModel):
    """How the linker is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: int = Field(ge=1)
    bandwidths: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=1)
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
    places: tuple[Annotated[str, Field(min_length=2)], ...] = ()
    """Names of the place that are ordinary words ("Barking"): read as names, not as words (analysis/places.py)."""


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


def shipped_tuned_vectors(framework: Framework) -> Path:
    """The same by the tuned sentence model (analysis/coder.npz)."""
    return shipped_vectors(framework).with_name(f"{framework.framework.id}_tuned.npz")


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
    """Deal examples into folds: writers of one manner stay together, and those of no named writer.

    An example is then judged by what was learned from other kinds of text, as a resident's answer will be: other
    writers of the same kind are too like it, and what was learned looks surer than it is. "town-1" and "town-2" write
    in one manner. Without two manners, a writer's examples stay together in one of `count` folds, and those of no named
    writer are spread over these label by label. The order of the examples changes nothing.
    """
    manners = sorted({manner_of(example) for example in examples})
    if len([manner for manner in manners if manner]) > 1:
        return np.array([manners.index(manner_of(example)) for example in examples], dtype=np.int64)
    writers = sorted({example.writer for example in examples if example.writer})
    named = [writers.index(example.writer) % count if example.writer else 0 for example in examples]
    fold = np.array(named, dtype=np.int64)
    alone = [i for i, example in enumerate(examples) if not example.writer]
    alone.sort(key=lambda i: (examples[i].themes, examples[i].is_phrase, content_hash(examples[i].text)))
    fold[alone] = np.arange(len(alone)) % count
    return fold


def manner_of(example: Example) -> str:
    """The manner in which an example is written: what stands before the number in its writer's name, '' if nothing."""
    return example.writer.rpartition("-")[0]


def samples_f1(linked: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Mean over rows of the F1 between two sets of labels; two empty sets agree (1), one empty set does not (0)."""
    return float(rows_f1(linked, truth).mean()) if len(truth) else 0.0


def rows_f1(linked: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The F1 of each row of `samples_f1`."""
    nothing = ~linked.any(axis=1) & ~truth.any(axis=1)
    both = (linked & truth).sum(axis=1)
    sizes = np.maximum(linked.sum(axis=1), 1) + np.maximum(truth.sum(axis=1), 1)
    return np.where(nothing, 1.0, 2 * both / sizes)


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
