"""How well codings agree: the machine's against those of people, and people's among themselves.

A coding gives each response a set of vision themes; the empty set says "outside the vision" and counts as a label of
its own in samples-F1. Intervals are percentiles of a bootstrap over respondents (Efron 1979), because one respondent's
answers are alike. Kappa is Cohen's (1960) per theme; alpha is Krippendorff's with the MASI distance between sets
(Passonneau 2006), as nltk computes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from analysis.types import (
    MACHINE,
    Agreement,
    Estimate,
    Evaluation,
    GroupAgreement,
    ThemeAgreement,
    VisionCode,
)

NONE = VisionCode("NONE")
"""The label of a response outside the vision, in files of codings."""
Sets = npt.NDArray[np.bool_]
"""Shape (responses, themes + 1): the themes of each response; the last column says that it has none."""


class EvaluateSettings(BaseModel):
    """How agreement is estimated; see `[evaluate]` in defaults.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_responses: int = Field(ge=2)
    draws: int = Field(ge=100)
    seed: int


class ResponseKey(NamedTuple):
    """What a coding is of: one answer to one question in one wave."""

    wave: str
    response_id: str
    question_id: str


@dataclass(frozen=True, slots=True)
class Coding:
    """What one coder said: the set of themes of each response coded; a response not coded is not in it."""

    coder: str
    codes: Mapping[ResponseKey, frozenset[VisionCode]]


@dataclass(frozen=True, slots=True)
class Respondents:
    """Who wrote each response, and by which group of each demographic they counted themselves ("" for not said)."""

    of: Mapping[ResponseKey, str]
    groups: Mapping[str, Mapping[ResponseKey, str]]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A response on which all people who coded it agree and the machine does not."""

    key: ResponseKey
    people: frozenset[VisionCode]
    machine: frozenset[VisionCode]
    coders: int
    surety: float


def evaluate(
    machine: Coding,
    people: Sequence[Coding],
    themes: Sequence[VisionCode],
    respondents: Respondents,
    settings: EvaluateSettings,
) -> Evaluation:
    """Compare every pair of coders, the machine with all people theme by theme, and the machine group by group."""
    pairs = [*((machine, person) for person in people), *combinations(people, 2)]
    pooled = _pooled(machine, people)
    beside = [_aligned(machine, person, themes, respondents) for person in people]
    return Evaluation(
        responses=len({row.key for row in pooled}),
        coders=tuple(person.coder for person in people),
        min_responses=settings.min_responses,
        machine=_compared("people", beside, settings),
        humans=_humans(people, themes, respondents, settings),
        pairs=tuple(_pair(one, other, themes, respondents, settings) for one, other in pairs),
        themes=_by_theme(pooled, themes),
        alpha_people=_alpha(people),
        alpha_all=_alpha([machine, *people]),
        groups=tuple(_by_group(machine, people, themes, respondents, settings)),
    )


def disagreements(
    machine: Coding, people: Sequence[Coding], scores: Mapping[tuple[ResponseKey, VisionCode], float]
) -> tuple[Disagreement, ...]:
    """Find where people agree against the machine, the most telling first.

    Most telling: more people, and the machine surer of what it added or left out (`scores` are its links' scores).
    """
    found = []
    for key, own in sorted(machine.codes.items()):
        said = [person.codes[key] for person in people if key in person.codes]
        if said and all(codes == said[0] for codes in said) and said[0] != own:
            added = [scores.get((key, code), 0.0) for code in own - said[0]]
            missed = [1 - scores.get((key, code), 0.0) for code in said[0] - own]
            found.append(Disagreement(key, said[0], own, len(said), max([*added, *missed], default=0.0)))
    return tuple(sorted(found, key=lambda d: (-d.coders, -d.surety, d.key)))


# --- pairs ------------------------------------------------------------------------------------------------------------


class _Row(NamedTuple):
    key: ResponseKey
    one: frozenset[VisionCode]
    other: frozenset[VisionCode]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two codings of the same responses, row by row, and who wrote them."""

    one: Sets
    other: Sets
    who: tuple[str, ...]


def _aligned(one: Coding, other: Coding, themes: Sequence[VisionCode], respondents: Respondents) -> _Pair:
    keys = sorted(one.codes.keys() & other.codes.keys())
    who = tuple(respondents.of.get(key, key.response_id) for key in keys)
    return _Pair(
        _sets([one.codes[key] for key in keys], themes), _sets([other.codes[key] for key in keys], themes), who
    )


def _sets(codes: Sequence[frozenset[VisionCode]], themes: Sequence[VisionCode]) -> Sets:
    table = np.array([[theme in own for theme in themes] for own in codes], dtype=bool).reshape(-1, len(themes))
    return np.hstack([table, ~table.any(axis=1, keepdims=True)])


def _pair(
    one: Coding, other: Coding, themes: Sequence[VisionCode], respondents: Respondents, settings: EvaluateSettings
) -> Agreement:
    return _compared(other.coder, [_aligned(one, other, themes, respondents)], settings, one.coder)


def _humans(
    people: Sequence[Coding], themes: Sequence[VisionCode], respondents: Respondents, settings: EvaluateSettings
) -> Agreement | None:
    pairs = [_aligned(one, other, themes, respondents) for one, other in combinations(people, 2)]
    return _compared("people", pairs, settings, "people") if any(len(pair.who) for pair in pairs) else None


def _compared(other: str, pairs: Sequence[_Pair], settings: EvaluateSettings, one: str = MACHINE) -> Agreement:
    """Agreement over all rows of the pairs; a response that several people coded counts once for each of them."""
    first, second = (np.vstack([getattr(pair, side) for pair in pairs]) for side in ("one", "other"))
    who = [name for pair in pairs for name in pair.who]
    samples, micro, macro = _f1(first, second, who, settings)
    return Agreement(one, other, len(who), samples, micro, macro, _mean_kappa(first, second))


def _f1(one: Sets, other: Sets, who: Sequence[str], settings: EvaluateSettings) -> tuple[Estimate | None, ...]:
    """Samples-, micro- and macro-F1 with 95 % intervals; the last two over the themes alone."""
    if not who:
        return None, None, None
    both, sizes = one & other, one.sum(axis=1) + other.sum(axis=1)
    by_row = 2 * both.sum(axis=1) / sizes
    hits, sums = both[:, :-1].astype(float), one[:, :-1].astype(float) + other[:, :-1]

    def measured(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        hit, total = weights @ hits, weights @ sums
        theme = np.divide(2 * hit, total, out=np.full_like(hit, np.nan), where=total > 0)
        micro = 2 * hit.sum(axis=1) / np.where(total.sum(axis=1) > 0, total.sum(axis=1), np.nan)
        return np.stack([weights @ by_row / weights.sum(axis=1), micro, _row_means(theme)], axis=1)

    point = measured(np.ones((1, len(who))))[0]
    drawn = measured(_bootstrap_weights(who, settings))
    return tuple(_estimate(value, draws) for value, draws in zip(point, drawn.T, strict=True))


def _estimate(value: float, draws: npt.NDArray[np.float64]) -> Estimate | None:
    if np.isnan(value):
        return None
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return Estimate(float(value), float(low), float(high))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _row_means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), np.nan))


def _bootstrap_weights(who: Sequence[str], settings: EvaluateSettings) -> npt.NDArray[np.float64]:
    """How often each row is drawn, shape (draws, rows), where respondents are drawn with replacement."""
    names, owner = np.unique(np.array(who), return_inverse=True)
    drawn = np.random.default_rng(settings.seed).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=settings.draws
    )
    return drawn[:, owner].astype(np.float64)


# --- theme by theme, group by group -----------------------------------------------------------------------------------


def _pooled(machine: Coding, people: Iterable[Coding]) -> list[_Row]:
    return [
        _Row(key, machine.codes[key], person.codes[key])
        for person in people
        for key in sorted(machine.codes.keys() & person.codes.keys())
    ]


def _by_theme(pooled: Sequence[_Row], themes: Sequence[VisionCode]) -> tuple[ThemeAgreement, ...]:
    from sklearn.metrics import precision_recall_fscore_support

    own, said = _sets([row.one for row in pooled], themes), _sets([row.other for row in pooled], themes)
    precision, recall, f1, support = precision_recall_fscore_support(said, own, average=None, zero_division=np.nan)
    return tuple(
        ThemeAgreement(
            theme, int(support[i]), int(own[:, i].sum()), _number(precision[i]), _number(recall[i]), _number(f1[i]),
            _kappa(own[:, i], said[:, i]),
        )
        for i, theme in enumerate([*themes, NONE])
    )  # fmt: skip


def _by_group(
    machine: Coding,
    people: Sequence[Coding],
    themes: Sequence[VisionCode],
    respondents: Respondents,
    settings: EvaluateSettings,
) -> Iterable[GroupAgreement]:
    """Samples-F1 of the machine for each group of which enough responses were coded; the others are only named."""
    for demographic, group_of in respondents.groups.items():
        for group in sorted({group_of[key] for key in machine.codes if group_of.get(key)}):
            own = Coding(machine.coder, {k: codes for k, codes in machine.codes.items() if group_of.get(k) == group})
            coded = len({row.key for row in _pooled(own, people)})
            enough = coded >= settings.min_responses
            pairs = [_aligned(own, person, themes, respondents) for person in people]
            agreement = _compared("people", pairs, settings) if enough else None
            yield GroupAgreement(demographic, group, coded, agreement.samples_f1 if agreement else None)


# --- chance-corrected agreement ---------------------------------------------------------------------------------------


def _kappa(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float | None:
    """Cohen's kappa; None where neither coder ever used the theme, or both always did: chance explains all."""
    from sklearn.metrics import cohen_kappa_score

    if len(one) == 0 or ((one == one[0]).all() and (other == one[0]).all()):
        return None
    return float(cohen_kappa_score(one, other))


def _mean_kappa(one: Sets, other: Sets) -> float | None:
    """Mean of Cohen's kappa over the themes that either coder used."""
    kappas = [_kappa(one[:, i], other[:, i]) for i in range(one.shape[1] - 1)]
    known = [kappa for kappa in kappas if kappa is not None]
    return float(np.mean(known)) if known else None


def _alpha(codings: Sequence[Coding]) -> float | None:
    """Krippendorff's alpha over the responses that at least two coded; None where there are none."""
    from nltk.metrics import masi_distance
    from nltk.metrics.agreement import AnnotationTask

    keys = [key for coding in codings for key in coding.codes]
    shared = {key for key in keys if sum(key in coding.codes for coding in codings) > 1}
    data = [
        (coding.coder, "\x1f".join(key), codes or frozenset([NONE]))
        for coding in codings
        for key, codes in sorted(coding.codes.items())
        if key in shared
    ]
    if len({codes for *_, codes in data}) < 2:
        return None  # nobody ever used a second set: there is no disagreement to expect
    return float(AnnotationTask(data, distance=masi_distance).alpha())
