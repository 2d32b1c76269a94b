"""Linking texts outside a consultation: as a run links them."""

from conftest import FakeEncoder
from test_vision import WORDS, sentences, small_framework

from analysis.linking import link_texts
from analysis.settings import Settings
from analysis.types import RawText
from analysis.vision import Framework


def test_texts_are_linked_and_the_name_of_their_place_is_no_topic(settings: Settings) -> None:
    """The town is called Boulder Summit: a hill to who does not know it."""
    framework, encoder = Framework.model_validate(small_framework()), FakeEncoder()
    home = [f"{text} in Boulder Summit" for text in sentences(WORDS["FARM"], 9, 61)]
    texts = [*home, *sentences(WORDS["SEA"], 8, 62)]
    found = link_texts([RawText(text) for text in texts], framework, settings, encoder.encode)
    assert found.texts[0] == home[0], "what is said stays as it was"
    assert sum(codes == {"FARM"} for codes in found.codes[:9]) >= 7
    assert sum(codes == {"SEA"} for codes in found.codes[9:]) >= 7
    assert not any("Boulder Summit" in text for text in encoder.seen)
    assert found.scores.shape == (17, 3)
    alone = link_texts([RawText(text) for text in home[:2]], framework, settings, encoder.encode)
    assert (alone.scores[:, 1] > found.scores[:2, 1]).all(), "two texts do not show the place"
