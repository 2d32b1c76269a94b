"""What a run has to do: which waves, from which inputs, under which keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from analysis.anonymise.corrections import read_corrections
from analysis.code_frame import FrameRead, read_code_frame
from analysis.consultation import CORRECTIONS_FILE, Consultation, load_consultation
from analysis.decisions import About, Decisions, read_decisions
from analysis.embed import locate_model, model_fingerprint
from analysis.errors import Fault, InputError
from analysis.files import sha256_of
from analysis.ingest import check_waves
from analysis.settings import Settings, load_settings
from analysis.types import Wave
from analysis.vision import Framework, load_framework, shipped_tuned_vectors, shipped_vectors
from flows.layout import Layout, code_fingerprint, file_hashes, fingerprint, is_done, library_versions
from flows.refitting import Refit, finished_refits, standing_refit


@dataclass(frozen=True)
class RunRequest:
    """Where to read and write, and the wave to report (None: every wave)."""

    folder: Path
    processed: Path
    reports: Path
    wave: str | None = None


@dataclass(frozen=True)
class WavePlan:
    """One wave: its export files, the wave before it, and the key of each stage (changes when its inputs do)."""

    wave: Wave
    files: tuple[Path, ...]
    inputs: dict[str, str]
    before: Wave | None
    keys: dict[str, str]


class Plan:
    """A consultation with its settings, framework and waves in order."""

    def __init__(self, request: RunRequest) -> None:
        """Read and check everything a run needs before it starts; raise InputError with all faults."""
        self.request = request
        self.consultation: Consultation = load_consultation(request.folder)
        self.settings: Settings = load_settings(self.consultation.settings, f"{request.folder.name}/consultation.toml")
        self.framework: Framework = load_framework(self.consultation.vision, request.folder)
        self.frame: FrameRead | None = read_code_frame(self.consultation)
        self.layout = Layout(request.processed / self.consultation.id)
        self.decisions: Decisions = read_decisions(request.folder)
        self.waves = self._plan_waves(self._wanted())

    @cached_property
    def refit(self) -> Refit | None:
        """The rebuilt codebook that the waves are coded to, if one stands."""
        return standing_refit(self.layout, self.space) if self.layout.refits.is_dir() else None

    @property
    def has_stale_refit(self) -> bool:
        """Whether the codebook was rebuilt, but can no longer be used."""
        return self.layout.refits.is_dir() and self.refit is None and bool(finished_refits(self.layout))

    @cached_property
    def space(self) -> str:
        """Fingerprint of how segments are placed: a kept codebook fits no other."""
        code = resources.files("analysis").joinpath("space.py").read_text(encoding="utf-8")
        weights = self.settings.themes.model_dump_json(include={"own_weight", "lexical_weight", "topic_weight"})
        return fingerprint(code, weights, self.model, self.framework.fingerprint, self.settings.fingerprint("vision"))

    def is_of_refit(self, wave: Wave) -> bool:
        """Whether the standing codebook was made from this wave too, so that it holds nothing new."""
        return self.refit is not None and wave in self.refit.waves

    @property
    def refit_key(self) -> str:
        """Key of a codebook made from all waves as they are now."""
        guide = fingerprint(self.framework.fingerprint, self.settings.fingerprint("vision"))
        segments = [wave.keys["segments"] for wave in self.waves]
        found = self.settings.fingerprint("embed", "themes", "code_frame")
        return fingerprint(*segments, self.model, guide, repr(self.frame.frame) if self.frame else "", found)

    @cached_property
    def model(self) -> str:
        """Fingerprint of the embedding model; raises ModelError if it is not the one it should be."""
        return model_fingerprint(self.settings.embed.model, locate_model(self.settings.embed.model))

    @property
    def framework_vectors(self) -> Path:
        """Vectors of a framework's examples, shared by all consultations: they are nobody's words."""
        return self.request.processed / ".cache" / "framework.npz"

    @property
    def framework_tuned_vectors(self) -> Path:
        """The same by the tuned sentence model."""
        return self.framework_vectors.with_name("framework-tuned.npz")

    @property
    def vectors_of_examples(self) -> tuple[Path, ...]:
        """Where vectors of the framework's examples may be: shipped with it, made with the shipped model, or ours."""
        shipped = shipped_vectors(self.framework), shipped_tuned_vectors(self.framework)
        return (*shipped, self.framework_vectors, self.framework_tuned_vectors)

    @property
    def reported(self) -> tuple[WavePlan, ...]:
        """The waves whose reports are wanted."""
        return tuple(plan for plan in self.waves if self.request.wave in (None, plan.wave))

    def report_folder(self, wave: str) -> Path:
        """Folder of a wave's report."""
        return self.request.reports / self.consultation.id / wave

    def check_inputs(self) -> None:
        """Read the exports of new and changed waves before any work starts; raise InputError with all their faults."""
        stale = [
            wave for wave in self.waves if not is_done(self.layout.wave(wave.wave), "intake", wave.keys["intake"], ())
        ]
        check_waves(self.consultation, [(wave.wave, wave.files) for wave in stale], self.settings.ingest)

    @cached_property
    def _corrections(self) -> str:
        """Hash of the analysts' corrections; their faults are told before anything is done."""
        read_corrections(self.consultation.folder)
        path = self.consultation.folder / CORRECTIONS_FILE
        return sha256_of(path) if path.exists() else ""

    def _wanted(self) -> tuple[tuple[Wave, tuple[Path, ...]], ...]:
        """All waves, or with `wave` those up to it and later ones that were analysed before."""
        waves = self.consultation.waves()
        if self.request.wave is None:
            return waves
        names = [wave for wave, _ in waves]
        if self.request.wave not in names:
            raise InputError([_unknown_wave(self.request, names)])
        last = max([names.index(Wave(self.request.wave)), *self._analysed(names)])
        return waves[: last + 1]

    def _analysed(self, names: list[Wave]) -> list[int]:
        return [i for i, name in enumerate(names) if (self.layout.wave(name) / "vision.key").exists()]

    def _plan_waves(self, waves: tuple[tuple[Wave, tuple[Path, ...]], ...]) -> tuple[WavePlan, ...]:
        plans: list[WavePlan] = []
        inputs = {wave: file_hashes(files, self.consultation.folder / wave) for wave, files in waves}
        intakes = {wave: self._intake_key(wave, inputs[wave]) for wave, _ in waves}
        learning = self._learning_key(intakes)
        for wave, files in waves:
            before = plans[-1] if plans else None
            keys = self._stage_keys(wave, intakes[wave], learning, before)
            plans.append(WavePlan(wave, files, inputs[wave], before.wave if before else None, keys))
        return tuple(plans)

    def _intake_key(self, wave: Wave, inputs: dict[str, str]) -> str:
        settings, consultation = self.settings, self.consultation
        shape = consultation.model_dump_json(include={"columns", "questions", "demographics", "format"})
        keep = settings.anonymise.keep_file
        own_keep = Path(keep).read_text(encoding="utf-8") if keep and Path(keep).is_file() else ""
        return fingerprint(
            code_fingerprint("analysis"),
            json.dumps(library_versions()),
            wave,
            json.dumps(inputs, sort_keys=True),
            shape,
            own_keep,
            self._corrections,
            settings.fingerprint("ingest", "clean", "anonymise"),
        )

    def _learning_key(self, intakes: dict[Wave, str]) -> str:
        """Change with what people said of responses' vision links and with the words of these; '' without any."""
        said = self.decisions.values(About.RESPONSE, "vision")
        taught = [(subject, after) for subject, after in said.items() if subject[0] in intakes]
        waves = sorted({subject[0] for subject, _ in taught})
        texts = [intakes[Wave(wave)] for wave in waves]
        return json.dumps([taught, texts, self.settings.fingerprint("segment", "learning")]) if taught else ""

    def _stage_keys(self, wave: Wave, intake: str, learning: str, before: WavePlan | None) -> dict[str, str]:
        settings = self.settings
        segments = fingerprint(intake, settings.fingerprint("segment"))
        earlier = before.keys["vision"] if before else self.refit.digest if self.refit else ""
        known = "known only" if self.is_of_refit(wave) else ""
        guide = fingerprint(self.framework.fingerprint, settings.fingerprint("vision"))
        frame = repr(self.frame.frame) if self.frame else ""
        found = settings.fingerprint("embed", "themes", "code_frame")
        themes = fingerprint(segments, earlier, known, self.model, guide, frame, found)
        learned = fingerprint(self.model, guide, settings.fingerprint("embed"), learning)
        vision = fingerprint(themes, "vision", learned)
        marks = fingerprint(segments, self.model, settings.fingerprint("embed", "stance", "evidence"))
        gaps = fingerprint(vision, "gaps", before.keys["gaps"] if before else "", settings.fingerprint("gaps"))
        changes = fingerprint(vision, settings.fingerprint("changes"), self.decisions.fingerprint_of(About.THEME))
        return {
            "intake": intake,
            "segments": segments,
            "themes": themes,
            "learned": learned,
            "vision": vision,
            "gaps": gaps,
            "marks": marks,
            "changes": changes,
        }


def _unknown_wave(request: RunRequest, names: list[Wave]) -> Fault:
    return Fault(
        f"--wave {request.wave}",
        f"'{request.folder.name}' has no wave of that name.",
        f"Its waves are: {', '.join(names) or 'none'}.",
    )
