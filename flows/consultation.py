"""The story: one consultation, from its exports to its reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prefect import flow

from analysis.errors import ManifestoError
from flows import progress, tasks
from flows.plan import Plan, RunRequest

_STALE = (
    "note: the rebuilt themes fit the embedding model, vision or settings no longer, so themes are found wave by wave "
    "again. To rebuild them, run with --refit."
)


@dataclass(frozen=True)
class RunResult:
    """What a run did: whether anything had to be done, and the reports that were asked for."""

    worked: bool
    reports: tuple[str, ...]


@flow(name="analyse consultation", validate_parameters=False, persist_result=False)
def analyse_consultation(
    folder: str, processed: str, reports: str, wave: str | None = None, refit: bool = False
) -> RunResult:
    """Analyse every new or changed wave of a consultation and write its tables and reports.

    With `refit` the codebook is then rebuilt from all waves together and every wave is coded to it. Paths are strings
    so that Prefect's database holds nothing else. Raises ManifestoError for what a user can mend.
    """
    request = RunRequest(Path(folder), Path(processed), Path(reports), wave)
    plan = Plan(request)
    with _alone(plan):
        plan = Plan(request)  # as it stands now that nobody else writes
        if plan.has_stale_refit:
            progress.say(_STALE)
        worked = _code_waves(plan)
        if refit and tasks.rebuild_codebook(plan):
            plan = Plan(request)
            worked = [True, *_code_waves(plan)]
        worked.append(tasks.publish_tables(plan))
        worked.extend(tasks.render_report(plan, each) for each in plan.reported)
    return RunResult(any(worked), tuple(str(plan.report_folder(each.wave) / "index.html") for each in plan.reported))


def _code_waves(plan: Plan) -> list[bool]:
    """Bring each wave from its exports to themes, vision links and changes; tell what there was to do."""
    worked = []
    for each in plan.waves:
        worked.append(tasks.load_and_redact(plan, each))
        worked.append(tasks.split_into_segments(plan, each))
    worked.append(tasks.learn_from_corrections(plan))
    for each in plan.waves:
        worked.append(tasks.find_themes(plan, each))
        worked.append(tasks.link_to_vision(plan, each))
        worked.append(tasks.find_gaps(plan, each))
        worked.append(tasks.mark_answers(plan, each))
        worked.append(tasks.compare_waves(plan, each))
    return worked


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
