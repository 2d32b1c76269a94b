"""Tune the second opinion: `python training/ner/train_context.py --data /path/to/data/ner [--out FILE]`.

Reads the texts of train.py, cuts windows around words, and trains low-rank changes (LoRA: Hu et al. 2021) of the first
layers of the shipped sentence model, an embedding of how a word is written, and a logistic head. Seeded.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(HERE))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from texts import Marked, lines  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812
from train import texts_of  # noqa: E402

from analysis.anonymise.context import CASES, HEADS, LONGEST, WEIGHTS, Pieces, case_of  # noqa: E402
from analysis.anonymise.gazetteer import HERE as LISTS  # noqa: E402
from analysis.anonymise.gazetteer import fold, sentence_model_folder  # noqa: E402
from analysis.anonymise.tokens import name_class, split  # noqa: E402

SEED = 20
LAYERS, RANK = 3, 16
AROUND = 12  # words on each side of a window
BATCH = 64
RATE = 1e-3
IN_DOUBT = 4.0  # weight of a word that is also a name, against others
Example = tuple[
    list[int], list[int], list[tuple[int, int, float, float]]
]  # pieces, cases, words (start, end, label, weight)


def main() -> None:
    """From the texts to the file that is shipped."""
    options = _options()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    rng = random.Random(SEED)
    cutter = _Cutter(rng)
    texts, held = texts_of(options.data)
    train = [e for text in texts for e in cutter.examples(text)]
    dev = [e for text in held for e in cutter.examples(text)]
    rng.shuffle(train)
    train = train[: options.limit] if options.limit else train
    sys.stdout.write(f"{len(train)} windows\n")
    model = _Reader(options.layers)
    _fit(model, train, dev, rng)
    model.save(options.out)


class _Cutter:
    """Cuts a marked text into windows around words that are names or could be."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.pieces = Pieces(sentence_model_folder())
        self.first = frozenset(fold(name) for name in lines(LISTS / "word_first_names.txt"))

    def examples(self, text: Marked) -> list[Example]:
        """One window, or two of a text with several such words."""
        words, spaces = split(text.text)
        starts, at = [], 0
        for word, space in zip(words, spaces, strict=True):
            starts.append(at)
            at += len(word) + space
        people = [(a, b) for a, b, label in text.spans if label == "PERSON"]
        labels = [any(a <= s < b for a, b in people) for s in starts]
        doubt = [i for i, w in enumerate(words) if w[0].isalpha() and name_class(w) in {"word name", "function name"}]
        named = [i for i, label in enumerate(labels) if label]
        if not words:
            return []
        chosen = self.rng.sample(doubt, min(2, len(doubt))) or self.rng.sample(named, min(1, len(named)))
        chosen = chosen or [self.rng.randrange(len(words))]
        return [self._window(words, labels, set(doubt), i) for i in chosen]

    def _window(self, words: list[str], labels: list[bool], doubt: set[int], centre: int) -> Example:
        numbers, cases, ranges = [self.pieces.cls], [0], []
        for i in range(max(0, centre - AROUND), min(len(words), centre + AROUND + 1)):
            own = self.pieces.of(words[i])
            if own and len(numbers) + len(own) < LONGEST:
                weight = IN_DOUBT if i in doubt else 1.0
                ranges.append((len(numbers), len(numbers) + len(own), float(labels[i]), weight))
                numbers += own
                cases += [case_of(words[i])] * len(own)
        return [*numbers, self.pieces.sep], [*cases, 0], ranges


class _Linear(nn.Module):
    """A fixed matrix with a low-rank change."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.bias = nn.Parameter(bias)
        self.down = nn.Parameter(torch.randn(RANK, weight.shape[1]) * weight.shape[1] ** -0.5)
        self.up = nn.Parameter(torch.zeros(weight.shape[0], RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight, self.bias) + (x @ self.down.T) @ self.up.T


class _Reader(nn.Module):
    """The first layers of the sentence model, as context.py computes them."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        from safetensors.torch import load_file

        stored = load_file(sentence_model_folder() / "model.safetensors")
        self.layers = layers
        self.register_buffer("words", stored["embeddings.word_embeddings.weight"])
        places = stored["embeddings.position_embeddings.weight"][: LONGEST + 2]
        self.register_buffer("places", places + stored["embeddings.token_type_embeddings.weight"][0])
        self.cases = nn.Parameter(torch.zeros(CASES, 384))
        self.parts = nn.ModuleDict()
        self._add_norm(stored, "embeddings.LayerNorm")
        for i in range(layers):
            at = f"encoder.layer.{i}"
            for part in (
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
            ):
                self._add_linear(stored, f"{at}.{part}")
            self._add_norm(stored, f"{at}.attention.output.LayerNorm")
            self._add_linear(stored, f"{at}.intermediate.dense")
            self._add_linear(stored, f"{at}.output.dense")
            self._add_norm(stored, f"{at}.output.LayerNorm")
        self.out = nn.Linear(384, 1)

    def _add_linear(self, stored: dict[str, torch.Tensor], name: str) -> None:
        self.parts[name.replace(".", "/")] = _Linear(stored[f"{name}.weight"], stored[f"{name}.bias"])

    def _add_norm(self, stored: dict[str, torch.Tensor], name: str) -> None:
        norm = nn.LayerNorm(384, eps=1e-12)
        norm.load_state_dict({"weight": stored[f"{name}.weight"], "bias": stored[f"{name}.bias"]})
        self.parts[name.replace(".", "/")] = norm

    def _part(self, name: str) -> nn.Module:
        return self.parts[name.replace(".", "/")]

    def forward(self, pieces: torch.Tensor, cases: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Logits of each piece."""
        x = self.words[pieces] + self.places[: pieces.shape[1]] + self.cases[cases]
        x = F.dropout(self._part("embeddings.LayerNorm")(x), 0.1, self.training)
        for i in range(self.layers):
            x = self._layer(f"encoder.layer.{i}", x, seen)
        return x

    def _layer(self, at: str, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        many, length, width = x.shape
        q, k, v = (
            self._part(f"{at}.attention.self.{part}")(x).view(many, length, HEADS, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen).transpose(1, 2).reshape(many, length, width)
        mixed = F.dropout(self._part(f"{at}.attention.output.dense")(mixed), 0.1, self.training)
        x = self._part(f"{at}.attention.output.LayerNorm")(x + mixed)
        wide = F.gelu(self._part(f"{at}.intermediate.dense")(x), approximate="tanh")
        narrow = F.dropout(self._part(f"{at}.output.dense")(wide), 0.1, self.training)
        return self._part(f"{at}.output.LayerNorm")(x + narrow)

    def save(self, path: Path) -> None:
        """What context.py adds to the sentence model, in half precision."""
        arrays = {"cases": self.cases, "out.weight": self.out.weight[0], "out.bias": self.out.bias[0]}
        for key, part in self.parts.items():
            arrays |= {f"{key.replace('/', '.')}.{name}": value for name, value in part.named_parameters()}
        saved = {name: value.detach().numpy().astype(np.float16) for name, value in arrays.items()}
        np.savez_compressed(path, layers=np.array(self.layers), **saved)


def _fit(model: _Reader, train: list[Example], dev: list[Example], rng: random.Random) -> None:
    steps = len(train) // BATCH
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    began, running = time.time(), 0.0
    for step, batch in enumerate(_batches(train, rng)[:steps]):
        model.train()
        loss = _loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        running += loss.item()
        if step % 50 == 49:
            told = f"loss {running / 50:.4f} dev {_watched(model, dev):.4f} {time.time() - began:.0f} s"
            sys.stdout.write(f"{step + 1}/{steps} {told}\n")
            sys.stdout.flush()
            running = 0.0


def _batches(examples: list[Example], rng: random.Random) -> list[list[Example]]:
    """Windows of like length together, batches in random order."""
    pools = [sorted(examples[i : i + 40 * BATCH], key=lambda e: len(e[0])) for i in range(0, len(examples), 40 * BATCH)]
    batches = [pool[i : i + BATCH] for pool in pools for i in range(0, len(pool), BATCH)]
    rng.shuffle(batches)
    return batches


def _loss(model: _Reader, batch: list[Example]) -> torch.Tensor:
    length = max(len(pieces) for pieces, _, _ in batch)
    pieces = torch.zeros(len(batch), length, dtype=torch.long)
    cases = torch.zeros(len(batch), length, dtype=torch.long)
    seen = torch.zeros(len(batch), 1, 1, length)
    rows, spots, labels, weights = [], [], [], []
    for k, (p, c, words) in enumerate(batch):
        pieces[k, : len(p)], cases[k, : len(p)] = torch.tensor(p), torch.tensor(c)
        seen[k, ..., len(p) :] = -1e9
        for start, end, label, weight in words:
            rows += [len(labels)] * (end - start)
            spots += [k * length + s for s in range(start, end)]
            labels.append(label)
            weights.append(weight)
    states = model(pieces, cases, seen).reshape(-1, 384)[torch.tensor(spots)]
    index = torch.tensor(rows)
    sums = torch.zeros(len(labels), 384).index_add(0, index, states)
    means = sums / torch.bincount(index, minlength=len(labels)).unsqueeze(1)
    return F.binary_cross_entropy_with_logits(
        model.out(means)[:, 0], torch.tensor(labels), weight=torch.tensor(weights)
    )


def _watched(model: _Reader, dev: list[Example]) -> float:
    model.eval()
    with torch.no_grad():
        return float(np.mean([float(_loss(model, dev[i : i + BATCH])) for i in range(0, min(len(dev), 512), BATCH)]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with btc, wnut17 and wikigold")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--limit", type=int, default=0, help="so many windows only, to try it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
