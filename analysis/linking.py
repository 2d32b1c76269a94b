"""Link texts to a vision on their own, outside a consultation: redacted, cut into segments, embedded, scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.anonymise import Anonymiser
from analysis.clean import clean_text
from analysis.embed import CODER_CHANGES, Embedder, EmbedSettings, Encode, LinkEmbedder, SentenceEncoder
from analysis.linker import VisionLinker, fit_linker, ready_linker
from analysis.places import names_read_plainly, plainly
from analysis.segment import segment
from analysis.settings import Settings
from analysis.steady import in_one_thread
from analysis.types import RawText, SafeText, VisionCode
from analysis.vision import Framework, Scores, response_scores, shipped_tuned_vectors, shipped_vectors


@dataclass(frozen=True, slots=True)
class LinkedTexts:
    """The texts without personal data, the themes of each, and the scores, shape (texts, themes)."""

    texts: tuple[SafeText, ...]
    codes: tuple[frozenset[VisionCode], ...]
    scores: Scores


def link_texts(
    raw: Sequence[RawText], framework: Framework, settings: Settings, encode: Encode | None = None
) -> LinkedTexts:
    """Redact and link each text as a run does; `encode` is by default what a run embeds with."""
    if encode is None:
        embedder = link_embedder(framework, settings.embed)
        encode = embedder.encode
        linker = ready_linker(framework, encode, embedder.fingerprint, settings.vision)
    else:
        linker = fit_linker(framework, encode, settings.vision)
    safe = tuple(r.text for r in Anonymiser(settings.anonymise).redact_many(clean_text(text) for text in raw))
    scores = score_responses(safe, framework, settings, linker, encode)
    codes = (
        frozenset(code for code, hit in zip(linker.codes, row, strict=True) if hit) for row in linker.rule.links(scores)
    )
    return LinkedTexts(safe, tuple(codes), scores)


@in_one_thread
def score_responses(
    safe: Sequence[SafeText],
    framework: Framework,
    settings: Settings,
    linker: VisionLinker,
    encode: Encode,
) -> Scores:
    """Score redacted texts, each by itself and by its segments, read as a run reads them; shape (texts, themes)."""
    names = names_read_plainly(framework.framework.places, safe)
    wholes = [plainly(text, names) for text in safe]
    parts = [(i, plainly(part.text, names)) for i, text in enumerate(safe) for part in segment(text, settings.segment)]
    owner = np.array([i for i, _ in parts], dtype=np.int64)
    segments = linker.score(encode([part for _, part in parts]), [part for _, part in parts])
    return response_scores(linker.score(encode(wholes), wholes), segments, owner)


def link_embedder(framework: Framework, settings: EmbedSettings, kept: Path | None = None) -> LinkEmbedder:
    """What embeds texts for links; it need not embed the examples of a shipped framework.

    Vectors are in memory, or in files of the folder `kept` once it is told to keep them.
    """
    plain, tuned = SentenceEncoder(settings), SentenceEncoder(settings, CODER_CHANGES)
    return LinkEmbedder(
        Embedder.of(plain, kept and kept / "plain.npz", [shipped_vectors(framework)]),
        Embedder.of(tuned, kept and kept / "tuned.npz", [shipped_tuned_vectors(framework)]),
    )
