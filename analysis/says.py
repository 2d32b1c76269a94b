"""One sentence on what the people of a theme say, from what several of them say in the same way.

Three forms are looked for: what they ask for ("we need more bus stops"), what they want done ("widen the road", "the
council should widen the road") and what they hold to be so ("the rent is too high", "dogs should be on a lead"). Only
what stands in at least two segments is told, so that no sentence is one person's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from analysis.phrases import FUNCTION_WORDS, Tagged, family, is_topical

Found = tuple[str, str]
"""What several ways of saying a thing share, and one such way."""

_LEAST = 2  # segments that say it
_LEAST_SHARE = 0.03
_MANY = 0.25  # share of segments, and their least number, that are many
_LEAST_MANY = 4
_MOST = 3  # things told of one form
_ASKING = frozenset({"need", "needs", "want", "wants"})
_MORE = frozenset({"more", "better", "fewer", "cheaper", "safer", "cleaner", "improved", "additional"})
_BEFORE_NOUN = frozenset({"a", "an", "the", "our", "your", "their", "all", "more", "better", "fewer", "less", "some"})
_SAY_NOTHING = frozenset({"go", "come", "get", "make", "take", "do", "have", "let", "put", "see", "know", "think"})
_POINTING = frozenset({"our", "your", "their", "all", "some"})
_AFTER = frozenset({"in", "on", "at", "for", "near", "by", "so", "because", "and", "around", "along", "from", "within"})
_BETWEEN = frozenset({"too", "so", "very", "not", "more", "extremely", "really"})
_LONGEST = 4


@dataclass(frozen=True, slots=True)
class _Form:
    start: str
    find: Callable[[Tagged], Iterator[Found]]
    join: str


def sentence(said: Sequence[Tagged], own: Sequence[str]) -> str:
    """Tell what people say in `said`, after the theme's `own` phrases unless many say it."""
    told = [(form, *_told(said, form.find)) for form in _FORMS]
    clauses = [(n, form.start + _listed(things, form.join)) for form, things, n in told if things]
    ordered = [clause for _, clause in sorted(clauses, key=lambda each: -each[0])]
    topics = f"People speak of {_listed(own[:_MOST])}" if own else ""
    if not ordered:
        return f"{topics}." if topics else "Remarks that share no clear words."
    if not topics or sum(n for n, _ in clauses) >= max(_LEAST_MANY, _MANY * len(said)):
        return f"{'Many' if topics else 'Some'} {_listed(ordered)}."
    return f"{topics}; some {_listed(ordered)}."


def _told(said: Sequence[Tagged], find: Callable[[Tagged], Iterator[Found]]) -> tuple[list[str], int]:
    """The things that most segments say in one form, in their commonest way, and how many segments say any."""
    ways: dict[str, Counter[str]] = {}
    for each in said:
        for key, way in sorted(dict(find(each)).items()):
            ways.setdefault(key, Counter())[way] += 1
    least = max(_LEAST, round(_LEAST_SHARE * len(said)))
    count = {key: forms.total() for key, forms in ways.items() if forms.total() >= least}
    keys = sorted(count, key=lambda key: (-count[key], key))[:_MOST]
    return [min(ways[key], key=lambda way: (-ways[key][way], len(way), way)) for key in keys], sum(
        count[key] for key in keys
    )


def _asked_for(tagged: Tagged) -> Iterator[Found]:
    """ "We need more bus stops", "more bus stops please": the noun phrase, with "more" or "better"."""
    lower = [word.casefold() for word in tagged.words]
    for i, word in enumerate(lower):
        starts = word in _ASKING and i + 1 < len(lower) and lower[i + 1] not in ("to", "for")
        at = i + 1 if starts else i if word in _MORE and (i == 0 or tagged.kinds[i - 1] == ".") else None
        if at is None:
            continue
        begin = at
        while at < len(lower) and lower[at] in _BEFORE_NOUN:
            at += 1
        end = _noun_end(tagged, at)
        if end:
            before = [word for word in lower[begin:at] if word not in _POINTING]
            yield family(tagged.words[end - 1 : end]), " ".join([*before, *tagged.words[at:end]])


def _to_be_done(tagged: Tagged) -> Iterator[Found]:
    """ "Widen the road", "they should widen the road": the verb and its noun phrase."""
    lower = [word.casefold() for word in tagged.words]
    for i, kind in enumerate(tagged.kinds):
        if (
            kind != "v"
            or lower[i] in _SAY_NOTHING
            or not (_is_told_to(lower, i) or (i == 0 and lower[0] not in FUNCTION_WORDS))
        ):
            continue
        at = i + 1
        while at < len(lower) and lower[at] in _BEFORE_NOUN:
            at += 1
        end = _noun_end(tagged, at)
        if end:
            yield f"{lower[i]} {family(tagged.words[end - 1 : end])}", " ".join([lower[i], *tagged.words[i + 1 : end]])


def _is_told_to(lower: Sequence[str], i: int) -> bool:
    before = lower[i - 1] if i else ""
    return before in ("should", "must", "please") or (before == "to" and i > 1 and lower[i - 2] in _ASKING | {"like"})


def _held(tagged: Tagged) -> Iterator[Found]:
    """ "The rent is too high", "dogs should be leashed": a noun phrase, what it is or should be."""
    lower = [word.casefold() for word in tagged.words]
    for i, word in enumerate(lower):
        if word not in ("is", "are", "be") or not i:
            continue
        subject = i - 1
        while subject > 0 and lower[subject] in ("should", "must", "not"):
            subject -= 1
        if (word == "be") != (subject < i - 1) or tagged.kinds[subject] != "n":
            continue
        start = subject
        while start and tagged.kinds[start - 1] in "an":
            start -= 1
        at = i + 1
        while at < len(lower) and lower[at] in _BETWEEN:
            at += 1
        if (
            at < len(lower)
            and tagged.kinds[at] in "ad"
            and _ends(tagged, at)
            and is_topical(tagged.words[subject])
            and (is_topical(lower[at]) or at > i + 1)
        ):
            start -= bool(start) and lower[start - 1] in ("the", "a", "an")
            words = [*tagged.words[start : subject + 1], *lower[subject + 1 : at + 1]]
            yield (
                f"{family(tagged.words[subject : subject + 1])} {'not ' * ('not' in lower[subject:at])}{lower[at]}",
                " ".join(words),
            )


def _ends(tagged: Tagged, at: int) -> bool:
    """Whether the thing said ends here: "require businesses" does not where "to recycle" follows."""
    return at + 1 == len(tagged.words) or tagged.kinds[at + 1] in ".c" or tagged.words[at + 1].casefold() in _AFTER


_FORMS = (
    _Form("ask for ", _asked_for, ""),
    _Form("want to ", _to_be_done, "to "),
    _Form("say that ", _held, "that "),
)


def _noun_end(tagged: Tagged, at: int) -> int:
    """Where a noun phrase that starts at `at` ends, or 0; its noun must be one that may name a topic."""
    found = _NOUNS.match(tagged.kinds, at)
    if not found or found.end() - at > _LONGEST or not is_topical(tagged.words[found.end() - 1]):
        return 0
    return found.end() if _ends(tagged, found.end() - 1) else 0


_NOUNS = re.compile(r"[agdn]*n")


def _listed(items: Sequence[str], again: str = "") -> str:
    """ "a, b and c", each after the first with `again` before it."""
    shown = [items[0], *(again + item for item in items[1:])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
