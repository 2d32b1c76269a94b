"""Answers with planted topics for tests of the whole path: 4 topics, each said in many ways."""

from __future__ import annotations

from itertools import product

TOPICS = {
    "bins": [
        "The bins overflow with rubbish {}", "rubbish bins are never emptied {}", "Bin collection missed {}",
        "Fly tipping and rubbish {}", "overflowing rubbish bins attract rats {}",
    ],
    "doctor": [
        "Doctor appointments take weeks {}", "cannot see a doctor at the surgery {}",
        "The doctor surgery phone is engaged {}",
        "More doctor appointments please {}", "Waiting weeks for the surgery doctor {}",
    ],
    "bus": [
        "The bus is always late {}", "more bus routes please {}", "bus drivers drive past the bus stop {}",

        "The late bus never comes {}", "Buses and bus stops need shelters {}",
    ],
    "park": [
        "Lovely park with trees {}", "the park trees are beautiful {}", "I walk in the park every day {}",
        "Trees and flowers in the park {}", "Our park playground and trees {}",
    ],
}  # fmt: skip
ENDINGS = ("near us", "in my road", "this year", "on weekdays", "by the station", "for the old folks", "at night")


def answers() -> list[dict[str, str]]:
    """140 answers, each of another respondent: likes about parks, dislikes of the rest."""
    rows = []
    for topic, ways in TOPICS.items():
        for number, (way, ending) in enumerate(product(ways, ENDINGS)):
            text = way.format(ending)
            like = topic == "park"
            rows.append({
                "ID": f"{topic}-{number}", "Who": f"who-{topic}-{number}", "Ward": ("Heath", "Abbey")[number % 2],
                "What do you like?": text if like else "", "What do you hope for?": "" if like else text,
            })  # fmt: skip
    return rows
