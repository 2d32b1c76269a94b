"""The sheet of answers that are rich in evidence, to be read first; nothing in it is to be filled in."""

from __future__ import annotations

import pandas as pd

from analysis.retelling import evidence_of
from analysis.review_book import Column, Row, Sheet
from analysis.tables import rows_of
from analysis.types import Status

READ_FIRST, READ_COLUMNS = "Read first", ("wave", "response_id", "question_id", "evidence", "text")
_WIDTHS = {"evidence": 28, "text": 90}


def evidence_sheet(responses: pd.DataFrame) -> Sheet:
    """The sheet of the responses that hold figures, examples, sources, local knowledge or proposals."""
    evidence = evidence_of(responses)
    rich = responses[(evidence != "") & (responses["status"] == Status.SUBSTANTIVE)]
    rows = tuple(
        Row((r.wave, r.response_id, r.question_id), {}, (r.wave, r.response_id, r.question_id, r.evidence, r.text))
        for r in rows_of(rich)
    )
    about = "Answers that hold figures, examples, sources, local knowledge or proposals. Nothing is to be filled in."
    return Sheet(READ_FIRST, about, tuple(Column(name, _WIDTHS.get(name, 16)) for name in READ_COLUMNS), rows)
