"""Which themes a text is linked to by its scores, and what is kept of a fitted linker."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder
from test_vision import WORDS, sentences, small_framework

from analysis import linker as linking
from analysis.embed import Encode, SideBySide, Vectors, content_hash
from analysis.linker import Threshold, VisionLinker, examples_as_read, fit_linker, keep_linker, ready_linker
from analysis.linking import link_embedder
from analysis.settings import Settings
from analysis.vision import Framework, load_framework, shipped_frameworks

# --- the threshold ----------------------------------------------------------------------------------------------------


def test_a_text_is_linked_to_what_scores_enough_and_is_in_doubt_near_the_threshold() -> None:
    rule = Threshold(0.3)
    scores = np.array([[0.9, 0.1, 0.1], [0.9, 0.35, 0.1], [0.1, 0.1, 0.1], [0.3, 0.4, 0.0]])
    assert rule.links(scores).tolist() == [
        [True, False, False],
        [True, True, False],
        [False, False, False],
        [True, True, False],
    ]
    np.testing.assert_allclose(rule.margins(scores), [0.2, 0.05, 0.2, 0.0], atol=1e-9)
    assert rule.links(np.zeros((0, 3))).shape == (0, 3)
    assert rule.margins(np.zeros((0, 3))).shape == (0,)


def test_the_threshold_is_where_links_agree_best_with_the_codes_of_every_manner() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random((400, 3)) < 0.4
    scores = np.where(truth, rng.uniform(0.45, 1, truth.shape), rng.uniform(0, 0.35, truth.shape))
    manners = np.array(["town", "tale"] * 200)
    assert 0.35 <= float(linking._best_threshold(scores, truth, manners)) <= 0.45
    shifted = np.where((manners == "tale")[:, None], scores * 0.5, scores)
    assert 0.2 <= float(linking._best_threshold(shifted, truth, manners)) <= 0.35


# --- what is kept -----------------------------------------------------------------------------------------------------

TEXTS = [text for number, words in enumerate(WORDS.values()) for text in sentences(words, 5, 50 + number)]


def scores_of(linker: VisionLinker) -> np.ndarray:  # type: ignore[type-arg]
    return linker.score(FakeEncoder().encode(TEXTS), TEXTS)


def never(*_: object) -> object:
    raise AssertionError("fitted anew")


def test_what_is_kept_is_the_linker_and_is_not_fitted_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    framework, kept = Framework.model_validate(small_framework()), tmp_path / "kept.npz"
    encode = FakeEncoder().encode
    keep_linker(framework, encode, "fake-1", settings.vision, kept)
    fresh = fit_linker(framework, encode, settings.vision)
    first = kept.read_bytes()
    keep_linker(framework, encode, "fake-1", settings.vision, kept)
    assert kept.read_bytes() == first
    monkeypatch.setattr(linking, "_fit", never)
    ready = ready_linker(framework, encode, "fake-1", settings.vision, kept)
    np.testing.assert_array_equal(scores_of(ready), scores_of(fresh))
    np.testing.assert_array_equal(ready.score(encode(TEXTS)), fresh.score(encode(TEXTS)))
    assert ready.rule == fresh.rule


def test_what_was_kept_of_something_else_is_fitted_anew(settings: Settings, tmp_path: Path) -> None:
    raw, kept, encode = small_framework(), tmp_path / "kept.npz", FakeEncoder().encode
    keep_linker(Framework.model_validate(raw), encode, "fake-1", settings.vision, kept)
    changed = Framework.model_validate({**raw, "outside": [{"text": text} for text in sentences(WORDS["FARM"], 30, 3)]})
    placed = Framework.model_validate({**raw, "framework": {"id": "coast", "title": "C", "places": ["Summit"]}})
    other = settings.vision.model_copy(update={"neighbours": 1})
    for framework, encoder, fitted_by in (
        (changed, "fake-1", settings.vision),
        (placed, "fake-1", settings.vision),
        (changed, "fake-2", settings.vision),
        (changed, "fake-1", other),
    ):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(AssertionError, match="fitted anew"):
            patch.setattr(linking, "_fit", never)
            ready_linker(framework, encode, encoder, fitted_by, kept)
        found = scores_of(ready_linker(framework, encode, encoder, fitted_by, kept))
        np.testing.assert_array_equal(found, scores_of(fit_linker(framework, encode, fitted_by)))
    assert not (tmp_path / "absent.npz").exists()
    ready_linker(changed, encode, "fake-1", settings.vision, tmp_path / "absent.npz")


# --- two readings side by side ----------------------------------------------------------------------------------------


def blurred(texts: Sequence[str]) -> Vectors:
    """A reading that hears a third of each text alone."""
    return FakeEncoder().encode([" ".join(text.split()[::3]) for text in texts])


def test_a_second_reading_adds_to_links_and_not_to_scores_by_meaning_alone(settings: Settings, tmp_path: Path) -> None:
    framework, sharp = Framework.model_validate(small_framework()), FakeEncoder().encode
    alone, both = (fit_linker(framework, encode, settings.vision) for encode in (blurred, SideBySide(blurred, sharp)))
    truth = np.array([[code == theme for code in alone.codes] for theme in WORDS for _ in range(5)])
    found = {
        "alone": alone.score(blurred(TEXTS), TEXTS),
        "both": both.score(SideBySide(blurred, sharp)(TEXTS), TEXTS),
    }
    losses = {name: -np.log(np.where(truth, scores, 1 - scores)).mean() for name, scores in found.items()}
    assert losses["both"] < losses["alone"]
    np.testing.assert_array_equal(both.score(blurred(TEXTS)), alone.score(blurred(TEXTS)))

    keep_linker(framework, SideBySide(blurred, sharp), "two", settings.vision, tmp_path / "kept.npz")
    kept = ready_linker(framework, SideBySide(blurred, sharp), "two", settings.vision, tmp_path / "kept.npz")
    np.testing.assert_array_equal(kept.score(SideBySide(blurred, sharp)(TEXTS), TEXTS), found["both"])


def test_scores_do_not_depend_on_how_many_texts_are_scored_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    linker = fit_linker(Framework.model_validate(small_framework()), FakeEncoder().encode, settings.vision)
    whole = scores_of(linker)
    monkeypatch.setattr(linking, "_CHUNK", 7)
    np.testing.assert_allclose(scores_of(linker), whole, atol=1e-6)


# --- what is shipped --------------------------------------------------------------------------------------------------


def shipped_encode(framework: Framework, settings: Settings) -> tuple[list[str], Vectors, Encode, str]:
    """The examples, their vectors, what gives these, and its fingerprint; no example has to be embedded."""
    words = link_embedder(framework, settings.embed)
    texts = [example.text for example in examples_as_read(framework)]
    vectors = words.vectors_of([content_hash(text) for text in texts])
    return texts, vectors, words.encode, words.fingerprint


@pytest.mark.parametrize("name", shipped_frameworks())
def test_the_shipped_linker_is_of_the_shipped_framework(
    name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every run fits it anew: run training/frameworks/fit.py after a change."""
    monkeypatch.setattr(linking, "_fit", never)
    framework = load_framework(name)
    texts, vectors, encode, encoder = shipped_encode(framework, settings)
    linker = ready_linker(framework, encode, encoder, settings.vision)
    links = linker.rule.links(linker.score(vectors[::40], texts[::40]))
    truth = np.array([[c in e.themes for c in linker.codes] for e in examples_as_read(framework)[::40]])
    assert (links == truth).mean() > 0.95, "what it was fitted on"


@pytest.mark.parametrize("name", ["corporate_plan", pytest.param("borough_manifesto", marks=pytest.mark.slow)])
def test_the_shipped_linker_is_what_fitting_gives(name: str, settings: Settings) -> None:
    framework = load_framework(name)
    texts, vectors, encode, encoder = shipped_encode(framework, settings)
    shipped = ready_linker(framework, encode, encoder, settings.vision)
    fresh = fit_linker(framework, encode, settings.vision)
    turned = np.roll(vectors[::9], 1, axis=0)  # of other texts, so that not all is as in the examples
    np.testing.assert_allclose(shipped.score(turned, texts[::9]), fresh.score(turned, texts[::9]), atol=5e-3)
    assert shipped.rule == fresh.rule
