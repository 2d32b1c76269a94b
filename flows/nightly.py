"""The nightly flow: every consultation with new or changed waves, each in isolation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from analysis.consultation import FILE_NAME
from analysis.errors import ManifestoError
from flows import progress
from flows.consultation import analyse_consultation


@dataclass(frozen=True)
class Outcome:
    """What became of one consultation in a nightly run."""

    consultation: str
    said: str
    failed: bool


@flow(name="nightly", validate_parameters=False, persist_result=False)
def nightly(raw: str, processed: str, reports: str) -> State[None]:
    """Analyse every consultation under `raw`; one that cannot be analysed stops no other.

    Ends as Failed if any consultation failed, naming each and its message.
    """
    outcomes = [_analyse(folder, processed, reports) for folder in consultation_folders(Path(raw))]
    for outcome in outcomes:
        progress.say(f"{outcome.consultation}: {outcome.said}")
    failed = [outcome for outcome in outcomes if outcome.failed]
    if failed:
        return Failed(message="; ".join(f"{outcome.consultation}: {outcome.said}" for outcome in failed))
    return Completed(message=f"{len(outcomes)} consultations looked at")


def consultation_folders(raw: Path) -> tuple[Path, ...]:
    """Return the folders directly under `raw` that hold a consultation, by name."""
    return tuple(sorted(path.parent for path in raw.glob(f"*/{FILE_NAME}")))


def _analyse(folder: Path, processed: str, reports: str) -> Outcome:
    try:
        result = analyse_consultation(str(folder), processed, reports)
    except ManifestoError as error:
        return Outcome(folder.name, str(error), True)
    except Exception as error:  # the other consultations must still run; the words of it may quote a response
        return Outcome(folder.name, f"failed with {type(error).__name__}", True)
    return Outcome(folder.name, "analysed" if result.worked else "nothing new", False)
