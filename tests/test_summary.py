"""What a report shows: counts, ranks, and no words or small numbers by which a resident could be known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from conftest import FakeEncoder, responses_table
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.embed import Vectors, content_hash
from analysis.settings import load_settings
from analysis.summary import About, Question, ReportSettings, Tables, VisionHeading, summarise
from analysis.tables import empty_table
from analysis.types import Breakdown, QuestionId, ReportData, Status, VisionCode, Wave

SETTINGS = load_settings().report
W1, W2 = Wave("w1"), Wave("w2")
QUESTIONS = (
    Question(QuestionId("likes"), "What do you like?", "like"),
    Question(QuestionId("hopes"), "What do you hope for?", "hope"),
)
VISION = tuple(VisionHeading(VisionCode(code), code.title(), "") for code in ("ARTS", "CRIME", "HEALTH"))
ABOUT = About("b", "Better Borough", False, (W1,), QUESTIONS, "Vision", VISION, (("version", "1"),))
REMOVED = pd.DataFrame(
    {
        "wave": ["w1", "w1", "w2"],
        "question_id": ["hopes", "likes", "hopes"],
        "label": "PERSON",
        "confidence": ["certain", "by hand", "likely"],
        "pieces": [1, 1, 7],
        "responses": [1, 1, 7],
    }
)

Row = Mapping[str, Any]


def themes_of(*themes: Row) -> pd.DataFrame:
    plain = {"description": "", "keywords": "", "first_wave": "w1", "state": "confirmed", "vision": ""}
    rows = [{**plain, "label": str(theme["theme_id"]).title(), **theme} for theme in themes]
    return pd.DataFrame(rows) if rows else empty_table("themes")


def links(responses: pd.DataFrame, raised: Mapping[str, Callable[[Any], bool]], column: str) -> pd.DataFrame:
    """Rows of `response_themes` or `response_vision`: each name with the responses it is true of."""
    rows = [
        {"wave": r.wave, "response_id": r.response_id, "question_id": r.question_id, column: name, "score": 0.5}
        for name, is_raised in raised.items()
        for r in responses.itertuples()
        if is_raised(r)
    ]
    return pd.DataFrame(rows) if rows else empty_table(f"response_{'themes' if column == 'theme_id' else 'vision'}")


def summary(
    rows: list[Row],
    themes: Mapping[str, Callable[[Any], bool]] | None = None,
    vision: Mapping[str, Callable[[Any], bool]] | None = None,
    known: list[Row] | None = None,
    settings: ReportSettings = SETTINGS,
    about: About = ABOUT,
) -> ReportData:
    responses = responses_table(rows)
    raised = themes or {}
    tables = Tables(
        responses=responses,
        redactions=REMOVED,
        segments=empty_table("segments"),
        themes=themes_of(*(known if known is not None else [{"theme_id": name} for name in raised])),
        response_themes=links(responses, raised, "theme_id"),
        response_vision=links(responses, vision or {}, "vision_code"),
    )
    return summarise(tables, about, len(rows), settings)


def people(count: int, **same: object) -> list[Row]:
    return [{"response_id": f"r{i:03}", "text": f"More trees in street number {i}.", **same} for i in range(count)]


def always(_: object) -> bool:
    return True


def first(count: int) -> Callable[[Any], bool]:
    return lambda row: int(row.response_id[1:]) < count


# --- themes and vision ------------------------------------------------------------------------------------------------


def test_themes_stand_largest_first_without_hidden_and_unraised_ones() -> None:
    known = [{"theme_id": name} for name in ("small", "large", "b-equal", "a-equal", "unraised")]
    known.append({"theme_id": "hidden", "state": "hidden"})
    raised = {"small": first(2), "large": first(9), "b-equal": first(5), "a-equal": first(5), "hidden": always}
    report = summary(people(10), raised, known=known)
    assert [theme.theme_id for theme in report.themes] == ["large", "a-equal", "b-equal", "small"]
    assert [theme.count.respondents for theme in report.themes] == [9, 5, 5, 2]
    assert report.themes[0].count.share == pytest.approx(0.9)


def test_vision_themes_are_ranked_by_respondents_and_equal_ones_share_a_rank() -> None:
    report = summary(people(10), vision={"HEALTH": first(6), "CRIME": first(3), "ARTS": first(3)})
    ranked = [(each.code, each.rank, each.count.respondents) for each in report.vision]
    assert ranked == [("HEALTH", 1, 6), ("ARTS", 2, 3), ("CRIME", 2, 3)]
    none_raised = summary(people(3))
    assert [(each.code, each.rank) for each in none_raised.vision] == [("ARTS", 1), ("CRIME", 1), ("HEALTH", 1)]


def test_a_theme_stands_under_its_first_vision_theme_or_outside() -> None:
    known = [
        {"theme_id": "both", "vision": "CRIME; ARTS"},
        {"theme_id": "arts", "vision": "ARTS"},
        {"theme_id": "none", "keywords": "x; y z"},
    ]
    report = summary(people(6), {"both": always, "arts": first(5), "none": first(4)}, known=known)
    under = {each.code: [theme.theme_id for theme in each.themes] for each in report.vision}
    assert under == {"ARTS": ["arts"], "CRIME": ["both"], "HEALTH": []}
    assert [theme.theme_id for theme in report.outside_themes] == ["none"]
    assert report.outside_themes[0].keywords == ("x", "y z")
    assert report.themes[0].vision == ("CRIME", "ARTS")


def test_what_is_outside_the_vision_and_the_themes_is_counted() -> None:
    rows = [*people(10), {"response_id": "r999", "status": "blank", "text": ""}]
    report = summary(rows, {"t": first(7)}, {"ARTS": first(4)})
    assert report.respondents == 10
    assert report.outside_vision.respondents == 6
    assert report.unthemed_responses == 3
    assert report.rows_read == 11
    assert report.redactions == {"PERSON": 2}


def test_only_the_wave_reported_is_shown_beside_the_counts_of_the_others() -> None:
    rows = [*people(6, wave="w1"), *people(4, wave="w2", language="pl")]
    about = replace(ABOUT, waves=(W1, W2))
    report = summary(rows, {"t": always}, {"ARTS": always}, about=about)
    assert (report.wave, report.respondents) == (W2, 4)
    assert report.themes[0].count.by_wave == {W1: 6, W2: 4}
    assert report.themes[0].count.respondents == report.vision[0].count.respondents == 4
    assert report.languages == {"other languages": 4}, "few answers: which language is not told"
    earlier = summary(rows, {"t": lambda row: row.wave == "w1"}, about=about)
    assert earlier.themes == ()


def test_questions_tell_what_became_of_the_answers() -> None:
    statuses = ["substantive", "substantive", "blank", "non_substantive"]
    rows: list[Row] = [
        {"response_id": f"r{i}", "question_id": "likes", "status": status} for i, status in enumerate(statuses)
    ]
    rows.append({"response_id": "x", "question_id": "", "status": "rejected", "reason": "repeated row"})
    rows.append({"response_id": "y", "question_id": "", "status": "rejected", "reason": "repeated row"})
    rows.append({"response_id": "z", "question_id": "", "status": "rejected", "reason": "a cell too long"})
    likes, hopes = summary(rows).questions
    assert likes.by_status == {Status.SUBSTANTIVE: 2, Status.BLANK: 1, Status.NON_SUBSTANTIVE: 1}
    assert set(hopes.by_status.values()) == {0}
    assert [(each.reason, each.count) for each in summary(rows).excluded] == [
        ("repeated row", 2),
        ("a cell too long", 1),
    ]


# --- quotes -----------------------------------------------------------------------------------------------------------


def quotes(rows: list[Row], settings: ReportSettings = SETTINGS) -> list[str]:
    report = summary(rows, {"t": always}, {"ARTS": always}, settings=settings)
    assert report.themes[0].quotes == report.vision[0].quotes
    return [quote.text for quote in report.themes[0].quotes]


def test_quotes_are_verbatim_and_as_many_as_wanted() -> None:
    rows = people(10)
    found = quotes(rows)
    assert len(found) == SETTINGS.quotes
    assert set(found) <= {row["text"] for row in rows}
    assert quotes(rows, SETTINGS.model_copy(update={"quotes": 0})) == []


def test_a_theme_raised_by_few_has_no_quote() -> None:
    least = SETTINGS.quote_min_respondents
    assert quotes(people(least - 1)) == []
    assert len(quotes(people(least))) == min(least, SETTINGS.quotes)
    one_writes_all = people(3 * least, respondent="p-one")
    assert quotes(one_writes_all) == []


@pytest.mark.parametrize(
    "change",
    [
        {"redactions": 1},
        {"campaign": True},
        {"duplicate_of": "r000"},
        {"text": "x" * (SETTINGS.quote_max_chars + 1)},
        {"text": "Too short."},
    ],
)
def test_some_responses_are_never_quoted(change: Row) -> None:
    rows = [{**row, **change} if i >= 2 else row for i, row in enumerate(people(10))]
    assert sorted(quotes(rows)) == [row["text"] for row in rows[:2]]


def test_the_longest_that_fits_is_quoted() -> None:
    rows = people(10, text="y" * SETTINGS.quote_max_chars)
    assert quotes(rows) == ["y" * SETTINGS.quote_max_chars]


def test_quotes_are_from_different_respondents_and_no_text_stands_twice() -> None:
    rows = people(10)
    talkative = [{**row, "respondent": "p-talkative" if i < 8 else row["response_id"]} for i, row in enumerate(rows)]
    talkative += [{"response_id": f"s{i}", "text": "The same wish of several people."} for i in range(4)]
    found = quotes(talkative, SETTINGS.model_copy(update={"quotes": 9}))
    assert len(found) == 4
    assert len({row["text"] for row in talkative[:8]} & set(found)) == 1


def test_the_stances_take_turns_and_the_most_typical_come_first() -> None:
    hopes = people(8)
    likes = [
        {**row, "response_id": f"l{i}", "text": f"I like the ducks {i}!", "question_id": "likes"}
        for i, row in enumerate(people(2))
    ]
    report = summary([*hopes, *likes], {"t": always})
    assert [quote.stance for quote in report.themes[0].quotes].count("like") == 2
    responses = responses_table(hopes)
    scored = links(responses, {"t": always}, "theme_id")
    scored["score"] = [0.9 if key == "r006" else 0.1 for key in scored["response_id"]]
    tables = Tables(
        responses,
        REMOVED,
        empty_table("segments"),
        themes_of({"theme_id": "t"}),
        scored,
        empty_table("response_vision"),
    )
    assert summarise(tables, ABOUT, 8, SETTINGS).themes[0].quotes[0].text == hopes[6]["text"]


def test_one_person_who_writes_much_is_not_quoted_as_what_the_vision_leaves_out() -> None:
    report = summary(people(SETTINGS.quote_min_respondents, respondent="p-one"))
    assert (report.outside_vision.respondents, report.outside_quotes) == (1, ())


def test_what_few_leave_outside_is_not_quoted() -> None:
    few = SETTINGS.quote_min_respondents - 1
    report = summary(people(20), {"t": lambda r: not first(few)(r)}, {"ARTS": lambda r: not first(few)(r)})
    assert report.unthemed_responses == few
    assert report.few == report.outside_quotes == ()
    assert len(summary(people(20)).outside_quotes) == SETTINGS.quotes


# --- campaigns --------------------------------------------------------------------------------------------------------


def test_a_campaign_is_shown_once_with_its_size_and_its_commonest_wording() -> None:
    letter = "Please keep the pool open for our children. " * 20
    rows = [
        {**row, "text": letter, "campaign": True, "duplicate_of": "" if i == 0 else "r000"}
        for i, row in enumerate(people(6))
    ]
    rows[5] = {**rows[5], "text": letter + "Regards"}
    rows += [{**row, "response_id": f"o{i}"} for i, row in enumerate(people(4))]
    report = summary(rows)
    assert [campaign.size for campaign in report.campaigns] == [6]
    example = report.campaigns[0].example
    assert len(example) <= SETTINGS.quote_max_chars + 2
    assert letter.startswith(example.removesuffix(" …"))
    assert example.endswith(" …")


# --- breakdowns -------------------------------------------------------------------------------------------------------


def breakdown(counts: Mapping[str, int]) -> Breakdown:
    values = [value for value, count in counts.items() for _ in range(count)]
    rows = [{"response_id": f"r{i}", "demographic_ward_name": value} for i, value in enumerate(values)]
    (found,) = summary(rows).breakdowns
    return found


def test_small_counts_stand_together_without_their_words_and_never_just_one() -> None:
    found = breakdown({"Abbey": 40, "Heath": 25, "River": 9})
    assert found.name == "Ward name"
    assert found.rows == (("Abbey", 40), ("Other answers (2 different)", 34))
    assert breakdown({"Abbey": 40, "Heath": 10, "": 12}).rows == (("Abbey", 40), ("Not given", 12), ("Heath", 10))
    assert breakdown({"Abbey": 3}).rows == (("Other answers (1 different)", None),)


@hypothesis_settings(deadline=None, max_examples=20)
@given(st.dictionaries(st.sampled_from(["Abbey", "Heath", "River", "Beam", ""]), st.integers(1, 25), min_size=1))
def test_no_small_count_follows_from_the_total(counts: dict[str, int]) -> None:
    named = {value or "Not given": count for value, count in counts.items()}
    shown = dict(breakdown(counts).rows)
    hidden = {value: count for value, count in named.items() if value not in shown}
    others = {value: count for value, count in shown.items() if value not in named}
    assert all(shown[value] == count >= SETTINGS.min_cell for value, count in named.items() if value not in hidden)
    assert bool(hidden) == bool(others)
    assert len(hidden) != 1 or len(counts) == 1
    if hidden:
        (together,) = others.values()
        assert together == (sum(hidden.values()) if sum(hidden.values()) >= SETTINGS.min_cell else None)


def test_hidden_counts_of_one_each_do_not_follow_from_the_total() -> None:
    rows = breakdown({"Abbey": 40, "Heath": 25, "River": 1, "Beam": 1}).rows
    assert rows == (("Abbey", 40), ("Other answers (3 different)", 27))


def test_a_respondent_counts_once_in_a_breakdown_and_only_if_they_said_something() -> None:
    twice = [
        {"response_id": f"r{i}", "question_id": q, "demographic_age": "30s"}
        for i in range(11)
        for q in ("likes", "hopes")
    ]
    silent = [{"response_id": f"s{i}", "status": "blank", "demographic_age": "40s"} for i in range(20)]
    assert summary([*twice, *silent]).breakdowns[0].rows == (("30s", 11),)


def test_a_missing_answer_is_not_given() -> None:
    rows: list[Row] = [{"response_id": f"r{i}", "demographic_age": None if i < 12 else "30s"} for i in range(30)]
    assert summary(rows).breakdowns[0].rows == (("30s", 18), ("Not given", 12))


def test_no_setting_shows_counts_under_the_floor() -> None:
    with pytest.raises(ValidationError, match="min_cell"):
        ReportSettings(min_cell=4, quotes=4, quote_min_respondents=5, quote_max_chars=300)


# --- odd inputs -------------------------------------------------------------------------------------------------------


def test_a_consultation_that_nobody_answered_has_a_report() -> None:
    tables = Tables(
        **{
            name: empty_table(name)
            for name in ("responses", "redactions", "segments", "themes", "response_themes", "response_vision")
        }
    )
    report = summarise(tables, ABOUT, 0, SETTINGS)
    assert (report.respondents, report.themes, report.campaigns, report.few, report.excluded) == (0, (), (), (), ())
    assert [each.count.respondents for each in report.vision] == [0, 0, 0]
    assert report.outside_vision.share == 0
    assert report.languages == {}


@hypothesis_settings(deadline=None, max_examples=4)
@given(st.randoms())
def test_the_order_of_the_rows_changes_nothing(chance) -> None:  # type: ignore[no-untyped-def]
    rows = [{**row, "demographic_age": "30s" if i % 2 else "40s"} for i, row in enumerate(people(24))]
    shuffled = list(rows)
    chance.shuffle(shuffled)
    reports = [summary(each, {"a": first(12), "b": first(12)}, {"ARTS": first(9)}) for each in (rows, shuffled)]
    assert reports[0] == reports[1]


# --- sub-themes and less common views ---------------------------------------------------------------------------------


def parted_summary(rows: list[Row], part_of: Callable[[Any], str], **more: Any) -> ReportData:
    """One theme that all rows raise, with the sub-themes that `part_of` gives."""
    responses = responses_table(rows)
    segments = responses[["wave", "response_id", "question_id", "text"]].assign(
        theme_id="t", theme_score=0.5, subtheme_id=[part_of(row) for row in responses.itertuples()]
    )
    plain = {"theme_id": "t", "description": "", "keywords": "x; y", "first_wave": "w1"}
    parts = pd.DataFrame(
        [{**plain, "subtheme_id": name, "label": name.title()} for name in ("large", "small", "nobody")]
    )
    tables = Tables(
        responses=responses,
        redactions=REMOVED,
        segments=segments,
        themes=themes_of({"theme_id": "t"}),
        response_themes=links(responses, {"t": always}, "theme_id"),
        response_vision=empty_table("response_vision"),
        subthemes=parts,
    )
    return summarise(tables, ABOUT, len(rows), SETTINGS, **more)


def test_parts_of_a_theme_count_its_respondents_and_have_a_quote_of_their_own() -> None:
    rows = people(20)
    report = parted_summary(rows, lambda row: "large" if first(12)(row) else "small" if first(18)(row) else "")
    (theme,) = report.themes
    assert [(part.label, part.respondents, part.share) for part in theme.subthemes] == [
        ("Large", 12, 0.6), ("Small", 6, 0.3),
    ]  # fmt: skip
    said = [part.quote.text for part in theme.subthemes if part.quote]
    assert len(said) == len(set(said)) == 2
    assert not set(said) & {quote.text for quote in theme.quotes}
    large, small = theme.subthemes
    assert large.quote and large.quote.text in {str(row["text"]) for row in rows[:12]}
    assert small.quote and small.quote.text in {str(row["text"]) for row in rows[12:18]}


def test_a_part_raised_by_few_has_no_quote_and_one_that_nobody_raises_is_left_out() -> None:
    few = SETTINGS.quote_min_respondents - 1
    (theme,) = parted_summary(people(20), lambda row: "small" if first(few)(row) else "large").themes
    quoted = {part.label: part.quote is not None for part in theme.subthemes}
    assert quoted == {"Large": True, "Small": False}


@pytest.mark.parametrize("change", [{"redactions": 1}, {"marks": "name"}, {"campaign": True}])
def test_no_part_and_no_less_common_view_quotes_what_may_not_be_quoted(change: Row) -> None:
    rows = [{**row, **change} for row in people(20)]
    (theme,) = parted_summary(rows, lambda row: "large").themes
    assert theme.quotes == ()
    assert theme.minority is None
    assert [part.quote for part in theme.subthemes] == [None]


def test_the_less_common_side_of_a_theme_is_shown_apart() -> None:
    likes = [
        {**row, "response_id": f"l{i}", "question_id": "likes", "text": f"I love the tree at number {i}!"}
        for i, row in enumerate(people(6))
    ]
    report = summary([*people(20), *likes], {"t": always})
    (theme,) = report.themes
    assert theme.minority is not None
    assert theme.minority.stance == "like"
    assert theme.minority.text not in [quote.text for quote in theme.quotes]
    assert summary([*people(20), *likes[:3]], {"t": always}).themes[0].minority is None
    assert summary(people(20), {"t": always}).themes[0].minority is None


def test_quotes_are_spread_by_the_vectors_given() -> None:
    same = [{"response_id": f"r{i}", "text": f"The same bus is late at stop {i}."} for i in range(8)]
    other = [{"response_id": "r9", "text": "Fares rose twice this spring alone."}]
    by_hash = {content_hash(str(row["text"])): str(row["text"]) for row in [*same, *other]}

    def vector_of(hashes: Sequence[str]) -> Vectors:
        return FakeEncoder().encode([by_hash[h] for h in hashes])

    (theme,) = parted_summary([*same, *other], lambda row: "", vector_of=vector_of).themes
    assert other[0]["text"] in [quote.text for quote in theme.quotes]
