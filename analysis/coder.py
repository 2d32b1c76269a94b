"""Code segments to themes that are given in words: by label, description and any examples, without training data.

Three views of how much a segment, read in its response, speaks to a theme:

- **meaning**: cosines to the label and description together, and, less, to each by itself and to the two nearest of the
  theme's facets: a description is mostly a list, and who speaks of "deposit limits" speaks to "deposit limits, loss
  limits and income checks". The sentence model is tuned for it on coded consultations of other subjects
  (training/coder), so that "my dad lost the shop" lies near "Impact on small traders";
- **words**: how well the theme's words are met by the response's and the other way round, rare words counting more. A
  word is met by another as far as their embeddings agree, so that "kids" meets "children" (soft TF-IDF, after Cohen,
  Ravikumar and Fienberg 2003);
- **company**: nearness to the segments that the first two give the theme (Rocchio 1971), the more the more there are.

A response has the themes that come near enough to its best one, and none if no theme stands out from the level that
any theme has with any segment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from analysis.embed import Encode, Vectors
from analysis.labels import LABEL_STOP_WORDS
from analysis.space import unit_rows

Scores = npt.NDArray[np.float64]
"""Shape (segments, themes): how much each speaks to each, about 0 to 1."""
Rows = npt.NDArray[np.int64]

_MEANING, _WORDS = 4 / 7, 3 / 7  # at these weights both spread alike, and meaning tells twice as much
_ALIKE = 0.35  # cosine of two single words below which they have nothing to do with each other
TUNED_TOGETHER = 0.625  # weight of label and description together, by consultations kept out of training/coder
_TOGETHER = 0.25  # the same for a model as it is: each of the four cosines counts alike
_FACETS = 2
_LONGEST_PHRASE = 8  # words
_SAYINGS = 1 / 3  # weight of what people are quoted to say beside what the theme is said to be
_SHRINK = 1  # a mean of few themes is a poor zero
_FEW = 10  # and so is one of few responses
_SHORTEST_WORD = 3
_DEVIATIONS = 1.4826  # standard deviations in a median absolute deviation of normal data
_PIECE = re.compile(r"[,;:]?\s+(?:and|or|such as|like|including|about|by|through)\s+|[,;:]\s*|[.!?]\s+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


class CoderSettings(BaseModel):
    """How themes given in words are coded; see defaults.toml for what each value does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share_of_best: float = Field(gt=0, le=1)
    least: float = Field(ge=0, le=1)
    level_alone: float
    level_beside: float
    company_weight: float = Field(ge=0, le=1)
    company_doubt: float = Field(gt=0)


class ThemeText(Protocol):
    """A theme as given in words."""

    @property
    def label(self) -> str:
        """Its name."""

    @property
    def description(self) -> str:
        """What belongs to it; may be empty."""

    @property
    def examples(self) -> tuple[str, ...]:
        """What people say who raise it; may be empty."""


class Spoken(Protocol):
    """Segments row by row; `wholes` are the responses they stand in."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The segments."""

    @property
    def wholes(self) -> tuple[str, ...]:
        """Their responses."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How responses and themes are read together.

    `encode` gives unit vectors in which a response lies near the themes it speaks to; `centre`, of one such vector's
    shape, is where responses lie on average if there are too few to tell. `together` is the weight of a theme's label
    and description in one beside other ways of giving it.
    """

    encode: Encode
    centre: Vectors
    together: float = _TOGETHER


@dataclass(frozen=True, slots=True)
class Marks:
    """How much each segment speaks to each theme, and which themes it has, both of shape (segments, themes)."""

    scores: Scores
    has: npt.NDArray[np.bool_]


def code_to_themes(
    spoken: Spoken,
    placed: Vectors,
    themes: Sequence[ThemeText],
    encode: Encode,
    reading: Reading,
    level: float,
    settings: CoderSettings,
) -> Marks:
    """Code each segment to any number of themes.

    `placed` are the segments as the themes of the consultation are compared, unit rows; `encode` embeds single words,
    `reading` responses and themes; `level` is how far, in robust standard deviations, a theme must stand above the
    usual score.
    """
    scores = text_scores(spoken, themes, encode, reading)
    scores = scores + settings.company_weight * _company(scores, placed, settings)
    return Marks(scores, _chosen(scores, spoken.wholes, level, settings))


def _chosen(scores: Scores, wholes: Sequence[str], level: float, settings: CoderSettings) -> npt.NDArray[np.bool_]:
    """The themes near enough to the best of the segment's response, if above the floor."""
    if not scores.size:
        return np.zeros(scores.shape, dtype=bool)
    responses = np.array(_numbered(wholes))
    best = np.full((responses.max() + 1, scores.shape[1]), -np.inf)
    np.maximum.at(best, responses, scores)
    usual = float(np.median(best))
    spread = _DEVIATIONS * float(np.median(np.abs(best - usual)))
    level *= min(1.0, len(best) / _FEW)
    floor = max(settings.least, usual + level * spread) if best.size > 1 else settings.least
    nearly = settings.share_of_best * best.max(axis=1)
    return np.asarray((scores >= nearly[responses][:, None]) & (scores >= floor))


def text_scores(spoken: Spoken, themes: Sequence[ThemeText], encode: Encode, reading: Reading) -> Scores:
    """Score each segment against each theme by meaning and by words; about 0 for strangers, 1 for the same text."""
    if not themes or not spoken.texts:
        return np.zeros((len(spoken.texts), len(themes)))
    return _MEANING * _meaning(spoken, themes, reading) + _WORDS * _words(spoken, themes, encode)


def facets_of(theme: ThemeText) -> tuple[str, ...]:
    """Return what a theme names one by one: its label, the parts of its description, examples of a few words."""
    parts = (part.strip(" .") for part in _PIECE.split(theme.description))
    return tuple(dict.fromkeys([theme.label, *(p for p in parts if len(p.split()) > 1), *_phrases(theme)]))


def _phrases(theme: ThemeText) -> list[str]:
    """Examples of a few words name a thing, as a description does."""
    return [example for example in theme.examples if len(example.split()) <= _LONGEST_PHRASE]


def _sayings(theme: ThemeText) -> list[str]:
    """Longer ones are how somebody says it, and hold other words too."""
    return [example for example in theme.examples if len(example.split()) > _LONGEST_PHRASE]


# --- meaning ----------------------------------------------------------------------------------------------------------


def _meaning(spoken: Spoken, themes: Sequence[ThemeText], reading: Reading) -> Scores:
    own, origin = _from_their_mean(spoken.texts, reading)
    whole, _ = _from_their_mean(spoken.wholes, reading)

    def near(texts: Sequence[str]) -> Scores:
        vectors = reading.encode(texts)
        seen = unit_rows(vectors - vectors.mean(axis=0) * (len(themes) / (len(themes) + _SHRINK)))
        return np.asarray((own @ seen.T + whole @ seen.T) / 2, dtype=np.float64)

    names = [theme.label for theme in themes]
    described = [theme.description or theme.label for theme in themes]
    both = [f"{theme.label}: {theme.description}" if theme.description else theme.label for theme in themes]
    parts = (near(names) + near(described) + _nearest_facets(near, themes)) / 3
    meaning = reading.together * near(both) + (1 - reading.together) * parts
    for i, theme in enumerate(themes):
        if sayings := _sayings(theme):
            said = unit_rows(reading.encode(sayings) - origin)
            meaning[:, i] += _SAYINGS * (_best((own @ said.T + whole @ said.T) / 2) - meaning[:, i])
    return meaning


def _from_their_mean(texts: Sequence[str], reading: Reading) -> tuple[Vectors, Vectors]:
    """Unit vectors of texts seen from their mean, and that mean: nearer to the usual one the fewer texts there are."""
    distinct = list(dict.fromkeys(texts))
    vectors = reading.encode(distinct)
    mean = np.asarray((vectors.sum(axis=0) + _FEW * reading.centre) / (len(distinct) + _FEW), dtype=np.float32)
    row_of = {text: row for row, text in enumerate(distinct)}
    return unit_rows(vectors - mean)[[row_of[text] for text in texts]], mean


def _nearest_facets(near: Callable[[Sequence[str]], Scores], themes: Sequence[ThemeText]) -> Scores:
    facets = [facets_of(theme) for theme in themes]
    cosines = near([facet for theme in facets for facet in theme])
    ends = np.cumsum([len(theme) for theme in facets])
    return np.stack([_best(part) for part in np.split(cosines, ends[:-1], axis=1)], axis=1)


def _best(cosines: Scores) -> Scores:
    """The mean of the best few of each row."""
    return np.asarray(np.sort(cosines, axis=1)[:, -_FACETS:].mean(axis=1), dtype=np.float64)


# --- words ------------------------------------------------------------------------------------------------------------


def _words(spoken: Spoken, themes: Sequence[ThemeText], encode: Encode) -> Scores:
    """The mean of how well the theme's words are met in the response and the response's in the theme, each 0 to 1."""
    responses = [_words_of(text) for text in dict.fromkeys(spoken.wholes)]
    given = [_words_of(" ".join([theme.label, theme.description, *_phrases(theme)])) for theme in themes]
    weight = _rarity([*responses, *given])
    if not weight:
        return np.zeros((len(spoken.texts), len(themes)))
    vocabulary = list(weight)
    at = {word: i for i, word in enumerate(vocabulary)}
    rarity = np.array([weight[word] for word in vocabulary])
    vectors = encode(vocabulary)
    alike = [np.clip((vectors @ vectors[_rows(words, at)].T - _ALIKE) / (1 - _ALIKE), 0, 1) for words in given]
    rows = [_rows(words, at) for words in responses]
    met = [_met(matrix, rows, rarity, _rows(words, at)) for matrix, words in zip(alike, given, strict=True)]
    return np.stack(met, axis=1)[_numbered(spoken.wholes)]


def _met(alike: Vectors, responses: Sequence[Rows], rarity: Scores, theme: Rows) -> Scores:
    """One score a response. `alike` has a row for each word of the vocabulary and a column for each of the theme's."""
    scores = np.zeros(len(responses))
    if not len(theme):
        return scores
    best, of_theme = alike.max(axis=1), rarity[theme]
    for i, words in enumerate(responses):
        if len(words):
            theirs = alike[words].max(axis=0) @ of_theme / max(of_theme.sum(), 1e-9)
            scores[i] = (theirs + best[words] @ rarity[words] / max(rarity[words].sum(), 1e-9)) / 2
    return scores


def _numbered(wholes: Sequence[str]) -> list[int]:
    """Number the different responses in order of appearance; give each segment its response's number."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(text, len(numbers)) for text in wholes]


def _rows(words: Sequence[str], at: dict[str, int]) -> Rows:
    return np.array([at[word] for word in words], dtype=np.int64)


def _words_of(text: str) -> tuple[str, ...]:
    """The different words of a text that can carry a topic, sorted."""
    found = {word.casefold().replace("’", "'") for word in _WORD.findall(text)}
    return tuple(sorted(word for word in found if len(word) >= _SHORTEST_WORD and word not in LABEL_STOP_WORDS))


def _rarity(texts: Sequence[tuple[str, ...]]) -> dict[str, float]:
    """Inverse document frequency of each word, inflected forms counted together."""
    stems = {word: _stem(word) for words in texts for word in words}
    counts = Counter(stem for words in texts for stem in {stems[word] for word in words})
    return {word: float(np.log((len(texts) + 1) / (counts[stems[word]] + 1))) for word in sorted(stems)}


def _stem(word: str) -> str:
    return re.sub(r"(?:'s|ations?|ies|ing|ments?|ers?|ed|es|s|e|y)$", "", word)[:7] if len(word) > 4 else word


# --- company ----------------------------------------------------------------------------------------------------------


def _company(scores: Scores, placed: Vectors, settings: CoderSettings) -> Scores:
    """Nearness to the other segments that a theme is the best of, less a theme's usual, the more the more there are."""
    if not scores.size:
        return scores
    rows, best = np.arange(len(scores)), scores.argmax(axis=1)
    weight = np.zeros_like(scores)
    weight[rows, best] = np.where(scores[rows, best] >= settings.least, scores[rows, best], 0)
    seen = placed.astype(np.float64)
    sums = weight.T @ seen
    lengths = np.maximum(np.linalg.norm(sums, axis=1), 1e-9)
    near = (seen @ sums.T - weight * (seen**2).sum(axis=1, keepdims=True)) / lengths  # each but with itself
    count = (weight > 0).sum(axis=0)
    return np.asarray((near - near.sum(axis=0) / (len(near) + _FEW)) * count / (count + settings.company_doubt))
