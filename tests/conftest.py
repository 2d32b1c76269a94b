"""Fixtures that several tests share: the default settings, an encoder without a model, consultations on disk."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings as hypothesis_settings

from analysis.consultation import Consultation, load_consultation
from analysis.embed import Vectors
from analysis.settings import Settings, load_settings
from analysis.space import unit_rows
from analysis.tables import checked
from analysis.types import Status

DIMENSIONS = 64

hypothesis_settings.register_profile("any machine", deadline=None)  # timings are never tests
hypothesis_settings.load_profile("any machine")

CONSULTATION = """
[consultation]
id = "better-borough"
title = "Better Borough"
[columns]
response_id = "ID"
respondent_id = "Who"
[[questions]]
id = "likes"
column = "What do you like?"
text = "What do you like?"
stance = "like"
[[questions]]
id = "hopes"
column = "What do you hope for?"
text = "What do you hope for?"
stance = "hope"
[[demographics]]
id = "ward"
column = "Ward"
"""


class FakeEncoder:
    """A bag of words: each word has a fixed random direction, so that texts that share words are near."""

    fingerprint = "fake-1"
    centre = None  # it reads as it embeds

    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        self.seen += texts
        if on_progress:
            on_progress(len(texts))
        return unit_rows(np.array([self._direction(text) for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS))

    def _direction(self, text: str) -> Vectors:
        words = re.findall(r"[^\W_]+", text.casefold()) or ["nothing"]
        return np.sum([word_direction(word) for word in words], axis=0)


class TunedFakeEncoder(FakeEncoder):
    """Other vectors of the same texts, as the tuned model gives them."""

    fingerprint = "fake-tuned"

    def _direction(self, text: str) -> Vectors:
        return super()._direction(text) + word_direction("tuned")


def encoder_of_run(_: object, changes: Path | None) -> FakeEncoder:
    """In place of the encoder of a run, plain or tuned."""
    return TunedFakeEncoder() if changes else FakeEncoder()


def word_direction(word: str) -> Vectors:
    direction = np.random.default_rng(zlib.crc32(word.encode())).normal(size=DIMENSIONS)
    return np.asarray(direction / np.linalg.norm(direction), dtype=np.float32)


ConsultationFolder = Callable[..., Consultation]


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings()


@pytest.fixture
def fake_encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def consultation_folder(tmp_path: Path) -> ConsultationFolder:
    """Write consultation.toml and one export per wave; `waves` maps "wave/name.csv" to rows."""

    def make(waves: Mapping[str, Sequence[Mapping[str, str]]], toml: str = CONSULTATION) -> Consultation:
        folder = tmp_path / "better-borough"
        folder.mkdir()
        (folder / "consultation.toml").write_text(toml, encoding="utf-8")
        for name, rows in waves.items():
            write_export(folder / name, rows)
        return load_consultation(folder)

    return make


def write_export(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def responses_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The contract's `responses` from what matters to a test; all else is plain."""
    plain = {
        "wave": "w1",
        "question_id": "hopes",
        "text": "More trees in every street, please.",
        "status": str(Status.SUBSTANTIVE),
        "duplicate_of": "",
        "language": "en",
        "source": "online.csv",
        "row": 2,
        "redactions": 0,
        "marks": "",
        "campaign": False,
        "campaign_id": "",
        "reason": "",
    }
    full = [{**plain, "respondent": f"p-{row['response_id']}", **row} for row in rows]
    return checked("responses", pd.DataFrame(full))
