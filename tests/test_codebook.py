"""The codebook: what is kept between waves comes back as it was, and identifiers follow content."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.codebook import (
    Codebook,
    Theme,
    codebook_frame,
    codebook_from_frame,
    split_joined,
    subthemes_table,
    theme_id_of,
    themes_table,
)
from analysis.space import Space, unit_rows
from analysis.subthemes import Subtheme
from analysis.tables import checked, write_parquet
from analysis.types import SubthemeId, ThemeId, ThemeState, VisionCode, Wave

WORDS = st.text(st.characters(exclude_characters=";", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda word: word == word.strip()
)


def part_of(name: str, about: str) -> Subtheme:
    centroid = np.random.default_rng(len(name)).normal(size=6).astype(np.float32)
    return Subtheme(SubthemeId(f"s-{name}"), name, about, (name, about), centroid)


THEMES = st.builds(
    Theme,
    theme_id=st.from_regex(r"t-[0-9a-f]{10}", fullmatch=True).map(ThemeId),
    label=WORDS,
    description=WORDS,
    keywords=st.lists(WORDS, max_size=3).map(tuple),
    first_wave=WORDS.map(Wave),
    state=st.sampled_from(ThemeState),
    vision=st.lists(st.sampled_from(["ARTS", "CRIME"]).map(VisionCode), max_size=2, unique=True).map(tuple),
    subthemes=st.lists(st.builds(part_of, WORDS, WORDS), max_size=2, unique_by=lambda part: part.subtheme_id).map(
        tuple
    ),
)


def codebook_of(themes: list[Theme], dimensions: int = 6, seed: int = 1) -> Codebook:
    chance = np.random.default_rng(seed)
    words = ("bins", "parks, grass", "éclair")
    axes = chance.normal(size=(len(words), 3)).astype(np.float32)
    names = unit_rows(chance.normal(size=(1, dimensions)))
    space = Space(chance.normal(size=dimensions).astype(np.float32), words, axes, 2, ("barking",), names)
    return Codebook.empty(space).extended(themes, unit_rows(chance.normal(size=(len(themes), dimensions))))


def theme(name: str) -> Theme:
    return Theme(ThemeId(name), name.title(), "", ("a", "b"), Wave("w1"), ThemeState.CONFIRMED)


def parts(book: Codebook) -> list[Subtheme]:
    return [part for theme in book.themes for part in theme.subthemes]


def same(one: Codebook, other: Codebook) -> bool:
    arrays = [
        (one.centroids, other.centroids),
        (one.space.origin, other.space.origin),
        (one.space.axes, other.space.axes),
        (one.space.common, other.space.common),
        *((a.centroid, b.centroid) for a, b in zip(parts(one), parts(other), strict=True)),
    ]
    plain = (one.themes, one.space.words, one.space.topics, one.space.names) == (
        other.themes, other.space.words, other.space.topics, other.space.names,
    )  # fmt: skip
    return plain and all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in arrays if a.size)


@given(st.lists(THEMES, max_size=4, unique_by=lambda each: each.theme_id))
def test_a_codebook_comes_back_from_its_frame(themes: list[Theme]) -> None:
    book = codebook_of(themes)
    again = codebook_from_frame(codebook_frame(book))
    assert same(book, again)
    assert again.centroids.shape[0] == len(themes)


@pytest.mark.parametrize("book", [codebook_of([theme("a"), theme("b")]), codebook_of([]), Codebook.empty()])
def test_a_codebook_comes_back_from_disk_and_can_be_used(tmp_path: Path, book: Codebook) -> None:
    write_parquet(codebook_frame(book), tmp_path / "codebook.parquet")
    again = codebook_from_frame(pd.read_parquet(tmp_path / "codebook.parquet"))
    assert same(book, again)
    vectors = unit_rows(np.random.default_rng(2).normal(size=(3, 6)))
    np.testing.assert_array_equal(again.space.centred(vectors), book.space.centred(vectors))
    grown = again.extended([theme("c")], vectors[:1])
    assert grown.centroids.shape == (len(book.themes) + 1, 6)


def test_the_table_of_themes_keeps_the_contract() -> None:
    table = checked(
        "themes", themes_table(codebook_of([theme("a"), theme("b")]).with_vision([(), (VisionCode("ARTS"),)]))
    )
    assert table["theme_id"].tolist() == ["a", "b"]
    assert table["keywords"].tolist() == ["a; b", "a; b"]
    assert table["vision"].tolist() == ["", "ARTS"]
    assert len(checked("themes", themes_table(Codebook.empty()))) == 0


def test_extending_and_linking_change_no_theme_before_nor_the_codebook_itself() -> None:
    book = codebook_of([theme("a")])
    grown = book.extended([theme("b")], np.ones((1, 6), dtype=np.float32))
    linked = grown.with_vision([(VisionCode("CRIME"),), ()])
    assert len(book.themes) == 1
    assert grown.themes == (*book.themes, theme("b"))
    np.testing.assert_array_equal(grown.centroids[:1], book.centroids)
    assert [each.vision for each in linked.themes] == [("CRIME",), ()]
    assert grown.themes[0].vision == ()
    assert book.extended([], np.zeros((0, 6), dtype=np.float32)) is book
    with pytest.raises(ValueError, match="zip"):
        grown.with_vision([()])


@given(st.lists(st.text(max_size=8), min_size=1, max_size=6), st.randoms())
def test_an_identifier_follows_the_members_and_not_their_order(members: list[str], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = [*members, members[0]]
    chance.shuffle(shuffled)
    assert theme_id_of(members) == theme_id_of(shuffled)
    assert theme_id_of(members) != theme_id_of([*members, "another member"])


@given(st.lists(st.lists(st.floats(-9, 9, width=32), min_size=3, max_size=3), min_size=1, max_size=5))
def test_unit_rows_have_length_one_and_zeros_stay(rows: list[list[float]]) -> None:
    given_rows = np.array(rows, dtype=np.float32)
    given_rows[np.linalg.norm(given_rows, axis=1) < 1e-6] = 0
    lengths = np.linalg.norm(unit_rows(given_rows), axis=1)
    np.testing.assert_allclose(lengths, given_rows.any(axis=1), atol=1e-5)


def test_embeddings_are_seen_from_the_origin() -> None:
    space = Space(np.array([1, 0], dtype=np.float32))
    book = Codebook.empty(space).extended([theme("up")], np.array([[0, 1]], np.float32))
    seen = space.centred(np.array([[1, 1], [1, -1], [2, 0], [1, 0]], dtype=np.float32))
    np.testing.assert_allclose(book.cosines(seen)[:, 0], [1, -1, 0, 0])


def test_nothing_seen_from_an_origin_is_nothing() -> None:
    nothing = np.zeros((0, 0), dtype=np.float32)  # as VectorStore.get answers for no texts
    assert len(codebook_of([theme("a")]).space.centred(nothing)) == 0


@given(st.lists(WORDS, max_size=5))
def test_what_is_joined_for_a_cell_comes_apart_again(words: list[str]) -> None:
    assert split_joined("; ".join(words)) == tuple(words)


def test_sub_themes_stand_in_a_table_of_their_own_under_their_theme() -> None:
    parted = replace(theme("t-1"), subthemes=(part_of("large", "a"), part_of("small", "b")))
    book = codebook_of([theme("t-0"), parted])
    table = checked("subthemes", subthemes_table(book))
    assert list(zip(table["theme_id"], table["label"], strict=True)) == [("t-1", "large"), ("t-1", "small")]
    assert list(themes_table(book)["theme_id"]) == ["t-0", "t-1"]
