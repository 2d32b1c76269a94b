"""Measure the stance of answers to open questions, beside always giving the commonest answer.

    python benchmarks/stance.py --shared PATH_OF_SHARED

Reads i.AI's synthetic sets under PATH/data/themefinder: gambling_XS (100 responses to each of two questions, with
positions) and eval_sentiments (1,000 responses, yes or no). Nothing was trained on them. The macro-F1 is over the sides
that a set holds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score

from analysis.embed import SentenceEncoder
from analysis.settings import load_settings
from analysis.stance import load_stance_model, read_question

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
    encoder = SentenceEncoder(load_settings().embed)
    print("| set | n | majority: accuracy | macro-F1 | found: accuracy | macro-F1 | told | right when told |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for labelled in (_gambling(data, 1), _gambling(data, 2), _sentiments(data)):
        print(_row(labelled, encoder))


def _row(labelled: Labelled, encoder: SentenceEncoder) -> str:
    model = load_stance_model(encoder.fingerprint)
    asked = [read_question(labelled.question)] * len(labelled.texts)
    sides = model.sides(model.probabilities(labelled.texts, encoder.encode(labelled.texts), asked))
    commonest = max(sorted(set(labelled.sides)), key=labelled.sides.count)
    told = np.array([side != "unclear" for side in sides])
    right = np.array(sides) == np.array(labelled.sides)
    cells = [
        *_figures(labelled.sides, [commonest] * len(sides)),
        *_figures(labelled.sides, sides),
        f"{told.mean():.2f}",
        f"{right[told].mean():.3f}",
    ]
    return f"| {labelled.name} ({asked[0].asks}) | {len(sides)} | {' | '.join(cells)} |"


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
