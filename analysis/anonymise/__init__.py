"""Redaction of personal data from residents' answers: rules over gazetteers (spaCy) and identifiers (Presidio)."""

from analysis.anonymise.anonymiser import LABELS, Anonymiser, AnonymiseSettings

__all__ = ["LABELS", "AnonymiseSettings", "Anonymiser"]
