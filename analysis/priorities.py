"""Count respondents: how many raise each theme and each vision theme, by stance and by wave.

A respondent counts once per theme, whatever they wrote and however often. Shares are of the respondents with at least
one substantive response, so they speak of those who answered and of nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.types import SIDES, STANCES, Count, Side, Stance, Status, Wave

RESPONSE_KEY = ["wave", "response_id", "question_id"]


class Priorities:
    """Counts over the responses of a consultation and what they raise."""

    def __init__(
        self, responses: pd.DataFrame, stance_of: Mapping[str, Stance], wave: Wave, waves: Sequence[Wave]
    ) -> None:
        """Take the `responses` table, each question's stance, the wave to report and all waves up to it."""
        self._wave = wave
        self._waves = tuple(waves)
        substantive = responses[responses["status"] == Status.SUBSTANTIVE]
        self._people = substantive[[*RESPONSE_KEY, "respondent", "campaign"]].assign(
            stance=substantive["question_id"].map(stance_of)
        )
        self._answered = self._people.groupby("wave")["respondent"].nunique()

    def answered(self, wave: Wave) -> int:
        """Count the respondents of a wave with at least one substantive response."""
        return int(self._answered.get(wave, 0))

    def count(self, raised: pd.DataFrame) -> Count:
        """Count who raises something; `raised` has the keys of the responses that do.

        With a column `stance` too, its sides are counted, else the stances of the questions.
        """
        people = self._people.merge(raised[RESPONSE_KEY].drop_duplicates(), on=RESPONSE_KEY, validate="one_to_one")
        here = people[people["wave"] == self._wave]
        by_wave = {wave: _people(people[people["wave"] == wave]) for wave in self._waves}
        return Count(
            respondents=_people(here),
            share=self._share(_people(here), self._wave),
            by_stance=_by_side(here, raised),
            by_wave=by_wave,
            share_by_wave={wave: self._share(n, wave) for wave, n in by_wave.items() if self.answered(wave)},
            without_campaigns=_people(here[~here["campaign"]]),
        )

    def substantive_without(self, raised: pd.DataFrame) -> pd.DataFrame:
        """Return the keys of the substantive responses, of all waves, that are not in `raised`."""
        merged = self._people[RESPONSE_KEY].merge(
            raised[RESPONSE_KEY].drop_duplicates(), on=RESPONSE_KEY, how="left", indicator=True
        )
        return merged.loc[merged["_merge"] == "left_only", RESPONSE_KEY]

    def _share(self, respondents: int, wave: Wave) -> float:
        return respondents / self.answered(wave) if self.answered(wave) else 0.0


def _by_side(here: pd.DataFrame, raised: pd.DataFrame) -> dict[Side, int]:
    """Respondents on each side; sides that no question asks for only where somebody takes them."""
    if "stance" in raised:
        sides = raised[[*RESPONSE_KEY, "stance"]].drop_duplicates(RESPONSE_KEY)
        here = here.drop(columns="stance").merge(sides, on=RESPONSE_KEY, validate="one_to_one")
    counts = {side: _people(here[here["stance"] == side]) for side in SIDES}
    return {side: n for side, n in counts.items() if n or side in STANCES}


def _people(rows: pd.DataFrame) -> int:
    return int(rows["respondent"].nunique())
