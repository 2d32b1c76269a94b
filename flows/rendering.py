"""Write reports again from results that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.errors import Fault, InputError
from flows.layout import is_done
from flows.plan import Plan
from flows.publishing import report_data, tables_key


def render_existing(plan: Plan) -> tuple[Path, ...]:
    """Render the wanted waves from the processed tables; raise InputError if a wave is not analysed yet."""
    from flows.tasks import answer_vectors
    from reports.render import write_report

    published = is_done(plan.layout.root, "tables", tables_key(plan), [plan.layout.manifest])
    missing = [
        wave.wave
        for wave in plan.reported
        if not (published and is_done(plan.layout.wave(wave.wave), "vision", wave.keys["vision"], ()))
    ]
    if missing:
        raise InputError([_not_analysed(plan, missing)])
    for wave in plan.reported:
        write_report(report_data(plan, wave, answer_vectors(plan, wave)), plan.report_folder(wave.wave))
    return tuple(plan.report_folder(wave.wave) / "index.html" for wave in plan.reported)


def _not_analysed(plan: Plan, missing: Sequence[str]) -> Fault:
    return Fault(
        str(plan.layout.root),
        f"there are no results of the exports, settings and decisions as they now are for: {', '.join(missing)}.",
        f"Run: manifesto run {plan.request.folder}",
    )
