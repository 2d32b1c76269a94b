"""Decisions as data, and the tables as people decided."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from review_fixture import KEYS, LABELS, STANCES, VISION, machine_tables, published

from analysis.anonymise.corrections import text_hash
from analysis.changes import Coded, theme_changes
from analysis.codebook import Codebook, Theme
from analysis.decided import Known, decided_codebook, decided_segments, part_id
from analysis.decisions import COLUMNS, Decision, Decisions, add_decisions, circle_in, read_decisions
from analysis.errors import InputError
from analysis.settings import load_settings
from analysis.space import Space
from analysis.types import ThemeId, ThemeState, Wave

MACHINE = machine_tables()
PLAIN = published(MACHINE, Decisions()).tables
THEMES = [f"t-{i}" for i in range(6)]
TEXT = st.text(alphabet="ab'=+-@\t\r\n,\";é", max_size=8)


def about_theme(theme: str, field: str, after: str) -> Decision:
    return Decision("2030-01-01", "Ada", "theme", theme, field=field, after=after)


def about_response(number: int, field: str, after: str, before: str = "none", question: str = "likes") -> Decision:
    return Decision("2030-01-01", "Ada", "response", "", "w1", f"0{number}", question, field, before, after)


# --- the file ---------------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXT, max_size=4), st.lists(TEXT, max_size=4))
def test_what_is_added_is_read_back_and_what_was_there_stays_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("d")
    one, two = ([about_theme("t-1", "label", text) for text in texts] for texts in (first, second))
    add_decisions(folder, one)
    before = (folder / "decisions.csv").read_bytes() if one else b""
    add_decisions(folder, two)
    found = read_decisions(folder).rows
    assert [d.after for d in found] == [text.strip() for text in (*first, *second)]
    if one:
        after = (folder / "decisions.csv").read_bytes()
        assert after.startswith(before)
        cells = [cell for row in csv.reader(io.StringIO(after.decode("utf-8-sig"), newline="")) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_last_row_holds_and_an_empty_one_gives_it_back() -> None:
    rows = [about_theme("t-1", "label", text) for text in ("A", "B", "")]
    assert [Decisions(rows[:n]).value("theme", "t-1", "label") for n in (1, 2, 3)] == ["A", "B", ""]  # type: ignore[arg-type]
    assert Decisions(rows).fingerprint == Decisions().fingerprint != Decisions(rows[:2]).fingerprint
    assert Decisions(rows).holding() == ()


def test_a_circle_of_merges_is_refused() -> None:
    assert circle_in({"a": "b", "b": "c", "c": "b"}) == ("b", "c")
    assert circle_in({"a": "b", "b": "c"}) == ()
    with pytest.raises(InputError, match="t-1, t-2"):
        Decisions([about_theme("t-1", "merged_into", "t-2"), about_theme("t-2", "merged_into", "t-1")])


def test_a_file_that_is_no_csv_is_told(tmp_path: Path) -> None:
    (tmp_path / "decisions.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_decisions(tmp_path)
    assert COLUMNS[:3] == ("when", "by", "about")


# --- the tables -------------------------------------------------------------------------------------------------------


def test_without_decisions_all_is_the_machines_say() -> None:
    for name, table in MACHINE.items():
        same = [column for column in table.columns if column in PLAIN[name].columns]
        pd.testing.assert_frame_equal(PLAIN[name][same], table[same], check_dtype=False)
    assert set(PLAIN["themes"]["source"]) | set(PLAIN["response_themes"]["source"]) == {"machine"}
    assert PLAIN["segments"]["theme_id"].equals(PLAIN["segments"]["theme_machine"])


MERGES = st.dictionaries(st.sampled_from(THEMES), st.sampled_from([*THEMES, "t-gone"]), max_size=5)


@settings(max_examples=60, deadline=None)
@given(MERGES.filter(lambda into: not circle_in(into)))
def test_rows_of_merged_themes_move_along_to_a_theme_that_is_there(into: dict[str, str]) -> None:
    decided = published(MACHINE, Decisions([about_theme(t, "merged_into", end) for t, end in into.items()]))

    def slow_end(theme: str) -> str:
        ends = [theme]
        while ends[-1] in into:
            ends.append(into[ends[-1]])
        return [end for end in ends if end != "t-gone"][-1]

    segments = decided.tables["segments"]
    assert list(segments["theme_id"]) == [slow_end(theme) for theme in segments["theme_machine"]]
    coded = decided.tables["response_themes"]
    found = list(MACHINE["segments"][[*KEYS, "theme_id", "also"]].itertuples(index=False))
    expected = {(*key, slow_end(theme)) for *key, best, also in found for theme in (best, also) if theme}
    assert set(coded[[*KEYS, "theme_id"]].itertuples(index=False, name=None)) == expected
    assert not [row for row in segments.itertuples() if row.theme_id in row.also.split("; ")]
    assert [bool(row.also) for row in segments.itertuples()] == [bool(row.also_scores) for row in segments.itertuples()]
    parts = decided.tables["subthemes"]
    assert list(parts["theme_id"]) == [slow_end("t-3"), slow_end("t-4")]
    state = decided.tables["themes"].set_index("theme_id")["state"]
    assert {t for t in THEMES if state[t] == "merged"} == {t for t in THEMES if slow_end(t) != t}
    assert len(decided.pointless) == list(into.values()).count("t-gone")


def test_a_theme_takes_the_age_and_sureness_of_what_is_merged_into_it() -> None:
    machine = machine_tables(waves=("w1", "w2"))
    assert tuple(machine["themes"].set_index("theme_id").loc["t-5", ["first_wave", "state"]]) == ("w2", "emerging")
    decided = published(machine, Decisions([about_theme("t-0", "merged_into", "t-5")])).tables["themes"]
    assert tuple(decided.set_index("theme_id").loc["t-5", ["first_wave", "state"]]) == ("w1", "confirmed")


def test_what_is_split_off_is_what_says_the_words() -> None:
    rows = [about_theme("t-3", "split_words", "street 1; nothing"), about_theme("t-3", "split_label", "Street one")]
    decided = published(MACHINE, Decisions(rows)).tables
    segments, part = decided["segments"], part_id("t-3")
    says = segments["text"].str.contains(r"\bstreet 1", regex=True) & (segments["theme_machine"] == "t-3")
    assert 0 < says.sum() < (segments["theme_machine"] == "t-3").sum()
    assert (segments["theme_id"] == part).equals(says)
    assert set(segments.loc[says, "subtheme_id"]) == {""}
    further = segments["also"].str.contains(part)
    assert not further[segments["also_machine"] != "t-3"].any()
    row = decided["themes"].set_index("theme_id").loc[part]
    assert tuple(row[["label", "split_from", "source", "label_machine"]]) == ("Street one", "t-3", "person", "")
    renamed = published(
        MACHINE, Decisions([*rows, about_theme(part, "label", "Own name"), about_theme(part, "merged_into", "t-0")])
    )
    row = renamed.tables["themes"].set_index("theme_id").loc[part]
    assert tuple(row[["label", "state", "merged_into"]]) == ("Own name", "merged", "t-0")
    assert set(renamed.tables["segments"].loc[says, "theme_id"]) == {"t-0"}


def test_no_two_shown_themes_are_called_alike() -> None:
    labels = published(MACHINE, Decisions([about_theme("t-0", "label", "buses")])).tables["themes"]
    assert dict(zip(labels["theme_id"], labels["label"], strict=True))["t-1"] == "Buses (2)"


def test_a_persons_links_stand_in_place_of_the_machines() -> None:
    rows = [
        about_response(0, "vision", "HOME; MOVE"),
        about_response(1, "vision", "none"),
        about_response(3, "themes", "t-2; t-1"),
    ]
    decided = published(MACHINE, Decisions(rows)).tables
    vision = decided["response_vision"].query("question_id == 'likes'").set_index("response_id")
    assert vision.loc["00", ["vision_code", "score", "source"]].values.tolist() == [
        ["MOVE", 1.0, "person"],
        ["HOME", 1.0, "person"],
    ]
    assert "01" not in vision.index
    themes = decided["response_themes"].query("question_id == 'likes' and response_id == '03'")
    assert set(themes[["theme_id", "source", "stance"]].itertuples(index=False, name=None)) == {
        ("t-1", "person", "like"),
        ("t-2", "person", "like"),
    }
    others = decided["response_vision"].query("source == 'machine'")
    plain = PLAIN["response_vision"]
    untouched = ~((plain["question_id"] == "likes") & plain["response_id"].isin(["00", "01"]))
    assert others.reset_index(drop=True).equals(plain[untouched].reset_index(drop=True))


def test_a_quote_is_approved_for_its_words_only() -> None:
    text = MACHINE["responses"].iloc[0]["text"]
    key = {"wave": "w1", "response_id": "00", "question_id": "likes", "field": "quote", "after": "approved"}
    good = Decision("", "", "quote", **key, text_hash=text_hash(text))
    stale = Decision("", "", "quote", **key, text_hash=text_hash(text + "!"))
    assert published(MACHINE, Decisions([good])).tables["responses"]["quote"].tolist()[:2] == ["approved", ""]
    lapsed = published(MACHINE, Decisions([stale]))
    assert set(lapsed.tables["responses"]["quote"]) == {""}
    assert lapsed.pointless == {2: "the answer has changed since it was judged as a quote"}


def test_decisions_that_fit_nothing_are_told_with_the_reason() -> None:
    rows = [
        about_theme("t-9", "label", "Gone"),
        about_theme("t-0", "vision", "GREEN; MOON"),
        about_response(99, "vision", "HOME"),
        about_response(1, "themes", "t-9"),
        about_theme("t-1", "label", "Fine"),
    ]
    decided = published(MACHINE, Decisions(rows))
    assert sorted(decided.pointless) == [2, 3, 4, 5]
    assert decided.tables["themes"].set_index("theme_id").loc["t-0", "vision"] == "GREEN"
    assert "t-9" not in set(decided.tables["response_themes"]["theme_id"])


def test_changes_are_told_of_themes_as_people_decided() -> None:
    waves = (Wave("w1"), Wave("w2"))
    machine = machine_tables(waves=waves)
    found = machine["themes"].itertuples()
    themes = [Theme(ThemeId(t.theme_id), t.label, "", (), Wave(t.first_wave), ThemeState(t.state)) for t in found]
    book = Codebook.empty(Space(np.zeros(64, dtype=np.float32))).extended(themes, FakeEncoder().encode(LABELS))
    said = [
        ("t-0", "merged_into", "t-1"),
        ("t-1", "label", "Parks or buses"),
        ("t-2", "state", "hidden"),
        ("t-3", "split_words", "street 1"),
        ("t-3", "split_label", "Street one"),
    ]
    decisions = Decisions([about_theme(*each) for each in said])
    decided = decided_codebook(book, decisions, Known(tuple(VISION), STANCES))  # type: ignore[arg-type]
    assert len(decided.centroids) == len(decided.themes) == 7
    assert np.array_equal(decided.centroids[-1], book.centroids[3])
    segments = decided_segments(machine["segments"], [theme.theme_id for theme in themes], decisions)
    coded = Coded(machine["responses"], segments, lambda hashes: np.ones((len(hashes), 64), dtype=np.float32))
    table = theme_changes(coded, decided, waves, load_settings().changes).set_index("theme_id")
    assert {"t-0", "t-2"} & set(table.index) == set()
    assert table.loc["t-1", "label"] == "Parks or buses"
    assert table.loc[part_id("t-3"), "label"] == "Street one"
    raised = machine["segments"].query("wave == 'w2' and (theme_id in ['t-0', 't-1'])")
    people = raised.merge(machine["responses"], on=KEYS)
    assert table.loc["t-1", "respondents"] == people["respondent"].nunique()
