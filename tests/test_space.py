"""The space of segments: the same table gives the same axes, to the byte, wherever in memory, in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from conftest import FakeEncoder
from voices import answers

from analysis import space
from analysis.embed import content_hash
from analysis.space import Space
from analysis.themes import Corpus


def voices() -> Corpus:
    """Answers built alike, so that several singular values of their words are equal."""
    texts = [row["What do you like?"] or row["What do you hope for?"] for row in answers()]
    known = {content_hash(text): text for text in texts}
    segments = [(text, text, f"p{i}") for i, text in enumerate(texts)]
    return Corpus.of(segments, lambda hashes: FakeEncoder().encode([known[each] for each in hashes]))


def digest() -> str:
    """All of a space, for comparing processes."""
    made = Space.of(voices(), 42)
    return content_hash(repr((made.words, made.names, made.origin.tobytes(), made.axes.tobytes())))


def test_thirty_spaces_of_the_same_answers_are_one() -> None:
    """With ARPACK of scipy 1.17 about half of these differ: its vectors lie elsewhere in memory each time."""
    corpus, made = voices(), set()
    for size in range(30):
        elsewhere = bytearray(37 * size + 1)  # so that what follows is allocated at other places
        made.add(Space.of(corpus, 42).axes.tobytes())
        del elsewhere
    assert len(made) == 1


def test_processes_with_other_hashes_and_threads_give_the_same_space() -> None:
    def told(seed: str, threads: str) -> str:
        env = {**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), env.get("PYTHONPATH", "")])
        code = "import test_space; print(test_space.digest())"
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert {told("1", "1"), told("7", "2")} == {digest()}


@pytest.mark.parametrize("shape", [(60, 40), (40, 60)])
@pytest.mark.parametrize("dense", [True, False])
def test_axes_are_the_leading_singular_vectors(
    shape: tuple[int, int], dense: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = sp.random(*shape, density=0.2, random_state=np.random.default_rng(3), format="csr")
    monkeypatch.setattr(space, "_MOST_DENSE", 1000 if dense else 1)
    axes = space._leading(table, 6, 42)
    exact = np.linalg.svd(table.toarray())[2][:6]
    np.testing.assert_allclose(np.abs(np.sum(axes * exact, axis=1)), 1, atol=1e-6)
    assert (axes[np.arange(6), np.abs(axes).argmax(axis=1)] > 0).all()


def test_axes_on_which_nothing_lies_are_left_out() -> None:
    table = sp.csr_matrix(np.repeat(np.eye(3), 20, axis=0))
    assert space._leading(table, 3, 42).shape == (3, 3)
    assert space._leading(sp.csr_matrix(np.ones((50, 9))), 5, 42).shape == (1, 9)
