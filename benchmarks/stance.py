"""Measure the stance of answers to open questions, and the marks for evidence, beside the commonest answer for all.

    python benchmarks/stance.py --shared PATH_OF_SHARED

Reads i.AI's synthetic sets under PATH/data/themefinder: gambling_XS (100 responses to each of two questions, with
positions and marks) and eval_sentiments (1,000 responses, yes or no). Nothing was trained on them. The macro-F1 is over
the sides that a set holds. A response's side is that of its segments read within it, as in a run.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from analysis.coding import split_responses
from analysis.embed import SentenceEncoder, content_hash
from analysis.evidence_rich import evidence_in
from analysis.settings import Settings, load_settings
from analysis.stance import load_stance_model, read_question, tell_stances
from analysis.types import SafeText, Status

_GAMBLING = "gambling_XS/outputs/mapping/2025-07-22"


@dataclass(frozen=True)
class Labelled:
    """Responses to one question with what they are marked as."""

    name: str
    question: str
    texts: list[str]
    sides: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    data = parser.parse_args().shared / "data" / "themefinder"
    settings = load_settings()
    encoder = SentenceEncoder(settings.embed)
    print("| set | n | majority: accuracy | macro-F1 | found: accuracy | macro-F1 | told | right when told |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for labelled in (_gambling(data, 1), _gambling(data, 2), _sentiments(data)):
        print(_stance_row(labelled, encoder, settings))
    print("\n| set | marked by people | by rules | precision | recall | F1 | F1 if all | accuracy | of the majority |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for part in (1, 2):
        print(_evidence_row(data, part, settings))


def _stance_row(labelled: Labelled, encoder: SentenceEncoder, settings: Settings) -> str:
    model, asked = load_stance_model(encoder.fingerprint), read_question(labelled.question)
    sides = model.sides(_probabilities(labelled, encoder, settings))
    commonest = max(sorted(set(labelled.sides)), key=labelled.sides.count)
    told = np.array([side != "unclear" for side in sides])
    right = np.array(sides) == np.array(labelled.sides)
    cells = [
        *_figures(labelled.sides, [commonest] * len(sides)),
        *_figures(labelled.sides, sides),
        f"{told.mean():.2f}",
        f"{right[told].mean():.3f}",
    ]
    return f"| {labelled.name} ({asked.asks}) | {len(sides)} | {' | '.join(cells)} |"


def _probabilities(labelled: Labelled, encoder: SentenceEncoder, settings: Settings) -> np.ndarray:
    """Mean over the segments of each response, as `analysis.stance` gives a response's side in a theme."""
    rows = [
        {"wave": "w", "response_id": f"{i:05}", "question_id": "q", "text": text, "language": "en",
         "status": str(Status.SUBSTANTIVE)}
        for i, text in enumerate(labelled.texts)
    ]  # fmt: skip
    responses = pd.DataFrame(rows)
    segments = split_responses(responses, settings.segment)
    texts = {content_hash(text): text for text in (*labelled.texts, *segments["text"])}
    known = dict(zip(texts, encoder.encode(list(texts.values())), strict=True))
    stances = tell_stances(
        segments, responses, {"q": labelled.question}, lambda hashes: np.stack([known[h] for h in hashes]),
        load_stance_model(encoder.fingerprint), settings.stance,
    )  # fmt: skip
    owner = segments.set_index("segment_id")["response_id"]
    means = stances.set_index("segment_id").groupby(owner).mean()
    return means.reindex([row["response_id"] for row in rows]).to_numpy()


def _evidence_row(data: Path, part: int, settings: Settings) -> str:
    labelled = _gambling(data, part)
    marks = _lines(data / _GAMBLING / f"question_part_{part}/detail_detection.jsonl", "evidence_rich")
    truth = [marks[i] == "YES" for i in sorted(marks)]
    found = [bool(evidence_in(SafeText(text), settings.evidence)) for text in labelled.texts]
    precision, recall, f1, _ = precision_recall_fscore_support(truth, found, average="binary", zero_division=0)
    always = f1_score(truth, [True] * len(truth))
    cells = [f"{n:.3f}" for n in (precision, recall, f1, always, accuracy_score(truth, found))]
    majority = max(np.mean(truth), 1 - np.mean(truth))
    return f"| {labelled.name} | {sum(truth)} | {sum(found)} | {' | '.join(cells)} | {majority:.3f} |"


def _figures(truth: Sequence[str], found: Sequence[str]) -> tuple[str, str]:
    macro = f1_score(truth, found, average="macro", labels=sorted(set(truth)), zero_division=0)
    return f"{accuracy_score(truth, found):.3f}", f"{macro:.3f}"


def _gambling(data: Path, part: int) -> Labelled:
    asked = json.loads((data / f"gambling_XS/inputs/question_part_{part}/question.json").read_text(encoding="utf-8"))
    texts = _lines(data / f"gambling_XS/inputs/question_part_{part}/responses.jsonl", "response")
    sides = _lines(data / _GAMBLING / f"question_part_{part}/sentiment.jsonl", "position")
    order = sorted(sides)
    return Labelled(
        f"gambling_XS q{part}", asked["question_text"], [texts[i] for i in order], [sides[i].lower() for i in order]
    )


def _sentiments(data: Path) -> Labelled:
    rows = pd.read_csv(data / "generation/eval_sentiments.csv")
    question = (data / "generation/expanded_question.txt").read_text(encoding="utf-8").strip()
    sides = rows["position"].map({"Yes": "agree", "No": "disagree"})
    return Labelled("eval_sentiments", question, rows["response"].tolist(), sides.tolist())


def _lines(path: Path, field: str) -> dict[int, str]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {row["response_id"]: row[field] for row in rows}


if __name__ == "__main__":
    main()
