"""Changes between waves: growth told only beyond chance, drift found where planted, small numbers guarded."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from conftest import DIMENSIONS, responses_table, word_direction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analysis.changes import Coded, centre_drift, share_change, theme_changes, wilson
from analysis.codebook import Codebook, Theme
from analysis.embed import Vectors, content_hash
from analysis.settings import load_settings
from analysis.space import Space, unit_rows
from analysis.tables import checked
from analysis.types import ThemeId, ThemeState, Wave

SETTINGS = load_settings().changes
W1, W2 = Wave("w1"), Wave("w2")


def near(direction: str, seed: int, noise: float = 0.6) -> Vectors:
    rest = np.random.default_rng(seed).normal(size=DIMENSIONS)
    return unit_rows((word_direction(direction) + noise * rest / np.linalg.norm(rest))[None])[0]


class Planted:
    """Two waves of 100 respondents; themes raised by the first so many of each, in words of a given meaning."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self.segments: list[dict[str, object]] = []
        self.vectors: dict[str, Vectors] = {}
        self.themes: list[Theme] = []
        for wave in (W1, W2):
            for i in range(100):
                self.rows.append({"wave": wave, "response_id": f"{wave}-{i}", "respondent": f"{i}"})

    def theme(self, name: str, raised: dict[Wave, int], meaning: dict[Wave, str] | str, first: Wave = W1) -> "Planted":
        self.themes.append(Theme(ThemeId(name), name, "", (), first, ThemeState.CONFIRMED))
        for wave, count in raised.items():
            for i in range(count):
                text = f"{name} {wave} {i}"
                said = meaning if isinstance(meaning, str) else meaning[wave]
                self.vectors[content_hash(text)] = near(said, i + 1000 * (wave == W2) + len(name))
                key = {"wave": wave, "response_id": f"{wave}-{i}", "question_id": "hopes"}
                self.segments.append({**key, "segment_id": f"s-{name}-{wave}-{i}", "text": text, "theme_id": name})
        return self

    def changes(self, *, shuffled: bool = False, waves: Sequence[Wave] = (W1, W2)) -> pd.DataFrame:
        responses, segments = responses_table(self.rows), pd.DataFrame(self.segments)
        if shuffled:
            responses, segments = (t.sample(frac=1, random_state=3) for t in (responses, segments))
        book = Codebook.empty(Space(np.zeros(0, dtype=np.float32))).extended(
            self.themes, np.zeros((len(self.themes), DIMENSIONS), dtype=np.float32)
        )
        coded = Coded(responses, segments, lambda hashes: np.stack([self.vectors[h] for h in hashes]))
        return checked("theme_changes", theme_changes(coded, book, waves, SETTINGS)).set_index("theme_id")


def planted() -> Planted:
    return (
        Planted()
        .theme("grows", {W1: 20, W2: 45}, "park")
        .theme("shrinks", {W1: 50, W2: 22}, "bins")
        .theme("stays", {W1: 30, W2: 33}, "rent")
        .theme("falls-silent", {W1: 15}, "bus")
        .theme("drifts", {W1: 30, W2: 30}, {W1: "school", W2: "university"})
        .theme("few", {W1: 3, W2: 8}, "noise")
        .theme("appears", {W2: 14}, "rent", first=W2)
    )


def test_planted_changes_are_told() -> None:
    found = planted().changes()
    assert found["verdict"].to_dict() == {
        "grows": "grown", "shrinks": "shrunk", "stays": "steady", "falls-silent": "silent", "drifts": "steady",
        "few": "too few", "appears": "new",
    }  # fmt: skip
    assert found.loc["grows", "change"] == pytest.approx(0.25)
    assert found.loc["grows", "low"] > 0
    assert found.loc["grows", "joined_share"] == pytest.approx(45 / 65, abs=1e-5)
    assert pd.isna(found.loc["appears", "share_before"])


def test_only_the_planted_drift_is_told() -> None:
    found = planted().changes()
    assert found["drifted"].to_dict() == {name: name == "drifts" for name in found.index}
    assert found.loc["drifts", "drift"] > 0.5
    assert found.loc["stays", "drift"] < 0.1
    assert pd.isna(found.loc["few", "drift"])


def test_a_new_theme_tells_the_earlier_one_that_it_is_nearest_to() -> None:
    found = planted().changes()
    assert found.loc["appears", "origin"] == "stays"
    assert found.loc["appears", "origin_share"] > 0.5
    assert set(found.drop("appears")["origin"]) == {""}


def test_order_changes_nothing() -> None:
    pd.testing.assert_frame_equal(planted().changes(shuffled=True), planted().changes())


def test_a_first_wave_has_nothing_to_compare() -> None:
    assert planted().changes(waves=(W1,)).empty


def test_few_answers_are_no_ground_for_a_verdict() -> None:
    small = planted()
    small.rows = [row for row in small.rows if row["wave"] == W1 or int(str(row["respondent"])) < 20]
    small.segments = [s for s in small.segments if s["wave"] == W1 or int(str(s["segment_id"]).split("-")[-1]) < 20]
    assert set(small.changes().drop("appears")["verdict"]) == {"too few"}


def test_intervals_are_those_of_the_literature() -> None:
    """Newcombe (1998), table II, cases (a), (c) and (e), method 10."""
    for one, total, other, other_total, low, high in (
        (56, 70, 48, 80, 0.0524, 0.3339),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
    ):
        change = share_change(one, total, other, other_total, 0.95)
        assert (change.low, change.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_an_interval_holds_its_change_and_turns_with_the_waves(a: int, n: int, b: int, m: int) -> None:
    a, b = min(a, n), min(b, m)
    there, back = share_change(a, n, b, m, 0.95), share_change(b, m, a, n, 0.95)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))
    low, high = wilson(a, n, 0.95)
    assert 0 <= low <= a / n <= high <= 1


@hypothesis_settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(12, 40), st.integers(12, 40))
def test_two_samples_of_one_theme_do_not_drift(seed: int, one: int, other: int) -> None:
    vectors = np.stack([near("park", seed + i) for i in range(one + other)])
    assert centre_drift(vectors, one) < 0.1
    moved = np.vstack([vectors[:one], np.stack([near("bins", seed + i) for i in range(other)])])
    assert centre_drift(moved, one) > 0.5
