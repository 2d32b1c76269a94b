"""How much of what a report shows a person checked and changed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.decided import PERSON
from analysis.decisions import Decisions, ResponseKey, codes_of
from analysis.learning import Lesson
from analysis.priorities import RESPONSE_KEY
from analysis.types import Reviewed, Status, Wave


def reviewed(
    tables: Mapping[str, pd.DataFrame], decisions: Decisions, lesson: Lesson, wave: Wave | None = None
) -> Reviewed:
    """Count over decided tables, of one wave or of all; themes are those in the table."""
    responses = tables["responses"]
    rows = responses[responses["status"] == Status.SUBSTANTIVE]
    rows = rows if wave is None else rows[rows["wave"] == wave]
    keys: set[ResponseKey] = set(zip(*(rows[column] for column in RESPONSE_KEY), strict=True))
    links = {key: codes for key, codes in decisions.codes("vision").items() if key in keys}
    changed = [k for k, codes in links.items() if set(codes) != set(codes_of(decisions.first_before(k, "vision")))]
    themes, quotes = tables["themes"], rows["quote"].value_counts()
    return Reviewed(
        themes=len(themes),
        themes_changed=int((themes["source"] == PERSON).sum()),
        responses=len(keys),
        links_checked=len(links),
        links_changed=len(changed),
        themes_of_responses_changed=len([key for key in decisions.codes("themes") if key in keys]),
        quotes_approved=int(quotes.get("approved", 0)),
        quotes_refused=int(quotes.get("refused", 0)),
        learned_from=lesson.learned_from,
        held_out=lesson.corrections if lesson.before is not None else 0,
        before=lesson.before,
        after=lesson.after,
    )
