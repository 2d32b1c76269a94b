"""What became of each theme between two waves: did more or fewer raise it, and is the same said under its name.

Shares are of the respondents who answered. The interval says how much of a change may be chance had the respondents
been drawn by lot; they choose to answer, so it speaks of nobody else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analysis.codebook import Codebook, Theme
from analysis.embed import Vectors, content_hash
from analysis.priorities import RESPONSE_KEY
from analysis.space import unit_rows
from analysis.tables import CONTRACT, empty_table
from analysis.types import Status, ThemeState, Verdict, Wave

_SEED = 42
_SHUFFLES = 199
_CHANCE = 0.01  # share of shuffles that may drift as much by chance
_MOST = 0.5


class ChangeSettings(BaseModel):
    """When a change is told; see defaults.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_respondents: int = Field(ge=1)
    min_answered: int = Field(ge=1)
    confidence: float = Field(gt=0.5, lt=1)
    least_drift: float = Field(ge=0, le=1)


@dataclass(frozen=True, slots=True)
class Coded:
    """What is known of the waves so far: `responses` and their themed `segments`, with what their vectors are."""

    responses: pd.DataFrame
    segments: pd.DataFrame
    vector_of: Callable[[Sequence[str]], Vectors]


def theme_changes(coded: Coded, codebook: Codebook, waves: Sequence[Wave], settings: ChangeSettings) -> pd.DataFrame:
    """Return the table `theme_changes` of the last of `waves` against the one before it; without one, no rows."""
    if len(waves) < 2:
        return empty_table("theme_changes")
    counts, meanings = _Counts(coded, waves), _Meanings(coded, codebook, waves)
    shown = [theme for theme in codebook.themes if theme.state not in (ThemeState.MERGED, ThemeState.HIDDEN)]
    rows = [row for theme in shown if (row := _change_of(theme, counts, meanings, settings))]
    table = pd.DataFrame(rows).round(6) if rows else empty_table("theme_changes")
    return table.astype(CONTRACT["theme_changes"])


def _change_of(
    theme: Theme, counts: _Counts, meanings: _Meanings, settings: ChangeSettings
) -> dict[str, object] | None:
    """One row of the table, or None for a theme that nobody raised in either wave."""
    here, then = counts.respondents(theme.theme_id)
    answered, answered_then = counts.answered
    if not here and not then:
        return None
    is_new = theme.first_wave == counts.wave
    change = share_change(here, answered, then, answered_then, settings.confidence)
    verdict = _verdict((here, then), counts.answered, is_new, change, settings)
    is_told = verdict in ("grown", "shrunk", "steady")
    drift, drifted = meanings.drift(theme.theme_id, settings) if is_told else (math.nan, False)
    origin, origin_share = meanings.nearest_known(theme.theme_id) if is_new else ("", math.nan)
    row: dict[str, object] = {
        "wave": counts.wave, "before": counts.before, "theme_id": theme.theme_id, "label": theme.label,
        "verdict": verdict, "respondents": here, "respondents_before": then,
        "answered": answered, "answered_before": answered_then,
        "share": _part(here, answered), "share_before": _part(then, answered_then),
        "change": change.value, "low": change.low, "high": change.high,
        "joined_share": counts.joined_share(theme.theme_id),
        "drift": drift, "drifted": drifted, "origin": origin, "origin_share": origin_share,
    }  # fmt: skip
    unknown = ("share_before", "change", "low", "high") if is_new or not answered_then else ()
    return row | dict.fromkeys(unknown, math.nan)


class _Counts:
    """Who raised each theme in the last wave and in the one before."""

    def __init__(self, coded: Coded, waves: Sequence[Wave]) -> None:
        self.wave, self.before = waves[-1], waves[-2]
        people = _people(coded)
        raised = people[people["theme_id"] != ""]
        self._raised = raised.groupby(["theme_id", "wave"])["respondent"].nunique().to_dict()
        responses = raised.drop_duplicates([*RESPONSE_KEY, "theme_id"])
        joined = responses["wave"] == self.wave
        self._joined = joined.groupby(responses["theme_id"]).mean().to_dict()
        self._answered = people.groupby("wave")["respondent"].nunique().to_dict()

    @property
    def answered(self) -> tuple[int, int]:
        """Respondents with something to say, now and before."""
        return int(self._answered.get(self.wave, 0)), int(self._answered.get(self.before, 0))

    def respondents(self, theme: str) -> tuple[int, int]:
        """Respondents who raise a theme, now and before."""
        return int(self._raised.get((theme, self.wave), 0)), int(self._raised.get((theme, self.before), 0))

    def joined_share(self, theme: str) -> float:
        """Share of the theme's responses of all waves that came with this one."""
        return float(self._joined.get(theme, 0.0))


# --- shares -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A difference of two shares and its interval (-1 to 1)."""

    value: float
    low: float
    high: float


def share_change(here: int, answered: int, then: int, answered_then: int, confidence: float) -> ShareChange:
    """Change of a share between independent groups, with Newcombe's score interval (1998, method 10).

    With nobody in a group nothing is known: the interval is from -1 to 1.
    """
    if not answered or not answered_then:
        return ShareChange(0.0, -1.0, 1.0)
    one, other = here / answered, then / answered_then
    low, high = wilson(here, answered, confidence)
    low_then, high_then = wilson(then, answered_then, confidence)
    below = math.hypot(one - low, high_then - other)
    above = math.hypot(high - one, other - low_then)
    return ShareChange(one - other, max(-1.0, one - other - below), min(1.0, one - other + above))


def wilson(count: int, total: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a share (1927)."""
    from scipy.stats import norm

    z = float(norm.ppf((1 + confidence) / 2))
    share = count / total
    middle = share + z * z / (2 * total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low, high = ((middle + way * reach) / (1 + z * z / total) for way in (-1, 1))
    return (low if count else 0.0), (high if count < total else 1.0)


def _verdict(
    raised: tuple[int, int], answered: tuple[int, int], is_new: bool, change: ShareChange, settings: ChangeSettings
) -> Verdict:
    if is_new:
        return "new"
    if max(raised) < settings.min_respondents or min(answered) < settings.min_answered:
        return "too few"
    if not raised[0]:
        return "silent"
    return "grown" if change.low > 0 else "shrunk" if change.high < 0 else "steady"


def _part(count: int, total: int) -> float:
    return count / total if total else 0.0


def _people(coded: Coded) -> pd.DataFrame:
    """One row for each substantive response and each theme of it ('' for none)."""
    substantive = coded.responses.loc[coded.responses["status"] == Status.SUBSTANTIVE, [*RESPONSE_KEY, "respondent"]]
    themes = coded.segments[[*RESPONSE_KEY, "theme_id"]].drop_duplicates()
    joined = substantive.merge(themes, on=RESPONSE_KEY, how="left")
    return joined.assign(theme_id=joined["theme_id"].fillna(""))


# --- meaning ----------------------------------------------------------------------------------------------------------


class _Meanings:
    """Vectors of the distinct segments of each theme, here and before, seen from the codebook's origin."""

    def __init__(self, coded: Coded, codebook: Codebook, waves: Sequence[Wave]) -> None:
        themed = coded.segments[coded.segments["theme_id"] != ""]
        self._texts = {
            key: sorted(set(texts), key=content_hash) for key, texts in themed.groupby(["theme_id", "wave"])["text"]
        }
        self._coded, self._codebook, self._waves = coded, codebook, tuple(waves)
        self._known: tuple[list[str], Vectors] | None = None

    def drift(self, theme: str, settings: ChangeSettings) -> tuple[float, bool]:
        """How far the theme's centre moved since the wave before, and whether further than chance would have it."""
        here, then = (self._texts.get((theme, wave), []) for wave in self._waves[-2:][::-1])
        both = [text for text in then if text not in set(here)]  # the same words in both waves are no move
        if min(len(here), len(both)) < settings.min_respondents:
            return math.nan, False
        vectors = np.vstack([self._vectors(here), self._vectors(both)])
        moved = centre_drift(vectors, len(here))
        if math.isnan(moved):
            return math.nan, False
        chooser = np.random.default_rng(_SEED)
        shuffled = [centre_drift(vectors[chooser.permutation(len(vectors))], len(here)) for _ in range(_SHUFFLES)]
        chance = (1 + sum(not each < moved for each in shuffled)) / (1 + _SHUFFLES)
        return moved, bool(moved >= settings.least_drift and chance <= _CHANCE)

    def nearest_known(self, theme: str) -> tuple[str, float]:
        """The theme of earlier waves that most of a new theme's segments are nearest to, and that share of them."""
        texts, (names, centres) = self._texts.get((theme, self._waves[-1]), []), self._known_centres()
        if not texts or not names:
            return "", math.nan
        nearest = (self._vectors(texts) @ centres.T).argmax(axis=1)
        counts = np.bincount(nearest, minlength=len(names))
        share = float(counts.max() / len(texts))
        return (names[int(counts.argmax())], share) if share >= _MOST else ("", math.nan)

    def _known_centres(self) -> tuple[list[str], Vectors]:
        if self._known is None:
            earlier = [theme for theme in self._codebook.themes if theme.first_wave != self._waves[-1]]
            texts = {theme.theme_id: self._earlier_texts(theme.theme_id) for theme in earlier}
            names = [str(name) for name, own in texts.items() if own]
            centres = [self._vectors(own).mean(axis=0) for own in texts.values() if own]
            self._known = names, unit_rows(np.array(centres, dtype=np.float32).reshape(len(names), -1))
        return self._known

    def _earlier_texts(self, theme: str) -> list[str]:
        return [text for wave in self._waves[:-1] for text in self._texts.get((theme, wave), [])]

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        return self._codebook.space.centred(self._coded.vector_of([content_hash(text) for text in texts]))


def centre_drift(vectors: Vectors, first: int) -> float:
    """1 - cosine between the centres of the first rows and of the others, freed of what few rows add (0 to 2).

    The centres of two samples of one theme differ by chance alone; dividing by how well each sample agrees with itself,
    without a row's agreement with itself, takes that out (as Spearman's correction for attenuation). NaN where a sample
    does not hang together.
    """
    one, other = vectors[:first].astype(np.float64), vectors[first:].astype(np.float64)
    within = [_mean_cosine(rows) for rows in (one, other)]
    if min(within) <= 0:
        return math.nan
    return float(max(0.0, 1 - one.mean(axis=0) @ other.mean(axis=0) / math.sqrt(within[0] * within[1])))


def _mean_cosine(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """Mean cosine between different unit rows."""
    n, total = len(rows), rows.sum(axis=0)
    return float((total @ total - (rows * rows).sum()) / (n * (n - 1))) if n > 1 else 0.0
