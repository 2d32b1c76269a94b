"""Load and redact, one step: raw text comes in from the exports and only anonymised text goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd

from analysis.anonymise.corrections import Corrections
from analysis.campaigns import link_duplicates
from analysis.clean import clean_text, language_of, status_of
from analysis.consultation import Consultation
from analysis.embed import content_hash
from analysis.ingest import load_wave
from analysis.settings import Settings
from analysis.tables import checked, empty_table, pieces_by_type, rows_of
from analysis.types import (
    CONFIDENCES,
    PiiSpan,
    RawResponse,
    RawText,
    Redaction,
    RejectedRow,
    SafeText,
    Status,
    Wave,
)


class Redactor(Protocol):
    """Anything that takes personal data out of texts."""

    def redact_many(self, texts: Iterable[RawText]) -> Iterator[Redaction]:
        """Yield one redaction per text, in order."""
        ...


class SecondLine(Protocol):
    """Anything that tells which redacted texts a person should look at."""

    def marks(self, texts: Sequence[SafeText], respondents: Sequence[str]) -> list[tuple[str, ...]]:
        """For each text what it is marked for."""
        ...


@dataclass(frozen=True, slots=True)
class Defence:
    """What stands between raw text and the rest: the machine, a person's corrections, and a second look."""

    redactor: Redactor
    corrections: Corrections = field(default_factory=Corrections)
    second_line: SecondLine | None = None


@dataclass(frozen=True, slots=True)
class SafeWave:
    """A wave after loading and redacting.

    `responses` and `removed` are the contract's tables `responses` and `redactions`; `rows_read` and `rejected`
    (reason to rows) count rows of the exports.
    """

    responses: pd.DataFrame
    removed: pd.DataFrame
    rows_read: Mapping[str, int]
    rejected: Mapping[str, int]
    warnings: tuple[str, ...]

    @property
    def redactions(self) -> dict[str, int]:
        """Pieces of personal data replaced, by type."""
        return pieces_by_type(self.removed)


def load_and_redact(
    consultation: Consultation,
    wave: Wave,
    files: Sequence[Path],
    settings: Settings,
    defence: Defence,
    on_progress: Callable[[int], None] | None = None,
) -> SafeWave:
    """Read a wave's exports and return its responses without personal data, every row accounted for."""
    loaded = load_wave(consultation, wave, tuple(files), settings.ingest)
    responses, removed = _redacted(loaded.responses, wave, settings, defence, on_progress)
    return SafeWave(
        responses=checked("responses", pd.concat([responses, _rejected(loaded.rejected, wave)], ignore_index=True)),
        removed=removed,
        rows_read=loaded.rows_read,
        rejected=dict(sorted(Counter(row.reason for row in loaded.rejected).items())),
        warnings=(*loaded.warnings, *defence.corrections.warnings(wave)),
    )


def unaccounted_rows(loaded_rows: int, responses: pd.DataFrame) -> int:
    """Return how many rows read are neither an accepted nor a rejected row of `responses`: always 0, or a fault."""
    return loaded_rows - responses[["source", "row"]].drop_duplicates().shape[0]


def _redacted(
    raw: Sequence[RawResponse],
    wave: Wave,
    settings: Settings,
    defence: Defence,
    on_progress: Callable[[int], None] | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The responses without personal data, and the table of what was replaced."""
    texts: list[SafeText] = []
    spans: list[tuple[PiiSpan, ...]] = []
    for redaction in _redactions(raw, wave, defence):
        texts.append(redaction.text)
        spans.append(redaction.spans)
        if on_progress:
            on_progress(1)
    frame = _described(_frame(raw, texts, [len(found) for found in spans], wave, defence.redactor), settings)
    return frame.assign(marks=_marks(raw, texts, wave, defence)), _removed(raw, spans, wave)


def _redactions(raw: Sequence[RawResponse], wave: Wave, defence: Defence) -> Iterator[Redaction]:
    """What the machine found, corrected by hand."""
    cleaned = [clean_text(response.text) for response in raw]
    found = defence.redactor.redact_many(cleaned)
    for response, text, redaction in zip(raw, cleaned, found, strict=True):
        key = (wave, response.response_id, response.question_id)
        yield defence.corrections.apply(*key, text, redaction)


def _marks(raw: Sequence[RawResponse], texts: Sequence[SafeText], wave: Wave, defence: Defence) -> list[str]:
    """What each response should be looked at for, joined by spaces; nothing where a person has looked."""
    if defence.second_line is None:
        return [""] * len(raw)
    marked = defence.second_line.marks(texts, [response.respondent_id for response in raw])
    return [
        "" if found and defence.corrections.cleared(wave, r.response_id, r.question_id, text) else " ".join(found)
        for r, text, found in zip(raw, texts, marked, strict=True)
    ]


def _removed(raw: Sequence[RawResponse], spans: Sequence[tuple[PiiSpan, ...]], wave: Wave) -> pd.DataFrame:
    """Pieces replaced, and responses they stood in, by question, type and confidence."""
    rows = [
        (wave, response.question_id, span.label, confidence_of(span), i)
        for i, (response, found) in enumerate(zip(raw, spans, strict=True))
        for span in found
    ]
    if not rows:
        return empty_table("redactions")
    by = ["wave", "question_id", "label", "confidence"]
    counted = pd.DataFrame(rows, columns=[*by, "response"]).groupby(by)["response"].agg(["size", "nunique"])
    return checked("redactions", counted.set_axis(["pieces", "responses"], axis=1).reset_index())


def confidence_of(span: PiiSpan) -> str:
    """One of `CONFIDENCES`."""
    if span.by_hand:
        return CONFIDENCES[3]
    return CONFIDENCES[0] if span.score >= 0.9 else CONFIDENCES[1] if span.score >= 0.6 else CONFIDENCES[2]


def _frame(
    raw: Sequence[RawResponse], texts: Sequence[SafeText], counts: Sequence[int], wave: Wave, redactor: Redactor
) -> pd.DataFrame:
    if not raw:
        return empty_table("responses")
    frame = pd.DataFrame(
        {
            "wave": wave,
            "response_id": [response.response_id for response in raw],
            "question_id": [response.question_id for response in raw],
            "text": texts,
            "respondent": [response.respondent_id for response in raw],
            "source": [response.source for response in raw],
            "row": [response.row for response in raw],
            "redactions": counts,
            "reason": "",
        }
    )
    return pd.concat([frame, _demographics(raw, redactor)], axis=1)


def _demographics(raw: Sequence[RawResponse], redactor: Redactor) -> pd.DataFrame:
    """Demographics as volunteered; 'Other: ...' boxes hold names too, so each distinct value is redacted."""
    values = sorted({value for response in raw for value in response.demographics.values()})
    redacted = (r.text for r in redactor.redact_many(clean_text(RawText(value)) for value in values))
    safe = dict(zip(values, redacted, strict=True))
    names = sorted({name for response in raw for name in response.demographics})
    return pd.DataFrame(
        {f"demographic_{name}": [safe.get(r.demographics.get(name, ""), "") for r in raw] for name in names}
    )


def _described(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Add status, language and links between equal letters."""
    texts = [SafeText(text) for text in frame["text"]]
    keys = [f"{row.response_id}\x1f{row.question_id}" for row in rows_of(frame)]
    links = link_duplicates(keys, texts, settings.clean)
    heads = pd.Series([links.get(key, key) for key in keys], index=frame.index, dtype=str)
    senders = frame["respondent"].groupby(heads).transform("nunique") if len(frame) else 0
    letter = heads.isin(set(links.values())) & (senders >= settings.clean.min_campaign_size)
    return frame.assign(
        status=[str(status_of(text)) for text in texts],
        language=[language_of(text, settings.clean) for text in texts],
        duplicate_of=[links.get(key, "").split("\x1f")[0] for key in keys],
        campaign=letter,
        campaign_id=[content_hash(head)[:12] if sent else "" for head, sent in zip(heads, letter, strict=True)],
    )


def _rejected(rows: Sequence[RejectedRow], wave: Wave) -> pd.DataFrame:
    if not rows:
        return empty_table("responses")
    return pd.DataFrame(
        {
            "wave": wave,
            "response_id": [row.response_id for row in rows],
            "question_id": "",
            "text": "",
            "status": str(Status.REJECTED),
            "duplicate_of": "",
            "language": "",
            "respondent": "",
            "source": [row.source for row in rows],
            "row": [row.row for row in rows],
            "redactions": 0,
            "marks": "",
            "campaign": False,
            "campaign_id": "",
            "reason": [row.reason for row in rows],
        }
    )
