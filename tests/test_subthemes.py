"""Sub-themes: planted parts of a large theme are found, named, kept, and found again in a later wave."""

import random
from dataclasses import replace

import numpy as np
import pytest
from test_themes import FIRST, SETTINGS, TOPICS, WAVE_1, WAVE_2, coded_first, corpus_of, encode, planted

from analysis.codebook import Codebook, codebook_frame, codebook_from_frame
from analysis.labels import Words
from analysis.space import unit_rows
from analysis.subthemes import find_subthemes, nearest_subthemes, with_subthemes
from analysis.themes import Coded, code_wave

PARTS = ("parks", "litter")


@pytest.fixture(scope="module")
def parted() -> Coded:
    """Two planted topics coded as one theme, whose parts they are."""
    truth = {text: topic for text, topic in FIRST.items() if topic in PARTS}
    first = coded_first(FIRST)
    corpus = corpus_of(truth)
    placed = first.codebook.space.place(corpus, SETTINGS)
    theme = replace(first.codebook.themes[0], label="Streets and parks")
    words = Words(encode, first.codebook.space.centred)
    rows = np.arange(len(corpus.texts))
    (whole,) = with_subthemes([theme], [rows], corpus, placed, words, SETTINGS, 5, None)
    centroid = unit_rows(placed.sum(axis=0, keepdims=True))
    book = Codebook.empty(first.codebook.space).extended([whole], centroid)
    nobody = np.zeros(len(rows), dtype=np.int64)
    under = tuple(nearest_subthemes(book, nobody, placed, SETTINGS.subtheme_similarity))
    return Coded(book, nobody, np.ones(len(rows)), subtheme=under)


def test_planted_parts_are_found_and_named_in_their_words(parted: Coded) -> None:
    (theme,) = parted.codebook.themes
    assert len(theme.subthemes) == len(PARTS)
    corpus = corpus_of({text: topic for text, topic in FIRST.items() if topic in PARTS})
    for part in theme.subthemes:
        topics = [FIRST[t] for t, of in zip(corpus.texts, parted.subtheme, strict=True) if of == part.subtheme_id]
        assert len(set(topics)) == 1
        words = set(part.label.casefold().replace(" and ", " ").split())
        assert words & {topics[0], *TOPICS[topics[0]]}
    labels = [theme.label, *(part.label for part in theme.subthemes)]
    assert len({label.casefold() for label in labels}) == len(labels)


def test_small_themes_and_themes_of_one_piece_have_none() -> None:
    corpus = corpus_of({text: topic for text, topic in FIRST.items() if topic in PARTS})
    placed = coded_first(FIRST).codebook.space.place(corpus, SETTINGS)
    rows = np.arange(len(corpus.texts))
    assert find_subthemes(corpus, placed, rows, len(rows) + 1, 5).max() == 0
    same = np.repeat(placed[:1], len(rows), axis=0)
    assert find_subthemes(corpus, same, rows, 20, 5).max() == 0
    assert find_subthemes(corpus, placed, rows, 20, 5).max() == 1


def test_they_are_kept_with_the_codebook_and_found_again_in_a_later_wave(parted: Coded) -> None:
    book = codebook_from_frame(codebook_frame(parted.codebook))
    assert book.themes == parted.codebook.themes
    truth = planted({topic: TOPICS[topic] for topic in PARTS}, 12, 7)
    second = code_wave(corpus_of(truth), book, WAVE_2, encode, SETTINGS)
    assert second.codebook.themes[0] == parted.codebook.themes[0]
    known = {part.subtheme_id for part in book.themes[0].subthemes}
    assert {name for name in second.subtheme if name} == known
    found = {(name, truth[text]) for name, text in zip(second.subtheme, corpus_of(truth).texts, strict=True) if name}
    assert len(found) == len(PARTS)


def test_the_order_of_the_input_changes_no_part() -> None:
    whole = coded_first(FIRST, SETTINGS.model_copy(update={"subtheme_respondents": 10}))
    order = random.Random(3).sample(sorted(FIRST), len(FIRST))
    again = coded_first(FIRST, SETTINGS.model_copy(update={"subtheme_respondents": 10}), order)
    assert whole.subtheme == again.subtheme
    assert [theme.subthemes for theme in whole.codebook.themes] == [theme.subthemes for theme in again.codebook.themes]
    assert whole.codebook.themes[0].first_wave == WAVE_1
