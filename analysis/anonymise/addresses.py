"""Postal addresses of people: a house or flat number with its street or block. A street without a number stays."""

# ruff: noqa: E501  a pattern cut over lines is harder to read than a long one
from __future__ import annotations

from analysis.anonymise.gazetteer import fold, load_gazetteer
from analysis.anonymise.identifiers import Rule
from analysis.anonymise.masks import MASK
from analysis.anonymise.wording import BLOCK_TYPES, NUMBER_WORDS, STREET_TYPES, listed, words

_NOT_IN_NAMES = (
    "bed|beds|bedroom|bedrooms|bedroomed|storey|storeys|story|year|years|yr|yrs|month|months|week|weeks|day|days|minute|minutes|min|mins"
    "|hour|hours|mile|miles|metre|metres|of|in|on|at|to|from|for|by|and|or|the|a|an|my|your|our|his|her|their|its|this|that|these|those|is"
    "|are|was|were|be|been|has|have|had|with|without|into|over|under|near|new|old|big|small|more|less|other|different|whole|empty"
    "|affordable|council|detached|semi|family|every|each|people|persons|man|men|women|kids|children|cars|car|bus|buses|trees|shops|houses"
    "|flats|homes|way|ways|main|busy|local|same|nice|lovely|quiet|off|up|down|out|just|only|all|no|not|per|am|pm|percent|times|time|st|nd"
    "|rd|th|if|when|where|which|who|because|so|but|as|than|then|lane|lanes|hr|hrs|pounds|quid|stops|stop|first|second|next|last|long|short"
    "|single|double|one|two|three|four|five|different|minutes?'|dead|side|back|private|public|residential|closed|open|green|police|fire"
    "|storeyed|social|luxury|terraced|million|thousand|hundred|k|m|i|we|you|he|she|they|it|there|what|will|would|can|could|should"
)
_STREET = f"(?i:{'|'.join(sorted(STREET_TYPES, key=len, reverse=True))})"
_SURE_STREET = (
    "(?i:road|rd|street|avenue|ave|lane|ln|close|crescent|cres|cresent|gardens|gdns|terrace|grove|mews|parade|square)"
)
_DOUBTFUL_STREET = "(?i:way|drive|walk|hill|view|row|green|rise|place|gate)"
_LOWER_BLOCK = "(?i:house|hse|court|crt|point|tower|heights|mansions|lodge|wharf|stile|quay|villas|cottages)"
_BLOCK = f"(?i:{'|'.join(sorted(BLOCK_TYPES, key=len, reverse=True))})"
_STREET_WORDS = frozenset(STREET_TYPES)
_BLOCK_WORDS = frozenset(BLOCK_TYPES)
_UNIT_WORDS = listed("flat flt apt apartment unit maisonette plot bedsit studio")
_ROOMS = "shop|kiosk|stall|suite|office|room|garage|berth|pitch|bay|block|annexe|annex|caravan|bungalow|chalet"
_UNITS = f"(?i:{'|'.join(_UNIT_WORDS)})"

# Cheap, so tried first: a digit, or the head of "number" or of a number in words.
_STARTS = rf"\b(?=[0-9]|(?i:no\b|num|house\b|{'|'.join(sorted({word[:4] for word in NUMBER_WORDS}))}))"
_BEFORE = (
    _STARTS
    + r"(?<![\w£$€/%])(?<!\d[.,:\-])(?<!(?i:\b(?:bus|buses|route|routes|zone|top|age|aged|junction|band|section|part|year|grade|level|phase)\s))"
)
_NUMERAL = r"[0-9]{1,4}(?:[a-zA-Z](?![\w])|\s[A-D](?=[\s,]))?(?:\s?[\-–/&]\s?[0-9]{1,4}[a-zA-Z]?(?![\w]))?"
_WORDS = f"(?i:{'|'.join(NUMBER_WORDS)})"
_NUMBER_IN_WORDS = rf"(?:{_WORDS}(?i:\shundred(?:\sand)?)?(?:[\s\-]{_WORDS}){{0,2}})"
_LABEL = r"(?:(?i:number|no|num|house)\b\.?\s{0,2})?"
_DOOR = r"(?i:number|num|no\.?|nr\.?|house\sno\.?|door)\s{0,2}"
_NUMBER = rf"(?:{_LABEL}(?:{_NUMERAL}|{_NUMBER_IN_WORDS}))"
_GAP = r"(?:\s{0,2},\s{0,2}|\s{1,2}|\s?/\s?(?=[A-Z]))"
_HEADS = "Old|New|Long|Green|Main|Little|Second|First|Back|Short|Near|Private|OLD|NEW|LONG|GREEN|MAIN|LITTLE|BACK|SHORT"
_CAPITALISED = (
    rf"(?:(?:(?:{_HEADS})(?=\s)|St\.?(?=\s[A-Z])|(?!(?i:{_NOT_IN_NAMES})\b)(?:St\.?|[A-Z][\w'’\-]{{0,30}}))\s{{1,2}})"
)
_LOWER = rf"(?:(?!(?i:{_NOT_IN_NAMES})\b)[a-z][\w'’\-]{{2,30}}\s{{1,2}})"
_ANY_CASE = rf"(?:(?!(?i:{_NOT_IN_NAMES})\b)[\w][\w'’\-]{{1,30}}\s{{1,2}})"
_END = r"(?![\w])"
_NAMED_WAY = (
    r"(?:(?i:the)\s)?(?!Railway|Subway|Motorway|Highway|Runway|Halfway|Anyway|Norway)[A-Z][a-zA-Z]{2,20}(?i:way)"
)
_THE_NAMED = r"The\s(?![A-Z]{2})[A-Z][a-z]{3,20}"

_COMMON_WAYS = (
    "(?i:half|any|rail|sub|motor|high|run|drive|gate|path|walk|cycle|stair|hall|alley|carriage|door|under|nor|take|speed"
    "|foot|arch|sea|air|water|free|clear|express|slip|cross|fair|lee|tow|pass|broad|cause|hatch|entry|lay)[a-z]{0,2}way"
)
_STREET_NAME = rf"(?:(?:(?i:the)\s)?{_CAPITALISED}{{1,4}}{_STREET}(?:\s(?i:north|south|east|west))?{_END}|(?i:high)\s(?i:street|road|st|rd){_END}|The\s{_STREET}{_END}|{_NAMED_WAY}{_END})"
_ANY_STREET = rf"(?:{_STREET_NAME}|{_ANY_CASE}{{1,3}}{_STREET}{_END})"
_BLOCK_NAME = rf"(?:{_ANY_CASE}{{1,3}}{_BLOCK}{_END})"
_POSTCODE = r"[A-Za-z]{1,2}[0-9][0-9A-Za-z]?\s?[0-9][A-Za-z]{2}\b"
_UNIT = (
    rf"(?:{_UNITS}\s{{0,2}}(?i:no\.?|number|num)?\s{{0,2}}#?(?:[0-9]{{1,4}}[a-zA-Z]?|[A-HJK]|{_NUMBER_IN_WORDS}){_END})"
)


def _year(value: str) -> bool:
    """A year before a street ("since 2016 Ripple Road ...") is not a house number."""
    head = value.split(maxsplit=1)[0].strip(",")
    return head.isdecimal() and 1900 <= int(head) <= 2039


def _named(value: str) -> bool | None:
    """In lower case a block needs a name ("9 teasel court"), not only ordinary words ("3 empty house")."""
    lists = load_gazetteer()
    names = [fold(word) for word in value.replace(",", " ").split() if word[0].isalpha()][:-1]
    lettered = any(c.isalpha() for c in value.split(maxsplit=1)[0]) and value[0].isdigit()
    named = lettered or any(not lists.is_ordinary(name) for name in names)
    return False if _year(value) or not named else None


def _plot_alone(value: str) -> bool | None:
    """A plot without its street is an allotment's."""
    return False if value.lower().startswith("plot") and len(value.split()) < 3 else None


def _refuse_years(value: str) -> bool | None:
    return False if _year(value) else None


ADDRESS_RULES: tuple[Rule, ...] = (
    Rule(
        "ADDRESS",
        "flat, block and street",
        rf"(?<![\w]){_UNIT}(?:{_GAP}{_BLOCK_NAME})?(?:{_GAP}(?:{_NUMBER}{_GAP})?{_ANY_STREET})?",
        0.7,
        _plot_alone,
        digits=0,
        case_sensitive=True,
        whole=frozenset(_UNIT_WORDS),
    ),
    Rule(
        "ADDRESS",
        "number and street",
        rf"{_BEFORE}{_NUMBER}{_GAP}(?:{_CAPITALISED}{{1,3}}{_BLOCK}{_GAP})?{_STREET_NAME}",
        0.8,
        _refuse_years,
        digits=0,
        case_sensitive=True,
        words=("way",),
        whole=_STREET_WORDS,
        numbered=True,
    ),
    Rule(
        "ADDRESS",
        "part of a building, number and street",
        rf"\b(?i:{_ROOMS})\s{{0,2}}#?[0-9]{{1,4}}[a-zA-Z]?\s?,\s?{_NUMBER}{_GAP}{_STREET_NAME}",
        0.8,
        digits=1,
        case_sensitive=True,
        whole=frozenset(_ROOMS.split("|")),
    ),
    Rule(
        "ADDRESS",
        "number as scanned and street",
        rf"(?<![\w'’])[lI][0-9]{{1,3}}[a-zA-Z]?{_GAP}{_STREET_NAME}",
        0.7,
        case_sensitive=True,
        whole=_STREET_WORDS,
    ),
    Rule(
        "ADDRESS",
        "number and block",
        rf"{_BEFORE}{_NUMBER}{_GAP}{_CAPITALISED}{{1,3}}{_BLOCK}{_END}",
        0.7,
        _refuse_years,
        digits=0,
        case_sensitive=True,
        whole=_BLOCK_WORDS,
        numbered=True,
    ),
    Rule(
        "ADDRESS",
        "number and street in lower case",
        rf"{_BEFORE}{_NUMBER}{_GAP}(?:the\s)?(?:{_LOWER}{{1,3}}{_SURE_STREET}|{_LOWER}{{2,3}}{_DOUBTFUL_STREET}){_END}",
        0.6,
        _refuse_years,
        digits=0,
        case_sensitive=True,
        whole=_STREET_WORDS,
        numbered=True,
    ),
    Rule(
        "ADDRESS",
        "number and block in lower case",
        rf"\b(?=[0-9]){_BEFORE}[0-9]{{1,4}}[a-zA-Z]?(?![\w]){_GAP}{_LOWER}{{1,2}}{_LOWER_BLOCK}{_END}",
        0.6,
        _named,
        case_sensitive=True,
        whole=_BLOCK_WORDS,
    ),
    Rule(
        "ADDRESS",
        "number and doubtful street after a cue",
        rf"(?i:\b(?:at|live|lives|living|number|address)\s)\K[0-9]{{1,4}}[a-zA-Z]?(?![\w]){_GAP}{_LOWER}{{1,2}}{_DOUBTFUL_STREET}{_END}",
        0.6,
        _refuse_years,
        case_sensitive=True,
        whole=_STREET_WORDS,
    ),
    Rule(
        "ADDRESS",
        "number and a way in one word",
        rf"\b(?=[0-9]){_BEFORE}[0-9]{{1,4}}[a-zA-Z]?(?![\w]){_GAP}(?!{_COMMON_WAYS})(?i:[a-z]{{4,15}}way){_END}",
        0.6,
        _refuse_years,
        words=("way",),
        case_sensitive=True,
    ),
    Rule(
        "ADDRESS",
        "street or block, then number",
        rf"\b(?=[NnHhDd]){_DOOR}(?:{_NUMERAL}|{_NUMBER_IN_WORDS}(?=\s?[,.;)\n]|\s?$)){_END}"
        rf"(?<=(?:[A-Z][\w'’]{{1,20}}\s(?:{_STREET}|{_BLOCK}|(?i:estate|centre))|[a-z'’]{{4,20}}\s(?:{_SURE_STREET}|{_LOWER_BLOCK}))"
        rf"\s?,?\s(?:(?i:at|on|in|[a-z]{{3,7}}\sfloor)\s?,?\s)?{_DOOR}(?:{_NUMERAL}|{_NUMBER_IN_WORDS}))",
        0.6,
        _refuse_years,
        digits=0,
        case_sensitive=True,
        whole=words("number num no nr house door"),
        numbered=True,
    ),
    Rule(
        "ADDRESS",
        "number on a street",
        rf"(?i:\b(?:house|number|no\.?|door|home)\s|\b(?:live|lives|living|lived)\sat\s)\K?{_NUMERAL}\s(?i:on|in|of|down|along)\s(?i:the\s)?{_CAPITALISED}{{1,3}}(?:{_STREET}|{_BLOCK}){_END}",
        0.6,
        _refuse_years,
        case_sensitive=True,
        whole=_STREET_WORDS | _BLOCK_WORDS,
    ),
    Rule(
        "ADDRESS",
        "street or block, then number alone",
        rf"(?i:\b(?:live|lives|living|lived|address(?:\sis)?|home\sis|am|are)\s(?:at|on|in)\s)\K{_CAPITALISED}{{1,3}}(?:{_STREET}|{_BLOCK})\s?,?\s[0-9]{{1,4}}[a-zA-Z]?(?![\w:])(?!\s(?i:bus|years|people|am|pm|st|is\sthe|buses|cars|flats|homes|times))",
        0.6,
        _refuse_years,
        case_sensitive=True,
        whole=_STREET_WORDS | _BLOCK_WORDS,
    ),
    Rule(
        "ADDRESS",
        "floor, then number and street",
        rf"(?i:(?:top|ground|first|second|third|upper|lower|basement|garden)(?:\sfloor)?\s(?:flat|maisonette))\s?,?\s{_NUMBER}{_GAP}{_ANY_STREET}",
        0.7,
        digits=0,
        case_sensitive=True,
        whole=words("flat maisonette"),
        numbered=True,
    ),
    Rule(
        "ADDRESS",
        "where somebody lives",
        rf"(?i:\b(?:live|lives|lived|living|reside|resident|address(?:\sis|:)?|move[sd]?\sto|home\sis)\s(?:at\s)?)\K"
        rf"{_LABEL}[0-9]{{1,4}}[a-zA-Z]?(?![\w]){_GAP}(?!(?i:{_NOT_IN_NAMES})\b)[A-Z][a-z'’]{{2,20}}(?:\s[A-Z][a-z'’]{{2,20}})?{_END}",
        0.6,
        _refuse_years,
        case_sensitive=True,
        words=("liv", "resid", "address", "move", "home"),
    ),
    Rule(
        "ADDRESS",
        "number alone, of a home",
        rf"(?i:\b(?:i['’]?m|i am|we['’]?re|we are|live|lives|living|resident|house|home)\s(?:at\s)?)\K(?i:number|no\.?)\s?[0-9]{{1,4}}[a-zA-Z]?(?![\w])(?=\s?,?\s(?:{_POSTCODE}|\[POSTCODE|{MASK}))"
        rf"|\b(?i:number|no\.?)\s[0-9]{{1,4}}[a-zA-Z]?(?=\s?,?\s{_POSTCODE})",
        0.6,
        digits=1,
        case_sensitive=True,
        whole=words("number no"),
    ),
    Rule(
        "ADDRESS",
        "number and named close",
        rf"\b(?=[0-9]){_BEFORE}(?:(?![0-9]0s)[0-9]{{1,3}}[a-zA-Z]?{_GAP}{_THE_NAMED}|[0-9]{{1,3}}[a-rt-zA-RT-Z],?\s(?i:the)\s[a-zA-Z]{{4,20}}){_END}",
        0.5,
        _refuse_years,
        case_sensitive=True,
        whole=words("the"),
    ),
)
