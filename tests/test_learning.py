"""Learning from corrections: planted teachings are learned, too few and senseless ones are not."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import FakeEncoder, responses_table
from test_coding import word_linker

from analysis.decisions import Decision, Decisions
from analysis.learning import LearningSettings, Taught, fit_head, measure, taught_by
from analysis.types import SafeText

SETTINGS = LearningSettings(least=20, folds=5)
LINKER = word_linker({"GREEN": "parks", "MOVE": "buses", "HOME": "rents"}, threshold=0.3)
ENCODE = FakeEncoder().encode
FILLERS = [
    "near us",
    "this year",
    "in winter",
    "at night",
    "by the river",
    "for all",
    "on Sundays",
    "again",
    "too",
    "soon",
]


def taught(rule: dict[str, tuple[str, ...]], count: int = 60) -> list[Taught]:
    """Answers on one word each; what they are about follows the rule."""
    words = list(rule)
    made = []
    for n in range(count):
        word = words[n % len(words)]
        text = SafeText(f"{word} {FILLERS[n % 10]} {FILLERS[n // 10 % 10]} {n}")
        made.append(Taught(text, (text,), rule[word], True))
    return made


def test_what_the_linker_cannot_know_is_learned_and_the_gain_is_measured() -> None:
    rows = taught({"tickets": ("MOVE",), "mortgage": ("HOME",), "ducks": ("GREEN",), "weather": ()}, 100)
    lesson = measure(LINKER, rows, ENCODE, SETTINGS)
    assert lesson.before is not None
    assert lesson.after is not None
    assert lesson.after > max(0.8, lesson.before + 0.3)
    assert (lesson.corrections, lesson.changed, lesson.learned_from) == (100, 100, 100)
    head = fit_head(LINKER, rows, ENCODE)
    new = ENCODE(["tickets for the tram", "ducks on the pond", "weather forecast"])
    scores = head.score(LINKER.score(new), new)
    assert scores[:2].argmax(axis=1).tolist() == [1, 0]
    links = LINKER.rule.links(scores)
    assert links[[0, 1], [1, 0]].all()
    assert not links[2].any()


def test_too_few_corrections_are_not_learned_from() -> None:
    lesson = measure(LINKER, taught({"tickets": ("MOVE",)}, 19), ENCODE, SETTINGS)
    assert (lesson.learned_from, lesson.before, lesson.after) == (0, None, None)
    assert measure(LINKER, [], ENCODE, SETTINGS).corrections == 0


def test_what_makes_links_worse_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis import learning

    rows = taught({"parks": ("GREEN",), "buses": ("MOVE",)}, 40)
    monkeypatch.setattr(learning.Head, "score", lambda _self, base, _whole: 1 - base)
    lesson = measure(LINKER, rows, ENCODE, SETTINGS)
    assert lesson.after < lesson.before  # type: ignore[operator]
    assert lesson.learned_from == 0


def test_a_gain_that_may_be_chance_is_not_used() -> None:
    from analysis.learning import _is_gain

    assert _is_gain(np.array([0.0, 0.5, 0.0, 0.5, 0.5]))
    assert not _is_gain(np.array([1.0, -1.0, 0.5, 0.0, -0.4]))
    assert not _is_gain(np.zeros(30))


def test_the_order_of_decisions_changes_nothing() -> None:
    responses = responses_table(
        [{"response_id": str(n), "text": f"{w} {n}"} for n, w in enumerate(["ducks", "mortgage"] * 15)]
    )
    segments = responses.iloc[:0].assign(text="")
    rows = [
        Decision("", "", "response", "", "w1", str(n), "hopes", "vision", "none", "HOME" if n % 2 else "GREEN")
        for n in range(30)
    ]
    found = [taught_by(Decisions(each), [(responses, segments)], LINKER.codes) for each in (rows, rows[::-1])]
    assert found[0] == found[1]
    assert len(found[0]) == 30
    heads = [fit_head(LINKER, each, ENCODE) for each in found]
    np.testing.assert_array_equal(heads[0].weights, heads[1].weights)


def test_only_known_codes_and_answers_that_are_there_teach() -> None:
    responses = responses_table(
        [{"response_id": "1", "text": "ducks"}, {"response_id": "2", "text": "", "status": "blank"}]
    )
    rows = [
        Decision("", "", "response", "", "w1", number, "hopes", "vision", before, after)
        for number, before, after in (("1", "GREEN", "GREEN"), ("2", "none", "HOME"), ("3", "none", "HOME"))
    ]
    tables = [(responses, responses.iloc[:0])]
    assert [t.changed for t in taught_by(Decisions(rows), tables, LINKER.codes)] == [False]
    assert taught_by(Decisions(rows), tables, ("HOME",)) == ()


def test_what_is_taught_is_read_as_the_linker_reads_it() -> None:
    """The home is named plainly in what a person corrected, whether the framework or the wave's answers say so."""
    texts = [f"more ducks in Park City {n}" for n in range(6)]
    responses = responses_table([{"response_id": str(n), "text": text} for n, text in enumerate(texts)])
    segments = responses.assign(text="ducks in Park City")
    rows = [Decision("", "", "response", "", "w1", "0", "hopes", "vision", "none", "GREEN")]
    (shown,) = taught_by(Decisions(rows), [(responses, segments)], LINKER.codes)
    assert (shown.text, shown.parts) == ("more ducks in the town 0", ("ducks in the town",))
    few = [(responses[:2], segments[:2])]
    assert taught_by(Decisions(rows), few, LINKER.codes)[0].text == texts[0]
    assert taught_by(Decisions(rows), few, LINKER.codes, ("Park City",))[0].text == shown.text
