"""Characters that stand for what is already found, so that offsets stay and nothing is found twice."""

from __future__ import annotations

MASK = "\ufffc"
"""Stands for every character of a placeholder or of an identifier already found."""

PERSON_MASK = "\ufffb"
"""The same for a placeholder of a person: not an identifier, so it vouches for no name beside it."""
