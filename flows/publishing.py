"""Bring the waves' stage results together: the contract's tables, the manifest, and what a report needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pandas as pd

from analysis import summary
from analysis.checking import reviewed
from analysis.codebook import Codebook, codebook_from_frame, themes_table
from analysis.coding import response_themes
from analysis.decided import Decided, Known, decided_segments, decided_tables
from analysis.intake import SafeWave
from analysis.learning import Lesson
from analysis.tables import checked, empty_table, read_table
from analysis.types import QuestionId, ReportData, Reviewed, Stance, Status, ThemeState
from flows.evaluating import stored_evaluation
from flows.layout import fingerprint, library_versions
from flows.plan import Plan, WavePlan

TABLES = ("responses", "redactions", "segments", "themes", "response_themes", "response_vision")


def intake_counts(safe: SafeWave) -> dict[str, Any]:
    """What loading a wave gave, in counts only."""
    return {
        "rows_read": dict(safe.rows_read),
        "rejected": dict(safe.rejected),
        "redactions": dict(safe.redactions),
        "warnings": list(safe.warnings),
    }


def intake_line(safe: SafeWave) -> str:
    """One line on what loading a wave gave."""
    status = safe.responses["status"].value_counts()
    parts = [
        f"{sum(safe.rows_read.values()):,} rows",
        f"{int(status.get(Status.SUBSTANTIVE, 0)):,} substantive answers",
        f"{sum(safe.redactions.values()):,} pieces of personal data removed",
    ]
    rejected = sum(safe.rejected.values())
    return ", ".join([*parts, f"{rejected:,} rows rejected"] if rejected else parts)


def themes_line(before: Codebook, after: Codebook) -> str:
    """One line on the themes of a wave."""
    new = len(after.themes) - len(before.themes)
    return f"{new} themes found" if not before.themes else f"{len(before.themes)} known themes, {new} emerging"


def learning_line(lesson: Lesson) -> str:
    """One line on what was learned."""
    if not lesson.learned_from:
        return f"{lesson.corrections:,} corrections, none learned from"
    return f"{lesson.corrections:,} corrections, accuracy {lesson.before:.2f} before and {lesson.after:.2f} after"


def lesson(plan: Plan) -> Lesson:
    """What people's corrections taught, as measured in this run."""
    return Lesson(**json.loads(plan.layout.learning.read_text(encoding="utf-8")))


def collect(plan: Plan) -> Decided:
    """Return the contract's tables for all waves of a plan, as people decided."""
    stance_of: dict[str, Stance] = {question.id: question.stance for question in plan.consultation.questions}
    themes = themes_table(_last_codebook(plan))
    segments = decided_segments(_stacked(plan, "segments"), list(themes["theme_id"]), plan.decisions)
    tables = {
        "responses": _stacked(plan, "responses"),
        "redactions": _stacked(plan, "redactions"),
        "segments": segments,
        "themes": themes,
        "response_themes": response_themes(segments, stance_of),
        "response_vision": _stacked(plan, "response_vision"),
    }
    decided = decided_tables(tables, plan.decisions, Known(plan.framework.codes, stance_of))
    return Decided({name: checked(name, table) for name, table in decided.tables.items()}, decided.pointless)


def tables_key(plan: Plan) -> str:
    """Change with whatever the published tables or the manifest show."""
    stages = [wave.keys["vision"] for wave in plan.waves]
    return fingerprint(*stages, plan.decisions.fingerprint, manifest_key(plan))


def manifest_key(plan: Plan) -> str:
    """What the manifest shows beyond the stages' keys."""
    return json.dumps([plan.consultation.title, plan.settings.model_dump()], sort_keys=True)


def manifest(plan: Plan, decided: Decided) -> dict[str, Any]:
    """Return the manifest: inputs and hashes, settings, versions, models, and counts that add up, per wave."""
    return {
        "consultation": plan.consultation.id,
        "title": plan.consultation.title,
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "framework": {"id": plan.framework.framework.id, "sha256": plan.framework.fingerprint},
        "models": {"embedding": {"name": plan.settings.embed.model, "sha256": plan.model},
                   "spacy": plan.settings.anonymise.spacy_model or "the recogniser shipped with this project"},
        "settings": plan.settings.model_dump(),
        "versions": library_versions(),
        "review": _review_manifest(plan, decided),
        "waves": [_wave_manifest(plan, wave, decided.tables) for wave in plan.waves],
    }  # fmt: skip


def report_data(plan: Plan, wave: WavePlan) -> ReportData:
    """Return what the report of a wave shows: that wave, and those before it for comparison."""
    waves = plan.waves[: plan.waves.index(wave) + 1]
    names = [earlier.wave for earlier in waves]
    tables = {name: read_table(name, plan.layout.root) for name in TABLES}
    upto = {name: table[table["wave"].isin(names)] for name, table in tables.items() if "wave" in table}
    themes = tables["themes"][tables["themes"]["first_wave"].isin(names)]
    counts = _intake(plan, wave)
    data = summary.summarise(
        summary.Tables(themes=themes, **upto),
        _about(
            plan, wave, tuple(names), reviewed({**tables, "themes": themes}, plan.decisions, lesson(plan), wave.wave)
        ),
        sum(counts["rows_read"].values()),
        plan.settings.report,
    )
    return replace(data, evaluation=stored_evaluation(plan))


def _about(plan: Plan, wave: WavePlan, names: tuple[Any, ...], review: Reviewed) -> summary.About:
    return summary.About(
        consultation_id=plan.consultation.id,
        title=plan.consultation.title,
        synthetic=plan.consultation.synthetic,
        waves=names,
        questions=tuple(
            summary.Question(QuestionId(question.id), question.text, question.stance)
            for question in plan.consultation.questions
        ),
        framework_title=plan.framework.framework.title,
        vision=tuple(summary.VisionHeading(t.code, t.title, t.aspiration) for t in plan.framework.themes),
        provenance=_provenance(plan, wave),
        reviewed=review,
    )


def _provenance(plan: Plan, wave: WavePlan) -> tuple[tuple[str, str], ...]:
    files = [(f"Input {name}", f"sha256 {digest[:16]}…") for name, digest in wave.inputs.items()]
    return (
        ("Report made", datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")),
        *files,
        ("Vision framework", f"{plan.framework.framework.id}, sha256 {plan.framework.fingerprint[:16]}…"),
        ("Embedding model", f"{plan.settings.embed.model}, sha256 {plan.model[:16]}…"),
        ("Manifesto Voices", version("manifesto-voices")),
        ("Libraries", ", ".join(f"{name} {number}" for name, number in library_versions().items() if name != "python")),
    )


def _wave_manifest(plan: Plan, wave: WavePlan, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    counts = _intake(plan, wave)
    responses = tables["responses"][tables["responses"]["wave"] == wave.wave]
    rejected = responses["status"] == Status.REJECTED
    rows = responses[["source", "row"]]
    return {
        "wave": wave.wave,
        "inputs": wave.inputs,
        "warnings": counts["warnings"],
        "counts": {
            "rows_read": sum(counts["rows_read"].values()),
            "rows_read_by_file": counts["rows_read"],
            "rows_accepted": len(rows[~rejected].drop_duplicates()),
            "rows_rejected": len(rows[rejected].drop_duplicates()),
            "rows_rejected_by_reason": counts["rejected"],
            "responses": int((~rejected).sum()),
            "responses_by_status": {
                str(status): int((responses["status"] == status).sum())
                for status in Status
                if status != Status.REJECTED
            },
            "respondents": int(responses.loc[~rejected, "respondent"].nunique()),
            "campaign_responses": int(responses["campaign"].sum()),
            "redactions": counts["redactions"],
            "responses_marked": int((responses["marks"] != "").sum()),
            "segments": _rows(tables["segments"], wave),
            "responses_with_theme": _responses_in(tables["response_themes"], wave),
            "responses_without_theme": int((responses["status"] == Status.SUBSTANTIVE).sum())
            - _responses_in(tables["response_themes"], wave),
            "responses_linked_to_vision": _responses_in(tables["response_vision"], wave),
            "responses_outside_vision": int((responses["status"] == Status.SUBSTANTIVE).sum())
            - _responses_in(tables["response_vision"], wave),
            "themes_new": int((tables["themes"]["first_wave"] == wave.wave).sum()),
            "themes_emerging": int(
                (
                    (tables["themes"]["first_wave"] == wave.wave) & (tables["themes"]["state"] == ThemeState.EMERGING)
                ).sum()
            ),
        },
    }


def _review_manifest(plan: Plan, decided: Decided) -> dict[str, Any]:
    """How much people decided, which of it fits nothing now (by its row), and what it taught."""
    learned = lesson(plan)
    whole = reviewed(decided.tables, plan.decisions, learned)
    return {
        "decisions": len(plan.decisions.rows),
        "in_force": len(plan.decisions.holding()),
        "fit_nothing_now": {f"row {row}": reason for row, reason in sorted(decided.pointless.items())},
        **asdict(whole),
        "learning": {**asdict(learned), "share_changed": _share(learned.changed, learned.corrections)},
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rows(table: pd.DataFrame, wave: WavePlan) -> int:
    return int((table["wave"] == wave.wave).sum())


def _responses_in(table: pd.DataFrame, wave: WavePlan) -> int:
    return len(table.loc[table["wave"] == wave.wave, ["response_id", "question_id"]].drop_duplicates())


def _intake(plan: Plan, wave: WavePlan) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((plan.layout.wave(wave.wave) / "intake.json").read_text(encoding="utf-8"))
    return loaded


def _stacked(plan: Plan, name: str) -> pd.DataFrame:
    parts = [pd.read_parquet(plan.layout.wave(wave.wave) / f"{name}.parquet") for wave in plan.waves]
    stacked = pd.concat([part for part in parts if len(part)] or [empty_table(name)], ignore_index=True)
    text = [column for column in stacked.columns if column.startswith("demographic_")]
    return stacked.fillna(dict.fromkeys(text, ""))


def _last_codebook(plan: Plan) -> Codebook:
    return codebook_from_frame(pd.read_parquet(plan.layout.wave(plan.waves[-1].wave) / "codebook.parquet"))
