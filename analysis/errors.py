"""Errors a user can act on: what was wrong, the value, what to do. They never carry resident text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input.

    `where` names the file, row or key ("autumn/online.csv, row 12, column 'Age'"); `problem` says what was found and
    quotes the value only where it cannot be resident text; `remedy` says what to do.
    """

    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem} {self.remedy}"


class ManifestoError(Exception):
    """Base of every error shown to a user as a message without traceback (exit code 2, or 1 for a program's fault)."""

    is_program_fault = False


class InputError(ManifestoError):
    """The input cannot be used; lists every fault found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ModelError(ManifestoError):
    """A model is missing, or is not the file it should be."""
