"""Full dates that tell when somebody was born, with or without the word beside them.

Identifiers.py knows dates right after "born" or "DOB". Here every day with month and year is read in its sentence: the
nearest word before it that speaks of a birth or of an event decides, then the words after it, a person it stands beside
or is said of ("she's 8 May 1937", "my baby, 4 Dec 2024"), the sentence before, another identifier beside it. A date of
long ago with nothing of all this is a birth where the answer speaks of a person; a date of late years is not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.anonymise.masks import MASK, PERSON_MASK
from analysis.anonymise.wording import MONTHS, MONTHS_ABROAD, listed, words

BIRTH_SCORE = 0.7
LONG_AGO = 2009  # the last year of which a date without any cue is a birth: people then are of age when they write
EARLIEST, LATEST = 1900, 2027
BACK, AHEAD = 14, 5  # words of a sentence read before and after a date

_MONTHS_CUT = listed(
    """
    gen lug ago set ott dic ene abr janv févr fevr avr juil fev mei okt dez mrt maa sty lut kwi cze lip sie wrz paź
    paz lis gru ian iun iul noi oca şub sub nis haz tem ağu agu eyl eki kas ara stycz wrzes listop grudz styczen styczeń
    apri1 ju1y ju1 0ctober 0ct n0vember n0v auqust
    luty marzec kwiecien kwiecień czerwiec lipiec sierpien sierpień wrzesien wrzesień listopad grudzien grudzień
    """
)
_ENGLISH = sorted({*MONTHS, *listed("apri1 ju1y ju1 0ctober 0ct n0vember n0v")}, key=len, reverse=True)
_ALL = sorted({*MONTHS, *MONTHS_ABROAD, *_MONTHS_CUT}, key=len, reverse=True)
# Scanners read the letters l, I and O in digits; one true digit has to be left.
_DAY = r"(?:[0-3Ool](?=[\dlIOo])[\dlIOo]|[1-9]|[lI](?=[ .]))"
_YEAR4 = r"(?:[1lI][9gq][\dlIOo]{2}|2[0Oo][\dlIOo]{2})"
_YEAR = rf"(?:{_YEAR4}|['’]?\d\d)"
_TURNS = r"(?:\s?(?:st|nd|rd|th|er|ste|de|º|ª)\b)?\.?"
_WORDED = (
    rf"{_DAY}{_TURNS}[ \-/,]{{0,2}}(?:day\s)?(?:(?:of|de|di|d['’])\s?)?(?:the\s)?"
    rf"(?:{'|'.join(_ALL)})\b[.,]?[ \-/]{{0,2}}"
    rf"(?:(?:of|del?|in|the\syear)\s){{0,2}}{_YEAR}"
)
_MONTH_FIRST = (
    rf"(?:{'|'.join(_ENGLISH)})\b[.,]?[ \-/]{{1,2}}(?:the\s)?{_DAY}(?:\s?(?:st|nd|rd|th)\b)?[.,]?[ \-/]{{1,2}}{_YEAR}"
)
_MONTH_NUMBER = r"(?:1[0-2]|0?[1-9]|[Oo][1-9]|[lI][0-2])"
_NUMERIC = (
    rf"{_DAY}\s?[/.\-\u2013|\\]\s?{_MONTH_NUMBER}\s?[/.\-\u2013|\\]\s?(?:{_YEAR4}|\d\d)|{_DAY} {_MONTH_NUMBER} {_YEAR4}"
)
_AMERICAN = r"(?:0?[1-9]|1[0-2])(?P<mark>[/.\-])(?:1[3-9]|2\d|3[01])(?P=mark)(?:19|20)\d\d"
_YEAR_FIRST = (
    rf"{_YEAR4}(?:\s?[./\-]\s?{_MONTH_NUMBER}\s?[./\-]\s?{_DAY}\.?"
    rf"|,?\s(?:the\s)?(?:{'|'.join(_ENGLISH)})\.?\s(?:the\s)?{_DAY}{_TURNS}|,?\s(?:the\s)?{_DAY}{_TURNS}\s(?:of\s)?(?:{'|'.join(_ENGLISH)}))"
)
_DATE = re.compile(
    rf"(?<![\w£$€/])(?<![\d][.,\-–])(?:(?P<first>{_YEAR_FIRST})|(?P<worded>{_WORDED}|{_MONTH_FIRST})|(?P<american>{_AMERICAN})|(?P<numeric>{_NUMERIC}))"
    r"(?![\w]|/\w|[.\-–]\d|[:%])",
    re.IGNORECASE,
)
_TWO_DIGITS = re.compile(r"\d\d")
_YEAR_IN = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

_KIN = words(
    """
    mum mam mom mother dad father nan nana gran grandma granny grandad grandpa grandmother grandfather son daughter
    sons daughters boy girl boys girls baby babies twin twins triplets brother sister wife husband hubby partner kid
    kids child children grandson granddaughter eldest oldest youngest middle niece nephew aunt auntie uncle cousin
    missus fiance fiancee newborn toddler bub sis bro stepson stepdaughter mine lad lass wifey hubs elder younger
    tenant applicant patient claimant self me himself herself both
    copil copilul copii fiul fiica meu mea filho filha hijo hija mi minha fils fille syn córka corka moja oğlum kızım
    sin djali vajza dukra sunus sūnus bambino bambina figlio figlia bebe bébé beba enfant
    """
)
_KIN_OR_NAME = rf"(?:{PERSON_MASK}+|\b(?:{'|'.join(sorted(_KIN, key=len, reverse=True))})\b)"
_FILLER = (
    r"(?:\s?(?:,|:|-|\u2013|both|all|just|only|actually|really|also|a|an|the|now|date|"
    r"official(?:ly)?|in fact|by the way|well|like|recorded|down|as|not)){0,3}\s?[:,\-\u2013\"'‘“(]?\s?$"
)
_SAID_OF = re.compile(
    rf"(?:(?<![\w])(?:i|he|she|we|they|ee|me)\s?(?:['’´`]\s?(?:m|s|re)|am|is|was|are|were)|(?<![\w])(?:im|hes|shes|theyre)"
    r"|\b(?:little|wee|big|young|middle|older|younger|other|first|second)\sone(?:['’]?s|\s(?:is|was))"
    r"|\b(?:me|him|her|them|us|son|daughter|mum|dad|boy|girl|wife|husband|baby)\s(?:down\s)?as"
    rf"|{_KIN_OR_NAME}(?:\s(?:is|was|are|were|being)|['’]?s))\b{_FILLER}",
    re.IGNORECASE,
)
_BESIDE_NAME = re.compile(rf"{PERSON_MASK}['’]?s?\s?[,;:(\[\-\u2013\u2014/.|]{{0,2}}\s{{0,2}}$")
_BESIDE_KIN = re.compile(
    rf"{_KIN_OR_NAME}(?:['’]?s)?\s?[,;:(\[\-\u2013\u2014/=]{{1,2}}\s{{0,2}}(?:the\s)?$", re.IGNORECASE
)
_AFTER_KIN = re.compile(rf"{_KIN_OR_NAME}(?:\s(?:one|two|three|[1-9]))?\s$", re.IGNORECASE)
_OWN_DATE = re.compile(
    r"\b(?:my|his|her|our|their|mine|real|right|correct|true|actual|wrong|proper|own)\s(?:(?:real|right|correct|true|actual|wrong|proper|own|official)\s)?dates?"
    r"(?:\s(?:is|was|be|being|should|as|says?|not|reads?|ought|to|down|it['’]?s|for|me|him|her|them|,|:|-)){0,4}\s?[:,\-]?\s?(?:the\s)?$",
    re.IGNORECASE,
)
_HAD_CHILD = re.compile(
    r"\b(?:had|have)\s(?:my|our|him|her|the|a|another)\b\s?(?:\w+\s){0,2}?(?:baby|son|daughter|boy|girl|twins|first|second|third|one|him|her|child)?[^.!?]{0,25}$",
    re.IGNORECASE,
)
_ID_BEFORE = re.compile(rf"{MASK}\s?[,;:(&/|\-\u2013]?\s?(?:and|n|plus|with|\+)?\s?,?\s?(?:the\s|my\s|his\s|her\s)?$")
_ID_AFTER = re.compile(
    rf"^\s?[,;:)&/|\-\u2013]?\s?(?:and|n|plus|with|\+)?\s?,?\s?(?:[a-z]{{2,8}}\s){{0,2}}{MASK}", re.IGNORECASE
)
_AGED = re.compile(
    r"\b(?:aged?|turn(?:s|ed|ing)?|nearly|almost)\s\d{1,3}\b|\b\d{1,3}\s?(?:years?|yrs?|yo)\b[\s-]?(?:old|of\sage)?|(?:['’]m|['’]s|\bam|\bis|\bim|hes|shes)\s\d{1,3}(?![\d/.:%-])"
    r"|\bpension(?:er|able)?\b|\b(?:toddler|newborn|infant|primary|reception)\b",
    re.IGNORECASE,
)
_OF_A_PERSON = re.compile(
    rf"{PERSON_MASK}|\b(?:i|i['’]?m|my|me|mine|he|she|his|her|him|we|our|us|mum|dad|nan|mr|mrs|ms|miss|widow(?:ed|er)?|pensioner|male|female|confirm|verify|security)\b",
    re.IGNORECASE,
)

_BIRTH = words(
    """
    born bom bornn age birth birthday birthdays birthdate dob d.o.b bday b-day birthyear newborn womb preemie premature
    prematurely prem caesarean cesarean c-section csection birthed nee née nato nata nacido nacida nascido nascida
    geboren urodzony urodzona urodzon nascut născut nascuta născută dogum doğum né hatched arrival christened-born
    maternity midwife delivery-room conceived birthdat brthday birhtday brithday bithday birthplace birthmark leapling
    triplets twins twin birthed zodiac aries taurus gemini leo virgo scorpio sagittarius capricorn aquarius pisces
    """
) - words("birthplace birthmark twin")
_COMES = words("came arrived come arrives arriving landed appeared delivered")
_NEW_BORN = words("baby babies twins triplets newborn bub early prem premature world earth screaming stork late weeks")
_EVENT = words(
    """
    since dated letter letters email emails e-mail meeting meetings minutes hearing tribunal court trial moved moving
    married wedding marriage wed divorce divorced died dead death passed funeral buried burial cremated opened opening
    closed closing closure closes opens deadline by until till til before after from between expires expired expiry
    valid issued issue reported report reports reporting logged rang phoned emailed wrote written visited visit
    inspected inspection appointment appt operation op surgery fell admitted discharged diagnosed diagnosis scan
    started start starts began begin begins joined join retired retirement retire landed naturalised naturalized
    became become elected election referendum voted vote flood flooded floods flooding fire bomb bombed bombs raid
    blitz crash crashed accident incident stolen theft burgled burglary attack attacked stabbed stabbing robbed robbery
    evicted eviction tenancy lease contract signed signature sign decision application applied submitted refused
    granted permission payment paid pay fined fine parked pcn ticket works roadworks event festival concert fair parade
    match game final coronation jubilee armistice ve vj d-day strike census photo photograph photographs picture taken
    version draft published consultation survey form today completed received sent send posted delivered collected
    collection cancelled postponed due repaired fitted installed installation built completed finished demolished
    launched announced promised effective commencing commenced took get got went came come arrived arrival return
    returned saw see seen spoke told met asked answered replied reply response complaint complained order ordered
    bought sold hired let rent rented handed given gave keys lost found missing left leave leaving stopped broke broken
    cut turned-off switched blackout power storm storms snow heatwave lockdown covid pandemic vaccine jab jabbed
    vaccinated dose blood test results passed-away anniversary memorial service mass holiday holidays weekend term
    session class course exam exams tests week review reviewed assessed assessment interview shift rota bus train
    journey trip flight flew sailed travelled arrived windrush docked evacuated war peace disaster explosion outage
    cabinet committee assembly forum agm minutes resolution agenda page version policy plan act law statute bill
    royal visit queen king prince premiere match cup derby kick-off season gig show performance play exhibition
    poster leaflet notice notices newsletter article post facebook tweet post-dated postmark stamp stamped invoice
    bill statement receipt transaction debit arrears debt summons summonsed warrant bailiff bailiffs enforcement
    instalment instalments award awarded notified notification arrested charged sentenced released bail inquest
    verdict murder killed shot knocked hit struck ended end ends finish finishes lasted on-site scheduled booked
    booking reserved starting available recorded-delivery screening screened surveyed counted measured tested recorded
    photographed filmed observed witnessed noticed watched quote quoted estimate guarantee warranty mot insured
    insurance regards sincerely faithfully yours thanks cheers checked dentist smear mammogram a&e hospitalised
    stroke heart collapse collapsed sectioned baptised christened baptism christening confirmed communion ordained
    graduated graduation qualified enrolled started-school demobbed enlisted conscripted posted-overseas citizenship
    oath ceremony visa leave biometric migrated emigrated immigrated entered crossed fled escaped adopted fostered
    engaged engagement proposed housed rehoused decanted transferred swapped exchanged succeeded registered move
    """
) - words("registered recorded entered given gave told see get got went let play")
# Past tenses that say nothing of an event where a date is told ("they typed 4 May 1950").
_NO_EVENT = words(
    """
    aged named called typed listed needed wanted asked used supposed read registered recorded entered showed printed
    mixed muddled swapped copied spelled said misspelled scanned shared repeated whispered shouted red bed shed need
    speed indeed feed seed wed fred ted ned hundred kindred sacred tired retired-age united confused guessed lied
    transposed reversed scribbled ticked filled unmarried widowed disabled loved blessed gifted doubled hated worried
    """
)
_STORYTELLING = words("about and because when to so that asking but at for then from with it")
# Events beside which people say that they were born.
_TIMES = words(
    """
    blackout flood floods war storm storms snow strike blitz fire coronation jubilee raid bomb bombs heatwave peace
    lockdown covid pandemic week weekend festival queen king after before between test
    """
)
_WHEN_BEFORE = words("on since from until till by before after of to around circa in between dated during for")
_STORY = re.compile(rf"{MASK}+|{PERSON_MASK}+|[^\W_](?:[\w'’&\-]*[^\W_])?|[^\w\s]")
_NO_STOP = "".join(
    rf"(?<!\b{cut})" for cut in listed("[A-Z] Mr Ms Dr St No Mx Mrs Rev Cllr Jan Feb Mar Apr Aug Sep Sept Oct Nov Dec")
)
_BREAK = re.compile(rf"(?:{_NO_STOP}[.]|[!?])+(?=[\s\"'”’)])|\n")


@dataclass(frozen=True, slots=True)
class _Setting:
    """A date with its sentence, and the sentences around it."""

    left: str
    right: str
    before: str
    after: str
    year: int
    numeric: bool


def births(text: str, health_numbers: Sequence[tuple[int, int]] = ()) -> Iterator[tuple[int, int]]:
    """Where dates of birth stand, `(start, end)`, in a text with names and identifiers masked.

    `health_numbers` are the places of health and insurance numbers: a date in one breath with these is a birth's.
    """
    if not _TWO_DIGITS.search(text):
        return
    breaks: list[int] | None = None
    of_a_person = False
    for match in _DATE.finditer(text):
        year = _year(match.group())
        if year is None or not any(c.isdigit() for c in match.group()):
            continue
        if breaks is None:
            breaks, of_a_person = [m.end() for m in _BREAK.finditer(text)], bool(_OF_A_PERSON.search(text))
        setting = _setting(text, match, breaks, year)
        near = any(s - 12 <= match.end() <= s or e <= match.start() <= e + 6 for s, e in health_numbers)
        if _is_birth(setting, near, of_a_person):
            yield match.start(), match.end() - match.group().endswith(".")


def _year(value: str) -> int | None:
    """The year of a date, scanners' letters read as digits; None where it can be nobody's."""
    digits = value.translate(str.maketrans("lIOo", "1100"))
    digits = re.sub(r"(?<=1)[gq](?=\d\d\b)", "9", digits)
    found = _YEAR_IN.findall(digits)
    if found:
        year = int(found[-1])
    else:
        last = re.search(r"\d\d$", digits.rstrip("."))
        if not last:
            return None
        year = int(last.group()) + (2000 if int(last.group()) + 2000 <= LATEST else 1900)
    return year if EARLIEST <= year <= LATEST else None


def _setting(text: str, match: re.Match[str], breaks: list[int], year: int) -> _Setting:
    first, last = bisect_right(breaks, match.start()), bisect_left(breaks, match.end())
    start = breaks[first - 1] if first else 0
    start_before = breaks[first - 2] if first > 1 else 0
    end, end_after = (breaks[k] if k < len(breaks) else len(text) for k in (last, last + 1))
    return _Setting(
        left=text[max(start, match.start() - 200) : match.start()],
        right=text[match.end() : min(end, match.end() + 100)],
        before=text[max(start_before, start - 200) : start],
        after=text[end : min(end_after, end + 100)],
        year=year,
        numeric=match.group("numeric") is not None or match.group("american") is not None,
    )


def _told(text: str) -> list[str]:
    return [_plain(word) for word in _STORY.findall(text)]


def _plain(word: str) -> str:
    """A word as it was meant: in lower case, scanners' digits in words read as letters."""
    low = word.lower().replace("’", "'")
    if low[0].isalpha() and not low.isalpha():
        low = low.replace("0", "o").replace("1", "l")
        low = low.removesuffix("'s")
    return low


def _is_birth(at: _Setting, near_health_number: bool, of_a_person: bool) -> bool:
    right = _told(at.right)[: 2 * AHEAD]
    follows = next((w for w in right if w[0].isalpha()), "")
    tells_event = right[:1] and right[0][0].isalpha() and follows in _EVENT and not _BIRTH & set(right[1:])
    if tells_event and follows not in {"to", "from", "by"}:
        return False
    left = _told(at.left)[::-1][: 2 * BACK]
    if _SAID_OF.search(at.left) or _OWN_DATE.search(at.left) or near_health_number:
        return True
    counted = _AFTER_KIN.search(at.left) and not (right and right[0] in _STORYTELLING)
    if _BESIDE_KIN.search(at.left) or _BESIDE_NAME.search(at.left) or counted:
        return at.year <= LONG_AGO or not any(_speaks_of_event(left, i) for i in range(min(6, len(left))))
    cue = _nearest(left)
    if cue is None:
        cue = _nearest_ahead(right)
    if cue is not None:
        return cue
    return _by_surroundings(at, left, of_a_person)


def _nearest(left: list[str]) -> bool | None:
    """True for a birth, False for an event, by the nearest word that speaks of either."""
    found: bool | None = None
    for i, word in enumerate(left):
        if word in _TIMES and found is None:
            found = False if _speaks_of_event(left, i) else None
            continue
        if word in _BIRTH:
            return True
        if word in _COMES and _NEW_BORN & set(left[max(0, i - 3) : i + 4]):
            return True
        if word == "delivered" and left[i - 1 : i] == ["by"] and i:
            return True
        if word in {"turned", "turns", "turn"} and any(w.isdigit() for w in left[max(0, i - 2) : i]):
            return True
        if word == "had" and {"baby", "son", "daughter", "twins", "boy", "girl", "him", "first"} & set(left[:i]):
            return True
        if _speaks_of_event(left, i):
            return False
    return found


def _speaks_of_event(left: list[str], i: int) -> bool:
    word = left[i]
    if word in _EVENT:
        # "by", "after", "from" are cues right before the date only
        return i < 2 or word not in {"by", "before", "after", "from", "between", "until", "till", "til"}
    return len(word) > 4 and word.endswith("ed") and word not in _NO_EVENT


def _nearest_ahead(right: list[str]) -> bool | None:
    for i, word in enumerate(right):
        if word in _BIRTH:
            return True
        if i > 3:
            continue
        if word in _EVENT or (len(word) > 4 and word.endswith("ed") and word not in _NO_EVENT):
            return False
    return None


def _by_surroundings(at: _Setting, left: list[str], of_a_person: bool) -> bool:
    """Neither birth nor event in the sentence: what stands before it, beside it, and how long ago it was."""
    before = _told(at.before)
    preposition = (left[:1] and left[0] in _WHEN_BEFORE) or (left[:2] and left[0] == "the" and left[1] in _WHEN_BEFORE)
    if not preposition and (_BIRTH & set(before) or _BIRTH & set(_told(at.after)[:8])):
        return True
    if _OWN_DATE.search(at.before[-30:].rstrip(" .!?:\n")):
        return True
    beside = bool(_ID_BEFORE.search(at.left[-40:]) or _ID_AFTER.search(at.right[:30]))
    aged = bool(_AGED.search(at.left) or _AGED.search(at.right) or (not preposition and _AGED.search(at.before)))
    if at.year <= LONG_AGO:
        return at.numeric or (not preposition and (beside or aged or of_a_person))
    return not preposition and aged
