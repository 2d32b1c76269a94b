"""Mark responses that are rich in evidence, with the reasons, so that analysts can read these first.

Explicit rules, since an analyst should see why: figures, examples (what happened to whom), sources, knowledge of the
place, and proposals that say how. Nothing is taken from an answer for having none of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analysis.codebook import SEPARATOR
from analysis.priorities import RESPONSE_KEY
from analysis.tables import rows_of
from analysis.types import SafeText, Status

Evidence = Literal["figures", "examples", "sources", "local knowledge", "proposals"]
EVIDENCE: Final[tuple[Evidence, ...]] = ("figures", "examples", "sources", "local knowledge", "proposals")

_ALONE: Final[frozenset[Evidence]] = frozenset(EVIDENCE) - {"local knowledge"}  # enough without a second kind
_SENTENCE = re.compile(r"(?<=[.!?;\n])\s+")
_PLACEHOLDER = re.compile(r"\[[A-Z_]+(?: \d+)?\]")


class EvidenceSettings(BaseModel):
    """When a response is marked; see defaults.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_words: int = Field(ge=1)
    min_proposal_words: int = Field(ge=1)


def evidence_in(text: SafeText, settings: EvidenceSettings) -> tuple[Evidence, ...]:
    """Return why a response is rich in evidence, or nothing if it is not.

    One kind suffices, except knowledge of the place: to name a street alone is no evidence.
    """
    plain = _PLACEHOLDER.sub(" ", text)  # what was redacted is no evidence
    if len(plain.split()) < settings.min_words:
        return ()
    found: dict[Evidence, bool] = {
        "figures": _found("figures", plain),
        "examples": _found("examples", plain),
        "sources": _found("sources", plain) or _pattern("cased", "sources").search(plain) is not None,
        "local knowledge": _found("places", plain) or _pattern("cased", "places").search(plain) is not None,
        "proposals": _proposes(plain, settings),
    }
    kinds = tuple(kind for kind in EVIDENCE if found[kind])
    return kinds if len(kinds) > 1 or _ALONE & set(kinds) else ()


def mark_evidence(responses: pd.DataFrame, settings: EvidenceSettings) -> pd.DataFrame:
    """Return the keys of the substantive responses that are rich in evidence, with `evidence`: the kinds, joined."""
    substantive = responses[responses["status"] == Status.SUBSTANTIVE]
    rows = [
        (row.wave, row.response_id, row.question_id, SEPARATOR.join(kinds))
        for row in rows_of(substantive)
        if (kinds := evidence_in(SafeText(row.text), settings))
    ]
    return pd.DataFrame(rows, columns=[*RESPONSE_KEY, "evidence"]).astype("str")


def with_evidence(responses: pd.DataFrame, marked: pd.DataFrame) -> pd.DataFrame:
    """Return the responses with their `evidence` ('' for none); in each wave those with most kinds come first."""
    joined = responses.merge(marked, on=RESPONSE_KEY, how="left", validate="many_to_one")
    evidence = joined["evidence"].fillna("").astype("str")
    places = joined["wave"].map({wave: place for place, wave in enumerate(dict.fromkeys(joined["wave"]))})
    order = joined.assign(evidence=evidence, _wave=places, _kinds=kinds_in(evidence))
    first = order.sort_values(["_wave", "_kinds"], ascending=[True, False], kind="stable", ignore_index=True)
    return first.drop(columns=["_wave", "_kinds"])


def kinds_in(evidence: pd.Series[str]) -> pd.Series[int]:
    """How many kinds of evidence each cell names."""
    return evidence.str.count(SEPARATOR) + (evidence != "")


def _proposes(text: str, settings: EvidenceSettings) -> bool:
    """Tell whether some sentence proposes something and says how, for whom or why."""
    sentences: Sequence[str] = _SENTENCE.split(text)
    return any(
        len(sentence.split()) >= settings.min_proposal_words
        and _found("proposals", sentence)
        and _found("ways", sentence)
        for sentence in sentences
    )


def _found(kind: str, text: str) -> bool:
    return _pattern("kinds", kind).search(text) is not None


@cache
def _pattern(group: str, kind: str) -> re.Pattern[str]:
    text = resources.files("analysis").joinpath("evidence_cues.toml").read_text(encoding="utf-8")
    return re.compile("|".join(tomllib.loads(text)[group][kind]), re.IGNORECASE if group == "kinds" else 0)
