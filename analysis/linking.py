"""Link texts to a vision on their own, outside a consultation: redacted, cut into segments, embedded, scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.anonymise import Anonymiser
from analysis.clean import clean_text
from analysis.embed import SentenceEncoder, Vectors
from analysis.segment import segment
from analysis.settings import Settings
from analysis.types import RawText, SafeText, VisionCode
from analysis.vision import Framework, Scores, fit_linker, response_scores


@dataclass(frozen=True, slots=True)
class LinkedTexts:
    """The texts without personal data, the themes of each, and the scores, shape (texts, themes)."""

    texts: tuple[SafeText, ...]
    codes: tuple[frozenset[VisionCode], ...]
    scores: Scores


def link_texts(
    raw: Sequence[RawText],
    framework: Framework,
    settings: Settings,
    encode: Callable[[Sequence[str]], Vectors] | None = None,
) -> LinkedTexts:
    """Redact and link each text as a run does; `encode` is by default the encoder of the settings."""
    encode = encode or SentenceEncoder(settings.embed).encode
    linker = fit_linker(framework, encode, settings.vision)
    safe = tuple(r.text for r in Anonymiser(settings.anonymise).redact_many(clean_text(text) for text in raw))
    parts = [(i, part.text) for i, text in enumerate(safe) for part in segment(text, settings.segment)]
    owner = np.array([i for i, _ in parts], dtype=np.int64)
    segments = linker.score(encode([part for _, part in parts])) if parts else np.zeros((0, len(linker.codes)))
    scores = response_scores(linker.score(encode(safe)), segments, owner)
    codes = (
        frozenset(code for code, score in zip(linker.codes, row, strict=True) if score >= linker.threshold)
        for row in scores
    )
    return LinkedTexts(safe, tuple(codes), scores)
