"""The page: what it says, how it is built, and that residents' words stay words."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_fixture import (
    AIRCRAFT,
    EARLIER,
    EVALUATION,
    LITTER,
    NOTHING,
    NOW,
    OUTSIDE,
    empty_data,
    open_data,
    report_data,
)
from report_html import Node, parse

from analysis.types import Breakdown, Campaign, Outside, Quote, ReportData, SafeText, ThemeState
from reports import exports, wording
from reports.figures import clean
from reports.render import render_report

SCRIPT = "<script>alert(1)</script>"
TEMPLATE = "{{ 7*7 }}{% for x in y %}"
OVERRIDE = "\u202egnorw\u202d"
LONG = "w" * 100_000
HOSTILE = [SCRIPT, TEMPLATE, OVERRIDE, LONG, "]]></style><img src=x onerror=alert(1)>", "\x00\x1b[31m\ud800", "=1+1"]
DOWNLOADS = {"vision.csv", "themes.csv", "subthemes.csv", "gaps.csv", "gaps.json", "report.xlsx"}


@pytest.fixture(scope="module")
def page() -> Node:
    return parse(render_report(report_data()))


def with_text(text: str) -> ReportData:
    """The report with `text` in every place where a word of a resident, a file or a person can stand."""
    safe = SafeText(text)
    said = (Quote(safe, "hope"),)
    theme = replace(LITTER, label=text, description=text, keywords=(text,), quotes=said, minority=said[0])
    parts = tuple(
        replace(part, label=text, description=text, keywords=(text,), quote=said[0]) for part in theme.subthemes
    )
    theme = replace(theme, subthemes=parts)
    full = report_data()
    vision = replace(full.vision[0], title=text, aspiration=text, themes=(theme,), quotes=said)
    return replace(
        full,
        title=text,
        framework_title=text,
        vision=(vision, *full.vision[1:]),
        themes=(theme,),
        outside_themes=(theme,),
        outside=replace(full.outside, gaps=(replace(OUTSIDE.gaps[0], label=text, description=text, quotes=said),)),
        outside_quotes=said,
        few=said,
        campaigns=(Campaign(3, safe),),
        questions=(replace(full.questions[0], text=text),),
        excluded=(replace(full.excluded[0], reason=text),),
        languages={text: 3},
        redactions={text: 2},
        breakdowns=(Breakdown(text, ((text, 12),)),),
        provenance=((text, text),),
    )


def table(page: Node, caption: str) -> list[list[str]]:
    found = [t for t in page.all("table") if caption in t.first("caption").text]
    assert len(found) == 1, caption
    return [[cell.text for cell in row.all("th", "td")] for row in found[0].all("tr")]


def section(page: Node, heading_id: str) -> Node:
    return next(s for s in page.all("section") if s.get("aria-labelledby") == heading_id)


# --- structure --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [report_data(), empty_data(), open_data()], ids=["full", "empty", "open"])
def test_structure_is_accessible(data: ReportData) -> None:
    page = parse(render_report(data))
    assert page.first("html").get("lang") == "en-GB"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("header")) == len(page.all("footer")) == 1
    levels = [int(node.tag[1]) for node in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(node.text for node in page.all("h1", "h2", "h3", "h4", "caption", "a", "th"))
    first_link = page.all("a")[0]
    assert first_link.get("href") == "#main" == f"#{page.first('main').get('id')}"


@pytest.mark.parametrize("data", [report_data(), empty_data(), open_data()], ids=["full", "empty", "open"])
def test_every_reference_inside_the_page_has_its_target(data: ReportData) -> None:
    page = parse(render_report(data))
    identifiers = [node.get("id") for node in page.all() if node.get("id")]
    assert len(identifiers) == len(set(identifiers))
    named = [name for node in page.all() for name in (node.get("aria-labelledby") or "").split()]
    linked = [node.get("href")[1:] for node in page.all("a") if node.get("href").startswith("#")]
    painted = re.findall(r"url\(#([^)]+)\)", render_report(data))
    assert set(named) | set(linked) | set(painted) <= set(identifiers)


def test_nothing_is_fetched(page: Node) -> None:
    html = render_report(report_data())
    policy = next(m for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.get("content") == "default-src 'none'; style-src 'unsafe-inline'"
    assert not page.all("script", "link", "img", "iframe", "object", "embed", "form", "base", "image", "use")
    assert not [
        node for node in page.all() if {"src", "srcset", "style", "xlink:href", "action"} & set(node.attributes)
    ]
    assert {a.get("href") for a in page.all("a") if not a.get("href").startswith("#")} == DOWNLOADS
    assert not re.search(r"https?:|data:|@import|//[a-z]", html)
    assert set(re.findall(r"url\((.)", html)) == {"#"}


def test_each_chart_has_title_description_and_figures_beside_it(page: Node) -> None:
    charts = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    articles = [*section(page, "vision").all("article"), *section(page, "outside").all("article")]
    assert len(charts) == len(articles), "one for the ranking, none for the gap whose count is too small to show"
    for chart in charts:
        title, description = chart.first("title"), chart.first("desc")
        assert chart.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text and description.text
    assert all(svg.get("aria-hidden") == "true" for svg in page.all("svg") if svg not in charts)


def test_wide_tables_are_labelled_regions_a_keyboard_can_scroll(page: Node) -> None:
    regions = [node for node in page.all("div") if node.get("class") == "scroll"]
    assert len(regions) == 7
    for region in regions:
        assert (region.get("role"), region.get("tabindex")) == ("region", "0")
        assert region.get("aria-labelledby") == region.first("caption").get("id")
    assert all(th.get("scope") in ("row", "col") for th in page.all("th"))


def test_every_row_of_a_table_has_as_many_cells_as_its_head(page: Node) -> None:
    for node in page.all("table"):
        assert len({len(row.all("th", "td")) for row in node.all("tr")}) == 1, node.first("caption").text


def test_parts_and_the_less_common_view_of_a_theme_are_told_apart(page: Node) -> None:
    (parts,) = section(page, "vision").all("details")
    assert "Fly-tipping in alleys (140); Street sweeping (61)" in parts.first("summary").text
    assert [item.first("strong").text for item in parts.all("li")] == [part.label for part in LITTER.subthemes]
    assert [item.text.count("respondents") for item in parts.all("li")] == [1, 1]
    assert "54.0% of those who raise this theme" in parts.text
    assert [node.first("blockquote").text for node in parts.all("figure")] == ["Our alley is a tip with a gate."]
    (view,) = [node for node in page.all("div") if node.get("class") == "minority"]
    assert LITTER.minority is not None
    assert view.first("blockquote").text == LITTER.minority.text
    assert LITTER.minority.text not in [quote.text for quote in LITTER.quotes]


# --- figures ----------------------------------------------------------------------------------------------------------


def test_ranked_table_is_the_data(page: Node) -> None:
    data = report_data()
    head, *rows = table(page, "each theme of the vision")
    assert head[2:] == [
        "Respondents", "Share", "Likes", "Dislikes", "Hopes", "Without campaigns", "Change (points)",
    ]  # fmt: skip
    assert [(row[0], row[1]) for row in rows[:-1]] == [(str(v.rank), v.title) for v in data.vision]
    for row, count in zip(rows, [*(v.count for v in data.vision), data.outside_vision], strict=True):
        stances = [wording.number(count.by_stance[s]) for s in ("like", "dislike", "hope")]
        assert row[2:8] == [
            f"{count.respondents:,}", f"{100 * count.share:.1f}%", *stances, f"{count.without_campaigns:,}",
        ]  # fmt: skip
        if EARLIER in count.share_by_wave:
            points = float(row[8].replace("\u2212", "-"))
            assert points == pytest.approx(100 * (count.share - count.share_by_wave[EARLIER]), abs=0.0501)
        else:
            assert row[8] == "–no earlier figure"


def test_found_themes_table_is_the_data(page: Node) -> None:
    data = report_data()
    _, *rows = table(page, "each found theme")
    expected = sorted(data.themes, key=lambda t: (-t.count.respondents, t.label))
    assert [int(row[2]) for row in rows] == [t.count.respondents for t in expected]
    assert all(row[0].startswith(t.label) for row, t in zip(rows, expected, strict=True))
    titles = {v.code: v.title for v in data.vision}
    linked = ["; ".join(titles[c] for c in t.vision) or "Outside the vision" for t in expected]
    assert [row[1] for row in rows] == linked


def test_tables_of_counting_add_up(page: Node) -> None:
    data = report_data()
    steps = [int(row[1].replace(",", "")) for row in table(page, "From rows to answers")[1:]]
    assert steps[:3] == [data.rows_read, len(data.questions), data.rows_read * len(data.questions)]
    assert steps[2] - steps[3] == steps[4]
    questions = [[int(cell.replace(",", "")) for cell in row[1:]] for row in table(page, "Answers by question")[1:]]
    assert all(sum(row[:-1]) == row[-1] for row in questions)
    assert [sum(column) for column in zip(*questions[:-1], strict=True)] == questions[-1]
    assert questions[-1][-1] == steps[4]
    substantive = [int(row[1].replace(",", "")) for row in table(page, "Answers with something to say")[1:]]
    assert substantive[0] + substantive[1] == substantive[2] == questions[-1][0]
    assert substantive[1] == data.unthemed_responses
    reasons = table(page, "Reasons")[1:]
    assert sum(int(row[1]) for row in reasons[:-1]) == int(reasons[-1][1]) == sum(r.count for r in data.excluded)


@pytest.mark.parametrize(("rows", "words"), [(1400, "Less places without"), (1000, "Plus answers beyond")])
def test_rows_that_do_not_match_answers_are_explained(rows: int, words: str) -> None:
    steps = table(parse(render_report(report_data(rows_read=rows))), "From rows to answers")
    assert steps[4][0].startswith(words)
    assert int(steps[4][1].replace(",", "")) == abs(rows * 3 - 3921)


def test_small_counts_are_not_shown(page: Node) -> None:
    assert ["Thames View", "fewer than 10"] in table(page, "Ward")
    other = parse(render_report(report_data(min_cell=5)))
    assert ["Thames View", "fewer than 5"] in table(other, "Ward")


def test_bars_are_as_long_as_their_shares(page: Node) -> None:
    data = report_data()
    groups = [g for g in page.all("g") if g.all("rect")]
    lengths = [sum(float(r.get("width")[:-1]) for r in g.all("rect")) for g in groups]
    largest = max(v.count.share for v in data.vision)
    assert lengths == pytest.approx([80 * v.count.share / largest for v in data.vision], abs=0.01)
    widths = [float(r.get("width")[:-1]) for r in groups[0].all("rect")]
    stances = list(data.vision[0].count.by_stance.values())
    assert [w / sum(widths) for w in widths] == pytest.approx([n / sum(stances) for n in stances], abs=0.001)


def test_themes_an_analyst_hid_stay_hidden() -> None:
    data = report_data()
    hidden = replace(LITTER, state=ThemeState.HIDDEN)
    vision = replace(data.vision[0], themes=(hidden, *data.vision[0].themes[1:]))
    html = render_report(replace(data, themes=(hidden, *data.themes[1:]), vision=(vision, *data.vision[1:])))
    assert LITTER.label not in html
    assert LITTER.label in render_report(data)


# --- what the vision does not name ------------------------------------------------------------------------------------


def test_gaps_stand_as_data_with_how_sure_the_machine_is_and_no_small_count(page: Node) -> None:
    outside = section(page, "outside")
    (table,) = outside.all("table")
    rows = [[cell.text for cell in row.all("th", "td")] for row in table.all("tr")][1:]
    assert rows == [
        ["Dial-up internet", "20", "1.6%", "5.0%", "Sure"],
        ["Aircraft noise from City Airport", "19", "1.5%", "12.5%", "Fairly sure"],
        ["Neighbours' cats", "fewer than 10", "–not shown", "–not shown", "A person says so"],
        ["Street parties", "12", "1.0%", "48.0%", "Not sure"],
    ]
    targets = [a.get("href")[1:] for a in table.all("a")]
    articles = {article.get("aria-labelledby"): article.text for article in outside.all("article")}
    internet, aircraft, cats, parties = (articles[target] for target in targets)
    assert "The machine is sure that no theme of the vision covers it: 5% of the remarks on it are linked." in internet
    assert "in no found theme" in internet
    assert "fairly sure" in aircraft
    assert "Raised by a few people. A person who checked the themes says" in cats
    assert "This is a part of the found theme Kind neighbours." in cats
    assert "This may be no gap: 48% of the remarks on it are linked." in parties
    assert "More bunting." not in parties, "of what may be no gap fewer quotes are shown"


def test_unlinked_themes_that_are_no_gaps_say_why_and_keep_their_words(page: Node) -> None:
    outside = section(page, "outside")
    spread, asides = (item.text for item in outside.all("ul")[0].all("li"))
    assert "mostly linked to the vision, but not to any one theme of it: Days and months (12)." in spread
    assert "in good part about the survey itself, or is no matter for a council: Long survey (9)." in asides
    (kept,) = [each for each in outside.all("details") if "What is said on them" in each.text]
    assert "This survey is longer than the pier was going to be." in kept.text
    assert "74 are in the topics above" in outside.text


def test_a_theme_that_an_analyst_hides_is_no_gap_on_the_page() -> None:
    hidden = replace(AIRCRAFT, state=ThemeState.HIDDEN)
    gaps = tuple(replace(gap, theme=hidden) if gap.kind == "theme" else gap for gap in OUTSIDE.gaps)
    data = report_data(outside=replace(OUTSIDE, gaps=gaps), outside_themes=(hidden,), themes=())
    assert "Aircraft" not in section(parse(render_report(data)), "outside").text
    assert b"Aircraft" not in exports.gaps_json(data)


# --- words ------------------------------------------------------------------------------------------------------------


def brief(data: ReportData) -> list[str]:
    return [item.text for item in section(parse(render_report(data)), "brief").all("li", "p")]


def test_brief_names_the_main_figures() -> None:
    assert brief(report_data()) == [
        "1,247 respondents gave at least one answer with something to say.",
        "The themes of the vision raised most are Environment (38% of respondents), "
        "Housing (28%) and Crime and Safety (24%).",
        "Ten themes were found in the answers by machine. The largest are Litter and fly-tipping on streets "
        "(259 respondents), Rents and homes people can afford (239) and Feeling safe after dark (202).",
        "Two themes are new in this wave: Shared houses and crowded rooms and Aircraft noise from City Airport.",
        "Since 2016 autumn the largest change is in Community and Cohesion: its share is down 1.9 percentage points. "
        "Different people may have answered, so this need not be a change of opinion.",
        "53 respondents (4%) gave an answer that no theme of the vision covers. Three topics are possible gaps in the "
        "vision: Dial-up internet, Aircraft noise from City Airport and Neighbours' cats.",
    ]


def test_brief_of_one_person_is_in_the_singular() -> None:
    assert brief(open_data()) == [
        "1 respondent gave at least one answer with something to say.",
        "The only theme of the vision that was raised is Environment (100% of respondents).",
        "One theme was found in the answers by machine: Litter and fly-tipping on streets (1 respondent).",
        "Nobody raised anything that was found to be outside the vision.",
    ]


def test_brief_of_nobody_says_so() -> None:
    (only,) = brief(empty_data())
    assert only.startswith("Nobody gave an answer with something to say in this wave")


def test_brief_without_themes_or_vision() -> None:
    data = report_data(vision=(), themes=(), outside_themes=(), outside_vision=NOTHING)
    lines = brief(data)
    assert lines[1] == "No answer could be linked to a theme of the vision."
    assert lines[2] == "Too few answers were alike to form found themes."
    assert lines[3] == "No theme is new in this wave."
    assert "The Borough Manifesto: no themes" in section(parse(render_report(data)), "ranked").text


@pytest.mark.parametrize(
    ("themes", "words"), [(10, "its ten themes, ranked"), (7, "its seven themes"), (1, "its one theme")]
)
def test_heading_counts_the_themes_of_the_framework(themes: int, words: str) -> None:
    data = report_data(framework_title="Corporate Plan", vision=report_data().vision[:themes])
    heading = section(parse(render_report(data)), "ranked").first("h2").text
    assert heading.startswith(f"Corporate Plan: {words}")
    assert ("ten" in heading.split()) == (themes == 10)


def test_synthetic_data_is_plainly_marked() -> None:
    assert "SYNTHETIC DEMONSTRATION DATA" in render_report(report_data(synthetic=True))
    assert "synthetic" not in render_report(report_data(synthetic=False)).lower()


def test_every_report_says_that_the_sample_chose_itself(page: Node) -> None:
    assert "Shares on this page speak only of those who answered." in page.text
    assert "self-selected sample" in page.text


def test_one_wave_has_no_column_of_changes() -> None:
    html = render_report(report_data(waves=(NOW,)))
    assert "Change (points)" not in html
    assert "change of share since" not in html
    assert "Compared with" not in html


def test_one_stance_leaves_the_bars_undivided() -> None:
    page = parse(render_report(open_data()))
    assert not [node for node in page.all("ul") if node.get("class") == "legend"]
    assert "The questions were open" in page.text
    assert "Comments" not in table(page, "each theme of the vision")[0]


def test_quotes_carry_their_stance_in_words_and_their_own_direction(page: Node) -> None:
    figures = [f for f in page.all("figure") if "quote" in (f.get("class") or "").split()]
    assert all(f.first("blockquote").get("dir") == "auto" for f in figures)
    said = {f.first("blockquote").text: f.first("figcaption").text for f in figures}
    for theme in report_data().themes:
        for quote in theme.quotes:
            assert said[quote.text] == wording.quote_stance(quote)


def test_words_on_a_theme_stand_once_and_are_linked_from_elsewhere(page: Node) -> None:
    said = [b.text for b in section(page, "vision").all("blockquote")]
    assert len(said) == len(set(said))
    notes = [p.text for p in section(page, "vision").all("p") if p.get("class") == "note"]
    assert notes == ["Residents’ words on this theme stand under Environment."]


def test_new_theme_is_tagged() -> None:
    tags = [n.text for n in parse(render_report(report_data())).all("span") if n.get("class") == "tag"]
    assert set(tags) == {"New in this wave", "Edited by a person", "A person says so"}
    older = report_data(
        themes=(replace(LITTER, state=ThemeState.EMERGING),), outside_themes=(), outside=Outside(), vision=()
    )
    tags = [n.text for n in parse(render_report(older)).all("span") if n.get("class") == "tag"]
    assert tags == [f"Emerging since {EARLIER}"]


def test_empty_report_has_no_dangling_words() -> None:
    for data in (empty_data(), open_data(), report_data(few=(), campaigns=(), excluded=(), breakdowns=())):
        text = parse(render_report(data)).text
        assert not re.search(r"\b1 (respondents|answers|themes|people)\b|None|\bnan\b|Undefined| ,| \.|\(\)|: \.", text)


# --- hostile text -----------------------------------------------------------------------------------------------------


def elements(page: Node) -> list[str]:
    """Names of all elements but the lines of a chart's label, which depend on its length."""
    return [node.tag for node in page.all() if node.tag != "text"]


@pytest.mark.parametrize(
    "text", HOSTILE, ids=["script", "template", "override", "long", "breakout", "control", "formula"]
)
def test_hostile_text_is_only_text(text: str) -> None:
    html = render_report(with_text(text))
    page = parse(html)
    assert not page.all("script", "img")
    assert "49" not in page.first("h1").text
    assert page.first("h1").first("bdi").raw_text == clean(text)
    assert html.encode("utf-8")
    assert elements(page) == elements(parse(render_report(with_text("Plain."))))


def test_override_is_shut_in_isolated_elements() -> None:
    page = parse(render_report(with_text(OVERRIDE)))
    holders = [n for n in page.all() if any(OVERRIDE in part for part in n.own_text)]
    assert len(holders) > 20
    isolated = {"bdi", "blockquote", "title", "text", "desc"}
    assert {n.tag for n in holders if n.get("dir") != "auto"} <= isolated


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=60))
def test_any_text_survives_as_it_is(text: str) -> None:
    page = parse(
        render_report(report_data(few=(Quote(SafeText(text), "like"),), vision=(), themes=(), outside_themes=()))
    )
    quoted = [b.raw_text for b in section(page, "few").all("blockquote")]
    assert quoted == [clean(text)]


@given(st.text(st.characters()))
def test_clean_keeps_all_that_can_be_printed(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert [c for c in cleaned if c.isprintable() and c != "\ufffd"] == [
        c for c in text if c.isprintable() and c != "\ufffd"
    ]


def test_page_is_the_same_each_time() -> None:
    assert render_report(report_data()) == render_report(report_data())


def test_agreement_with_people_is_shown_only_where_there_is_some(page: Node) -> None:
    shown = section(page, "evaluation").text
    assert "2 people read 150 answers" in shown
    assert "Machine and people: 0.81" in shown
    assert "16 to 24" in shown
    assert "75 and over" not in shown  # too few were coded
    assert "How far to trust" not in render_report(report_data(evaluation=None))
    few = replace(EVALUATION, responses=12)
    assert "too few to say" in render_report(report_data(evaluation=few))


def test_changes_are_told_in_counts_and_for_those_who_answered(page: Node) -> None:
    told = section(page, "changes")
    assert "speaks only of those who answered" in told.text
    assert "180 of 1,032 respondents then, 259 of 1,247 now (17.4% to 20.8%)" in told.text
    listed = {head.text: [] for head in told.all("h3")}
    assert list(listed) == [
        "Raised by a larger share", "Raised by a smaller share", "No longer raised by anybody", "New in this wave",
        "Said differently than before", "The themes were rebuilt",
    ]  # fmt: skip
    assert "from which it may have split" in told.text
    rows = table(page, "Share of respondents who raised each theme, before and now")
    assert len(rows) - 1 == len(report_data().changes) - 1, "the theme that too few raised stands in the workbook only"
    assert "of one theme too few respondents spoke".casefold() in told.text.casefold()


def test_a_rebuilt_codebook_shows_where_each_theme_went(page: Node) -> None:
    rows = table(page, "Old themes and new themes")
    assert [(row[0], row[2]) for row in rows[1:]] == [
        ("Litter", "The same theme, renamed"), ("Dumped mattresses", "Merged into it"), ("Old pier", "Gone"),
        ("–no theme", "New"),
    ]  # fmt: skip


def test_without_an_earlier_wave_there_is_no_section_of_changes() -> None:
    page = parse(render_report(report_data(waves=(NOW,), changes=(), lineage=())))
    assert not [each for each in page.all("h2") if each.get("id") == "changes"]
    assert "#changes" not in {link.get("href") for link in page.all("a")}


def test_no_heading_stands_over_nothing() -> None:
    steady = tuple(change for change in report_data().changes if change.verdict == "steady")
    told = section(parse(render_report(report_data(changes=steady, lineage=()))), "changes")
    assert not told.all("h3")
    assert "One theme shows no clear change." in told.text


def test_evidence_is_counted_and_its_use_explained(page: Node) -> None:
    told = section(page, "reading")
    assert "97 answers of" in told.text
    assert "Read these first" in told.text
    assert table(page, "Answers by kind of evidence; an answer can hold several")[1][1] == "61"


def test_the_sides_of_a_theme_stand_apart() -> None:
    both = (
        Quote(SafeText("Ban them."), "agree"), Quote(SafeText("Leave them."), "disagree"),
        Quote(SafeText("Now."), "agree"),
    )  # fmt: skip
    counted = replace(LITTER.count, by_stance={"agree": 30, "disagree": 12, "open": 0})
    theme = replace(LITTER, count=counted, quotes=both)
    data = report_data(themes=(theme,), vision=(), outside_themes=(theme,), outside_quotes=())
    page = parse(render_report(data))
    headings = [p.text for p in page.all("p") if p.get("class") == "quotes-heading"]
    assert "In residents’ words: in favour (30 respondents)" in headings
    assert "In residents’ words: against (12 respondents)" in headings
    groups = [[q.text for q in div.all("blockquote")] for div in page.all("div") if div.get("class") == "quotes"]
    assert ["Ban them.", "Now."] in groups and ["Leave them."] in groups
    assert "“Unclear” is neither, both, or too hard to tell" in section(page, "found").text
