"""Load and redact, one step: raw text comes in from the exports and only anonymised text goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from analysis.campaigns import link_duplicates
from analysis.clean import clean_text, language_of, status_of
from analysis.consultation import Consultation
from analysis.embed import content_hash
from analysis.ingest import load_wave
from analysis.settings import Settings
from analysis.tables import checked, empty_table, rows_of
from analysis.types import RawResponse, RawText, Redaction, RejectedRow, SafeText, Status, Wave


class Redactor(Protocol):
    """Anything that takes personal data out of texts."""

    def redact_many(self, texts: Iterable[RawText]) -> Iterator[Redaction]:
        """Yield one redaction per text, in order."""
        ...


@dataclass(frozen=True, slots=True)
class SafeWave:
    """A wave after loading and redacting.

    `responses` is the contract's table; `redactions` counts replaced personal data by type; `rows_read` and
    `rejected` (reason to rows) count rows of the exports.
    """

    responses: pd.DataFrame
    redactions: Mapping[str, int]
    rows_read: Mapping[str, int]
    rejected: Mapping[str, int]
    warnings: tuple[str, ...]


def load_and_redact(
    consultation: Consultation,
    wave: Wave,
    files: Sequence[Path],
    settings: Settings,
    redactor: Redactor,
    on_progress: Callable[[int], None] | None = None,
) -> SafeWave:
    """Read a wave's exports and return its responses without personal data, every row accounted for."""
    loaded = load_wave(consultation, wave, tuple(files), settings.ingest)
    responses, redactions = _redacted(loaded.responses, wave, settings, redactor, on_progress)
    return SafeWave(
        responses=checked("responses", pd.concat([responses, _rejected(loaded.rejected, wave)], ignore_index=True)),
        redactions=redactions,
        rows_read=loaded.rows_read,
        rejected=dict(sorted(Counter(row.reason for row in loaded.rejected).items())),
        warnings=loaded.warnings,
    )


def unaccounted_rows(loaded_rows: int, responses: pd.DataFrame) -> int:
    """Return how many rows read are neither an accepted nor a rejected row of `responses`: always 0, or a fault."""
    return loaded_rows - responses[["source", "row"]].drop_duplicates().shape[0]


def _redacted(
    raw: Sequence[RawResponse],
    wave: Wave,
    settings: Settings,
    redactor: Redactor,
    on_progress: Callable[[int], None] | None,
) -> tuple[pd.DataFrame, Mapping[str, int]]:
    texts: list[SafeText] = []
    removed: Counter[str] = Counter()
    marks: list[int] = []
    for redaction in redactor.redact_many(clean_text(response.text) for response in raw):
        texts.append(redaction.text)
        marks.append(len(redaction.spans))
        removed.update(span.label for span in redaction.spans)
        if on_progress:
            on_progress(1)
    frame = _frame(raw, texts, marks, wave, redactor)
    return _described(frame, settings), dict(sorted(removed.items()))


def _frame(
    raw: Sequence[RawResponse], texts: Sequence[SafeText], marks: Sequence[int], wave: Wave, redactor: Redactor
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
            "redactions": marks,
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
            "campaign": False,
            "campaign_id": "",
            "reason": [row.reason for row in rows],
        }
    )
