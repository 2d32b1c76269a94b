"""Tell remarks that are no matter for a council: about the survey itself, greetings, jokes, nothing to say.

By rules, so that an analyst can see why. They speak of the instrument only ("this survey is too long"): that a council
should ask its residents more often is a matter, and may well be missing from a vision.
"""

from __future__ import annotations

import re

from analysis.clean import status_of
from analysis.types import SafeText, Status

_WORDS_BETWEEN = r"(?:\s+[\w'’-]+){0,3}?\s+"
_ITSELF = (
    r"surveys?|questionn?aires?|poll|form(?! of\b)|consultation|web ?site|web ?page|page|app|quiz"
    r"|questions?|statements?|comments?|boxe?s?"
)
_ABOUT_IT = (
    # this survey, these questions; this is a badly worded statement
    rf"\b(?:this|these|those|the above|the (?:last|previous|other|first|next)|your|any of these)\s+(?:{_ITSELF})\b",
    rf"\bthis is (?:a|an|not a)\b{_WORDS_BETWEEN}(?:{_ITSELF})\b",
    r"\b(?:poorly|badly|terribly|oddly|strangely|confusingly|well) (?:worded|written|phrased)\b",
    r"\b(?:leading|loaded|biased|confusing|repetitive|duplicate|silly|pointless) "
    r"(?:questions?|statements?|comments?|survey|poll)\b",
    r"\b(?:too many|so many|same|more) (?:questions?|statements) (?:here|again|twice|on here|to (?:answer|read))\b",
    r"\bquestions? (?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)\b",
    r"\b(?:agree|disagree|pass|vote|voted|voting) (?:on|with|for) (?:this|these|that|the) "
    r"(?:questions?|statements?|comments?)\b",
    r"\b(?:fill(?:ed|ing)?|type|answer(?:ed|ing)?)\b.{0,20}\b(?:this|the|your) (?:form|survey|questionn?aire|box)\b",
    r"^(?:way )?(?:too|so) many questions\b",
    r"\btoo long (?:a|of a) (?:survey|questionn?aire)\b",
    r"\bthe (?:survey|questionn?aire|poll) (?:was|is)\b",
    r"\bthe questions (?:were|are) (?:\w+ ){0,3}"
    r"(?:confusing|long|vague|odd|leading|biased|unclear|hard|difficult|silly)\b",
    r"\bdelete my (?:responses?|answers?)\b",
    r"\b(?:polis|pol\.is)\b",
)
_COURTESY = (
    r"^(?:many )?(?:thanks?|thank you|thankyou|cheers|ta)\b(?: (?:so|very) much| a lot| all)?"
    r"(?:[ ,]*for (?:asking|listening|reading|your|this|the (?:chance|opportunity)|letting|all)\b.*)?[.! ]*$",
    r"^(?:i |we )?(?:really )?hope (?:this|that|it|i)(?: has| have)? help(?:s|ed)?\b",
    r"^(?:just )?keep up the (?:good|great) work\b",
    r"^good luck\b",
    r"^(?:best wishes|kind regards|yours (?:sincerely|faithfully))\b",
    r"^(?:and )?have a (?:nice|lovely|good|great) (?:day|week|weekend|evening)\b",
    r"^hope you(?:['’]re| are)\b.{0,15}\bwell\b",
)
_NOTHING = (
    r"\bnothing (?:else|more|further|much)? ?(?:i want |i would like )?to (?:say|add)\b",
    r"\bno (?:other |further |more )?comments?\b",
    r"\b(?:i(?:['’]ve| have)|have) (?:got )?no (?:views?|opinions?|comments?|strong (?:views?|opinions?))\b",
    r"^(?:please )?(?:see|as(?: i)?|same as) (?:(?:said|stated|put|wrote) )?(?:above|before|previous|earlier)\b",
    r"\b(?:not sure|don['’]?t know|no idea) (?:what|how) (?:else )?(?:to|i should) (?:say|add|answer|comment|write)\b",
)
_JOKE = (
    r"\b(?:just|only) (?:kidding|joking)\b",
    r"\b(?:lol|lmao|rofl|jk|(?:ha){2,}h?)\b",
    r"[😂🤣😜😝]",
    r"^knock,? knock\b",
)
_ASIDE = re.compile("|".join((*_ABOUT_IT, *_COURTESY, *_NOTHING, *_JOKE)), re.IGNORECASE)


def is_aside(text: str) -> bool:
    """Whether a remark is about the survey itself, or says nothing that a council could act on."""
    return status_of(SafeText(text)) is not Status.SUBSTANTIVE or _ASIDE.search(text) is not None
