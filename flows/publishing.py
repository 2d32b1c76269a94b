"""Bring the waves' stage results together: the contract's tables, the manifest, and what a report needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

import pandas as pd

from analysis import gaps, summary
from analysis.checking import reviewed
from analysis.codebook import Codebook, codebook_from_frame, subthemes_table, themes_table
from analysis.coding import response_themes, themed_segments
from analysis.decided import Decided, Known, decided_segments, decided_tables, said_of_vision
from analysis.embed import CODER_CHANGES
from analysis.evidence_rich import with_evidence
from analysis.files import sha256_of
from analysis.intake import SafeWave
from analysis.learning import Lesson
from analysis.quotes import VectorOf
from analysis.stance import load_stance_model, with_sides
from analysis.tables import checked, empty_table, read_table
from analysis.themes import least_respondents
from analysis.types import VERDICTS, QuestionId, ReportData, Reviewed, Stance, Status, ThemeState
from flows.evaluating import stored_evaluation
from flows.layout import fingerprint, library_versions
from flows.plan import Plan, WavePlan
from flows.refitting import LINEAGE, finished_refits

TABLES = (
    "responses", "redactions", "segments", "themes", "subthemes", "response_themes", "response_vision",
    "gaps", "response_gaps", "theme_changes", "lineage",
)  # fmt: skip


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
    given = sum(theme.origin == "given" for theme in after.themes)
    new = len(after.themes) - max(len(before.themes), given)
    if given:
        known = max(len(before.themes) - given, 0)
        beside = f", {known} found before" if known else ""
        return f"{given} themes given{beside}, {new} {'emerging' if before.themes else 'found beside them'}"
    return f"{new} themes found" if not before.themes else f"{len(before.themes)} known themes, {new} emerging"


def gaps_line(before: Codebook, after: Codebook) -> str:
    """One line on the groups of remarks that stand outside the vision and outside the themes."""
    new = len(after.themes) - len(before.themes)
    return f"{new} groups outside the vision and the themes" + (
        f", {len(before.themes)} known" if before.themes else ""
    )


def changes_line(changes: pd.DataFrame) -> str:
    """One line on what became of the themes since the wave before."""
    counts = changes["verdict"].value_counts()
    told = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts]
    return ", ".join(told) or "no earlier wave"


def lineage_line(lineage: pd.DataFrame) -> str:
    """One line on what became of the themes when the codebook was rebuilt."""
    old, new = (lineage.loc[lineage[f"{side}_theme_id"] != "", f"{side}_theme_id"].nunique() for side in ("old", "new"))
    kept = int(lineage["relation"].isin(["same", "renamed"]).sum())
    return f"{old} themes before, {new} now, {kept} of them the same"


def themes_before(plan: Plan, codebook: Codebook, segments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of themes as they are before a refit, to be kept with it."""
    return {"themes": themes_table(codebook), "response_themes": _response_themes(plan, segments)}


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
    themes = themes_table(_last_codebook(plan))
    segments = decided_segments(stacked(plan, "segments", plan.waves), list(themes["theme_id"]), plan.decisions)
    responses, evidence = (stacked(plan, name, plan.waves) for name in ("responses", "evidence"))
    tables = {
        "responses": with_evidence(responses, evidence),
        "redactions": stacked(plan, "redactions", plan.waves),
        "segments": segments,
        "themes": themes,
        "subthemes": subthemes_table(_last_codebook(plan)),
        "response_themes": _response_themes(plan, segments),
        "response_vision": stacked(plan, "response_vision", plan.waves),
        "theme_changes": stacked(plan, "theme_changes", plan.waves),
        "lineage": _lineage(plan),
    }
    decided = _with_gaps(plan, decided_tables(tables, plan.decisions, known_of(plan)))
    return Decided({name: checked(name, table) for name, table in decided.tables.items()}, decided.pointless)


def _with_gaps(plan: Plan, decided: Decided) -> Decided:
    """Add what no theme of the vision covers, as people decided on themes and links."""
    settings, waves = plan.settings, [wave.wave for wave in plan.waves]
    groups = pd.read_parquet(plan.layout.wave(waves[-1]) / "gap_groups.parquet")
    found = gaps.Found(themes_table(codebook_from_frame(groups)), stacked(plan, "gap_near", plan.waves))
    said = said_of_vision(decided.tables["themes"]["theme_id"], plan.decisions, known_of(plan))
    made = gaps.gaps_of(
        decided.tables, found, said, waves, partial(least_respondents, settings=settings.themes), settings.gaps
    )
    tables = {**decided.tables, "gaps": made.gaps, "response_gaps": made.response_gaps, "segments": made.segments}
    return replace(decided, tables=tables)


def known_of(plan: Plan) -> Known:
    """What decisions may speak of."""
    return Known(plan.framework.codes, {question.id: question.stance for question in plan.consultation.questions})


def tables_key(plan: Plan) -> str:
    """Change with whatever the published tables or the manifest show."""
    return fingerprint(*(result_key(wave) for wave in plan.waves), plan.decisions.fingerprint, manifest_key(plan))


def result_key(wave: WavePlan) -> str:
    """Change whenever any result of a wave does."""
    return fingerprint(*(wave.keys[stage] for stage in ("vision", "gaps", "marks", "changes")))


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
        "code_frame": _frame_manifest(plan),
        "models": {"embedding": {"name": plan.settings.embed.model, "sha256": plan.model},
                   "tuned_for_themes": {"name": CODER_CHANGES.name, "sha256": sha256_of(CODER_CHANGES)},
                   "spacy": plan.settings.anonymise.spacy_model or "the recogniser shipped with this project"},
        "settings": plan.settings.model_dump(),
        "versions": library_versions(),
        "review": _review_manifest(plan, decided),
        "waves": [_wave_manifest(plan, wave, decided.tables) for wave in plan.waves],
    }  # fmt: skip


def _frame_manifest(plan: Plan) -> dict[str, Any] | None:
    if plan.frame is None:
        return None
    frame = plan.frame.frame
    return {
        "file": plan.frame.name,
        "mode": frame.mode,
        "themes": len(frame.themes),
        "notes": list(plan.frame.warnings),
    }


def report_data(plan: Plan, wave: WavePlan, vector_of: VectorOf | None = None) -> ReportData:
    """Return what the report of a wave shows: that wave, and those before it for comparison.

    `vector_of` gives the vectors of the wave's answers, by which quotes are chosen.
    """
    waves = plan.waves[: plan.waves.index(wave) + 1]
    names = [earlier.wave for earlier in waves]
    tables = {name: read_table(name, plan.layout.root) for name in TABLES}
    upto = {name: table[table["wave"].isin(names)] for name, table in tables.items() if "wave" in table}
    themes = tables["themes"][tables["themes"]["first_wave"].isin(names)]
    counts = _intake(plan, wave)
    data = summary.summarise(
        summary.Tables(themes=themes, subthemes=tables["subthemes"], **upto),
        _about(
            plan, wave, tuple(names), reviewed({**tables, "themes": themes}, plan.decisions, lesson(plan), wave.wave)
        ),
        sum(counts["rows_read"].values()),
        plan.settings.report,
        vector_of,
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
        ("Tuned for themes", f"{CODER_CHANGES.name}, sha256 {sha256_of(CODER_CHANGES)[:16]}…"),
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
            "segments_by_coverage": gaps.counts_of(tables["segments"], wave.wave),
            "gaps": _rows(tables["gaps"], wave),
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


def stacked(plan: Plan, name: str, waves: Sequence[WavePlan]) -> pd.DataFrame:
    """One table of a stage for several waves."""
    parts = [pd.read_parquet(plan.layout.wave(wave.wave) / f"{name}.parquet") for wave in waves]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    text = [column for column in table.columns if column.startswith("demographic_")]
    return table.fillna(dict.fromkeys(text, ""))


def _response_themes(plan: Plan, segments: pd.DataFrame) -> pd.DataFrame:
    """The table `response_themes`, with the sides that were told for open questions."""
    stance_of: dict[str, Stance] = {question.id: question.stance for question in plan.consultation.questions}
    found = response_themes(segments, stance_of)
    return with_sides(
        found, themed_segments(segments), stacked(plan, "stances", plan.waves), load_stance_model(plan.model)
    )


def _lineage(plan: Plan) -> pd.DataFrame:
    kept = [pd.read_parquet(refit.folder / LINEAGE) for refit in finished_refits(plan.layout)]
    return pd.concat(kept, ignore_index=True) if kept else empty_table("lineage")


def _last_codebook(plan: Plan) -> Codebook:
    return codebook_from_frame(pd.read_parquet(plan.layout.wave(plan.waves[-1].wave) / "codebook.parquet"))
