"""Lineage: planted splits, merges, vanished and new themes are told, and identifiers last where themes do."""

from itertools import permutations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analysis.codebook import Codebook, Theme
from analysis.lineage import Moves, inherit, lineage_of, moves_between, same_themes
from analysis.space import Space
from analysis.types import ThemeId, ThemeState, Wave

WAVES = [Wave("w1"), Wave("w2")]


def coding(*themes: tuple[str, range]) -> pd.DataFrame:
    """Segments 0 to 99, one a response, in the first theme whose range holds them; the later half is of wave 2."""
    rows = [
        {
            "segment_id": f"s{i:03}",
            "wave": "w1" if i < 50 else "w2",
            "response_id": f"r{i:03}",
            "question_id": "q",
            "theme_id": next((name for name, members in themes if i in members), ""),
        }
        for i in range(100)
    ]
    return pd.DataFrame(rows)


OLD = coding(
    ("stays", range(20)), ("splits", range(20, 50)), ("merges-1", range(50, 62)), ("merges-2", range(62, 74)),
    ("vanishes", range(74, 84)),
)  # fmt: skip
NEW = coding(
    ("n-stays", range(1, 21)), ("n-half-1", range(21, 36)), ("n-half-2", range(36, 50)), ("n-both", range(50, 74)),
    ("n-new", range(84, 100)),
)  # fmt: skip


def told(before: pd.DataFrame, after: pd.DataFrame) -> set[tuple[str, str, str]]:
    moves = moves_between(before, after)
    labels = {name: name for name in (*moves.old, *moves.new)}
    table = lineage_of(moves, same_themes(moves), labels, labels)
    return set(table[["old_label", "new_label", "relation"]].itertuples(index=False, name=None))


def test_planted_changes_are_told() -> None:
    found = told(OLD, NEW)
    assert ("stays", "n-stays", "renamed") in found
    assert {new for old, new, relation in found if old == "splits" and relation in ("split", "renamed")} == {
        "n-half-1",
        "n-half-2",
    }
    assert ("splits", "n-half-2", "split") in found
    both = {(old, relation) for old, new, relation in found if new == "n-both"}
    assert {old for old, _ in both} == {"merges-1", "merges-2"}
    assert "merged" in {relation for _, relation in both}
    assert ("vanishes", "", "gone") in found
    assert ("", "n-new", "new") in found


def test_an_uneven_merge_and_split_keep_the_larger_theme() -> None:
    found = told(coding(("large", range(40)), ("small", range(40, 50))), coding(("all", range(50))))
    assert found == {("large", "all", "renamed"), ("small", "all", "merged")}
    found = told(coding(("all", range(50))), coding(("large", range(40)), ("small", range(40, 50))))
    assert found == {("all", "large", "renamed"), ("all", "small", "split")}


def test_three_way_merges_and_splits_keep_no_identifier() -> None:
    apart = coding(("a", range(30)), ("b", range(30, 60)), ("c", range(60, 90)))
    whole = coding(("all", range(90)))
    assert told(apart, whole) == {(old, "all", "merged") for old in "abc"}
    assert told(whole, apart) == {("all", new, "split") for new in "abc"}


def test_a_response_counts_once_however_many_segments_it_has() -> None:
    doubled = pd.concat([OLD, OLD.assign(segment_id="x" + OLD["segment_id"])])
    again = pd.concat([NEW, NEW.assign(segment_id="x" + NEW["segment_id"])])
    assert moves_between(doubled, again) == moves_between(OLD, NEW)


def test_themes_that_only_meet_in_a_response_are_no_stream() -> None:
    """A response with one segment in each of two themes, both unchanged, moves nothing between them."""
    a = OLD.assign(theme_id="a")
    b = OLD.assign(segment_id="x" + OLD["segment_id"], theme_id="b")
    both = pd.concat([a, b])
    assert told(both, both) == {("a", "a", "same"), ("b", "b", "same")}


@hypothesis_settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["", *"abcd"]), st.sampled_from(["", *"vwxyz"])), min_size=1, max_size=40))
def test_the_pairing_is_the_best_of_all_and_order_changes_nothing(pairs: list[tuple[str, str]]) -> None:
    columns = ["segment_id", "wave", "response_id", "question_id", "theme_id"]
    before = pd.DataFrame([(f"s{i}", "w", f"r{i}", "q", old) for i, (old, _) in enumerate(pairs)], columns=columns)
    after = before.assign(theme_id=[new for _, new in pairs])
    moves = moves_between(before, after)
    same = same_themes(moves)
    assert len(set(same.values())) == len(same)
    likeness = {(s.old, s.new): s.jaccard for s in moves.streams if s.jaccard >= 0.5}
    total = sum(likeness[(old, new)] for new, old in same.items())
    assert total == pytest.approx(_best_total(moves, likeness))
    shuffled = before[::-1], after.sample(frac=1, random_state=1)
    assert moves_between(*shuffled) == moves
    assert told(*shuffled) == told(before, after)


def _best_total(moves: Moves, likeness: dict[tuple[str, str], float]) -> float:
    """Try every pairing."""
    few, many = sorted([sorted(moves.old), sorted(moves.new)], key=len)
    if not few:
        return 0.0
    of = lambda one, other: likeness.get((one, other), likeness.get((other, one), 0.0))  # noqa: E731
    return max(sum(of(a, b) for a, b in zip(few, chosen, strict=True)) for chosen in permutations(many, len(few)))


@hypothesis_settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["", *"abc"]), st.sampled_from(["", *"xyz"])), min_size=1, max_size=40))
def test_every_theme_is_accounted_for(pairs: list[tuple[str, str]]) -> None:
    columns = ["segment_id", "wave", "response_id", "question_id", "theme_id"]
    before = pd.DataFrame([(f"s{i}", "w", f"r{i}", "q", old) for i, (old, _) in enumerate(pairs)], columns=columns)
    after = before.assign(theme_id=[new for _, new in pairs])
    found = told(before, after)
    assert {old for old, _, _ in found} - {""} == set(before["theme_id"]) - {""}
    assert {new for _, new, _ in found} - {""} == set(after["theme_id"]) - {""}


def book(*names: str, state: ThemeState = ThemeState.CONFIRMED) -> Codebook:
    import numpy as np

    themes = [Theme(ThemeId(n), n.title(), "", (), WAVES[0], state) for n in names]
    return Codebook.empty(Space(np.zeros(0, dtype=np.float32))).extended(themes, np.eye(len(names), dtype=np.float32))


def test_identifiers_are_kept_where_themes_are_the_same_and_never_reused() -> None:
    before = book("stays", "splits", "merges-1", "merges-2", "vanishes", "n-new")
    found = book("n-stays", "n-half-1", "n-half-2", "n-both", "n-new")
    rebuilt = inherit(before, OLD, found, NEW, WAVES, 1)
    names = [theme.theme_id for theme in rebuilt.codebook.themes]
    assert names[0] == "stays"
    assert len(set(names)) == len(names)
    assert "n-new" not in names  # an old theme of another content has it
    assert {"vanishes"}.isdisjoint(names)
    first = {theme.label: theme.first_wave for theme in rebuilt.codebook.themes}
    assert first["N-Stays"] == "w1"
    assert next(t.first_wave for t in rebuilt.codebook.themes if t.label == "N-New") == "w2"
    assert set(rebuilt.lineage["refit"]) == {1}
    assert rebuilt.codebook.themes[0].label == "N-Stays"


def test_a_hidden_theme_stays_hidden() -> None:
    rebuilt = inherit(book("stays", state=ThemeState.HIDDEN), OLD, book("n-stays"), NEW, WAVES, 1)
    assert [theme.state for theme in rebuilt.codebook.themes] == [ThemeState.HIDDEN]


def test_shares_are_of_responses() -> None:
    moves = moves_between(coding(("a", range(10))), coding(("x", range(4)), ("y", range(4, 16))))
    table = lineage_of(moves, same_themes(moves), {"a": "A"}, {"x": "X", "y": "Y"}).set_index("new_label")
    assert table.loc["X", "share_of_old"] == pytest.approx(0.4)
    assert table.loc["X", "share_of_new"] == pytest.approx(1.0)
    assert table.loc["Y", "share_of_old"] == pytest.approx(0.6)
    assert table.loc["Y", "share_of_new"] == pytest.approx(0.5)
    assert table.loc["Y", "jaccard"] == pytest.approx(6 / 16)
    assert all(table.loc[list("XY"), "relation"].isin(["split", "merged"]))
    assert len(table) == 2


def test_themes_of_a_code_frame_are_themselves_whatever_moves() -> None:
    """The frame's theme is given half its responses anew; a found theme has the rest of the old ones."""
    from dataclasses import replace

    old = coding(("frame", range(40)), ("found", range(40, 60)))
    new = coding(("frame", range(30, 60)), ("other", range(30)))
    book_of = lambda *names: replace(  # noqa: E731
        book(*names),
        themes=tuple(replace(t, origin="given" if t.theme_id == "frame" else "found") for t in book(*names).themes),
    )
    rebuilt = inherit(book_of("frame", "found"), old, book_of("frame", "other"), new, WAVES, 1)
    assert [theme.theme_id for theme in rebuilt.codebook.themes] == ["frame", "other"]
    relations = rebuilt.lineage.set_index(["old_theme_id", "new_theme_id"])["relation"].to_dict()
    assert relations[("frame", "frame")] == "same"
    assert relations[("found", "frame")] == "merged"
    assert relations[("frame", "other")] == "split"
