"""Noun phrases: what may name a theme, however it is spelt, and no verb phrase among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.phrases import (
    FUNCTION_WORDS,
    LABEL_STOP_WORDS,
    LONGEST,
    Tagger,
    families,
    family,
    is_noun_phrase,
    noun_phrases,
)

PLACEHOLDERS = ["[PERSON]", "[PERSON 2]", "[ADDRESS]", "[PHONE_NUMBER]", "[illegible]", "[?]"]


def phrases(text: str, *others: str) -> set[str]:
    return {" ".join(phrase) for phrase in noun_phrases(Tagger([text, *others]).tag(text))}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We need cleaner streets", {"streets"}),
        ("the affordable housing market", {"affordable housing market", "housing market", "market"}),
        ("The cost of living is too high", {"cost of living", "cost"}),
        ("People of colour are not heard", {"people of colour", "colour"}),
        ("Widen the road", {"road"}),
        ("They should widen the road", {"road"}),
        ("Getting rid of the electoral college", {"electoral college", "college"}),
        ("parks. streets", {"parks", "streets"}),
        ("parks [PERSON 1] streets", {"parks", "streets"}),
        ("[PERSON]", set()),
        ("[illegible] [?] [ADDRESS]", set()),
        ("62 is the 2024", set()),
        ("the children’s playground", {"children's playground", "playground"}),
        ("it is Barking's", set()),
        ("I don't, we can't, you won't", set()),
        ("MORE TREES PLEASE", {"trees"}),
        ("", set()),
    ],
)
def test_phrases_are_nouns_with_what_describes_them(text: str, found: set[str]) -> None:
    assert phrases(text) == found


@given(st.text(max_size=60) | st.lists(st.sampled_from(["the", "parks", "of", ".", *PLACEHOLDERS])).map(" ".join))
def test_no_phrase_ends_in_a_function_word_is_too_long_or_a_placeholder(text: str) -> None:
    tagged = Tagger([text]).tag(text)
    assert len(tagged.words) == len(tagged.kinds)
    for phrase in noun_phrases(tagged):
        words = [word.casefold() for word in phrase]
        assert len([word for word in words if word != "of"]) <= LONGEST
        assert not FUNCTION_WORDS & {words[0], words[-1]}
        assert words[-1] not in LABEL_STOP_WORDS
        assert "[PERSON" not in text or "person" not in words


def test_spellings_of_one_phrase_are_one() -> None:
    texts = ["the fly-tipping here", "more fly-tipping", "fly tipping again", "flytipping again"]
    tagger = Tagger(texts)
    assert {family(phrase) for text in texts for phrase in noun_phrases(tagger.tag(text))} == {"flytipping"}
    assert family(["park"]) == family(["Parks"]) != family(["parking"])
    assert family(["children's", "centres"]) == family(["children", "centre"])


def test_the_guide_teaches_compounds() -> None:
    said = "fly tipping"
    assert [*noun_phrases(Tagger([said], ["fly-tipping and litter"]).tag(said))] == [("fly-tipping",)]


def test_names_keep_their_capitals_and_sentences_do_not_give_any() -> None:
    texts = ["Parks are for all", "My GP is kind", "the GP is busy", "near Barking Station", "at Barking Station"]
    tagger = Tagger(texts)
    assert tagger.tag(texts[0]).words[0] == "parks"
    assert tagger.tag(texts[1]).words[1] == "GP"
    assert tagger.spelt("barking Station", texts) == "Barking Station"
    lakes = ["Heron Park lake at dawn", "Heron park and the school", "Heron Park for ten minutes", "a heron park"]
    assert tagger.spelt("heron park", lakes) == "Heron Park", "a second capital tells though the sentence starts there"
    assert tagger.spelt("heron park", [*lakes, "the heron park", "my heron park"]) == "heron park"
    assert tagger.spelt("more parks", ["More parks", "More parks please", "more parks"]) == "more parks"


def test_a_word_that_names_no_topic_may_be_part_of_a_name() -> None:
    texts = ["my high school", "the high school", "that high school", "our high school", "high rents"]
    tagger = Tagger(texts)
    assert [*noun_phrases(tagger.tag(texts[0]))] == [("high school",)]
    assert [*noun_phrases(tagger.tag("high rents"))] == [("rents",)]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("parks and trees", True),
        ("voting, elections and local democracy", True),
        ("zero-hours contracts", True),
        ("Fund our schools", False),
        ("more parking", False),
        ("council tax too high", False),
        ("learn a trade", False),
    ],
)
def test_phrases_of_a_guide_name_a_theme_only_if_they_are_noun_phrases(text: str, is_one: bool) -> None:
    assert is_noun_phrase(Tagger([]).tag(text)) is is_one


@given(st.lists(st.sampled_from(["parks", "of", "the", "trees", "."]), max_size=8).map(" ".join))
def test_families_hold_every_phrase(text: str) -> None:
    tagged = Tagger([]).tag(text)
    assert {family(phrase) for phrase in noun_phrases(tagged)} <= families(tagged)


def test_the_list_of_function_words_has_the_commonest() -> None:
    assert {"the", "and", "of", "to", "is", "we", "it", "not"} <= FUNCTION_WORDS <= LABEL_STOP_WORDS
    assert {"parks", "housing", "police"} & LABEL_STOP_WORDS == set()
