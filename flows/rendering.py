"""Write reports again from results that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.errors import Fault, InputError
from flows.plan import Plan
from flows.publishing import report_data


def render_existing(plan: Plan) -> tuple[Path, ...]:
    """Render the wanted waves from the processed tables; raise InputError if a wave is not analysed yet."""
    from reports.render import write_report

    missing = [wave.wave for wave in plan.reported if not (plan.layout.wave(wave.wave) / "vision.key").exists()]
    if missing or not plan.layout.manifest.exists():
        raise InputError([_not_analysed(plan, missing)])
    for wave in plan.reported:
        write_report(report_data(plan, wave), plan.report_folder(wave.wave))
    return tuple(plan.report_folder(wave.wave) / "index.html" for wave in plan.reported)


def _not_analysed(plan: Plan, missing: Sequence[str]) -> Fault:
    return Fault(
        str(plan.layout.root),
        f"there are no results yet for {', '.join(missing) or plan.consultation.id}.",
        f"Run: manifesto run {plan.request.folder}",
    )
