"""Gaps through the whole path: a planted topic that a council's framework does not name, and people's decisions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest
from conftest import CONSULTATION, FakeEncoder
from flow_place import Place
from prefect_server import private_prefect
from voices import TOPICS, answers

from analysis.decisions import About, Decision, add_decisions

WAKES = ["Planes wake us", "planes are loud", "Fewer planes please", "the planes fly low", "planes shake the windows"]
WHEN = ["at six", "at night", "on Sunday", "in summer", "over our roof"]


def framework() -> str:
    """The planted topics as a vision, in words of their own; planes are in none of it."""
    names = {"bins": "BINS", "doctor": "DOCTOR", "bus": "BUS", "park": "PARK"}
    parts = ['[framework]\nid = "town"\ntitle = "Our Town"\n']
    for topic, code in names.items():
        said = [way.format(ending) for way, ending in product(TOPICS[topic], ("here", "in town"))]
        lines = ",\n".join(json.dumps(text) for text in said)
        parts.append(
            f'[[themes]]\ncode = "{code}"\ntitle = "{topic.title()}"\naspiration = ""\nbelongs = ["{topic}"]\n'
            f"statements = [{lines}]\n"
        )
    outside = ["The cat sat on the mat", "Football again tonight", "Queens and kings of old", "I like cheese on toast"]
    parts += [f"[[outside]]\ntext = {json.dumps(text)}\n" for text in outside]
    return "\n".join(parts)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """140 answers on what the vision covers and 25, 15 % of all, on planes; some speak of the survey."""
    from flows import tasks

    toml = CONSULTATION.replace('title = "Better Borough"', 'title = "Better Borough"\nvision = "town.toml"')
    made = Place(tmp_path_factory.mktemp("gaps"), toml)
    (made.folder / "town.toml").write_text(framework(), encoding="utf-8")
    planes = [f"{way} {when}" for way, when in product(WAKES, WHEN)]
    asides = [f"This survey is too long and dull {when}" for when in WHEN] + [
        "These questions are odd, this survey too"
    ]
    rows = [
        {"ID": f"{kind}-{i}", "Who": f"{kind}-{i}", "Ward": "Heath", "What do you hope for?": text}
        for kind, texts in (("planes", planes), ("aside", asides))
        for i, text in enumerate(texts)
    ]
    made.wave("2024", [*answers(), *({**row, "What do you like?": ""} for row in rows)])
    before, tasks._encoder = tasks._encoder, lambda *_: FakeEncoder()  # type: ignore[assignment]
    with private_prefect():
        made.run()
        yield made
    tasks._encoder = before


def test_the_planted_topic_is_the_gap_and_nothing_else_is(place: Place) -> None:
    gaps, raised = place.table("gaps"), place.table("response_gaps")
    about = raised["response_id"].str.split("-").str[0]
    assert set(about) == {"planes"}
    assert raised["response_id"].nunique() >= 20
    assert all("plane" in label.casefold() for label in gaps["label"])
    counts = place.manifest()["waves"][0]["counts"]
    segments = place.table("segments")
    assert sum(counts["segments_by_coverage"].values()) == len(segments) == counts["segments"]
    assert counts["segments_by_coverage"]["aside"] >= 5
    assert counts["gaps"] == len(gaps)


def test_the_report_and_its_downloads_show_it(place: Place) -> None:
    folder = place.reports / "better-borough" / "2024"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "What residents raise that the vision does not name" in page
    said = json.loads((folder / "gaps.json").read_text(encoding="utf-8"))
    assert [gap["label"] for gap in said["gaps"]] == list(place.table("gaps")["label"])
    assert said["gaps"][0]["respondents"] >= 10
    quoted = {quote for gap in said["gaps"] for quote in gap["quotes"]}
    texts = place.table("responses").set_index("text")["response_id"]
    assert quoted
    assert all(texts[quote].startswith("planes") for quote in quoted)


def test_a_person_moves_themes_in_and_out_and_may_take_it_back(place: Place) -> None:
    first, themes = place.table("gaps"), place.table("themes")
    planes = list(first.loc[first["kind"] == "theme", "theme_id"])
    assert planes, "planes form themes of their own"
    bins = themes.loc[themes["vision"] == "BINS", "theme_id"].iloc[0]

    def decide(theme: str, before: str, after: str) -> None:
        row = Decision("2024-05-01T10:00:00", "ana", About.THEME, theme, "", "", "", "vision", before, after, "")
        add_decisions(place.folder, [row])

    for theme in planes:
        decide(theme, "none", "BUS")
    decide(bins, "BINS", "none")
    place.run()
    gaps = place.table("gaps").set_index("gap_id")
    assert not set(planes) & set(gaps.index)
    assert gaps.loc[bins, ["certainty", "source"]].tolist() == ["said", "person"]
    page = (place.reports / "better-borough" / "2024" / "index.html").read_text(encoding="utf-8")
    assert "A person says so" in page
    for theme in [*planes, bins]:
        decide(theme, "", "")
    place.run()
    assert place.table("gaps").equals(first)
