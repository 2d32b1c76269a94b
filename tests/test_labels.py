"""Names of themes: residents' own words, no function word at an end, no placeholder, no name twice."""

import re
from collections import Counter

import numpy as np
from conftest import FakeEncoder
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analysis.labels import MOST_ALIKE, Guide, ThemeWords, Words, describe_themes
from analysis.phrases import FUNCTION_WORDS, LABEL_STOP_WORDS
from analysis.space import unit_rows

PLACEHOLDERS = ["[PERSON]", "[PERSON 2]", "[ADDRESS]", "[PHONE_NUMBER]", "[illegible]", "[?]"]


def named(
    themes: list[list[str]], taken: frozenset[str] = frozenset(), keywords: int = 8, guide: Guide | None = None
) -> tuple[ThemeWords, ...]:
    encoder = FakeEncoder()
    centroids = unit_rows(np.array([encoder.encode(texts).mean(axis=0) for texts in themes]))
    everything = [text for texts in themes for text in texts]
    words = Words(encoder.encode, lambda vectors: vectors)
    return describe_themes(themes, everything, centroids, words, keywords, taken, guide)


# --- names ------------------------------------------------------------------------------------------------------------

PARKS = [
    "Plant trees in the parks",
    "The trees and ducks in our parks",
    "More trees for parks please",
    "Ducks and trees",
]
RENTS = ["Rents are too high", "High rents and greedy landlords", "My landlords put up rents", "The rents of landlords"]


def test_a_theme_is_named_in_its_own_words() -> None:
    parks, rents = named([PARKS, RENTS])
    assert set(parks.label.casefold().split(" and ")) <= {"trees", "parks", "ducks", "trees in the parks"}
    assert "rents" in rents.label.casefold()
    assert rents.keywords[0] in rents.description
    assert rents.description.startswith("People ")
    assert rents.description.endswith(".")


def test_the_order_of_the_segments_changes_no_name() -> None:
    assert named([PARKS, RENTS]) == named([PARKS[::-1], RENTS[2:] + RENTS[:2]])


def test_a_taken_label_is_not_given_and_equal_themes_get_different_ones() -> None:
    label = named([PARKS])[0].label
    again = named([PARKS, PARKS, PARKS, PARKS], frozenset({label.casefold()}))
    labels = [words.label.casefold() for words in again]
    assert len({*labels, label.casefold()}) == 5


def test_segments_without_words_have_a_name_too() -> None:
    unnamed = named([["!!!", "62"], ["[PERSON]", "the of"], PARKS])
    assert [words.label for words in unnamed[:2]] == ["Other remarks", "Other remarks (2)"]
    assert unnamed[0].keywords == ()


def test_names_keep_the_capitals_that_residents_write() -> None:
    texts = ["Getting a GP appointment takes weeks", "see my GP at all", "no GP here", "the GP appointment line"]
    assert "GP" in " ".join(named([texts, RENTS])[0].keywords)


def test_a_placeholder_does_not_lend_its_capitals_to_a_word() -> None:
    texts = ["they have no address", "without an address nobody gets a doctor", "the address is wrong"]
    redacted = [f"we live at [ADDRESS] near the lake {i} and not [ADDRESS]" for i in range(6)]
    words = named([texts, redacted])[0]
    assert "address" in words.label.casefold()
    assert "ADDRESS" not in f"{words.label} {words.description} {words.keywords}"


def test_keywords_are_no_more_than_wanted_and_share_no_word() -> None:
    for wanted in (1, 2, 8):
        (words,) = named([PARKS], keywords=wanted)
        assert 1 <= len(words.keywords) <= wanted
        stems = Counter(word[:4] for keyword in words.keywords for word in keyword.casefold().split())
        assert max(stems.values()) == 1


# --- with a guide -----------------------------------------------------------------------------------------------------


def guide_to(topic: str, *phrases: str) -> Guide:
    """A guide with one topic: as topical as a text is near to it."""
    direction = FakeEncoder().encode([topic])[0]
    return Guide(phrases, lambda vectors: np.clip(vectors @ direction, 0, 1)[:, None].astype(np.float64))


GUIDE = guide_to("trees parks", "parks and trees", "swimming pools")


def test_a_phrase_of_the_guide_names_a_theme_whose_people_use_its_words() -> None:
    (words,) = named([PARKS], guide=GUIDE)
    assert words.label == "Parks and trees"
    assert set(words.keywords) == set(named([PARKS])[0].keywords)


def test_a_phrase_of_the_guide_that_nobody_uses_names_nothing() -> None:
    guide = guide_to("trees parks", "parks and trees and greenhouses", "trees and orchards", "rents and landlords")
    label = named([PARKS], guide=guide)[0].label.casefold()
    assert {"greenhouses", "orchards", "rents"} & set(label.split()) == set()


def test_a_phrase_of_the_guide_names_one_theme_only() -> None:
    labels = [words.label.casefold() for words in named([PARKS, PARKS], guide=GUIDE)]
    assert labels[0] == "parks and trees" != labels[1]


def test_topical_words_come_before_others() -> None:
    texts = ["swans ducks", "ducks and the swans", "the swans, ducks"]
    for topic in ("swans", "ducks"):
        assert named([texts], guide=guide_to(topic))[0].keywords[0] == topic


SAID = st.lists(
    st.sampled_from(["the", "of", "and", "trees", "parks", "rents", "GP", "person", "62", ".", *PLACEHOLDERS]),
    min_size=1,
    max_size=8,
).map(" ".join)


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(SAID, min_size=1, max_size=6), min_size=1, max_size=4), st.booleans())
def test_whatever_is_said_labels_are_unique_and_clean(themes: list[list[str]], guided: bool) -> None:
    words = named(themes, guide=GUIDE if guided else None)
    assert len(words) == len(themes)
    assert len({each.label.casefold() for each in words}) == len(words)
    for each in words:
        assert each.label
        assert not re.search(r"[\[\]_?]|illegible|phone_number", each.label)
        first, last = each.label.casefold().split()[0], each.label.casefold().split()[-1]
        assert first not in FUNCTION_WORDS - {"other"}
        assert last not in LABEL_STOP_WORDS
        for keyword in each.keywords:
            assert keyword.casefold().split()[0] not in FUNCTION_WORDS
            assert keyword.casefold().split()[-1] not in LABEL_STOP_WORDS
            assert any(keyword.casefold() in text.casefold() for texts in themes for text in texts)


# --- gates ------------------------------------------------------------------------------------------------------------


def test_no_two_labels_mean_the_same_or_share_a_phrase() -> None:
    """An oracle of its own: all pairs of labels compared, over themes that are copies of one another."""
    labels = [words.label for words in named([PARKS, PARKS, RENTS, RENTS], frozenset({"Trees"}))]
    vectors = FakeEncoder().encode([*labels, "Trees"])
    cosines = vectors @ vectors.T
    assert cosines[np.triu_indices(len(vectors), 1)].max() <= MOST_ALIKE
    said = [phrase for label in labels for phrase in label.casefold().split(" and ")]
    assert "trees" not in said


def test_spellings_count_together_and_the_plural_names() -> None:
    texts = ["Fly tipping in my alley", "The fly-tipping in alleys", "flytipping!", "Stop the fly-tipping in alleys"]
    (words, _) = named([texts, RENTS])
    assert words.label.casefold().startswith("fly-tipping")
    assert "alleys" in words.keywords


def test_the_place_where_all_live_names_no_theme() -> None:
    texts = ["Barking needs trees", "Barking has trees", "more trees for Barking", "Barking and its trees"]
    encoder = FakeEncoder()
    words = Words(encoder.encode, lambda vectors: vectors, frozenset({"barking"}))
    (theme,) = describe_themes([texts], texts, unit_rows(encoder.encode(texts).mean(axis=0, keepdims=True)), words, 8)
    assert theme.label == "Trees"
