"""Identifiers of UK residents as Presidio recognisers: numbers, addresses online, postcodes, dates of birth.

Every recogniser finds its value by form and by the words before it; a checksum raises the score but never decides,
because people mistype their own numbers. Patterns have bounded repeats only, so that no text makes them slow.
Sources: /reference rules on UK identifiers (HMRC NIM39110, NHS Data Dictionary, DVLA INF104, Royal Mail PAF), E.164.
"""

# ruff: noqa: E501  a pattern cut over lines is harder to read than a long one
from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from analysis.anonymise.gazetteer import fold, load_gazetteer
from analysis.anonymise.wording import (
    COMMON_SHORT_WORDS,
    DIGIT_WORDS,
    MONTHS,
    MONTHS_ABROAD,
    NUMBER_WORDS,
    listed,
    words,
)

SEP = r"[ \t.\-\u2010-\u2015\u00a0]{0,2}"
WIDE = (
    r"[ \t.,/_\-\u2010-\u2015\u00a0]{0,3}"  # where the name or the form leaves no doubt, any mark may part the digits
)
DIGIT = r"[0-9]"
ZERO_O = r"[0-9Oo]"  # people type the letter O for zero


@dataclass(frozen=True, slots=True)
class Rule:
    """One form of an identifier. `check` sees the matched value and may raise (True) or refuse (False) it.

    Where a text has fewer than `digits` digits, or neither one of `words` in it nor one of `whole` as a word of it (lower
    case; neither given: no test), the rule cannot match and is not run; nor is one that is `numbered` where the text
    has no digit and no number in words.
    """

    label: str
    name: str
    regex: str
    score: float
    check: Callable[[str], bool | None] | None = None
    digits: int = 1
    words: tuple[str, ...] = ()
    case_sensitive: bool = False
    whole: frozenset[str] = frozenset()
    numbered: bool = False


def digits_of(value: str) -> str:
    """The decimal digits of a value, letter O read as zero."""
    return "".join(c for c in value.replace("O", "0").replace("o", "0") if c.isdecimal())


def nhs_checksum_holds(value: str) -> bool:
    """Modulus 11 over ten digits, weights 10 to 2 (NHS Data Dictionary)."""
    digits = [int(c) for c in digits_of(value)]
    if len(digits) != 10:
        return False
    check = 11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check % 11 == digits[9] and check != 10


def luhn_holds(value: str) -> bool:
    """ISO/IEC 7812 check digit."""
    digits = [int(c) for c in reversed(digits_of(value))]
    return sum(d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(digits)) % 10 == 0


def _raises_only(holds: Callable[[str], bool]) -> Callable[[str], bool | None]:
    return lambda value: True if holds(value) else None


def _refuses(fails: Callable[[str], bool]) -> Callable[[str], bool | None]:
    return lambda value: False if fails(value) else None


POSTCODE_AREAS = words(
    """
    AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN
    EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE
    NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR
    TS TW UB W WA WC WD WF WN WR WS WV YO ZE
    """
)


_IN_PAIRS = re.compile(r"[a-z]{2}(?: \d\d){3} [a-d]", re.IGNORECASE)  # "as 12 34 56 a": as it is printed, word or not
_TWO_LETTER_WORDS = words("as at by he be us we up do go an my no on or so to")


def _area(value: str) -> str:
    return "".join(c for c in value[:2].upper() if c.isalpha())


def _spoken_area(value: str) -> str:
    """The letters before the first number of a postcode said letter by letter."""
    return "".join(takewhile(str.isalpha, ("9" if len(part) > 1 else part for part in value.split()))).upper()


def _impossible_postcode(value: str) -> bool:
    compact = "".join(c for c in value if c.isalnum())
    ordinal = compact[-3:] in {"1st", "2nd", "3rd"} or (compact[-2:] == "th" and compact[-3].isdigit())
    digits = any(c.isdecimal() for c in compact)
    return compact.upper() != "GIR0AA" and (not digits or _area(compact) not in POSTCODE_AREAS or ordinal)


def _looks_like_words(value: str) -> bool:
    """A route or postcode district followed by a short word ("RM10 and"), not a number plate."""
    letters = [part for part in "".join(c if c.isalpha() else " " for c in value).split() if part]
    mixed = len({part.isupper() for part in letters}) > 1 or any(
        not (part.isupper() or part.islower()) for part in letters
    )
    tail_or_head = any(part.lower() in COMMON_SHORT_WORDS for part in letters if len(part) == 3)
    return mixed or (tail_or_head and value != value.upper())


def _ends_in_a_word(value: str) -> bool:
    """ "AT 12 THE": its last letters are a short word."""
    last = value.rsplit(maxsplit=1)[-1].lower()
    return last in COMMON_SHORT_WORDS or value[:2].lower() in _TWO_LETTER_WORDS


def _is_a_word(value: str) -> bool:
    lists, folded = load_gazetteer(), fold(value)
    return lists.is_ordinary(folded) or lists.is_rarer_word(folded)


def _too_few_digits(value: str) -> bool:
    return sum(c.isdecimal() for c in value) < 4


def _not_a_reference(value: str) -> bool:
    """Too plain for a reference after a cue: a year, a price, a time, a short count, a route."""
    digits = sum(c.isdecimal() for c in value)
    letters = sum(c.isalpha() for c in value)
    joined = any(c in "-/" for c in value)
    if letters == 0 and not joined:
        return digits < 5
    if letters == 0:
        return digits < 6 or (digits == 8 and len(value) == 9 and value[:2] in {"19", "20"})
    return digits < 3 or digits + letters < 6 or (value[0].isdecimal() and value.lower().rstrip("s").endswith("00"))


def _too_few_for_parts(value: str) -> bool:
    """Parts after a cue are a reference from five digits, or four with letters; a range of years is none."""
    digits = sum(c.isdecimal() for c in value)
    letters = any(c.isalpha() for c in value)
    years = digits == 8 and not letters and all(part[:2] in {"19", "20"} for part in value.replace("-", " ").split())
    return digits < (4 if letters else 5) or years


def _a_road(value: str) -> bool:
    """ "A1306", "M25", "B178"."""
    return value[:1] in "ABM" and value[1:].isdecimal() and len(value) < 6


def _plain_time_range(value: str) -> bool:
    return len(value) == 9 and value[4] in "-\u2013" and digits_of(value) == value[:4] + value[5:]


_D = f"(?:{SEP}{DIGIT})"
_SAID = f"(?:[0-9]|{'|'.join(DIGIT_WORDS)})"
_WORD_DIGIT = f"(?:(?:double|treble|triple)[ -]{{1,2}})?(?:{'|'.join(DIGIT_WORDS)}|[0-9])"
_MIXED = rf"(?:{_WORD_DIGIT}(?:[\s\-](?:hundred|thousand))?(?:\sand)?|[0-9]{{1,4}})"
_SPELLED = rf"(?:{_WORD_DIGIT}[ ,.\-]{{1,3}})"
_NOT_IN_NUMBER = r"(?<![\w£$€/])(?<!\d[.,\-])"
_END = r"(?![\w])"
_OF = r"(?:\s{1,2}(?:is|was|are|it'?s|its|being|number|num|no|nos|nr|ref|reference|id|code|of|for|a|an|the|my|our|as|on|with|given|say|says|said|#))"
_CUE_GAP = rf"(?:[.:'’]s?)?{_OF}{{0,4}}\s{{0,2}}[.:#=\-\u2013(,\"'‘“]{{0,2}}\s{{0,2}}"

_MONTH = f"(?:{'|'.join(MONTHS)})"
_ORDINAL_DAY = r"(?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:(?:19|20)?\d\d|['’]\d\d)"
_NUMERIC_DATE = r"(?:\d{1,2}\s?[/.\-\u2013 ]\s?\d{1,2}\s?[/.\-\u2013 ]\s?(?:19|20)?\d\d)"
_ISO_DATE = r"(?:(?:19|20)\d\d[/.\-](?:1[0-2]|0?[1-9])[/.\-](?:[12]\d|3[01]|0?[1-9]))"
_WORDED_DATE = (
    rf"(?:{_ORDINAL_DAY}(?:\s(?:day\s)?of)?(?:\sthe)?[\s\-]{{1,2}}(?:{_MONTH}|{_ORDINAL_DAY})[.,]?[\s\-]{{1,2}}{_YEAR}"
    rf"|{_MONTH}[.]?\s{{1,2}}{_ORDINAL_DAY},?\s{{1,2}}{_YEAR})"
)
_DAY_AND_MONTH = rf"(?:{_ORDINAL_DAY}(?:\sof)?\s{_MONTH}|{_MONTH}\s{_ORDINAL_DAY}|\d{{1,2}}/\d{{1,2}})"
_YEAR_FIRST = rf"(?:19|20)\d\d,?\s(?:on\s)?(?:the\s)?{_DAY_AND_MONTH}"
_ORDINALS = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty[\s\-][a-z]{5,7}|thirtieth|thirty[\s\-]first)"
)
_SPELLED_YEAR = rf"(?:nineteen|twenty|two\sthousand)(?:[\s\-](?:and|hundred|oh|{'|'.join(NUMBER_WORDS)})){{1,4}}"
_ROMAN_DATE = r"(?:[12]\d|3[01]|0?[1-9])\s?[/.\-]\s?(?:i{1,3}|iv|vi{0,3}|ix|xi{0,2})\s?[/.\-]\s?(?:19|20)?\d\d"
_BY_NUMBERS = rf"{_ORDINAL_DAY}(?:\sday)?\sof\s(?:the\s)?{_ORDINAL_DAY}(?:\smonth)?,?\s(?:of\s|in\s)?(?:19|20)\d\d"
_FEAST = r"(?:(?:christmas|boxing|new\syear(?:['’]?s)?|st\.?\s\w{5,8}(?:['’]?s)?|valentine(?:['’]?s)?|may|bonfire|midsummer)\s(?:day|eve|night)|easter(?:\s(?:sunday|monday))?|hallowe['’]?en)"
_SPELLED_DATE = (
    rf"(?:(?:the\s)?(?:[a-z]{{4,8}}(?:[\s\-][a-z]{{5,7}})?|{_ORDINAL_DAY})(?:\sof)?\s{_MONTH},?\s(?:nineteen|twenty|two thousand|(?:19|20)\d\d)"
    rf"(?:[\s\-](?:and|hundred|{'|'.join(NUMBER_WORDS)})){{0,4}})"
)
_DATE_ABROAD = rf"(?:(?:[12][0-9]|3[01]|0?[1-9])(?:er|\.|e)?(?:\sde)?\s(?:{'|'.join(sorted(set(MONTHS_ABROAD), key=len, reverse=True))})(?:\sdel?)?,?\s(?:19|20)\d\d)"
_BORN_ABROAD = (
    r"\b(?:born|n[ée]e?|nato|nata|nascid[oa]|nacid[oa]|geboren|urodzon[ya]|ur\.|n[aă]scut[aă]?|do[gğ]um|lindur|gim[eė][sė]?|dhalatay|dhashay)"
    r"(?:\s(?:le|la|el|em|a|il|in|am|den|pe|dnia|data\sde|tarihi|m[eë]|on|the))?\s?[:,]?\s"
)
DATE = rf"(?:{_ISO_DATE}|{_WORDED_DATE}|{_NUMERIC_DATE})"
_ANY_WORDS = r"(?:\s{1,2}[^\W\d_][\w'’\-]{0,20},?){1,5}?"
_BIRTH = (
    r"\b(?:d\.?\s?o\.?\s?b\b\.?|date\s(?:of|off)\sbirth|birth\s?-?date|birth\scert(?:ificate)?|birth\s?day|b-?day|born|birth|turn(?:ed|s|ing)\s\d{1,3}|baby\s(?:arrived|came)"
    r"|(?:passport|certificate|documents?|papers?|tazkira|tazkera|visa|id)\s(?:says?|said|has|have|shows?))"
    r"(?:\s{1,2}(?:is|was|on|in|the|of|[a-z]{3,9}day|at|date|his|her|my)){0,4}\s{0,2}[:=,.\-\u2013(]{0,2}\s{0,2}(?:the\s)?"
)

_PLATE_NOW = rf"[A-Z]{{2}}(?-i:[ ](?=[0-9]{{2}} ?[A-Z]{{3}}))?(?:[0-9][0-9]|[O0][0-9]){SEP}[A-Z]{{3}}"
_PLATE_SPACED = rf"[A-Z]{{2}}[ \-]?[0-9][ \-]?[0-9]{SEP}[A-Z](?:[ \-]?[A-Z]){{2}}"
_PLATE_PREFIX = rf"[A-HJ-NPR-TV-Y][0-9]{{1,3}}{SEP}[A-Z]{{3}}"
_PLATE_SUFFIX = rf"[A-Z]{{3}}{SEP}[0-9]{{1,3}}{SEP}[A-HJ-NPR-TV-Y]"
_PLATE_DATELESS = r"(?:[A-Z]{1,3}[ \-]?[0-9]{1,4}|[0-9]{1,4}[ \-]?[A-Z]{1,3})"
_PLATE_CUE = r"\b(?:reg(?:istration)?(?:\s(?:plate|mark))?|(?:number\s?|licen[cs]e\s)?plates?|vrm|vrn)" + _CUE_GAP

_VEHICLE_WORDS = tuple(
    listed(
        """
        car van lorry truck motorbike scooter moped minibus taxi cab tractor caravan anglia cortina escort capri consul
        prius uber zafira micra yaris octavia golf polo jazz civic qashqai zephyr zodiac granada fiesta mondeo transit prefect popular mini morris austin minor marina rover jaguar triumph
        hillman imp vauxhall viva cavalier astra corsa ford bentley rolls vespa lambretta bsa norton honda toyota datsun
        nissan volvo beetle bmw mercedes audi peugeot citroen renault fiat skoda lada saab alfa porsche daimler humber
        sunbeam wolseley riley standard singer bedford commer
        """
    )
)
_VEHICLE = rf"(?:{'|'.join(_VEHICLE_WORDS)})"

_PROVIDERS = tuple(listed("gmail googlemail hotmail outlook yahoo icloud live aol btinternet sky protonmail msn"))
_NETWORK_WORDS = tuple(
    listed("insta ig snap tik twitter facebook fb telegram discord threads linkedin youtube twitch bluesky nextdoor")
)
_SITE = (
    r"(?:instagram|facebook|fb|twitter|x|tiktok|linkedin|youtube|youtu|vimeo|soundcloud|gofundme|linktr|t|wa|snapchat"
    r"|threads|onlyfans|patreon|justgiving|change|ipetitions|crowdfunder|nextdoor|pinterest|twitch|github|medium|substack|blogspot|wordpress|etsy|depop)"
)
_NETWORK = (
    r"(?:insta(?:gram)?|ig|snap(?:chat)?|tik\s?tok|twitter|facebook|fb|telegram|discord|threads|linkedin|youtube|twitch"
    r"|bluesky|nextdoor)"
)

_ID_CUE = (
    r"\b(?:ref(?:s|erence)?|acc(?:oun)?t|acc|a/c|share\scode|journal|customer|client|case|claim|crime|cad|crn|pcn|ticket|fine|rent|tenancy|tenant"
    r"|housing|homeless(?:ness)?|council\stax|ctax|application|policy|order|invoice|booking|payment|member(?:ship)?|card|badge"
    r"|permit|oyster|student|pupil|upn|utr|payroll|staff|employee|passport|licen[cs]e|brp|visa|home\soffice|complaint|report"
    r"|job|log|incident|enquiry|repair|penalty|notice|meter|mpan|mprn|serial|imei|patient|hospital|bidding|locata|universal"
    r"\scredit|uc|benefit|planning|warranty|parcel|tracking|police|sort\scode|iban|bank|roll|unique|reg|id|case\sid"
    r"|nmc|gmc|hcpc|gphc|gdc|goc|sra|niceic|gas\ssafe|dbs|sia|crb|cscs|asylum|crew|warrant|collar|shoulder|service|army|union|pin|urn|uprn|uln|srn|ehcp|sen"
    r"|driver|operator|rider|seafarer|nass|arc|cos|ucas|dvla|candidate|loan|prison|prisoner|probation|offender|custody|pension|pass)\b"
)
_ID_CUE_WORDS = words(
    """
    ref refs reference act acc share journal acct account c customer client case claim crime cad crn pcn ticket fine rent tenancy tenant
    housing homeless homelessness tax ctax application policy order invoice booking payment member membership card badge
    permit oyster student pupil upn utr payroll staff employee passport license licence brp visa office complaint report
    job log incident enquiry repair penalty notice meter mpan mprn serial imei patient hospital bidding locata credit
    uc benefit planning warranty parcel tracking police code iban bank roll unique reg id nmc gmc hcpc gphc gdc goc sra niceic safe dbs sia crb
    cscs asylum crew warrant collar shoulder service army union pin urn uprn uln srn ehcp sen driver operator rider
    seafarer nass arc cos ucas dvla candidate loan prison prisoner probation offender custody pension pass
    """
)
_ID_STRONG = r"\b(?:ref(?:erence)?s?|(?:account|acct|case|crime|claim|order|badge|ticket|permit|card|pass|licence|license|policy|staff|employee|member|membership|company)\s(?:no|num|number|ref))\b"
_ID_VALUE = r"[A-Z0-9](?:[A-Z0-9/\-]|[ ](?=[0-9]{2,}(?![\w%£])(?!\s?(?:am|pm|days?|weeks?|months?|years?|times?|people)))){3,22}[A-Z0-9]"


def _not_an_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return True
    return False


RULES: tuple[Rule, ...] = (
    # --- e-mail -------------------------------------------------------------------------------------------------------
    Rule("EMAIL", "plain", r"(?<![\w.+%\-])[\w.+%'\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5}(?<![.\-'])", 0.9, digits=0, words=("@",)),
    Rule(
        "EMAIL",
        "spaced or spelled",
        r"(?<![\w.+%\-])[\w.+%\-]{1,64}(?:\s(?:dot|underscore|dash|hyphen)\s[\w+%\-]{1,40}){0,4}"
        r"\s?(?:@|\(\s?at\s?\)|\[\s?at\s?\]|\{at\}|<\s?at\s?>)\s?[\w\-]{1,63}"
        r"(?:(?:\.|\s?\.\s?(?=(?:com|co|uk|net|org|gov|ac|eu|me|info)\b)|\s?(?:\sdot\s|\(\s?dot\s?\)|\[\s?dot\s?\]|<\s?dot\s?>)\s?)[a-z][\w\-]{1,62}){1,4}",
        0.8, digits=0, words=("@", "(at", "( at", "[at", "[ at", "{at}", "<at", "< at")),
    Rule("EMAIL", "without its end", rf"(?<![\w.+%\-])[\w.+%\-]{{2,64}}@(?:{'|'.join(_PROVIDERS)})\b(?!\.\w)", 0.7, digits=0, words=("@",)),
    Rule("EMAIL", "with a comma", r"(?<![\w.+%\-])[\w.+%\-]{2,64}@[\w\-]{2,40},\s?(?:com|co|org|net|uk)\b(?:[.,]uk\b)?", 0.8, digits=0, words=("@",)),
    Rule(
        "EMAIL",
        "in words",
        r"(?<![\w.+%\-])[\w.+%\-]{1,64}(?:\s(?:dot|underscore|dash|hyphen)\s[\w+%\-]{1,40}){0,4}\s(?:at|@)\s"
        rf"(?:(?:{'|'.join(_PROVIDERS)}|example)"
        r"(?:\s?(?:\.|\sdot\s|dot\s|\spoint\s)\s?[a-z]{2,4}){0,2}|[\w\-]{2,40}(?:\sdot\s[a-z]{2,12}){1,3})\b",
        0.8, digits=0, words=(*_PROVIDERS, "example", " dot ")),
    Rule(
        "EMAIL",
        "in several words",
        rf"(?:(?<=[:=]\s)(?:[\w.+%\-]{{1,30}}\s){{2,6}}|(?<![\w.])[\w.+%\-]{{2,40}}\s(?:(?:{'|'.join([*DIGIT_WORDS, *NUMBER_WORDS])}|[0-9]+)[\s\-]){{1,6}})(?:at|@)\s"
        rf"(?:{'|'.join(_PROVIDERS)})(?:\s?(?:\.|\sdot\s|dot\s|\spoint\s)\s?[a-z]{{2,4}}){{0,2}}\b",
        0.8, digits=0, words=_PROVIDERS),
    # --- links, handles, network addresses ------------------------------------------------------------------------------
    Rule("URL_OR_HANDLE", "link", r"\bhttps?://[^\s<>\"'()\[\]]{2,400}(?<![.,;:!?])", 0.9, digits=0, words=("http",)),
    Rule("URL_OR_HANDLE", "web address", r"(?<![\w@.])www\.[^\s<>\"'()\[\]]{3,400}(?<![.,;:!?])", 0.9, digits=0, words=("www.",)),
    Rule(
        "URL_OR_HANDLE",
        "profile",
        rf"(?<![\w@.]){_SITE}\.(?:com|me|ee|be|tv|co|co\.uk|net|org)/[^\s<>\"'()\[\]]{{1,200}}(?<![.,;:!?])",
        0.9, digits=0, words=("/",)),
    Rule(
        "URL_OR_HANDLE",
        "bare address",
        r"(?<![\w@.\-])[a-z0-9\-]{2,63}(?:\.[a-z0-9\-]{2,63}){0,3}\.(?:com|co\.uk|org\.uk|org|net|uk|info|biz|london)"
        r"(?:/[^\s<>\"'()\[\]]{0,200}(?<![.,;:!?]))?(?![\w@])",
        0.6, digits=0, words=(".com", ".co.uk", ".org", ".net", ".uk", ".info", ".biz", ".london",)),
    Rule("URL_OR_HANDLE", "handle", r"(?<![\w.@/+%\-])@[\w][\w.\-]{1,40}(?<![.\-])", 0.8, digits=0, words=("@",)),
    Rule(
        "URL_OR_HANDLE",
        "named network",
        rf"\b{_NETWORK}(?:\s(?:is|as|at|under|handle|name|user|username|account|me|i'?m|im|its|it's|-)){{1,4}}\s?[:=\-]?\s?\K"
        r"(?:@\s?)?(?=[\w.]{0,40}[\d_.][\w])[\w][\w.]{2,40}(?<!\.)",
        0.7, digits=0, words=_NETWORK_WORDS),
    Rule(
        "URL_OR_HANDLE",
        "on a network as",
        rf"\b{_NETWORK}\s(?:as|under|at|[:=])\s?\K(?!(?:a|an|the|my|our|if|well|soon|they|we|you|it|i|far|long|much)\b)[\w][\w.]{{3,40}}(?<!\.)",
        0.6, digits=0, words=_NETWORK_WORDS),
    Rule(
        "URL_OR_HANDLE",
        "name on a network",
        rf"\b(?:i['’]?m|i am|it['’]?s|follow(?:\sme)?|find me|me)(?:\s(?:as|at|under))?\s\K[a-z0-9][\w.]{{4,40}}(?=,?\son\s(?:the\s)?{_NETWORK}\b)",
        0.6,
        _refuses(_is_a_word), digits=0, words=_NETWORK_WORDS),
    Rule("URL_OR_HANDLE", "right after a network", rf"\b{_NETWORK}(?:\s(?:is|-|\u2013))?\s?[:=\-/]?\s?\K(?=[\w.]{{0,40}}[\d_])[a-z][\w.]{{3,40}}(?<!\.)", 0.6, digits=0, words=_NETWORK_WORDS),
    Rule("URL_OR_HANDLE", "path of a network", r"(?<![\w/.])(?:u|fb|ig|insta|tt|yt|snap)/[a-z][\w.\-]{2,30}(?<![.\-])", 0.6, digits=0, words=("/",)),
    Rule("URL_OR_HANDLE", "parted from its sign", r"(?<![\w.@/+%\-])@ (?=[\w.]{0,30}[\d_])[a-z][\w.]{3,30}(?<!\.)(?!@)", 0.6, digits=0, words=("@ ",)),
    Rule("URL_OR_HANDLE", "name and number", r"(?<![\w.@/#])[\w][\w.]{1,31}#[0-9]{4}(?!\w)", 0.7, digits=4, words=("#",)),
    Rule("URL_OR_HANDLE", "network then colon", rf"\b{_NETWORK}\s?[:=]\s?\K@?[\w][\w.]{{2,40}}(?<!\.)", 0.6, digits=0, words=_NETWORK_WORDS),
    Rule(
        "URL_OR_HANDLE",
        "IP address",
        r"(?<![\w.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})(?![\w:]|\.\d)",
        0.6,
        _refuses(_not_an_address),
        digits=2,
        words=(":", "."),
    ),
    # --- National Insurance ---------------------------------------------------------------------------------------------
    Rule(
        "NI_NUMBER",
        "with suffix",
        rf"(?<![\w/\-])[A-Z]{SEP}[A-Z]{WIDE}(?:{ZERO_O}{WIDE}){{5}}{ZERO_O}{WIDE}[A-D](?![\w])",
        0.8,
        _refuses(lambda value: _too_few_digits(value) or (value[:2].lower() in _TWO_LETTER_WORDS and value[2:3] == " " and not _IN_PAIRS.fullmatch(value))), digits=4),
    Rule(
        "NI_NUMBER",
        "after its name",
        rf"\b(?:n\.?\s?i\.?|nino|n\.i\.n\.o|nat(?:ional)?\.?\sins(?:urance)?|national\sinsurence)\b(?:\s?(?:no|num|number|numb)\b)?{_CUE_GAP}\K"
        rf"[A-Z]{SEP}[A-Z](?:{WIDE}{ZERO_O}){{5,6}}(?:{WIDE}[A-D])?(?![\w])",
        0.9,
        _refuses(_too_few_digits), digits=4, words=("ni", "n.i", "n i", "nat", "n. i",)),
    Rule("NI_NUMBER", "pairs", r"(?<![\w/\-])[A-CEGHJ-PR-TW-Z]{2} \d\d \d\d \d\d(?! ?\d)(?![\w])", 0.6, case_sensitive=True, digits=6),
    # --- NHS ------------------------------------------------------------------------------------------------------------
    Rule(
        "NHS_NUMBER",
        "after its name",
        r"\b(?:n\.?h\.?s|hospital|patient|bracelet|wristband|medical|health)\b\.?(?:\s(?:card|record))?(?:\s?(?:no|num|number|numb|id)\b)?"
        + _CUE_GAP
        + rf"\K{ZERO_O}(?:{WIDE}{ZERO_O}){{8,9}}(?![\w])",
        0.9,
        _refuses(_too_few_digits), digits=4, words=("nhs", "n.h", "nh.s", "hospital", "patient", "bracelet", "wristband", "medical", "health",)),
    Rule(
        "NHS_NUMBER",
        "after its name, as scanned",
        rf"\bn\.?\s?h\.?\s?s\b\.?(?:\s?(?:no|num|number|numb|id)\b)?{_CUE_GAP}\K[0-9lIOoSB](?:{WIDE}[0-9lIOoSB]){{9}}(?![\w])",
        0.8, digits=5, words=("nhs", "n.h", "n h")),
    Rule(
        "NHS_NUMBER",
        "after its name, with strokes",
        rf"\bn\.?\s?h\.?\s?s\b\.?(?:\s?(?:no|num|number|numb|id)\b)?{_CUE_GAP}\K[0-9]{{3}}\s?[/.,]\s?[0-9]{{3}}\s?[/.,]\s?[0-9]{{4}}{_END}",
        0.9, digits=10),
    Rule(
        "NHS_NUMBER",
        "three, three, four",
        rf"{_NOT_IN_NUMBER}[1-9]\d\d[ .\-\u2013]{{1,2}}\d{{3}}[ .\-\u2013]{{1,2}}\d{{4}}{_END}",
        0.6,
        _raises_only(nhs_checksum_holds), digits=10),
    Rule(
        "NHS_NUMBER",
        "by checksum",
        rf"{_NOT_IN_NUMBER}[1-9]{_D}{{9}}{_END}",
        0.45,
        _raises_only(nhs_checksum_holds), digits=10),
    Rule(
        "NHS_NUMBER",
        "in words",
        rf"\b(?:n\.?h\.?s|health|hospital|patient)\b\.?(?:\s(?:no|num|number))?{_CUE_GAP}\K{_SPELLED}{{7,11}}{_WORD_DIGIT}\b",
        0.8, digits=0, numbered=True, words=("nhs", "n.h", "nh.s", "health", "hospital", "patient")),
    # --- phones ---------------------------------------------------------------------------------------------------------
    Rule(
        "PHONE",
        "national",
        rf"(?<![\w£$€/])(?<!\d[.,\-])\(?[0O]{SEP}[1235789O](?:[ \t.\-()\u2010-\u2015\u00a0]{{0,2}}{ZERO_O}){{8,9}}{_END}",
        0.8,
        _refuses(lambda value: sum(c.isdecimal() for c in value) < 8 or _plain_time_range(value)), digits=8),
    Rule("PHONE", "with other marks", r"(?<![\w/£])(?:0|oh)[0-9]{2,4}\s{0,2}[/_,.:\-\u2013]\s{0,2}[0-9]{3,4}(?:\s{0,2}[/_,.:\-\u2013]\s{0,2}|\s?)[0-9]{3,4}(?![\w/])", 0.7, _refuses(lambda value: sum(c.isdecimal() for c in value) < 9), digits=9, words=("0", "oh")),
    Rule("PHONE", "with an extension", rf"(?<![\w/£])0(?:{SEP}[0-9]){{9,10}}\s?(?:/[0-9]{{1,3}}|x\s?[0-9]{{1,5}}|ext\.?(?:ension)?\s?[0-9]{{1,5}})(?!\w)", 0.8, digits=10),
    Rule("PHONE", "oh before it", r"(?<!\w)oh ?7[0-9]{3}(?:[ \-]?[0-9]){6}(?!\w)", 0.7, digits=9, words=("oh",)),
    Rule("PHONE", "abroad, dialled", r"(?<![\w+])00[1-9](?:[ \t.\-()]{0,2}[0-9]){8,13}(?!\w)", 0.7, digits=11, words=("00",)),
    Rule(
        "PHONE",
        "with country code",
        rf"(?<![\w+])(?:\+|00){SEP}44[ \t.\-]{{0,2}}(?:\(0\))?(?:[ \t.\-()\u2010-\u2015\u00a0]{{0,2}}{ZERO_O}){{9,11}}{_END}",
        0.9, digits=3, words=("+", "00",)),
    Rule("PHONE", "abroad", r"(?<![\w+])\+(?:[ \t.\-()]{0,2}[0-9]){9,15}(?![\w])", 0.8, digits=10, words=("+",)),
    Rule(
        "PHONE",
        "after a word",
        r"\b(?:tel(?:ephone)?|phone|mob(?:ile)?|call|ring|text|whats?app?|fax|landline|cell)\b"
        rf"(?:\s(?:me|us|him|her|them|on|at|is|no|num|number|:)){{0,4}}\s?[.:\-]{{0,2}}\s?\K{_NOT_IN_NUMBER}\(?[0-9](?:[ \t.\-()]{{0,2}}[0-9]){{5,12}}{_END}",
        0.7,
        _refuses(_plain_time_range), digits=6, words=("tel", "phone", "mob", "call", "ring", "text", "what", "fax", "landline", "cell",)),
    Rule(
        "PHONE",
        "after a number is",
        rf"\bnumber\sis\s?[:\-]?\s?\K{_NOT_IN_NUMBER}\(?[0-9](?:[ \t.\-()]{{0,2}}[0-9]){{5,12}}{_END}",
        0.5,
        _refuses(_plain_time_range), digits=6, words=("number",)),
    Rule(
        "PHONE",
        "in words",
        rf"\b(?:(?:plus|double\s(?:oh|zero))\sfour\sfour|(?:oh|o|zero|nought|0[0-9]{{0,5}})\b)[ ,.\-]{{1,3}}(?:{_MIXED}[ ,.\-]{{1,3}}){{3,16}}{_MIXED}\b"
        rf"|\b0[0-9]{{3,5}}[ ,.\-]{{1,3}}(?:{_MIXED}[ ,.\-]{{1,3}}){{1,9}}{_MIXED}\b",
        0.8,
        _refuses(lambda value: not any(c.isalpha() for c in value)),
        digits=0,
        words=("0",),
        whole=words("plus double oh o zero nought"),
    ),
    # --- postcode -------------------------------------------------------------------------------------------------------
    Rule(
        "POSTCODE",
        "full",
        rf"(?<![\w])(?:GIR[ ]?0AA|[A-PR-UWYZ][A-HK-Y]?[0-9O][0-9A-Z]?[ \t.,/_(\-\u00a0]{{0,3}}{ZERO_O}[ABD-HJLNP-UW-Z]{{2}})(?![\w])",
        0.8,
        _refuses(_impossible_postcode),
    ),
    Rule(
        "POSTCODE",
        "with letters no inward part has",
        r"(?<![\w])[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-Z]? ?[0-9][A-Z]{2}(?![\w])(?<!PM|AM|KM|CM|MM)",
        0.5,
        _refuses(_impossible_postcode),
        case_sensitive=True,
    ),
    Rule(
        "POSTCODE",
        "broken inward part",
        r"(?<![\w])[A-PR-UWYZ][A-HK-Y][0-9]{1,2}[A-Z]? [0-9] [A-Z]{2}(?![\w])",
        0.6,
        _refuses(lambda value: _impossible_postcode(value) or value[-2:].lower() in _TWO_LETTER_WORDS),
        digits=2,
    ),
    Rule(
        "POSTCODE",
        "letter by letter",
        rf"(?<![\w'’])[A-PR-UWYZ] (?:[A-HK-Y] )?{_SAID}(?: {_SAID}| [A-Z])? {_SAID} [ABD-HJLNP-UW-Z] [ABD-HJLNP-UW-Z](?![\w'’])",
        0.7,
        _refuses(lambda value: _spoken_area(value) not in POSTCODE_AREAS),
        digits=0,
        numbered=True,
    ),
    Rule(
        "POSTCODE",
        "in capitals, parted anywhere",
        r"(?<![\w'’])[A-PR-UWYZ][A-HK-Y]? ?[0-9][0-9A-Z]? ?[0-9] ?[ABD-HJLNP-UW-Z] ?[ABD-HJLNP-UW-Z](?![\w'’])",
        0.6,
        _refuses(_impossible_postcode),
        case_sensitive=True,
        digits=2,
    ),
    # --- vehicles -------------------------------------------------------------------------------------------------------
    Rule("VEHICLE_REG", "since 2001", rf"(?<![\w/\-]){_PLATE_NOW}(?![\w])", 0.7, _refuses(_looks_like_words)),
    Rule("VEHICLE_REG", "with a space in its number", r"(?<![\w/\-])[A-Z]{2} ?[0-9] [0-9] ?[A-Z]{3}(?![\w])", 0.6, case_sensitive=True, digits=2),
    Rule("VEHICLE_REG", "parted anywhere", r"(?<![\w/\-])[A-Z] ?[A-Z][ ./\-]{0,2}[0-9I] ?[0-9O][ ./\-]{0,2}[A-Z] ?[A-Z] ?[A-Z](?![\w/])", 0.55, _refuses(_ends_in_a_word), case_sensitive=True),
    Rule("VEHICLE_REG", "prefix", rf"(?<![\w/\-£]){_PLATE_PREFIX}(?![\w])", 0.6, case_sensitive=True),
    Rule("VEHICLE_REG", "suffix", rf"(?<![\w/\-£]){_PLATE_SUFFIX}(?![\w])", 0.6, case_sensitive=True),
    Rule("VEHICLE_REG", "Northern Irish", r"(?<![\w/\-£])(?:[A-Z]I[A-Z]|[A-Z]{2}Z) ?[0-9]{3,4}(?![\w])", 0.55, case_sensitive=True),
    Rule(
        "VEHICLE_REG",
        "after its name",
        rf"{_PLATE_CUE}\K(?:{_PLATE_NOW}|{_PLATE_SPACED}|{_PLATE_PREFIX}|{_PLATE_SUFFIX}|{_PLATE_DATELESS})(?![\w])",
        0.8,
        _refuses(lambda value: any(w in COMMON_SHORT_WORDS for w in value.lower().split())), digits=1, words=("reg", "plate", "vrm", "vrn",)),
    Rule(
        "VEHICLE_REG",
        "since 2001, typed in lower case beside a vehicle",
        rf"\b{_VEHICLE}\b[^.!?\n]{{0,24}}?\K(?<![\w/\-£])[a-z]{{2}} ?(?:0[1-9]|[12]\d|5[1-9]|6\d|7[0-6]) [a-z]{{3}}(?![\w])(?<!mph|hrs|min|sec|yrs|day|per|pcs|and|the|for)",
        0.6,
        _refuses(lambda value: value[:2].lower() in COMMON_SHORT_WORDS),
        digits=2,
        whole=frozenset(_VEHICLE_WORDS),
    ),
    Rule(
        "VEHICLE_REG",
        "in small letters beside a vehicle",
        rf"\b{_VEHICLE}\b[^.!?\n]{{0,24}}?\K(?<![\w/\-£])(?:{_PLATE_PREFIX}|{_PLATE_SUFFIX})(?![\w])",
        0.6,
        _refuses(_looks_like_words),
        whole=frozenset(_VEHICLE_WORDS),
    ),
    Rule(
        "VEHICLE_REG",
        "old number beside a vehicle",
        rf"(?i:\b{_VEHICLE}\b)[^.!?\n]{{0,24}}?\K(?<![\w/\-£])(?:[0-9]{{1,4}} ?[A-Z]{{2,3}}|[A-Z]{{3}} ?[0-9]{{1,4}})(?![\w])(?<!MPH|MOT|CCTV|PM|AM|CC|ULEZ|KM|MM|CM|LCD|TV|RM|LTD|HP|BHP|DVLA|GPS|TFL|PCN|BMW|MPG)",
        0.6,
        _refuses(lambda value: value.startswith(("MOT", "BMW", "VAT", "CCTV", "PCN", "TFL", "NHS", "CPZ", "EV "))),
        case_sensitive=True,
        whole=frozenset(_VEHICLE_WORDS),
    ),
    # --- dates of birth -------------------------------------------------------------------------------------------------
    Rule(
        "DATE_OF_BIRTH",
        "after a word",
        rf"{_BIRTH}\K(?:{DATE}|{_ROMAN_DATE}|{_FEAST},?(?:\sin|\sof)?\s{_YEAR}|{_ORDINALS}\s(?:of\s(?:the\s)?)?{_ORDINALS},?\s{_YEAR}|{_DAY_AND_MONTH}|(?:[0-3]\d[01]\d(?:19|20)?\d\d)|{_BY_NUMBERS}|{_YEAR_FIRST})(?![\w])",
        0.9, digits=1, words=("b", " sa", " ha", " sho")),
    Rule("DATE_OF_BIRTH", "in words", rf"{_BIRTH}\K{_SPELLED_DATE}\b", 0.8, digits=0, words=("b",)),
    Rule("DATE_OF_BIRTH", "wholly in words", rf"\b(?:the\s)?{_ORDINALS}\s(?:day\s)?(?:of\s)?{_MONTH},?\s(?:in\s)?{_SPELLED_YEAR}\b", 0.6, digits=0, whole=words("nineteen twenty thousand")),
    Rule("DATE_OF_BIRTH", "by its number of the month in words", rf"\b(?:the\s)?{_ORDINALS}\sof\s(?:the\s)?{_ORDINALS},?\s(?:in\s)?(?:(?:19|20)\d\d|{_SPELLED_YEAR})\b", 0.6, digits=0, words=("of the ", "of ")),
    Rule("DATE_OF_BIRTH", "born somewhere on", rf"\bborn{_ANY_WORDS}\s\K{DATE}(?![\w])", 0.7, digits=4, words=("born",)),
    Rule("DATE_OF_BIRTH", "in the sentence of a birthday", rf"\b(?:birth\s?day|date\sof\sbirth|d\.?o\.?b)\b[^.!?\n]{{0,60}}?(?<![\w/\-])\K{DATE}(?![\w/\-])", 0.7, digits=4, words=("birth", "dob", "d.o")),
    Rule("DATE_OF_BIRTH", "b.", rf"(?<![\w.])b\.?[:\s]\s?\K(?:{DATE}|{_ROMAN_DATE})(?![\w])", 0.6, digits=4),
    Rule("DATE_OF_BIRTH", "with a month in another language", rf"{_BORN_ABROAD}\K(?:{_DATE_ABROAD}|{_ROMAN_DATE}|{DATE})(?![\w])", 0.8, digits=4),
    Rule(
        "DATE_OF_BIRTH",
        "before a word",
        rf"(?<![\w]){DATE}(?=[\s,(\-\u2013]{{1,3}}(?:(?:is|was|being|my|his|her|our|their|the|d)[\s,]{{1,2}}){{0,3}}"
        r"(?:d\.?\s?o\.?\s?b\b|date\sof\sbirth|birth\s?day|when\s(?:i|he|she|they)\s(?:was|were)\sborn))",
        0.7,
        digits=4,
        words=("birth", "born", "dob", "d.o", "d o"),
    ),
    # --- documents, banks, references -----------------------------------------------------------------------------------
    Rule("ID_NUMBER", "driving licence", rf"(?<![\w])[A-Z9]{{5}}{SEP}[0-9]{SEP}(?:[0156][0-9]){SEP}[0-3][0-9]{SEP}[0-9]{SEP}[A-Z9]{{2}}{SEP}[0-9A-Z]{SEP}[A-Z]{{2}}(?![\w])", 0.8, digits=4),
    Rule("ID_NUMBER", "card", rf"{_NOT_IN_NUMBER}[2-6]{_D}{{12,18}}{_END}", 0.5, _raises_only(luhn_holds), digits=13),
    Rule("ID_NUMBER", "bank account number (IBAN)", r"(?<![\w])[A-Z]{2}[0-9]{2}(?:[ \-]?[A-Z0-9]{4}){3,7}(?:[ \-]?[A-Z0-9]{1,3})?(?![\w])", 0.7, _refuses(lambda v: sum(c.isdecimal() for c in v) < 8), digits=8),
    Rule("ID_NUMBER", "sort code and account", rf"{_NOT_IN_NUMBER}\d\d[ \-\u2013]\d\d[ \-\u2013]\d\d[ ,/]{{1,3}}(?:(?:a/?c|acc(?:oun)?t)\.?\s?(?:no|num|number)?\.?:?\s?)?\d{{8}}{_END}", 0.8, digits=14),
    Rule("ID_NUMBER", "sort code", rf"\bsort(?:\s?-?code)?\b{_CUE_GAP}\K\d\d[ \-\u2013]?\d\d[ \-\u2013]?\d\d{_END}", 0.8, digits=6, words=("sort",)),
    Rule("ID_NUMBER", "prison number", r"(?<![\w/\-£])[A-Z][0-9]{4}[A-Z]{2}(?![\w/\-])", 0.6, case_sensitive=True, digits=4),
    Rule("ID_NUMBER", "passport", r"\bpassport\b[^.!?\n]{0,30}?\K(?<![\w£])[A-Z]{0,2}[0-9]{7,9}[A-Z]?(?![\w])", 0.8, digits=7, words=("passport",)),
    Rule("ID_NUMBER", "after a cue", rf"{_ID_CUE}{_CUE_GAP}\K(?<![\w£$€])(?=[A-Z/\-]{{0,6}}[0-9]|(?-i:[A-Z]{{1,5}} [0-9])){_ID_VALUE}(?![\w%])", 0.6, _refuses(_not_a_reference), digits=3, whole=_ID_CUE_WORDS),
    Rule("ID_NUMBER", "after a strong cue", rf"{_ID_STRONG}{_CUE_GAP}\K(?<![\w£$€])(?=[A-Z/\-]{{0,6}}[0-9])[A-Z0-9][A-Z0-9/\-]{{3,22}}(?<![/\-])(?![\w%])", 0.6, _refuses(lambda v: sum(c.isdecimal() for c in v) < 4 or v in {"2016", "2017"}), digits=4, words=("ref", "no", "num",)),
    Rule(
        "ID_NUMBER",
        "in spaced parts after a cue",
        rf"(?i:{_ID_CUE}{_CUE_GAP})\K(?<![\w£$€])(?=[A-Z0-9]{{1,6}}[ \-/])[A-Z0-9]{{1,8}}(?:[ \-/]{{1,3}}(?:(?=[A-Z]{{0,4}}[0-9])[A-Z0-9]{{1,10}}|[A-Z]{{1,3}}(?![\w]))){{1,8}}(?![\w%:])",
        0.6,
        _refuses(_too_few_for_parts),
        digits=4,
        case_sensitive=True,
        whole=_ID_CUE_WORDS,
    ),
    Rule("ID_NUMBER", "letters and digits after a strong cue", rf"(?i:{_ID_STRONG}{_CUE_GAP})\K(?=(?:[A-Z]{{0,6}}[0-9]){{2}})(?=[0-9]{{0,6}}[A-Z])[A-Z0-9]{{4,12}}(?:[\-/][A-Z0-9]{{1,8}})?(?![\w%])", 0.6, _refuses(_a_road), digits=2, case_sensitive=True, words=("ref", "Ref", "REF", "no", "num", "No", "NO", "Num", "NUM")),
    Rule("ID_NUMBER", "after number", r"(?i:\b(?:no|nr|num|number)\b[.:]?)\s?\K[A-Z]{1,3}[0-9]{4,9}[A-Z]?(?![\w/\-])", 0.5, _refuses(_a_road), digits=4, case_sensitive=True),
    Rule("ID_NUMBER", "in groups of four", r"(?<![\w£$€/+.,\-])(?<!\d )[1-9][0-9]{3}[ \-][0-9]{4}[ \-][0-9]{2,4}(?:[ \-][0-9]{2,4})?(?![\w%])", 0.5, digits=10),
    Rule("ID_NUMBER", "digits after letters", r"(?<![\w/\-@£])(?!GBP|EUR|USD|KWH|TEL|NHS)[A-Z]{2,4} \K[0-9]{6,8}(?![\w/\-%,.]\d|\w)", 0.5, digits=6, case_sensitive=True),
    Rule("ID_NUMBER", "shoulder number", r"\b(?:PCSO|PC|WPC|PS|Sgt|officer)\s(?:no\.?\s|number\s)?\K[0-9]{2,4}\s?[A-Z]{2}(?![\w])", 0.6, case_sensitive=True, digits=2),
    Rule("ID_NUMBER", "police log", rf"\b(?:cad|crime|log)\b{_CUE_GAP}\K[0-9]{{3,6}}(?:\s(?:of|from)\s(?:the\s)?{_ORDINAL_DAY}(?:\s{_MONTH}|/[0-9]{{1,2}})?(?:[/\s][0-9]{{2,4}})?)?(?![\w])", 0.6, digits=3, words=("cad", "crime", "log")),
    Rule("ID_NUMBER", "in words", rf"{_ID_STRONG}{_CUE_GAP}\K{_SPELLED}{{4,16}}{_WORD_DIGIT}\b", 0.6, digits=0, numbered=True, whole=words("ref refs reference references no num number")),
    Rule("ID_NUMBER", "letters then digits", r"(?<![\w/\-@£])[A-Z]{1,5}[/\-]?[0-9]{5,12}[A-Z]?(?:[/\-][0-9A-Z]{1,6})?(?![\w])", 0.5, case_sensitive=True, digits=5),
    Rule("ID_NUMBER", "in parts", r"(?<![\w/\-@£])(?:[A-Z]{2,6}[/\-](?=[A-Z0-9/\-]{0,12}[0-9]{3})[A-Z0-9]{1,10}(?:[/\-][A-Z0-9]{1,10}){1,3}|[0-9]{6,9}/[0-9]{2,4}|[0-9]{3,6}/[A-Z]{2,4}/[0-9]{2,4}|[A-Z]{2,4}[/\-][0-9]{4,10}|[0-9]{3,6}/[0-3][0-9][A-Z]{3}(?:[0-9]{2})?)(?![\w/])", 0.5, case_sensitive=True, digits=3),
    Rule("ID_NUMBER", "letters then groups of digits", r"(?<![\w/\-@£])(?!NHS|NI\b|TEL|MOB|REF|PCN|CAD|UTR|DOB|URN|SRN|ID\b)[A-Z]{2,4}[ \-]?(?=(?:[ \-]?[0-9]){6})[0-9]{2,8}(?:[ \-][0-9]{1,8}){1,4}(?:[ \-][A-Z0-9])?(?![\w%])", 0.5, case_sensitive=True, digits=6),
    Rule("ID_NUMBER", "long number", rf"{_NOT_IN_NUMBER}[0-9]{{8,18}}(?: [0-9A-Z](?![\w'’.]))?{_END}", 0.45, digits=8),
)  # fmt: skip
