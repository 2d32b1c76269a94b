"""Our rules as Presidio pattern recognisers, run only on texts that could hold what they look for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import regex  # type: ignore[import-untyped]

from analysis.anonymise.identifiers import Rule
from analysis.anonymise.presidio import presidio
from analysis.anonymise.wording import DIGIT_WORDS, NUMBER_WORDS
from analysis.errors import ManifestoError

_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[a-z]+")
_NUMBERS = frozenset(NUMBER_WORDS) | frozenset(DIGIT_WORDS)
TIMEOUT = 20.0  # seconds for one rule on one text; patterns are bounded, so only a machine at a standstill reaches it


@dataclass(frozen=True, slots=True)
class Glance:
    """What a text holds at first sight: its digits, itself in lower case, its words, and whether any is a number."""

    digits: int
    lower: str
    words: frozenset[str]
    numbered: bool

    @classmethod
    def at(cls, text: str) -> Glance:
        """The text, looked at once for all rules."""
        lower, digits = text.lower(), len(_DIGIT.findall(text))
        words = frozenset(_WORD.findall(lower))
        return cls(digits, lower, words, digits > 0 or not _NUMBERS.isdisjoint(words))


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A rule and its test of a text."""

    rule: Rule
    analyze: Callable[[str, list[str]], list[Any]]
    hint: Callable[[str], object] | None  # finds one of the rule's words anywhere in a text in lower case

    def could_hold(self, text: Glance) -> bool:
        """Whether the text has the digits and one of the words without which the rule finds nothing."""
        rule = self.rule
        if text.digits < rule.digits or (rule.numbered and not text.numbered):
            return False
        if rule.whole and not rule.whole.isdisjoint(text.words):
            return True
        return self.hint(text.lower) is not None if self.hint else not rule.whole


def recognisers(rules: Iterable[Rule]) -> list[Recogniser]:
    """One Presidio recogniser a rule."""
    return [Recogniser(rule, _rule_recogniser()(rule).analyze, _hint_of(rule)) for rule in rules]


def by_digits(found: Iterable[Recogniser]) -> list[list[Recogniser]]:
    """For each number of digits of a text (the last for that and more) the recognisers that so many suffice for."""
    everyone = list(found)
    most = max(each.rule.digits for each in everyone)
    return [[each for each in everyone if each.rule.digits <= digits] for digits in range(most + 1)]


def _hint_of(rule: Rule) -> Callable[[str], object] | None:
    return re.compile("|".join(map(re.escape, rule.words))).search if rule.words else None


@cache
def _rule_recogniser() -> Any:
    analyzer = presidio()
    base: Any = analyzer.PatternRecognizer

    class RuleRecogniser(base):  # type: ignore[misc]
        """A rule with its check as Presidio's validation; a search that runs out of time is an error, not a miss."""

        def __init__(self, rule: Rule) -> None:
            expression = f"(?m){rule.regex}" if rule.case_sensitive else f"(?mi){rule.regex}"
            self._compiled = regex.compile(expression)  # as Presidio does, so that it is compiled once for both
            self._rule = rule
            pattern = analyzer.Pattern(rule.name, expression, rule.score)
            super().__init__(rule.label, rule.name, patterns=[pattern], global_regex_flags=0)

        def validate_result(self, pattern_text: str) -> bool | None:
            return self._rule.check(pattern_text) if self._rule.check else None

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
            try:
                spans = [m.span() for m in self._compiled.finditer(text, timeout=TIMEOUT)]
            except TimeoutError:
                raise _timed_out(self._rule, len(text)) from None
            hits = [self._hit(text, start, end) for start, end in spans if end > start]
            return [hit for hit in hits if hit.score > 0]

        def _hit(self, text: str, start: int, end: int) -> Any:
            valid = self.validate_result(text[start:end])
            score = self._rule.score if valid is None else float(valid)
            return analyzer.RecognizerResult(self._rule.label, start, end, score)

    return RuleRecogniser


def _timed_out(rule: Rule, length: int) -> ManifestoError:
    return ManifestoError(
        f"anonymise: the search for {rule.label} ({rule.name}) in a response of {length} characters took more than "
        f"{TIMEOUT:.0f} seconds and was stopped, so nothing was redacted. Split that response and run again."
    )
