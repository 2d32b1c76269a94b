"""All settings of a run, composed from defaults.toml and a consultation's own [settings.*] tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.anonymise import AnonymiseSettings
from analysis.changes import ChangeSettings
from analysis.clean import CleanSettings
from analysis.coder import CoderSettings
from analysis.consultation import default_settings, plain_faults
from analysis.embed import EmbedSettings
from analysis.errors import InputError
from analysis.evaluate import EvaluateSettings
from analysis.evidence_rich import EvidenceSettings
from analysis.gaps import GapSettings
from analysis.ingest import IngestSettings
from analysis.learning import LearningSettings
from analysis.review import ReviewSettings
from analysis.segment import SegmentSettings
from analysis.stance import StanceSettings
from analysis.summary import ReportSettings
from analysis.themes import ThemeSettings
from analysis.vision import VisionSettings


class RetentionSettings(BaseModel):
    """After how many days without change each kind of what was made may be deleted; 0: kept until it is purged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    results_days: int = Field(ge=0)
    report_days: int = Field(ge=0)
    handed_out_days: int = Field(ge=0)


class Settings(BaseModel):
    """One field per stage, each the stage's own settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ingest: IngestSettings
    clean: CleanSettings
    anonymise: AnonymiseSettings
    segment: SegmentSettings
    embed: EmbedSettings
    themes: ThemeSettings
    code_frame: CoderSettings
    stance: StanceSettings
    evidence: EvidenceSettings
    changes: ChangeSettings
    vision: VisionSettings
    gaps: GapSettings
    evaluate: EvaluateSettings
    learning: LearningSettings
    review: ReviewSettings
    report: ReportSettings
    retention: RetentionSettings

    def fingerprint(self, *stages: str) -> str:
        """Change whenever a setting of the named stages does."""
        return hashlib.sha256(self.model_dump_json(include=set(stages)).encode()).hexdigest()


def load_settings(overrides: Mapping[str, Mapping[str, Any]] | None = None, where: str = "settings") -> Settings:
    """Compose the settings; raise InputError with every fault of the overrides at once."""
    merged = {stage: dict(table) for stage, table in default_settings().items()}
    for stage, table in (overrides or {}).items():
        merged.setdefault(stage, {}).update(table)
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise InputError(plain_faults(error, f"{where}, settings", {})) from None
