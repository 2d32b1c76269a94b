"""Train the stance classifier on the statements beside this file and ship its weights.

    python training/stance/train.py

writes analysis/stance.npz (a few KB) and prints, from folds that keep all statements on one question together, how well
it does on questions it has not seen. Deterministic: no chance but the folds, which are by position. Nothing else is
trained on; the public sets are measured only (benchmarks/stance.py). Run it after editing the statements or the cues.
"""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from analysis.embed import SentenceEncoder
from analysis.settings import load_settings
from analysis.stance import SIDES, StanceModel, features, read_question
from analysis.types import Side

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parents[1] / "analysis" / "stance.npz"
FOLDS = 10
C = 0.1  # of the logistic regression; by folds, among 0.01, 0.03, 0.1, 0.3
MEANING_SCALE = 2.0  # of the unit-length embedding beside cues of standard deviation 1/2; by folds, among 2, 3, 5
LEXICAL_SCALE = 0.5
TEMPERATURES = np.round(np.arange(0.5, 2.01, 0.05), 2)
THRESHOLDS = np.round(np.arange(0.34, 0.71, 0.02), 2)
JOINTS = ("", "But ", "However, ", "On the other hand, ")
PLATEAU = 0.01  # of the thresholds that do as well as the best but for this, the highest: rather unclear than wrong

Numbers = npt.NDArray[np.float64]


def main() -> None:
    """Train both models (with and without the embedding), print their figures, write them to one file."""
    questions = tomllib.loads((HERE / "statements.toml").read_text(encoding="utf-8"))["question"]
    rows = [row for i, question in enumerate(questions) for row in statements(i, question)]
    encoder = SentenceEncoder(load_settings().embed)
    asked = [read_question(questions[i]["text"]) for i, _, _ in rows]
    texts = [text for _, text, _ in rows]
    lexical, vectors = features(texts, asked), encoder.encode(texts).astype(np.float64)
    truth = np.array([SIDES.index(side) for _, _, side in rows])
    fold = np.array([i for i, _, _ in rows]) % FOLDS
    kept: dict[str, npt.ArrayLike] = {"embedding": np.str_(encoder.fingerprint)}
    print(f"{len(rows)} statements, single and put together, on {len(questions)} questions\n")
    print("| model | macro-F1, always told | macro-F1 | accuracy | told | right when told | calibration error |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, meaning in (("full", vectors), ("cues", vectors[:, :0])):
        model = train(name, meaning, lexical, truth, fold)
        for part in ("meaning", "lexical", "bias"):
            kept[f"{name}_{part}"] = getattr(model, part).astype(np.float32)
        kept[f"{name}_threshold"] = np.float64(model.threshold)
    with SHIPPED.open("wb") as file:
        np.savez_compressed(file, **kept)
    print(f"\n{SHIPPED.name}: {SHIPPED.stat().st_size:,} bytes")


def statements(number: int, question: dict[str, list[str]]) -> list[tuple[int, str, Side]]:
    """A question's statements, and longer ones made of them, as residents write several sentences.

    Two or three on one side stay on that side; one of each side together is unclear.
    """
    rows: list[tuple[int, str, Side]] = []
    for side in SIDES:
        own = [ended(text) for text in question[side]]
        rows += [(number, text, side) for text in question[side]]
        rows += [(number, f"{one} {two}", side) for one, two in pairwise(own)]
        if side != "unclear":
            rows += [(number, " ".join(own[i : i + 3]), side) for i in range(0, len(own) - 2, 2)]
    for place, (one, other) in enumerate(zip(question["agree"], question["disagree"], strict=False)):
        first, second = (one, other) if place % 2 else (other, one)
        joint = JOINTS[place % len(JOINTS)]
        rows.append(
            (number, f"{ended(first)} {joint}{second[0].lower() if joint else second[0]}{second[1:]}", "unclear")
        )
    return rows


def ended(text: str) -> str:
    """The text with a full stop if it has no end."""
    return text if text[-1] in ".?!" else f"{text}."


def train(name: str, meaning: Numbers, lexical: Numbers, truth: npt.NDArray[np.int64], fold: Numbers) -> StanceModel:
    """Fit, calibrate and set the threshold, the last two on folds; print a row of figures."""
    held_out = np.zeros((len(truth), len(SIDES)))
    for each in range(FOLDS):
        out = fold == each
        weights = fit(meaning[~out], lexical[~out], truth[~out])
        held_out[out] = logits(weights, meaning[out], lexical[out])
    temperature = min(TEMPERATURES, key=lambda t: log_loss(held_out / t, truth))
    scores = held_out / temperature
    threshold = best_threshold(scores, truth)
    report(name, scores, truth, threshold)
    final = fit(meaning, lexical, truth)
    return StanceModel(*(part / temperature for part in final), threshold)


def fit(meaning: Numbers, lexical: Numbers, truth: npt.NDArray[np.int64]) -> tuple[Numbers, Numbers, Numbers]:
    """Logistic regression on scaled features; its weights for the features as they are."""
    spread = lexical.std(axis=0)
    scale = np.where(spread > 0, LEXICAL_SCALE / np.where(spread > 0, spread, 1), 0.0)
    table = np.hstack([meaning * MEANING_SCALE, lexical * scale])
    model = LogisticRegression(C=C, class_weight="balanced", max_iter=5000, tol=1e-6).fit(table, truth)
    split = meaning.shape[1]
    return model.coef_[:, :split].T * MEANING_SCALE, model.coef_[:, split:].T * scale[:, None], model.intercept_


def logits(weights: tuple[Numbers, Numbers, Numbers], meaning: Numbers, lexical: Numbers) -> Numbers:
    """Scores of the sides before the softmax."""
    return meaning @ weights[0] + lexical @ weights[1] + weights[2]


def softmax(scores: Numbers) -> Numbers:
    """Probabilities of scores, row by row."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def log_loss(scores: Numbers, truth: npt.NDArray[np.int64]) -> float:
    """Mean surprise, each side counted alike."""
    losses = -np.log(softmax(scores)[np.arange(len(truth)), truth])
    return float(np.mean([losses[truth == side].mean() for side in range(len(SIDES))]))


def told(scores: Numbers, threshold: float) -> npt.NDArray[np.int64]:
    """The sides told at a threshold."""
    chances = softmax(scores)[:, :2]
    return np.where(chances.max(axis=1) >= threshold, chances.argmax(axis=1), 2)


def best_threshold(scores: Numbers, truth: npt.NDArray[np.int64]) -> float:
    """The highest threshold whose macro-F1 is within `PLATEAU` of the best."""
    found = {t: f1_score(truth, told(scores, t), average="macro") for t in THRESHOLDS}
    return float(max(t for t, score in found.items() if score >= max(found.values()) - PLATEAU))


def report(name: str, scores: Numbers, truth: npt.NDArray[np.int64], threshold: float) -> None:
    """Print the figures of one model on questions it has not seen."""
    guess, chances = told(scores, threshold), softmax(scores)
    sure, best = guess < 2, chances.max(axis=1)
    always = f1_score(truth, chances.argmax(axis=1), average="macro")
    right = (guess == truth)[sure].mean()
    bins = np.clip((best * 10).astype(int), 0, 9)
    hit = chances.argmax(axis=1) == truth
    gap = sum(abs(best[bins == b].mean() - hit[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist()))
    print(
        f"| {name}, threshold {threshold:.2f} | {always:.3f} | {f1_score(truth, guess, average='macro'):.3f} "
        f"| {accuracy_score(truth, guess):.3f} | {sure.mean():.2f} | {right:.3f} | {gap:.3f} |"
    )


if __name__ == "__main__":
    main()
