"""Which themes a text is linked to by its scores, and what is kept of a fitted linker."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from test_vision import WORDS, sentences, small_framework

from analysis import linker as linking
from analysis.embed import SHIPPED_SHA256, Vectors, VectorStore
from analysis.linker import BestSets, VisionLinker, examples_as_read, fit_linker, keep_linker, ready_linker
from analysis.settings import Settings
from analysis.vision import Framework, load_framework, shipped_frameworks, shipped_vectors

# --- the best set -----------------------------------------------------------------------------------------------------


def expected_f1(chosen: Sequence[bool], chances: Sequence[float], sizes: Sequence[float]) -> float:
    """By its definition: over all sets that a coder might choose."""
    total = weight = 0.0
    for truth in itertools.product([False, True], repeat=len(chances)):
        likely = np.prod([p if hit else 1 - p for p, hit in zip(chances, truth, strict=True)])
        likely *= sizes[min(sum(truth), len(sizes) - 1)]
        both = sum(a and b for a, b in zip(chosen, truth, strict=True))
        f1 = 2 * both / (sum(chosen) + sum(truth)) if any(chosen) or any(truth) else 1.0
        total, weight = total + likely * f1, weight + likely
    return float(total / weight)


CHANCES = npst.arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(2, 5)), elements=st.floats(0.01, 0.99))


@given(CHANCES, st.lists(st.floats(0.1, 3), min_size=1, max_size=4))
def test_no_set_agrees_better_with_a_coder_than_the_best(chances: np.ndarray, sizes: list[float]) -> None:  # type: ignore[type-arg]
    rule = BestSets(tuple(sizes))
    links, margins = rule.links(chances), rule.margins(chances)
    for row, linked, margin in zip(chances, links, margins, strict=True):
        sets = list(itertools.product([False, True], repeat=len(row)))
        every = {each: expected_f1(each, row, sizes) for each in sets}
        assert every[tuple(linked.tolist())] == pytest.approx(max(every.values()))
        by_size = sorted(max(f1 for each, f1 in every.items() if sum(each) == n) for n in range(len(row) + 1))
        assert margin == pytest.approx(by_size[-1] - by_size[-2])


def test_a_clear_theme_is_linked_and_an_unclear_text_is_not() -> None:
    rule = BestSets()
    assert rule.links(np.array([[0.9, 0.1, 0.1], [0.9, 0.8, 0.1], [0.1, 0.1, 0.1], [0.4, 0.4, 0.4]])).tolist() == [
        [True, False, False],
        [True, True, False],
        [False, False, False],
        [True, True, True],
    ]
    assert rule.links(np.zeros((0, 3))).shape == (0, 3)
    assert rule.margins(np.zeros((0, 3))).shape == (0,)
    unsure = np.array([[0.3, 0.0]])
    assert rule.links(unsure).tolist() == [[False, False]]
    assert BestSets((0.1, 1.0)).links(unsure).tolist() == [[True, False]]


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


def shipped_encode(framework: Framework) -> tuple[list[str], Vectors]:
    store = VectorStore(Path("none.npz"), SHIPPED_SHA256)
    store.adopt(shipped_vectors(framework))
    texts = [example.text for example in examples_as_read(framework)]
    return texts, store.of(texts)


@pytest.mark.parametrize("name", shipped_frameworks())
def test_the_shipped_linker_is_of_the_shipped_framework(
    name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every run fits it anew: run training/frameworks/fit.py after a change."""
    monkeypatch.setattr(linking, "_fit", never)
    framework = load_framework(name)
    texts, vectors = shipped_encode(framework)
    linker = ready_linker(framework, lambda _: vectors, SHIPPED_SHA256, settings.vision)
    links = linker.rule.links(linker.score(vectors[::40], texts[::40]))
    truth = np.array([[c in e.themes for c in linker.codes] for e in examples_as_read(framework)[::40]])
    assert (links == truth).mean() > 0.95, "what it was fitted on"


@pytest.mark.parametrize("name", ["corporate_plan", pytest.param("borough_manifesto", marks=pytest.mark.slow)])
def test_the_shipped_linker_is_what_fitting_gives(name: str, settings: Settings) -> None:
    framework = load_framework(name)
    texts, vectors = shipped_encode(framework)
    shipped = ready_linker(framework, lambda _: vectors, SHIPPED_SHA256, settings.vision)
    fresh = fit_linker(framework, lambda _: vectors, settings.vision)
    turned = np.roll(vectors[::9], 1, axis=0)  # of other texts, so that not all is as in the examples
    np.testing.assert_allclose(shipped.score(turned, texts[::9]), fresh.score(turned, texts[::9]), atol=5e-3)
    np.testing.assert_allclose(shipped.rule.sizes, fresh.rule.sizes, atol=1e-2)  # type: ignore[attr-defined]
