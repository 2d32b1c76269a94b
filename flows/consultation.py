"""The story: one consultation, from its exports to its reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prefect import flow

from analysis.errors import ManifestoError
from flows import tasks
from flows.plan import Plan, RunRequest


@dataclass(frozen=True)
class RunResult:
    """What a run did: whether anything had to be done, and the reports that were asked for."""

    worked: bool
    reports: tuple[str, ...]


@flow(name="analyse consultation", validate_parameters=False, persist_result=False)
def analyse_consultation(folder: str, processed: str, reports: str, wave: str | None = None) -> RunResult:
    """Analyse every new or changed wave of a consultation and write its tables and reports.

    Paths are strings so that Prefect's database holds nothing else. Raises ManifestoError for what a user can mend.
    """
    plan = Plan(RunRequest(Path(folder), Path(processed), Path(reports), wave))
    with _alone(plan):
        worked = []
        for each in plan.waves:
            worked.append(tasks.load_and_redact(plan, each))
            worked.append(tasks.split_into_segments(plan, each))
        worked.append(tasks.learn_from_corrections(plan))
        for each in plan.waves:
            worked.append(tasks.find_themes(plan, each))
            worked.append(tasks.link_to_vision(plan, each))
        worked.append(tasks.publish_tables(plan))
        worked.extend(tasks.render_report(plan, each) for each in plan.reported)
    return RunResult(any(worked), tuple(str(plan.report_folder(each.wave) / "index.html") for each in plan.reported))


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    """Let only one run at a time write a consultation's results."""
    from filelock import FileLock, Timeout

    plan.layout.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(plan.layout.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ManifestoError(
            f"Another run is at work on '{plan.consultation.id}' in {plan.layout.root}. Wait for it to end."
        ) from None
    try:
        yield
    finally:
        lock.release()
