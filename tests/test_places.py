"""Names of the place that are ordinary words: planted towns are found, other names are not, words stay words."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.places import PLAIN, home_names, plainly

TALK = [
    "{} needs better roads.",
    "I love living in {} and so do my children.",
    "There is nothing to do in {} after dark",
    "More buses throughout {} please!",
    "Traffic around {} is the number one problem.",
    "We moved to {} in 2003; it was cheaper then.",
    "The schools of {} are good.",
]
OTHER = [
    "Mend the pavements.",
    "Orchards and parks need care; my park is a mess.",
    "The dogs next door keep barking all night.",
    "Cheaper rents for the young.",
    "The hill by the river is steep.",
]
NO_HOMES = {
    "Queen's Hospital": ["We waited in {}.", "Parking at {} is dear.", "In {} nobody knows you.", "{} is good."],
    "God": ["I trust in {}.", "In {} we trust.", "Believe in {}!", "My faith in {} is strong."],
    "City Council": ["I have no faith in {}.", "{} never listens.", "Nobody in {} lives here.", "Ask {}."],
    "Main Street": ["Nothing opens in {}.", "Shops in {} are shut.", "Cars race around {}.", "{} is dying."],
    "Black Lives Matter": ["{} is right.", "I support {}.", "The march of {} was calm.", "{} marched here."],
    "March": ["It floods in {}.", "Every year in {} the river rises.", "In {} it is cold.", "The fair in {} is good."],
    "Kentucky": ["The best town in {}.", "Taxes in {} are high.", "Around {} roads are poor.", "{} is home."],
    "United States": ["The best in the {}.", "Nowhere in the {}.", "Around the {} it is so.", "The {} is big."],
}  # fmt: skip


def town(name: str, copies: int = 1) -> list[str]:
    return [line.format(name) + " now" * n for line in TALK for n in range(copies)]


@pytest.mark.parametrize("name", ["Park City", "Orchard Hill", "Barking", "Bowling Green", "Reading", "Three Rivers"])
def test_a_planted_town_is_found(name: str) -> None:
    assert home_names([*town(name), *OTHER]) == (name,)


@pytest.mark.parametrize("name", NO_HOMES)
def test_what_is_no_town_is_not(name: str) -> None:
    lines = [line.format(name) + " Really." * n for line in NO_HOMES[name] for n in range(4)]
    assert home_names([*lines, *OTHER]) == ()
    assert home_names([*lines, *OTHER, *town("Park City")]) == ("Park City",)


def test_a_few_of_many_say_nothing() -> None:
    many = [f"{line} {n}" for line in OTHER for n in range(60)]
    assert home_names([*town("Park City"), *many]) == ()
    assert home_names([*town("Park City", 2), *many]) == ("Park City",)
    assert home_names(town("Park City")[:4]) == ()
    assert home_names([]) == ()


def test_a_word_that_is_often_written_small_is_no_name() -> None:
    assert home_names([*town("Barking"), *(f"the noise of barking {n}" for n in range(9))]) == ()


@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_neither_order_nor_repetition_changes_the_names(shuffler: random.Random, times: int) -> None:
    texts = [*town("Park City"), *town("Orchard Hill"), *OTHER]
    turned = shuffler.sample(texts * times, len(texts) * times)
    assert home_names(turned) == home_names(texts) == ("Orchard Hill", "Park City")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Traffic in Bowling Green is bad.", "Traffic in the town is bad."),
        ("bowling green needs a bowling alley", "the town needs a bowling alley"),
        ("BOWLING GREEN'S ROADS", "the town'S ROADS"),
        ("Barking is lovely. Barking dogs are not.", "the town is lovely. Barking dogs are not."),
        ("Too much barking in Barking!", "Too much barking in the town!"),
        ("I like Barking", "I like the town"),
        ("Barking and Dagenham has it all", "the town has it all"),
        ("Embarking on Barkingside, Bowling Greens", "Embarking on Barkingside, Bowling Greens"),
    ],
)
def test_names_are_put_plainly_and_words_stay(text: str, plain: str) -> None:
    assert plainly(text, ("Barking", "Bowling Green", "Barking and Dagenham")) == plain


@given(st.text(max_size=60), st.permutations(["Park City", "Barking", "Park"]))
def test_a_text_without_the_names_stays_as_it_is_and_their_order_does_not_matter(text: str, names: list[str]) -> None:
    if not any(name.casefold() in text.casefold() for name in names):
        assert plainly(text, names) == text
    spoken = f"{text} in Park City, near Barking"
    assert plainly(spoken, names) == plainly(spoken, sorted(names))
    assert plainly(spoken, names).endswith(f"in {PLAIN}, near {PLAIN}")
    assert plainly(text, ()) == text
