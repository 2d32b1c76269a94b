"""Responses cut into sentences and clauses, so that praise and complaint in one breath are counted apart."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field

from analysis.types import SafeText, Segment

Span = tuple[int, int]
Cut = tuple[int, int]
"""End of what stands before, start of what follows; what lies between belongs to no segment."""


class SegmentSettings(BaseModel):
    """The table `[segment]` of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_words: int = Field(ge=1)
    max_words: int = Field(ge=4)


def segment(text: SafeText, settings: SegmentSettings) -> tuple[Segment, ...]:
    """Sentences and clauses of a response in order, with exact offsets: `text[start:end] == segment.text`.

    Nothing is lost but white space, list marks and numbers, and what joined two clauses (but, and, a comma, a dash).
    Placeholders, brackets and quoted speech are never cut. A blank text has no segments.
    """
    shown = _masked(text)
    words = _Words(text)
    pieces = [
        clause
        for item in _items(shown)
        for sentence in _sentences(shown, item, words, settings)
        for clause in _clauses(shown, sentence, words, settings)
    ]
    spans = _with_words(pieces, words)
    return tuple(Segment(SafeText(text[start:end]), start, end) for start, end in spans)


_WORD = re.compile(r"(?<!\S)(?:(?!\s)[\W_])*[^\W_]")  # *+ of a group finds other words before Python 3.11.5


class _Words:
    """Where the words of a text start, to count them in any span; a word is a run of signs with a letter or digit."""

    def __init__(self, text: str) -> None:
        self._starts = [word.start() for word in _WORD.finditer(text)]

    def count(self, start: int, end: int) -> int:
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)


# --- what must not be cut ---------------------------------------------------------------------------------------------

_WHOLE = re.compile(
    r"\[[^\[\]\n]{1,60}\]"
    r"|https?://\S+|www\.\S+"
    r"|\([^()\n]{1,300}\)"
    r'|"[^"\n]{1,200}[^"\n.!?]"|"[^"\n]{1,200}(?=[.!?]")'
    r"|“[^“”\n]{1,200}[^“”\n.!?]”|“[^“”\n]{1,200}(?=[.!?]”)"
)
_LINK_TAIL = ".,;:!?)…"


def _masked(text: str) -> str:
    """The text with all that must stay whole as a run of letters, character for character."""
    return _WHOLE.sub(_as_letters, text)


def _as_letters(found: re.Match[str]) -> str:
    whole = found[0]
    if whole[0] in "hw":
        kept = whole.rstrip(_LINK_TAIL)
        return "P" * len(kept) + whole[len(kept) :]
    return "P" * len(whole)


# --- lists and lines --------------------------------------------------------------------------------------------------

_NUMBER = r"\(?\d{1,2}[.):](?=\s*[^\W\d_]|\s+\S)|\(?[a-h]\)(?=\s)"
_LIST_MARK = re.compile(rf"(?:\A|\n)[^\S\n]*(?:(?P<dash>[-–—*+~>»✓✔])(?=\s|[^\W\d_])|{_NUMBER})[^\S\n]*")
_BULLET = re.compile(r"[•▪●◦‣○■]")
_INLINE_NUMBER = re.compile(r"(?<!\S)\(?(\d{1,2})[.)](?=\s*[^\W\d_]|\s+[\"'(£])")
_DASH = re.compile(r"(?<=\s)[-–—*](?=\s)")
_LINE = re.compile(r"\n")
_WRAPPED_LINE_CHARS = 50


def _items(shown: str) -> Iterator[Span]:
    """Lines and list items, without their marks."""
    cuts = [*_list_marks(shown), *_inline_numbers(shown), *_line_ends(shown)]
    cuts += (found.span() for found in _BULLET.finditer(shown))
    return _between(shown, (0, len(shown)), _merged(cuts))


def _list_marks(shown: str) -> Iterator[Cut]:
    for mark in _LIST_MARK.finditer(shown):
        yield mark.span()
        if mark["dash"]:
            line_end = shown.find("\n", mark.end())
            rest = (mark.end(), line_end if line_end >= 0 else len(shown))
            # "- bins - buses - crime": one dash at the front makes the others marks too.
            yield from (dash.span() for dash in _DASH.finditer(shown, *rest) if dash[0] == mark["dash"])


def _inline_numbers(shown: str) -> list[Cut]:
    """Marks of lists numbered within a line: "1) ... 2) ...", only where they count up from one."""
    runs: list[list[Cut]] = [[]]
    for found in _INLINE_NUMBER.finditer(shown):
        if int(found[1]) == len(runs[-1]) + 1:
            runs[-1].append(found.span())
        elif int(found[1]) == 1:
            runs.append([found.span()])
    return [cut for run in runs if len(run) > 1 for cut in run]


def _line_ends(shown: str) -> Iterator[Cut]:
    """Line breaks, but for those that only wrap a long line in the middle of a sentence."""
    begin = 0
    for line in _LINE.finditer(shown):
        before, after = shown[begin : line.start()].rstrip(), shown[line.end() : line.end() + 1]
        begin = line.end()
        wrapped = len(before) >= _WRAPPED_LINE_CHARS and (before[-1].islower() or before[-1] == ",") and after.islower()
        if not wrapped:
            yield line.span()


def _merged(cuts: Iterable[Cut]) -> list[Cut]:
    merged: list[Cut] = []
    for start, end in sorted(cuts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _between(shown: str, whole: Span, cuts: Iterable[Cut]) -> Iterator[Span]:
    """What the cuts leave of a span, trimmed, without empty pieces."""
    begin, finish = whole
    for left, right in [*cuts, (finish, finish)]:
        piece = _trimmed(shown, begin, left)
        if piece[0] < piece[1]:
            yield piece
        begin = right


def _trimmed(shown: str, start: int, end: int) -> Span:
    part = shown[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())


# --- sentences --------------------------------------------------------------------------------------------------------

_STOP = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)"  # the usual end
    r"|(?<=[^\W\d_][^\W\d_])[.!?]++(?=[A-Z][a-z'])"  # "awful.The buses"
    r"|[。！？।॥]++"
)
# These never end a sentence that goes on; the shortened ones end one when a capital follows.
_TITLE = re.compile(
    r"mrs?|ms|mx|dr|st|prof|rev|sgt|insp|cllr|messrs|capt|col|fr|e\.?g|i\.?e|vs|cf|approx|tel|fig",
    re.I,
)
_SHORTENED = re.compile(
    r"etc|ex|admin|incl?|rd|ave?|ln|cres|ltd|co|[js]r|[ap]\.?m|hrs?|mins?|max|yrs?|wks?|mths?|dept|retd|nos|jan|feb|mar|apr|jun|jul"
    r"|aug|sept?|oct|nov|dec|mon|tues?|weds?|thu(?:rs?)?|fri|sat|sun|govt|est|ref|misc|avg|poss|ext|ft|sq"
    r"|u\.k|u\.s|e\.u|g\.p|n\.h\.s",
    re.I,
)
_INITIALS = re.compile(r"(?:[A-Z]\.)*[A-Z]")
_TOKEN_CHARS = 16
_LIST_WORDS = 2
_LIST_ITEMS = 3


def _sentences(shown: str, item: Span, words: _Words, settings: SegmentSettings) -> list[Span]:
    """Sentences of a line; one of fewer than `min_words` words stays with its neighbour, unless several make a list."""
    cuts = [(stop.end(), stop.end()) for stop in _STOP.finditer(shown, *item) if _ends_sentence(shown, stop, item)]
    sentences = list(_between(shown, item, cuts))
    return list(_neighboured(sentences, words, settings.min_words)) if len(sentences) > 1 else sentences


def _ends_sentence(shown: str, stop: re.Match[str], item: Span) -> bool:
    """Whether this stop ends a sentence: not in "Mr. Ali", "e.g. bins", "J. Okoro" or "that… thing"."""
    following = shown[stop.end() : stop.end() + 8].lstrip()[:1]
    if stop[0][0] == "…" or stop[0][-1] in "\"'”’)]":
        return not following.islower()
    if stop[0] != ".":
        return True
    return not _is_abbreviation(_token_before(shown, stop.start(), item[0]), following)


def _token_before(shown: str, end: int, begin: int) -> str:
    tail = shown[max(begin, end - _TOKEN_CHARS) : end]
    return tail.split()[-1].lstrip("(\"'“‘[") if tail.strip() else ""


def _is_abbreviation(token: str, following: str) -> bool:
    if _TITLE.fullmatch(token):
        return True
    if token.lower() == "no":
        return following.isdigit()
    if _SHORTENED.fullmatch(token):
        return not following.isupper()
    if _INITIALS.fullmatch(token):
        return len(token) <= 3 or not following.isupper()
    return False


def _neighboured(sentences: Sequence[Span], words: _Words, min_words: int) -> Iterator[Span]:
    """Sentences with short ones joined on: to the one before, and at the start to the one after."""
    listed = _listed(sentences, words)
    held: Span | None = None
    for index, (start, end) in enumerate(sentences):
        if held and not (index in listed and index - 1 in listed) and _joins(held, (start, end), words, min_words):
            held = (held[0], end)
            continue
        if held:
            yield held
        held = (start, end)
    if held:
        yield held


def _joins(one: Span, other: Span, words: _Words, min_words: int) -> bool:
    return words.count(*one) < min_words or words.count(*other) < min_words


def _listed(sentences: Sequence[Span], words: _Words) -> frozenset[int]:
    """Positions in runs of three or more sentences of one or two words: "Bins. Buses. Crime." is a list of topics."""
    listed: set[int] = set()
    run: list[int] = []
    for index, sentence in enumerate([*sentences, None]):
        if sentence and 1 <= words.count(*sentence) <= _LIST_WORDS:
            run.append(index)
            continue
        listed.update(run if len(run) >= _LIST_ITEMS else ())
        run = []
    return frozenset(listed)


# --- clauses ----------------------------------------------------------------------------------------------------------

_SPACE_OR_JOIN = " \t\r\n\f\v\xa0,;:-–—"
_SEMICOLON_OR_DASH = re.compile(r";(?!\))|(?<=\s)(?<!\d\s)(?:[-–—]|--)(?=\s)|—")
_CONTRAST = re.compile(
    r"\b(?:and\s{1,3})?(?:(?P<but>but)(?:\s{1,3}then)?|(?P<however>however)|(?:even\s{1,3})?(?:although|though)|whereas"
    r"|(?P<yet>yet)|(?P<except>except)(?:\s{1,3}(?:for|that))?|on\s{1,3}the\s{1,3}other\s{1,3}hand"
    r"|having\s{1,3}said\s{1,3}that|that\s{1,3}said)\b(?!['’])",
    re.I,
)
_OPENING = re.compile(r"(?:even\s{1,3}though|although|though|whereas|whilst|while)\b", re.I)
_IDIOM_BEFORE = {
    "but": re.compile(
        r"\b(?:all|any|anything|nothing|everything|everyone|nobody|none|choice|option|help|last|slowly)$", re.I
    ),
    "except": re.compile(r"\b(?:nothing|nobody|no one|anything)$", re.I),
    "": re.compile(r"\bas$", re.I),
}
_NOT_ONLY = re.compile(r"\bnot\s{1,3}(?:only|just|merely|so\s{1,3}much)\b", re.I)
_HOWEVER_MUCH = re.compile(r"\s{1,3}(?:much|many|long|hard|often|small|big|little|bad|good|you|they|we|i)\b", re.I)
_BUT_IDIOM = re.compile(r"\s{1,3}(?:for\b|not\s{1,3}least\b|also\b)", re.I)
_CONDITION = re.compile(r"\s{1,3}(?:under|when|if|in|on|by|at|where|during|with|to|as)\b", re.I)
_LOOK_BACK = 80

_VERB = (
    r"(?:(?:is|are|was|were|has|have|had|do|does|did|can|could|would|should|need|needs|must)(?:n['’]?t)?|isnt|arent|won['’]?t|will"
    r"|cannot|never|always|keeps?|comes?|costs?|takes?|looks?|smells?|feels?|gets?|seems?|goes|go|makes?|stinks?|closed?)"
)
_NO_NOUN = (
    r"(?:i|you|he|she|it|they|we|who|which|that|what|when|if|because|cos|as|since|after|before|while|where|how|why|to|of|in"
    r"|on|at|for|with|from|by|and|or|but|not|so|then|there|than|please|this|these|those|also|plus|nor"
    r"|nobody|noone|everyone|everybody|someone|somebody|anyone|anybody|nothing|everything|one)"
)
_DETERMINER = r"(?:the|my|our|your|their|his|her|a|an|no|some|most|all|every|more|too\smany|this|these|those)"
_SUBJECT = rf"(?:{_DETERMINER}\s)?(?:(?!(?:{_NO_NOUN}|{_VERB})\b)[\w'’&/-]{{2,30}}\s){{1,3}}?"
_TOPIC_CLAUSE = re.compile(rf"(?:{_SUBJECT}{_VERB}|there(?:\s(?:is|are)|['’]?s)(?:n['’]?t)?)\b", re.I)
_OPINION = re.compile(
    r"(?:(?:i|we)\s(?:really\s|do\s)?)?(?:love|loved|like|enjoy|hate|dislike|adore)\b"
    r"|(?:lovely|great|nice|good|beautiful|too\smany|not\senough|no\smore)\s\w",
    re.I,
)
_SPLICE = re.compile(r",\s(?:and\s|also\s|plus\s)?|(?<=\s)and\s", re.I)
_SUBORDINATE = re.compile(r",\s|\b(?:because|cos|as|so|that|if|when|where|which|who|think|hope|wish)\s", re.I)
_COMMA = re.compile(r",(?=\s)")
_LINK = re.compile(r"(?<=\s)(?:and|so|because|cos|then|also|plus)(?=\s)", re.I)


def _clauses(shown: str, sentence: Span, words: _Words, settings: SegmentSettings) -> Iterator[Span]:
    """Clauses of a sentence: at semicolons and dashes, contrast words, spliced commas, and commas of overlong ones."""
    enough = settings.min_words
    cuts: list[Cut] = []
    if words.count(*sentence) >= 2 * enough:
        found = [*_marks(shown, sentence), *_contrasts(shown, sentence), *_opening(shown, sentence)]
        cuts = _kept(sentence, sorted(found), words, enough)
    for part in _joined_off(shown, sentence, cuts):
        spliced = _splices(shown, part, words, enough)
        for clause in _joined_off(shown, part, spliced):
            yield from _shortened(shown, clause, words, settings)


def _joined_off(shown: str, whole: Span, cuts: Sequence[Cut]) -> Iterator[Span]:
    """What the cuts leave of a span, without the commas and dashes at the cuts (those at its own ends stay)."""
    if not cuts:
        yield whole
        return
    begin, finish = whole
    for left, right in [*cuts, (finish, finish)]:
        end = left if left == finish else begin + len(shown[begin:left].rstrip(_SPACE_OR_JOIN))
        start = begin if begin == whole[0] else end - len(shown[begin:end].lstrip(_SPACE_OR_JOIN))
        if start < end:
            yield start, end
        begin = right


def _kept(whole: Span, cuts: Iterable[Cut], words: _Words, enough: int) -> list[Cut]:
    """The cuts that leave at least `enough` words on either side, from left to right."""
    kept: list[Cut] = []
    begin, finish = whole
    for left, right in cuts:
        if left >= begin and words.count(begin, left) >= enough and words.count(right, finish) >= enough:
            kept.append((left, right))
            begin = right
    return kept


def _marks(shown: str, sentence: Span) -> Iterator[Cut]:
    return (found.span() for found in _SEMICOLON_OR_DASH.finditer(shown, *sentence))


def _contrasts(shown: str, sentence: Span) -> Iterator[Cut]:
    for found in _CONTRAST.finditer(shown, *sentence):
        before = shown[max(sentence[0], found.start() - _LOOK_BACK) : found.start()].rstrip()
        if _turns(found, before, shown[found.end() : found.end() + 20]):
            yield found.span()


def _turns(found: re.Match[str], before: str, after: str) -> bool:
    """Whether a contrast word joins two clauses here, and is no part of an idiom ("nothing but", "not yet")."""
    kind = found.lastgroup or ""
    if kind in _IDIOM_BEFORE and _IDIOM_BEFORE[kind].search(before):
        return False
    if kind == "but":
        return not (_BUT_IDIOM.match(after) or _NOT_ONLY.search(before))
    if kind == "however":
        return not _HOWEVER_MUCH.match(after)
    if kind == "except":
        return not _CONDITION.match(after)
    if kind == "yet":
        return before.endswith((",", ";", "-", "–")) or found[0].lower().startswith("and")
    return True


def _opening(shown: str, sentence: Span) -> Iterator[Cut]:
    """ "Although the parks are lovely, the bins are awful": the comma that ends the opening clause."""
    if _OPENING.match(shown, *sentence):
        comma = _COMMA.search(shown, *sentence)
        if comma:
            yield comma.span()


def _splices(shown: str, clause: Span, words: _Words, enough: int) -> list[Cut]:
    """Commas (or "and") between clauses that each have a topic of their own: "parks are lovely, buses never come"."""
    cuts: list[Cut] = []
    begin, finish = clause
    for found in _SPLICE.finditer(shown, begin, finish):
        cut = found.span()
        if (
            _TOPIC_CLAUSE.match(shown, cut[1], finish)
            and _kept((begin, finish), [cut], words, enough)
            and _stands_alone(shown, begin, cut[0], comma=found[0][0] == ",")
        ):
            cuts.append(cut)
            begin = cut[1]
    return cuts


def _stands_alone(shown: str, begin: int, end: int, *, comma: bool) -> bool:
    """Whether the words before a comma or "and" are a clause. Before "and" the last clause must have its verb, so
    that "so the trees and the lights are gone" stays whole."""
    if comma:
        return bool(_TOPIC_CLAUSE.match(shown, begin, end) or _OPINION.match(shown, begin, end))
    last = max(
        (found.end() for found in _SUBORDINATE.finditer(shown, max(begin, end - _LOOK_BACK), end)), default=begin
    )
    return bool(_TOPIC_CLAUSE.match(shown, begin, end) and _TOPIC_CLAUSE.match(shown, last, end))


def _shortened(shown: str, clause: Span, words: _Words, settings: SegmentSettings) -> Iterator[Span]:
    """An overlong clause halved at the comma nearest its middle, else at a joining word, until none is overlong."""
    waiting = [clause]
    while waiting:
        part = waiting.pop()
        cut = None
        if words.count(*part) > settings.max_words:
            cut = _middle(shown, part, _COMMA, words, settings) or _middle(shown, part, _LINK, words, settings)
        if cut is None:
            yield part
        else:
            waiting += reversed(list(_joined_off(shown, part, [cut])))


def _middle(shown: str, part: Span, mark: re.Pattern[str], words: _Words, settings: SegmentSettings) -> Cut | None:
    """The mark nearest the middle with enough words on both sides. A comma goes, a joining word but "and" stays."""
    middle = sum(part) // 2
    cuts = sorted((found.span() for found in mark.finditer(shown, *part)), key=lambda cut: abs(cut[0] - middle))
    best = next((cut for cut in cuts if _kept(part, [cut], words, settings.min_words)), None)
    if best and mark is _LINK and shown[slice(*best)].lower() != "and":
        return best[0], best[0]
    return best


# --- nothing without words --------------------------------------------------------------------------------------------


def _with_words(pieces: Sequence[Span], words: _Words) -> list[Span]:
    """Pieces, those of signs or emoji alone joined to the one before (at the start: after)."""
    joined: list[Span] = []
    for piece in pieces:
        if joined and not (words.count(*piece) and words.count(*joined[-1])):
            joined[-1] = (joined[-1][0], piece[1])
        else:
            joined.append(piece)
    return joined
