"""Tell whether an answer to an open question is for or against what the question proposes, or does not say.

Where a question proposes something ("Should X be banned?"), agree is for it and disagree against it; where it proposes
nothing, agree is praise or a wish for something and disagree criticism or opposition. What a dislike of X means hangs
on what is proposed for X, so the question is read too: whether it would end something or bring something.

The classifier is a logistic regression over the embedding and lexical cues, as trained by training/stance/train.py on
statements written for this project. It gives probabilities and abstains ("unclear") where they are low.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analysis.embed import Vectors, content_hash
from analysis.priorities import RESPONSE_KEY
from analysis.types import Side

Numbers = npt.NDArray[np.float64]

SIDES: Final[tuple[Side, ...]] = ("agree", "disagree", "unclear")
"""The order of the columns of probabilities."""

Asks = Literal["end", "bring", "ideas", "nothing"]
"""What a question is after: the end (or less) of something, something new or kept, ideas, or nothing in particular."""

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_NEGATION_REACH = 3  # words after "not" whose sense it turns (as VADER, Hutto and Gilbert 2014)


class StanceSettings(BaseModel):
    """How stances of segments are told; see defaults.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    own_weight: float = Field(gt=0, le=1)
    own_weight_of_proposals: float = Field(gt=0, le=1)


# --- the question -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the classifier sees it: what it is after, and the words that name the change it proposes."""

    asks: Asks
    act_words: frozenset[str]


def read_question(text: str) -> Asked:
    """Tell from a question's words what it proposes, if anything."""
    words, cues = _words(text), _cues()
    if _matches(cues.asks_ideas, text):
        return Asked("ideas", frozenset())
    acts = [word for word in words if word in cues.ends or word in cues.brings]
    if not _matches(cues.proposes, text) and not (acts and _matches(cues.asks_view, text)):
        return Asked("nothing", frozenset())
    ends = _matches(cues.keeps_out, text) or bool(acts and acts[0] in cues.ends)
    return Asked("end" if ends else "bring", frozenset(_stem(word) for word in acts[:1]))


# --- the answer -------------------------------------------------------------------------------------------------------

CUE_NAMES: Final = (
    "approves", "opposes", "good", "bad", "negations", "hedges", "contrast", "asks", "wishes", "more", "less",
    "first_yes", "first_no", "unsure", "future", "sneers", "leans", "words",
)  # fmt: skip
_GOOD, _BAD, _FUTURE = (CUE_NAMES.index(name) for name in ("good", "bad", "future"))
_KINDS: Final[tuple[Asks, ...]] = ("end", "bring", "ideas", "nothing")


def cues_of(text: str) -> Numbers:
    """Lexical cues of a text, in the order of `CUE_NAMES`: counts, damped; good and bad words turned by negation."""
    lower = text.casefold().replace("’", "'")
    words, cues = _words(lower), _cues()
    good, bad = _valence(words)
    counts = [
        _count(cues.approves, lower),
        _count(cues.opposes, lower),
        good,
        bad,
        sum(word in cues.negations for word in words),
        _count(cues.hedges, lower),
        _count(cues.contrast, lower),
        lower.count("?"),
        _count(cues.wishes, lower),
        sum(word in cues.more for word in words),
        sum(word in cues.less for word in words),
        float(bool(_matches(cues.first_yes, lower))),
        float(bool(_matches(cues.first_no, lower))),
        _count(cues.unsure, lower),
        float(_matches(cues.future, lower)),
        _count(cues.sneers, lower),
        _count(cues.leans, lower),
        len(words) / 10,
    ]
    return np.log1p(np.asarray(counts, dtype=np.float64))


def features(texts: Sequence[str], asked: Sequence[Asked]) -> Numbers:
    """Lexical features of answers, one row each: their cues, the same as they read for what is proposed, and the tense.

    Harm in the present speaks of the thing as it is, harm in the future of what is proposed for it.
    """
    cues = np.array([cues_of(text) for text in texts]).reshape(len(texts), len(CUE_NAMES))
    kind = np.array([[a.asks == k for k in _KINDS] for a in asked], dtype=np.float64).reshape(len(texts), len(_KINDS))
    about_act = np.array([_speaks_of_act(t, a) for t, a in zip(texts, asked, strict=True)]).reshape(len(texts), 1)
    ends, ideas = kind[:, :1], kind[:, 2:3]
    balance = cues[:, [_GOOD]] - cues[:, [_BAD]]
    future = (cues[:, [_FUTURE]] > 0).astype(np.float64)
    parts = [future * balance, (1 - future) * balance]
    act = [about_act, about_act * balance, ends * (1 - about_act) * balance, *parts, *(ends * part for part in parts)]
    return np.hstack([cues, ends * cues, ideas * cues, kind, *act])


def _speaks_of_act(text: str, asked: Asked) -> float:
    return float(any(_stem(word) in asked.act_words for word in _words(text)))


# --- the classifier ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StanceModel:
    """Weights over embedding and lexical features (or over the latter alone, `meaning` without rows), and a threshold.

    `meaning` is of shape (dimensions, 3), `lexical` (features, 3), `bias` (3). A side is told where its probability
    reaches `threshold`.
    """

    meaning: Numbers
    lexical: Numbers
    bias: Numbers
    threshold: float

    def probabilities(self, texts: Sequence[str], vectors: Vectors, asked: Sequence[Asked]) -> Numbers:
        """Probabilities of the sides, shape (texts, 3), in the order of `SIDES`."""
        if not texts:
            return np.zeros((0, len(SIDES)))
        scores = features(texts, asked) @ self.lexical + self.bias
        if len(self.meaning):
            scores = scores + vectors.astype(np.float64) @ self.meaning
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def sides(self, probabilities: Numbers) -> list[Side]:
        """The likelier of agree and disagree where it is likely enough, else unclear."""
        best = probabilities[:, :2].argmax(axis=1)
        sure = probabilities[:, :2].max(axis=1) >= self.threshold if len(probabilities) else []
        return [SIDES[side] if told else "unclear" for side, told in zip(best, sure, strict=True)]


def load_stance_model(embedding: str, path: Path | None = None) -> StanceModel:
    """Read the shipped weights; for another embedding model than they were trained with, those of the cues alone."""
    with np.load(path or Path(str(resources.files("analysis").joinpath("stance.npz"))), allow_pickle=False) as kept:
        name = "full" if str(kept["embedding"]) == embedding else "cues"
        meaning, lexical, bias = (kept[f"{name}_{part}"].astype(np.float64) for part in ("meaning", "lexical", "bias"))
        return StanceModel(meaning, lexical, bias, float(kept[f"{name}_threshold"]))


# --- a consultation's answers -----------------------------------------------------------------------------------------

_COLUMNS = ("p_agree", "p_disagree", "p_unclear")


def tell_stances(
    segments: pd.DataFrame,
    responses: pd.DataFrame,
    open_questions: Mapping[str, str],
    vector_of: Callable[[Sequence[str]], Vectors],
    model: StanceModel,
    settings: StanceSettings,
) -> pd.DataFrame:
    """Return the probabilities of the sides for each segment of an answer to an open question, by `segment_id`.

    `open_questions` maps identifiers to texts. A segment is read within its response. The cues are English: of other
    languages nothing is told.
    """
    asked = {question: read_question(text) for question, text in open_questions.items()}
    english = responses.loc[responses["language"] == "en", [*RESPONSE_KEY, "text"]].rename(columns={"text": "whole"})
    wanted = segments[segments["question_id"].isin(list(asked))].merge(english, on=RESPONSE_KEY, how="inner")
    if wanted.empty:
        return pd.DataFrame({"segment_id": pd.Series(dtype=str), **{name: pd.Series(dtype=float) for name in _COLUMNS}})
    kinds = [asked[question] for question in wanted["question_id"]]
    own, whole = (_probabilities(wanted[column].tolist(), kinds, vector_of, model) for column in ("text", "whole"))
    proposes = np.array([kind.asks in ("end", "bring") for kind in kinds])
    weight = np.where(proposes, settings.own_weight_of_proposals, settings.own_weight)[:, None]
    mixed = (weight * own + (1 - weight) * whole).round(4)
    return pd.DataFrame(mixed, columns=list(_COLUMNS)).assign(segment_id=wanted["segment_id"].to_numpy())


def with_sides(
    response_themes: pd.DataFrame, segments: pd.DataFrame, stances: pd.DataFrame, model: StanceModel
) -> pd.DataFrame:
    """Return `response_themes` with agree, disagree or unclear in place of `open`.

    A response's side in a theme is that of the mean of its segments in the theme.
    """
    key = [*RESPONSE_KEY, "theme_id"]
    told = segments[[*key, "segment_id"]].merge(stances, on="segment_id", how="inner")
    means = told.groupby(key)[list(_COLUMNS)].mean().reset_index()
    means["side"] = model.sides(means[list(_COLUMNS)].to_numpy(dtype=np.float64))
    joined = response_themes.merge(means[[*key, "side"]], on=key, how="left", validate="one_to_one")
    is_open = joined["stance"] == "open"
    stance = joined["stance"].where(~is_open, joined["side"].fillna("unclear"))
    return joined.assign(stance=stance).drop(columns="side")


def _probabilities(
    texts: Sequence[str], asked: Sequence[Asked], vector_of: Callable[[Sequence[str]], Vectors], model: StanceModel
) -> Numbers:
    return model.probabilities(texts, vector_of([content_hash(text) for text in texts]), asked)


# --- cues -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cues:
    """The word lists and patterns of stance_cues.toml."""

    ends: frozenset[str]
    brings: frozenset[str]
    negations: frozenset[str]
    more: frozenset[str]
    less: frozenset[str]
    good: frozenset[str]
    bad: frozenset[str]
    asks_ideas: re.Pattern[str]
    asks_view: re.Pattern[str]
    proposes: re.Pattern[str]
    keeps_out: re.Pattern[str]
    approves: re.Pattern[str]
    opposes: re.Pattern[str]
    wishes: re.Pattern[str]
    hedges: re.Pattern[str]
    contrast: re.Pattern[str]
    unsure: re.Pattern[str]
    future: re.Pattern[str]
    sneers: re.Pattern[str]
    leans: re.Pattern[str]
    first_yes: re.Pattern[str]
    first_no: re.Pattern[str]


@cache
def _cues() -> _Cues:
    text = resources.files("analysis").joinpath("stance_cues.toml").read_text(encoding="utf-8")
    read: dict[str, Any] = {
        name: frozenset(value.split()) if isinstance(value, str) else re.compile("|".join(value), re.IGNORECASE)
        for name, value in tomllib.loads(text).items()
    }
    return _Cues(**read)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("’", "'"))


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text.casefold()) is not None


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in pattern.finditer(text))


def _valence(words: Sequence[str]) -> tuple[int, int]:
    """Good and bad words, each counted on the other side after a negation."""
    cues, good, bad, since = _cues(), 0, 0, _NEGATION_REACH + 1
    for word in words:
        since = 0 if word in cues.negations else since + 1
        turned = 0 < since <= _NEGATION_REACH
        good += (word in cues.good and not turned) or (word in cues.bad and turned)
        bad += (word in cues.bad and not turned) or (word in cues.good and turned)
    return good, bad


def _stem(word: str) -> str:
    return re.sub(r"(?:'s|ies|es|s|ing|ed|e|y|ure|al|ion|ition)$", "", word)[:6]
