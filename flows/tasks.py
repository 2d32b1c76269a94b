"""Thin Prefect tasks: read, call the analysis, write. They pass keys and paths; no text reaches Prefect.

Whatever goes wrong inside a stage leaves it without the message of the error that caused it, since that may quote a
resident: only ManifestoError, which never does, passes as it is.
"""

from __future__ import annotations

import functools
import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import pandas as pd
from prefect import task
from prefect.cache_policies import NO_CACHE

from analysis import coding, intake, learning
from analysis.anonymise import Anonymiser
from analysis.anonymise.corrections import Corrections, read_corrections
from analysis.anonymise.residual import ResidualCheck
from analysis.changes import Coded, theme_changes
from analysis.codebook import Codebook, codebook_frame, codebook_from_frame
from analysis.coder import TUNED_TOGETHER, Reading
from analysis.decided import decided_codebook, decided_segments
from analysis.embed import CODER_CHANGES, Embedder, LinkEmbedder, SentenceEncoder, Vectors
from analysis.errors import ManifestoError
from analysis.evidence_rich import mark_evidence
from analysis.files import write_atomically
from analysis.gaps import find_gap_groups
from analysis.linker import VisionLinker, examples_as_read, guide_of, ready_linker
from analysis.stance import load_stance_model, tell_stances
from analysis.tables import checked, write_csv, write_parquet
from analysis.types import Wave
from flows import evaluating, publishing
from flows.layout import code_fingerprint, fingerprint, is_done, mark_done
from flows.plan import Plan, WavePlan
from flows.progress import step
from flows.refitting import BEFORE, CODEBOOK, LINEAGE, finished_refits, folder_of, write_basis

P = ParamSpec("P")
R = TypeVar("R")
_OWN_FOLDERS = ("analysis", "anonymise", "flows", "reports")


class StageError(ManifestoError):
    """A stage broke for a reason that is not the user's."""

    is_program_fault = True


def stage(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a Prefect task of a function, keeping the words of unexpected errors out of logs and databases."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except ManifestoError:
                raise
            except Exception as error:
                raise StageError(_without_text(name, error)) from None

        return cast(Callable[P, R], task(name=name, persist_result=False, cache_policy=NO_CACHE)(guarded))

    return decorate


@stage("load and redact")
def load_and_redact(plan: Plan, wave: WavePlan) -> bool:
    """Read a wave's exports and write its responses without personal data. Returns whether there was anything to do."""
    folder, key = plan.layout.wave(wave.wave), wave.keys["intake"]
    responses, removed, counts = (folder / name for name in ("responses.parquet", "redactions.parquet", "intake.json"))
    if is_done(folder, "intake", key, [responses, removed, counts]):
        return False
    with step(f"{wave.wave}: load and redact") as work:
        safe = intake.load_and_redact(
            plan.consultation, wave.wave, wave.files, plan.settings, _defence(plan), work.advance
        )
        _must_reconcile(safe)
        write_parquet(safe.removed, removed)
        write_parquet(safe.responses, responses)
        _write_json(counts, publishing.intake_counts(safe))
        mark_done(folder, "intake", key)
        work.done = publishing.intake_line(safe)
    return True


@stage("split into segments")
def split_into_segments(plan: Plan, wave: WavePlan) -> bool:
    """Cut the substantive responses into sentences and clauses."""
    folder, key = plan.layout.wave(wave.wave), wave.keys["segments"]
    output = folder / "split.parquet"
    if is_done(folder, "segments", key, [output]):
        return False
    with step(f"{wave.wave}: segments") as work:
        segments = coding.split_responses(_responses(plan, wave), plan.settings.segment)
        write_parquet(segments, output)
        mark_done(folder, "segments", key)
        work.done = f"{len(segments):,} sentences and clauses"
    return True


@stage("learn from corrections")
def learn_from_corrections(plan: Plan) -> bool:
    """Measure what people's corrections of vision links teach the linker, on corrections that it has not seen."""
    root, key = plan.layout.root, plan.waves[-1].keys["learned"]
    if is_done(root, "learned", key, [plan.layout.learning]):
        return False
    taught = _taught(plan)
    lesson = _measured(plan, taught) if taught else learning.Lesson(0, 0)
    _write_json(plan.layout.learning, asdict(lesson))
    mark_done(root, "learned", key)
    return bool(taught)


def _measured(plan: Plan, taught: Sequence[learning.Taught]) -> learning.Lesson:
    with step("learn from corrections") as work:
        words = _link_words(plan)
        words.learn(learning.texts_of(taught), work.advance)
        words.keep()
        lesson = learning.measure(_linker(plan), taught, words.encode, plan.settings.learning)
        work.done = publishing.learning_line(lesson)
    return lesson


@stage("find themes")
def find_themes(plan: Plan, wave: WavePlan) -> bool:
    """Embed the wave's texts, code them against the codebook so far and find new themes in what does not fit."""
    folder, key = plan.layout.wave(wave.wave), wave.keys["themes"]
    outputs = [folder / "themed.parquet", folder / "codebook-found.parquet"]
    if is_done(folder, "themes", key, outputs):
        return False
    responses, segments = _responses(plan, wave), pd.read_parquet(folder / "split.parquet")
    with step(f"{wave.wave}: embed") as work:
        linker, words = _linker(plan), _words(plan)
        count = words.learn(coding.texts_to_embed(responses, segments), work.advance)
        work.done = f"{count:,} new texts"
    with step(f"{wave.wave}: themes") as work:
        before, guide, read = _codebook(plan, wave.before), guide_of(plan.framework, linker), _reader(plan)
        coded = coding.code_themes(
            responses,
            segments,
            before,
            wave.wave,
            words.encode,
            words.vectors_of,
            plan.settings.themes,
            guide,
            plan.frame.frame if plan.frame else None,
            plan.settings.code_frame,
            plan.is_of_refit(wave.wave),
            _reading(read),
        )
        write_parquet(coded.segments, outputs[0])
        write_parquet(codebook_frame(coded.codebook), outputs[1])
        _keep(words, read)
        mark_done(folder, "themes", key)
        work.done = publishing.themes_line(before, coded.codebook)
    return True


@stage("link to vision")
def link_to_vision(plan: Plan, wave: WavePlan) -> bool:
    """Link segments, responses and new themes to the themes of the vision."""
    folder, key = plan.layout.wave(wave.wave), wave.keys["vision"]
    names = ("segments", "response_vision", "codebook", "margins")
    outputs = [folder / f"{name}.parquet" for name in names]
    if is_done(folder, "vision", key, outputs):
        return False
    with step(f"{wave.wave}: vision links") as work:
        words, responses = _link_words(plan), _responses(plan, wave)
        found = codebook_from_frame(pd.read_parquet(folder / "codebook-found.parquet"))
        themed = pd.read_parquet(folder / "themed.parquet")
        plain = coding.read_plainly(responses, themed, plan.framework.framework.places)
        words.learn(sorted(set(plain.values())), work.advance)
        linked = coding.link_vision(responses, themed, found, _linker(plan), words.vectors_of, _head(plan), plain)
        write_parquet(linked.segments, outputs[0])
        write_parquet(checked("response_vision", linked.response_vision), outputs[1])
        write_parquet(codebook_frame(linked.codebook), outputs[2])
        write_parquet(linked.margins, outputs[3])
        words.keep()
        mark_done(folder, "vision", key)
        work.done = f"{linked.response_vision['response_id'].nunique():,} responses linked"
    return True


@stage("find gaps")
def find_gaps(plan: Plan, wave: WavePlan) -> bool:
    """Group what residents raise that no theme of the vision covers and no theme explains."""
    folder, key = plan.layout.wave(wave.wave), wave.keys["gaps"]
    outputs = [folder / f"{name}.parquet" for name in ("gap_groups", "gap_near")]
    if is_done(folder, "gaps", key, outputs):
        return False
    with step(f"{wave.wave}: gaps") as work:
        words, linker = _words(plan), _linker(plan)
        responses, segments = _responses(plan, wave), pd.read_parquet(folder / "segments.parquet")
        words.learn(coding.texts_to_embed(responses, segments))
        known = _gap_groups(plan, wave.before) if wave.before else Codebook.empty()
        found = find_gap_groups(
            responses,
            segments,
            pd.read_parquet(folder / "response_vision.parquet"),
            _codebook(plan, wave.wave),
            known,
            wave.wave,
            words.encode,
            words.vectors_of,
            plan.settings.themes,
            plan.settings.gaps,
            guide_of(plan.framework, linker),
        )
        write_parquet(codebook_frame(found.codebook), outputs[0])
        write_parquet(found.near, outputs[1])
        words.keep()
        mark_done(folder, "gaps", key)
        work.done = publishing.gaps_line(known, found.codebook)
    return True


@stage("mark answers")
def mark_answers(plan: Plan, wave: WavePlan) -> bool:
    """Tell the stances of answers to open questions, and mark answers that are rich in evidence."""
    folder, key = plan.layout.wave(wave.wave), wave.keys["marks"]
    outputs = [folder / "stances.parquet", folder / "evidence.parquet"]
    if is_done(folder, "marks", key, outputs):
        return False
    responses, segments = _responses(plan, wave), pd.read_parquet(folder / "split.parquet")
    with step(f"{wave.wave}: stances and evidence") as work:
        open_questions = {q.id: q.text for q in plan.consultation.questions if q.stance == "open"}
        words = _words(plan)
        words.learn(coding.texts_to_embed(responses, segments))
        model = load_stance_model(plan.model)
        stances = tell_stances(segments, responses, open_questions, words.vectors_of, model, plan.settings.stance)
        evidence = mark_evidence(responses, plan.settings.evidence)
        write_parquet(stances, outputs[0])
        write_parquet(evidence, outputs[1])
        words.keep()
        mark_done(folder, "marks", key)
        work.done = f"{len(evidence):,} answers rich in evidence"
    return True


@stage("compare waves")
def compare_waves(plan: Plan, wave: WavePlan) -> bool:
    """Tell how each theme changed since the wave before."""
    folder, key = plan.layout.wave(wave.wave), wave.keys["changes"]
    output = folder / "theme_changes.parquet"
    if is_done(folder, "changes", key, [output]):
        return False
    waves = plan.waves[: plan.waves.index(wave) + 1]
    with step(f"{wave.wave}: changes") as work:
        words = _words(plan)
        responses = publishing.stacked(plan, "responses", waves)
        found, names = _codebook(plan, wave.wave), [each.wave for each in waves]
        codebook = decided_codebook(found, plan.decisions, publishing.known_of(plan))
        segments = publishing.stacked(plan, "segments", waves)
        segments = decided_segments(segments, [theme.theme_id for theme in found.themes], plan.decisions)
        words.learn(sorted(set(segments["text"])))
        coded = Coded(responses, coding.themed_segments(segments), words.vectors_of)
        table = theme_changes(coded, codebook, names, plan.settings.changes)
        write_parquet(checked("theme_changes", table), output)
        words.keep()
        mark_done(folder, "changes", key)
        work.done = publishing.changes_line(table)
    return True


@stage("rebuild the codebook")
def rebuild_codebook(plan: Plan) -> bool:
    """Make the codebook anew from all waves together and keep the one before; nothing to do if it stands already."""
    if plan.refit and is_done(plan.refit.folder, "refit", plan.refit_key, [plan.refit.folder / CODEBOOK]):
        return False
    done = finished_refits(plan.layout)
    number = done[-1].number + 1 if done else 1
    folder, names = folder_of(plan.layout, number), [wave.wave for wave in plan.waves]
    with step("rebuild the codebook") as work:
        words, linker, read = _words(plan), _linker(plan), _reader(plan)
        responses, segments = (publishing.stacked(plan, name, plan.waves) for name in ("responses", "segments"))
        words.learn(coding.texts_to_embed(responses, segments))
        before = _codebook(plan, names[-1])
        rebuilt = coding.rebuild(
            responses, segments, before, names, number, words.encode, words.vectors_of, plan.settings.themes,
            guide_of(plan.framework, linker), plan.frame.frame if plan.frame else None, plan.settings.code_frame,
            _reading(read),
        )  # fmt: skip
        for name, table in publishing.themes_before(plan, before, segments).items():
            write_parquet(table, folder / f"before-{name}.parquet")
            write_csv(table, folder / f"before-{name}.csv")
        write_parquet(codebook_frame(before), folder / BEFORE)
        write_parquet(codebook_frame(rebuilt.codebook), folder / CODEBOOK)
        write_parquet(checked("lineage", rebuilt.lineage), folder / LINEAGE)
        write_basis(folder, names, plan.space)
        _keep(words, read)
        mark_done(folder, "refit", plan.refit_key)
        work.done = publishing.lineage_line(rebuilt.lineage)
    return True


@stage("publish tables")
def publish_tables(plan: Plan) -> bool:
    """Write the contract's tables for all waves, as CSV and Parquet, and the manifest."""
    root = plan.layout.root
    key = publishing.tables_key(plan)
    outputs = [root / f"{name}.{kind}" for name in publishing.TABLES for kind in ("parquet", "csv")]
    if is_done(root, "tables", key, [*outputs, plan.layout.manifest]):
        return False
    with step("tables") as work:
        decided = publishing.collect(plan)
        tables = decided.tables
        for name, table in tables.items():
            write_parquet(table, root / f"{name}.parquet")
            write_csv(table, root / f"{name}.csv")
        _write_json(plan.layout.manifest, publishing.manifest(plan, decided))
        mark_done(root, "tables", key)
        work.done = ", ".join(f"{len(table):,} {name.replace('_', ' ')}" for name, table in tables.items())
    return True


@stage("render report")
def render_report(plan: Plan, wave: WavePlan) -> bool:
    """Write a wave's HTML report and the tables beside it."""
    from reports.render import write_report

    folder = plan.report_folder(wave.wave)
    state = plan.layout.wave(wave.wave)
    about = plan.consultation.model_dump_json(include={"about", "questions"})
    report = plan.settings.fingerprint("report")
    place, decided = str(folder.resolve()), plan.decisions.fingerprint
    evaluation = evaluating.fingerprint_of(plan)
    results = fingerprint(*(publishing.result_key(each) for each in plan.waves[: plan.waves.index(wave) + 1]))
    key = fingerprint(results, decided, about, report, code_fingerprint("reports"), evaluation, place)
    outputs = [
        folder / name
        for name in ("index.html", "vision.csv", "themes.csv", "subthemes.csv", "gaps.csv", "gaps.json", "report.xlsx")
    ]
    if is_done(state, "report", key, outputs):
        return False
    with step(f"{wave.wave}: report") as work:
        write_report(publishing.report_data(plan, wave, answer_vectors(plan, wave)), folder)
        mark_done(state, "report", key)
        work.done = str(folder / "index.html")
    return True


def answer_vectors(plan: Plan, wave: WavePlan) -> Callable[[Sequence[str]], Vectors]:
    """Vectors of a wave's answers by content hash: as embedded for its themes, or made again if they are gone."""
    words = _words(plan)
    words.learn(list(_responses(plan, wave)["text"]))
    return words.vectors_of


def _defence(plan: Plan) -> intake.Defence:
    corrections = Corrections(read_corrections(plan.consultation.folder))
    anonymiser = Anonymiser(plan.settings.anonymise)
    return intake.Defence(anonymiser, corrections, ResidualCheck(anonymiser.keep))


def _words(plan: Plan, kept: Path | None = None) -> Embedder:
    """The run's encoder in front of a vector store, by default the consultation's."""
    return _embedder(plan, kept or plan.layout.vectors, None)


def _tuned(plan: Plan, kept: Path | None = None) -> Embedder:
    """The same as the encoder is tuned to hear themes."""
    return _embedder(plan, kept or plan.layout.tuned_vectors, CODER_CHANGES)


def _embedder(plan: Plan, kept: Path, changes: Path | None) -> Embedder:
    return Embedder.of(_encoder(plan, changes), kept, plan.vectors_of_examples)


def _link_words(plan: Plan) -> LinkEmbedder:
    """What embeds for vision links."""
    return LinkEmbedder(_words(plan), _tuned(plan))


def _reader(plan: Plan) -> Embedder | None:
    """What reads responses beside the themes of a code frame, if there is one."""
    return _tuned(plan) if plan.frame else None


def _reading(reader: Embedder | None) -> Reading | None:
    """None where the changes were not made for this model, which then reads as it embeds."""
    if reader is None or reader.centre is None:
        return None
    return Reading(reader.encode, reader.centre, TUNED_TOGETHER)


def _keep(*embedders: Embedder | None) -> None:
    for each in embedders:
        if each:
            each.keep()


def _linker(plan: Plan) -> VisionLinker:
    """The linker of the framework, once per process; its examples' vectors are kept for all consultations."""
    words = LinkEmbedder(_words(plan, plan.framework_vectors), _tuned(plan, plan.framework_tuned_vectors))
    words.learn([example.text for example in examples_as_read(plan.framework)])
    words.keep()  # memo or not, so that what is on disk does not depend on what this process did before
    key = fingerprint(plan.framework.fingerprint, words.fingerprint, plan.settings.fingerprint("vision"))
    if key not in _linkers:
        _linkers[key] = ready_linker(plan.framework, words.encode, words.fingerprint, plan.settings.vision)
    return _linkers[key]


def _head(plan: Plan) -> learning.Head | None:
    """What people's corrections taught; None where there are too few, or where they teach nothing that holds."""
    if not publishing.lesson(plan).learned_from:
        return None
    return learning.fit_head(_linker(plan), _taught(plan), _link_words(plan).encode)


def _taught(plan: Plan) -> tuple[learning.Taught, ...]:
    """People's corrections of vision links with the words that they are about, looked up where these are kept."""
    said = plan.decisions.codes("vision")
    waves = [wave for wave in plan.waves if any(key[0] == wave.wave for key in said)]
    tables = [
        (_responses(plan, wave), pd.read_parquet(plan.layout.wave(wave.wave) / "split.parquet")) for wave in waves
    ]
    return learning.taught_by(plan.decisions, tables, plan.framework.codes, plan.framework.framework.places)


_linkers: dict[str, VisionLinker] = {}
_encoders: dict[str, SentenceEncoder] = {}


def _encoder(plan: Plan, changes: Path | None) -> SentenceEncoder:
    key = fingerprint(plan.model, str(changes))
    if key not in _encoders:
        _encoders[key] = SentenceEncoder(plan.settings.embed, changes)
    return _encoders[key]


def _responses(plan: Plan, wave: WavePlan) -> pd.DataFrame:
    return pd.read_parquet(plan.layout.wave(wave.wave) / "responses.parquet")


def _codebook(plan: Plan, wave: str | None) -> Codebook:
    if wave is None:
        return _rebuilt(plan)
    return codebook_from_frame(pd.read_parquet(plan.layout.wave(wave) / "codebook.parquet"))


def _gap_groups(plan: Plan, wave: Wave) -> Codebook:
    return codebook_from_frame(pd.read_parquet(plan.layout.wave(wave) / "gap_groups.parquet"))


def _rebuilt(plan: Plan) -> Codebook:
    """What the first wave is coded to: the rebuilt codebook, or nothing known."""
    return codebook_from_frame(pd.read_parquet(plan.refit.folder / CODEBOOK)) if plan.refit else Codebook.empty()


def _must_reconcile(safe: intake.SafeWave) -> None:
    missing = intake.unaccounted_rows(sum(safe.rows_read.values()), safe.responses)
    if missing:
        raise ManifestoError(f"{missing} rows of the exports are not accounted for. This is a fault of the program.")


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    with write_atomically(path) as part:
        part.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _without_text(name: str, error: Exception) -> str:
    """Say which error broke a stage and where, but not in what words."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    own = next((frame for frame in reversed(frames) if Path(frame.filename).parent.name in _OWN_FOLDERS), last)
    return (
        f"The stage '{name}' failed with {type(error).__name__} at {Path(own.filename).name}:{own.lineno} "
        f"({Path(last.filename).name}:{last.lineno}). The words of the error are left out: they may quote a response. "
        "Nothing was half-written; run again, and report this if it comes back."
    )
