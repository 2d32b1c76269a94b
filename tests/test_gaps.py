"""What residents raise that the vision does not name: planted gaps come out, asides and misses of the linker do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import FakeEncoder, responses_table, word_direction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analysis.asides import is_aside
from analysis.codebook import Codebook, themes_table
from analysis.coding import code_themes, split_responses
from analysis.embed import Vectors, content_hash
from analysis.gaps import NEAR, Found, GapGroups, find_gap_groups, gaps_of, with_coverage
from analysis.labels import Guide
from analysis.settings import Settings, load_settings
from analysis.tables import checked, empty_table
from analysis.types import Wave

W1, W2 = Wave("w1"), Wave("w2")
SETTINGS = load_settings()

# --- remarks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "This survey is far too long.",
        "Some of these statements are designed to trick me",
        "This is a badly worded question!",
        "See above.",
        "I have no comments",
        "Thank you for the opportunity.",
        "Keep up the good work",
        "my mother in law is here. just joking.",
        "hahaha",
        "n/a",
        "Question four makes no sense.",
        "Way too many questions",
        "the questions were way too confusing",
    ],
)
def test_asides_are_no_matter_for_a_council(text: str) -> None:
    assert is_aside(text)


@pytest.mark.parametrize(
    "text",
    [
        "The council never asks us anything before it builds.",
        "There should be a proper consultation on the flats.",
        "We go to the polls and nothing changes.",
        "This form of government does not listen.",
        "Thank you for mending the swings, now mend the slide.",
        "Planning applications should be put on a website we can read.",
        "The planes wake us at six.",
        "Nothing is done about dog mess.",
        "The questions we ask at the town hall are never answered.",
    ],
)
def test_matters_are_no_asides(text: str) -> None:
    assert not is_aside(text)


def segments_of(rows: Sequence[tuple[str, str, str]], **more: Any) -> pd.DataFrame:
    """(response, text, own links) as segments of wave 1 with all columns of the contract; each text is a segment."""
    plain = {
        "wave": W1, "question_id": "hopes", "start": 0, "end": 1, "theme_id": "", "theme_score": 0.5, "also": "",
        "also_scores": "", "subtheme_id": "", **more,
    }  # fmt: skip
    made = [
        {**plain, "segment_id": f"s{i}", "response_id": response, "text": text, "vision": vision}
        for i, (response, text, vision) in enumerate(rows)
    ]
    return pd.DataFrame(made) if made else empty_table("segments")


def links_of(codes: Mapping[str, str]) -> pd.DataFrame:
    rows = [
        {"wave": W1, "response_id": key, "question_id": "hopes", "vision_code": code, "score": 0.8}
        for key, joined in codes.items()
        for code in joined.split()
    ]
    return pd.DataFrame(rows) if rows else empty_table("response_vision")


def test_a_remark_is_covered_by_its_own_link_or_by_a_story_that_is_understood_whole() -> None:
    rows = [
        ("own", "Rents are too high.", "HOUSING"), ("own", "Planes all night.", ""),
        ("story", "Third winter with a bucket.", ""), ("story", "It has a name now.", ""),
        ("out", "Planes at six.", ""), ("taken back", "Rents again.", "HOUSING"), ("aside", "This survey is long.", ""),
    ]  # fmt: skip
    found = with_coverage(segments_of(rows), links_of({"own": "HOUSING", "story": "HOUSING HEALTH"}))
    assert list(found["coverage"]) == ["linked", "outside", "linked", "linked", "outside", "outside", "aside"]


# --- what is a gap ----------------------------------------------------------------------------------------------------


def topic(name: str, people: int, linked: int, text: str = "{0} at number {1}", start: int = 0) -> list[dict[str, Any]]:
    """Answers of one remark each on a topic, the first `linked` of which are linked to the vision."""
    return [
        {"name": name, "response_id": f"{name}{i + start}", "text": text.format(name, i), "linked": i < linked}
        for i in range(people)
    ]


def tables_of(rows: Sequence[Mapping[str, Any]], vision: Mapping[str, str] | None = None) -> dict[str, pd.DataFrame]:
    """The decided tables of a wave in which each topic is a theme, linked by `vision` or to nothing."""
    responses = responses_table([{"response_id": row["response_id"], "text": row["text"]} for row in rows])
    segments = segments_of([(row["response_id"], row["text"], "HOUSING" if row["linked"] else "") for row in rows])
    segments = segments.assign(theme_id=[row["name"] for row in rows]) if rows else segments
    names = list(dict.fromkeys(row["name"] for row in rows))
    themes = pd.DataFrame(
        [
            {
                "theme_id": name, "label": name.title(), "description": "", "keywords": name, "first_wave": W1,
                "state": "confirmed", "vision": (vision or {}).get(name, ""), "origin": "found",
            }
            for name in names
        ],
        columns=list(empty_table("themes").columns),
    )  # fmt: skip
    coded = segments[["wave", "response_id", "question_id", "theme_id"]].assign(score=0.5, stance="hope")
    return {
        "responses": responses,
        "segments": segments,
        "themes": themes,
        "subthemes": empty_table("subthemes"),
        "response_themes": coded,
        "response_vision": links_of({row["response_id"]: "HOUSING" for row in rows if row["linked"]}),
    }


NO_GROUPS = Found(empty_table("themes"), pd.DataFrame(columns=list(NEAR)))


def gaps(tables: Mapping[str, pd.DataFrame], said: Mapping[str, bool] | None = None, found: Found = NO_GROUPS) -> Any:
    made = gaps_of(tables, found, said or {}, [W1], lambda _: 5, SETTINGS.gaps)
    checked("gaps", made.gaps)
    checked("response_gaps", made.response_gaps)
    return made


MIXED = [
    *topic("planes", 30, 2), *topic("rents", 40, 36), *topic("canals", 8, 3), *topic("foxes", 4, 0),
    *topic("survey", 12, 0, "This survey is too long, {0} {1}"),
]  # fmt: skip


def test_a_theme_most_of_whose_remarks_are_linked_to_nothing_is_a_gap_and_says_how_sure() -> None:
    found = gaps(tables_of(MIXED, {"rents": "HOUSING"})).gaps
    assert list(found["gap_id"]) == ["planes", "canals"], "foxes are too few, the survey is no matter, rents are linked"
    assert list(found["certainty"]) == ["clear", "unsure"]
    assert list(found["respondents"]) == [30, 8]
    assert list(found["share_linked"]) == [round(2 / 30, 4), 0.375]


def test_a_theme_of_which_a_quarter_is_plainly_about_the_survey_is_no_gap() -> None:
    plainly = topic("survey", 5, 0, "This survey is too long, {0} {1}")
    rest = topic("survey", 14, 0, "I was lost at once, {0} {1}", start=100)
    assert gaps(tables_of([*plainly, *rest])).gaps.empty
    assert list(gaps(tables_of([*plainly[:2], *rest])).gaps["gap_id"]) == ["survey"]


def test_a_person_moves_a_theme_in_and_out() -> None:
    tables = tables_of(MIXED, {"rents": "HOUSING"})
    assert list(gaps(tables, {"planes": True}).gaps["gap_id"]) == ["canals"]
    found = gaps(tables, {"rents": False, "foxes": False}).gaps.set_index("gap_id")
    assert list(found.index) == ["rents", "planes", "foxes", "canals"]
    assert list(found.loc[["rents", "foxes"], "certainty"]) == ["said", "said"]
    assert list(found["source"]) == ["person", "machine", "person", "machine"]


def test_the_links_that_a_person_gives_to_responses_count() -> None:
    tables = tables_of(topic("planes", 20, 0))
    linked = links_of({f"planes{i}": "HOUSING" for i in range(15)})
    assert list(gaps(tables).gaps["gap_id"]) == ["planes"]
    assert gaps({**tables, "response_vision": linked}).gaps.empty


def test_hidden_and_merged_themes_are_no_gaps() -> None:
    tables = tables_of(topic("planes", 20, 0))
    for state in ("hidden", "merged"):
        assert gaps({**tables, "themes": tables["themes"].assign(state=state)}).gaps.empty


def parted(linked_part: int) -> dict[str, pd.DataFrame]:
    """A linked theme of which one part, 15 remarks, is about planes; `linked_part` of these are linked."""
    tables = tables_of([*topic("rents", 40, 40), *topic("planes", 15, linked_part)])
    part = {"subtheme_id": "sp", "theme_id": "rents", "label": "Planes", "description": "", "keywords": "planes"}
    segments = tables["segments"]
    segments = segments.assign(subtheme_id=segments["theme_id"].map({"planes": "sp", "rents": ""}), theme_id="rents")
    themes = tables["themes"][tables["themes"]["theme_id"] == "rents"].assign(vision="HOUSING")
    return {**tables, "segments": segments, "themes": themes, "subthemes": pd.DataFrame([{**part, "first_wave": W1}])}


def test_a_part_of_a_linked_theme_is_a_gap_only_if_it_clearly_is() -> None:
    (row,) = gaps(parted(1)).gaps.to_dict("records")
    assert (row["kind"], row["gap_id"], row["theme_id"], row["respondents"]) == ("part", "sp", "rents", 15)
    assert gaps(parted(5)).gaps.empty, "a third of it is linked, and few remarks were made"
    assert gaps(parted(1), {"rents": True}).gaps.empty, "a person says that the theme is linked, parts and all"
    (row,) = gaps(parted(1), {"rents": False}).gaps.to_dict("records")
    assert (row["kind"], row["gap_id"]) == ("theme", "rents"), "its parts are in it"


def grouped() -> tuple[dict[str, pd.DataFrame], Found]:
    """Ten remarks on planes, linked to nothing, that stand in a theme on rents; a group holds them."""
    tables = tables_of([*topic("rents", 40, 40), *topic("planes", 10, 0)])
    tables["segments"] = tables["segments"].assign(theme_id="rents")
    group = {**tables["themes"].iloc[1].to_dict(), "theme_id": "g-1"}
    tables["themes"] = tables["themes"].iloc[:1].assign(vision="HOUSING")
    near = tables["segments"].loc[tables["segments"]["vision"] == "", ["segment_id"]].assign(gap_id="g-1", score=0.7)
    return tables, Found(pd.DataFrame([group]), near)


def test_a_group_of_what_is_left_is_a_gap_until_a_person_links_its_theme_or_calls_it_one() -> None:
    tables, found = grouped()
    made = gaps(tables, found=found)
    assert made.gaps[["gap_id", "kind", "respondents"]].to_numpy().tolist() == [["g-1", "group", 10]]
    assert set(made.response_gaps["response_id"]) == {f"planes{i}" for i in range(10)}
    held = made.segments[made.segments["gap_id"] == "g-1"]
    assert set(held["response_id"]) == set(made.response_gaps["response_id"])
    assert gaps(tables, {"rents": True}, found).gaps.empty
    assert list(gaps(tables, {"rents": False}, found).gaps["kind"]) == ["theme"], "its remarks are in no second gap"


def test_gaps_of_a_wave_are_judged_by_what_was_said_up_to_it_and_counted_in_it() -> None:
    tables = tables_of([*topic("planes", 10, 0), *topic("planes", 30, 30, start=100)])
    later = {f"planes{i + 100}" for i in range(30)}
    moved = {
        name: table.assign(wave=[W2 if key in later else W1 for key in table["response_id"]])
        if "response_id" in table
        else table
        for name, table in tables.items()
    }
    made = gaps_of(moved, NO_GROUPS, {}, [W1, W2], lambda _: 5, SETTINGS.gaps).gaps
    assert made[["wave", "respondents", "segments"]].to_numpy().tolist() == [[W1, 10, 10]]


@hypothesis_settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(chance: Any) -> None:
    tables, found = grouped()
    tables["themes"] = pd.concat([tables["themes"], tables_of(topic("foxes", 9, 0))["themes"]])
    before = gaps(tables, found=found)

    def shuffled(table: pd.DataFrame) -> pd.DataFrame:
        return table.iloc[chance.sample(range(len(table)), len(table))].reset_index(drop=True)

    mixed = {name: shuffled(table) for name, table in tables.items()}
    after = gaps(mixed, found=Found(shuffled(found.groups), shuffled(found.near)))
    pd.testing.assert_frame_equal(before.gaps, after.gaps)
    pd.testing.assert_frame_equal(before.response_gaps, after.response_gaps)


def test_nothing_said_has_no_gaps() -> None:
    names = ("responses", "segments", "themes", "subthemes", "response_themes", "response_vision")
    made = gaps({name: empty_table(name) for name in names})
    assert made.gaps.empty
    assert made.response_gaps.empty
    assert list(made.segments["coverage"]) == []


# --- finding groups ---------------------------------------------------------------------------------------------------

COVERED = {
    "rent": ["The rent is too high {}", "rent goes up every year {}", "Cheaper rent for families {}"],
    "bins": ["The bins overflow {}", "bins are never emptied {}", "More bins please {}"],
    "doctor": ["The doctor has no appointments {}", "doctor phone engaged {}", "See a doctor sooner {}"],
}
PLANES = ["The planes are loud {}", "planes wake us {}", "Fewer planes please {}"]
_PLACES = "arch bridge corner depot estate ford green hill island junction"
WHERE = [f"near {place}" for place in _PLACES.split()]


def said(planted: Sequence[str], missed: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses, and their vision links: all but `planted` and, of the rest, a share that the linker missed."""
    ways = [(name, way.format(where)) for name, forms in COVERED.items() for way, where in product(forms, WHERE)]
    rows = [*ways, *(("planes", text) for text in planted)]
    responses = responses_table([{"response_id": f"r{i}", "text": f"{text}."} for i, (_, text) in enumerate(rows)])
    miss = np.random.default_rng(0).random(len(rows)) < missed
    names = [name for name, _ in rows]
    codes = {f"r{i}": names[i].upper() for i in range(len(rows)) if names[i] != "planes" and not miss[i]}
    return responses, links_of(codes)


def vectors_of(texts: Sequence[str]) -> Any:
    encoder, known = FakeEncoder(), {content_hash(text): text for text in texts}
    return lambda hashes: encoder.encode([known[each] for each in hashes])


def topical(vectors: Vectors) -> Any:
    return np.clip(np.asarray(vectors @ np.stack([word_direction(name) for name in COVERED]).T), 0, 1)


GUIDE = Guide(tuple(COVERED), topical)


def groups_of(responses: pd.DataFrame, links: pd.DataFrame, settings: Settings, known: Codebook | None = None) -> Any:
    """What is found where each covered topic is a theme and the planted one is not (its segments lie in others)."""
    segments = split_responses(responses, settings.segment)
    vector_of = vectors_of([*segments["text"], *responses["text"]])
    named = responses["text"].str.contains("planes")
    keys = set(responses.loc[~named, "response_id"])
    covered = segments[segments["response_id"].isin(keys)]
    encode = FakeEncoder().encode
    coded = code_themes(responses[~named], covered, Codebook.empty(), W1, encode, vector_of, settings.themes, GUIDE)
    themes = coded.codebook.with_vision([("HOUSING",)] * len(coded.codebook.themes))
    codes = links.groupby("response_id")["vision_code"].first()
    segments = segments.assign(vision=segments["response_id"].map(codes).fillna(""))
    found = find_gap_groups(
        responses, segments, links, themes, known or Codebook.empty(), W1, encode, vector_of, settings.themes,
        settings.gaps, GUIDE,
    )  # fmt: skip
    return found, segments


def test_a_planted_topic_of_a_seventh_of_the_answers_that_no_theme_covers_is_found_and_named(
    settings: Settings,
) -> None:
    planted = [way.format(where) for way, where in product(PLANES, WHERE)][:16]
    responses, links = said(planted, missed=0.1)
    found, segments = groups_of(responses, links, small(settings))
    (group,) = found.codebook.themes
    assert "plane" in group.label.casefold()
    near = segments[segments["segment_id"].isin(found.near["segment_id"])]
    about = near["text"].str.casefold().str.contains("planes")
    assert about.mean() > 0.9
    assert about.sum() >= 14


def small(settings: Settings) -> Settings:
    """Settings that cluster what a small test has to say."""
    return settings.model_copy(update={"themes": settings.themes.model_copy(update={"min_documents": 12})})


def test_what_the_linker_missed_of_a_covered_topic_is_no_gap(settings: Settings) -> None:
    responses, links = said([], missed=0.4)
    found, _ = groups_of(responses, links, small(settings))
    assert found.codebook.themes == ()


def test_too_few_remarks_are_not_clustered(settings: Settings) -> None:
    responses, links = said([way.format("at six") for way in PLANES])
    found, _ = groups_of(responses, links, small(settings))
    assert found.codebook.themes == ()
    assert list(found.near.columns) == list(NEAR)


def test_a_group_keeps_its_identifier_and_the_order_of_answers_changes_nothing(settings: Settings) -> None:
    planted = [way.format(where) for way, where in product(PLANES, WHERE)][:20]
    responses, links = said(planted)
    first, _ = groups_of(responses, links, small(settings))
    shuffled = responses.sample(frac=1, random_state=3).reset_index(drop=True)
    second, _ = groups_of(shuffled, links, small(settings))
    assert themes_table(first.codebook).equals(themes_table(second.codebook))
    assert sorted(first.near.itertuples(index=False)) == sorted(second.near.itertuples(index=False))
    again, _ = groups_of(responses, links, small(settings), known=first.codebook)
    assert [group.theme_id for group in again.codebook.themes] == [group.theme_id for group in first.codebook.themes]
    assert isinstance(again, GapGroups)
