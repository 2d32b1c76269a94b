"""The anonymiser with its shipped settings, made once for all tests that only redact."""

from __future__ import annotations

from functools import cache

from analysis.anonymise import Anonymiser
from analysis.settings import load_settings
from analysis.types import RawText, Redaction


@cache
def shared_anonymiser() -> Anonymiser:
    return Anonymiser(load_settings().anonymise)


def redact(text: str) -> Redaction:
    return shared_anonymiser().redact(RawText(text))


def redacted(text: str) -> str:
    return str(redact(text).text)
