"""Tune the sentence model to hear which given themes a response speaks to, and ship what changed.

    python training/coder/train.py                # all consultations: writes analysis/coder.npz (0.6 MB)
    python training/coder/train.py --held c_7,d_6 # without these, to see how it does on consultations it has not seen

The files beside this one are invented consultations, each with a code frame and coded responses, by five writers who
saw neither the code nor the sets it is measured on; no two are on one subject, none on those sets'. Low-rank changes
(LoRA: Hu et al. 2021) of every layer are trained so that a response lies near the themes it has and far from the others
of its frame: a binary and two softmax losses over cosines. Seeded; about 15 minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import label_ranking_average_precision_score
from torch import nn
from torch.nn import functional as F  # noqa: N812

from analysis.embed import ADAPTED_PARTS, SHIPPED_MODEL, SHIPPED_SHA256, locate_model
from analysis.files import write_atomically

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parents[1] / "analysis" / "coder.npz"
SEED = 20
RANK = 8
EPOCHS = 6
RATE = 5e-4
SAMPLED = 48  # responses of a consultation in a step
SCALE = 20.0  # of cosines in the softmax losses
LOSSES = (1.0, 0.5, 0.25)  # of pairs alone, of a response's themes among all, of a theme's responses among all
POSITIVE = 3.0  # weight of a theme that is there: most are not
NAMES, DESCRIPTIONS = 0.12, 0.28  # share of steps in which themes are given by label or description alone
BATCH, LONGEST = 32, 160


@dataclass(frozen=True)
class Consultation:
    """A code frame and responses coded to it; `truth` has shape (responses, themes)."""

    name: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    descriptions: tuple[str, ...]
    truth: np.ndarray

    @classmethod
    def read(cls, path: Path) -> Consultation:
        """Read one of the files beside this one."""
        held = json.loads(path.read_text(encoding="utf-8"))
        labels = tuple(theme["label"] for theme in held["themes"])
        truth = np.array([[label in row["themes"] for label in labels] for row in held["responses"]])
        texts = tuple(row["text"] for row in held["responses"])
        return cls(path.stem, texts, labels, tuple(theme["description"] for theme in held["themes"]), truth)

    @property
    def both(self) -> tuple[str, ...]:
        """Themes by label and description."""
        return tuple(f"{name}: {said}" for name, said in zip(self.labels, self.descriptions, strict=True))


def main() -> None:
    """From the files to the changes that are shipped."""
    options = _options()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    every = [Consultation.read(path) for path in sorted(HERE.glob("*.json"))]
    held = [each for each in every if each.name in options.held.split(",")]
    reader = Reader()
    _report(reader, held, "before")
    _fit(reader, [each for each in every if each not in held], held)
    if not held:
        reader.save(SHIPPED, [text for each in every for text in each.texts])


class _Changed(nn.Module):
    """A fixed linear layer with a low-rank change."""

    def __init__(self, fixed: nn.Linear) -> None:
        super().__init__()
        self.fixed = fixed
        self.down = nn.Parameter(torch.randn(RANK, fixed.in_features) * fixed.in_features**-0.5)
        self.up = nn.Parameter(torch.zeros(fixed.out_features, RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fixed(x) + (x @ self.down.T) @ self.up.T


class Reader(nn.Module):
    """The shipped sentence model with changes in every layer, and how cosines become odds."""

    def __init__(self) -> None:
        super().__init__()
        from transformers import AutoModel, AutoTokenizer

        folder = str(locate_model(SHIPPED_MODEL))
        self.pieces = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder)
        for weights in self.model.parameters():
            weights.requires_grad = False
        for layer in self.model.encoder.layer:
            for part in ADAPTED_PARTS:
                at, _, name = part.rpartition(".")
                owner = layer.get_submodule(at)
                setattr(owner, name, _Changed(getattr(owner, name)))
        self.sharpness = nn.Parameter(torch.tensor(2.7))
        self.bias = nn.Parameter(torch.tensor(-6.0))

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors, one a text."""
        found: list[torch.Tensor] = [torch.empty(0)] * len(texts)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            read = self.pieces(
                [texts[i] for i in rows], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
            )
            seen = read["attention_mask"][..., None].float()
            states = self.model(**read).last_hidden_state
            for i, vector in zip(rows, F.normalize((states * seen).sum(1) / seen.sum(1), dim=1), strict=True):
                found[i] = vector
        return torch.stack(found)

    def save(self, path: Path, texts: Sequence[str]) -> None:
        """The changes alone, in half precision, of which model they are, and where responses lie on average."""
        self.eval()
        with torch.no_grad():
            centre = self(texts).mean(dim=0).numpy().astype(np.float32)
        changes = {
            f"{i}.{part}.{side}": getattr(layer.get_submodule(part), side).detach().numpy().astype(np.float16)
            for i, layer in enumerate(self.model.encoder.layer)
            for part in ADAPTED_PARTS
            for side in ("down", "up")
        }
        with write_atomically(path) as part_file, part_file.open("wb") as file:
            np.savez_compressed(file, model=np.str_(SHIPPED_SHA256), centre=centre, **changes)


def _fit(reader: Reader, consultations: Sequence[Consultation], held: Sequence[Consultation]) -> None:
    rng, began, order = random.Random(SEED), time.time(), list(consultations)
    changed = [p for p in reader.model.parameters() if p.requires_grad]
    groups = [{"params": changed, "lr": RATE}, {"params": [reader.sharpness, reader.bias], "lr": 1e-2}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [RATE, 1e-2], total_steps=EPOCHS * len(order), pct_start=0.1
    )
    for epoch in range(EPOCHS):
        rng.shuffle(order)
        running = 0.0
        for each in order:
            reader.train()
            loss = _loss(reader, each, rng)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(changed, 1.0)
            optimizer.step()
            schedule.step()
            running += loss.item()
        print(f"epoch {epoch + 1}: loss {running / len(order):.3f}, {time.time() - began:.0f} s", flush=True)
        _report(reader, held, f"epoch {epoch + 1}")


def _loss(reader: Reader, each: Consultation, rng: random.Random) -> torch.Tensor:
    rows = rng.sample(range(len(each.texts)), min(SAMPLED, len(each.texts)))
    chance = rng.random()
    given = each.labels if chance < NAMES else each.descriptions if chance < NAMES + DESCRIPTIONS else each.both
    vectors = reader([*(each.texts[i] for i in rows), *given])
    cosines = vectors[: len(rows)] @ vectors[len(rows) :].T
    truth = torch.tensor(each.truth[rows]).float()
    pairs = F.binary_cross_entropy_with_logits(
        reader.sharpness.exp() * cosines + reader.bias, truth, pos_weight=torch.tensor(POSITIVE)
    )
    return LOSSES[0] * pairs + LOSSES[1] * _among(cosines, truth) + LOSSES[2] * _among(cosines.T, truth.T)


def _among(cosines: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each row's true columns among all; rows without any do not count."""
    some = truth.sum(1) > 0
    told = (F.log_softmax(SCALE * cosines[some], 1) * truth[some]).sum(1) / truth[some].sum(1)
    return -told.mean()


def _report(reader: Reader, held: Sequence[Consultation], when: str) -> None:
    """How well themes are ranked in consultations that are kept out: mean label ranking average precision."""
    if not held:
        return
    reader.eval()
    ranked = []
    with torch.no_grad():
        for each in held:
            cosines = (reader(each.texts) @ reader(each.both).T).numpy()
            some = each.truth.any(axis=1)
            ranked.append(label_ranking_average_precision_score(each.truth[some], cosines[some]))
    print(f"{when}: ranking precision {np.mean(ranked):.4f} on {len(held)} unseen consultations", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--held", default="", help="names of consultations to keep out, with commas; nothing is written"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
