"""A second opinion on words that may be names ("Comfort came", "comfort food"): the sentence model, tuned.

The recogniser sees a few words on each side; whether "Hope" is somebody is told by the whole sentence. The sentence
model that the package brings anyway reads it: its first layers, moved a little (low-rank changes, `context.npz`, made
by training/ner/train_context.py) until they tell names from words. It costs far more than the recogniser, so it is
asked about words in doubt only (doubt.py). Computed with numpy: no torch, so nothing to wait for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.anonymise.gazetteer import fold, sentence_model_folder
from analysis.anonymise.masks import MASK, PERSON_MASK
from analysis.errors import ModelError

WEIGHTS = Path(__file__).with_name("context.npz")
AROUND = 8  # words seen on each side (12 in training)
LONGEST = 48  # pieces of a window in training
SIDE, LONGEST_WORD = 20, 8  # pieces seen on each side, and of a word
TOGETHER = 8  # words in doubt so near to each other are looked at together
AT_ONCE = 16
HEADS = 12
CASES = 4
_PARTS = re.compile(r"[^\W_]+|[^\w\s]|_")
_CLS, _SEP, _UNK = "[CLS]", "[SEP]", "[UNK]"
_STANDS_FOR = {MASK: "number", PERSON_MASK: "someone"}

FIRST_WEIGHT, SECOND_WEIGHT, BIAS = 0.16, 0.57, -0.88

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """The pieces around some words: their numbers in the vocabulary, how each is written, and where the words stand."""

    pieces: tuple[int, ...]
    cases: tuple[int, ...]
    spots: tuple[tuple[int, int], ...]


def case_of(word: str) -> int:
    """How a word is written: 0 without capitals, 1 with a first one, 2 all in capitals, 3 otherwise."""
    if not word[:1].isalpha() or word.islower() or word[0] in _STANDS_FOR:
        return 0
    if word.isupper() and len(word) > 1:
        return 2
    return 1 if word[0].isupper() else 3


def agreed(first: float, second: float) -> float:
    """One probability of two opinions: weighted log odds, fitted on the development sets (docs/anonymiser.md)."""
    return 1 / (1 + exp(-(FIRST_WEIGHT * _log_odds(first) + SECOND_WEIGHT * _log_odds(second) + BIAS)))


def _log_odds(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return log(p / (1 - p))


class Pieces:
    """Words to the pieces of the sentence model's vocabulary (greedy, longest first), as its own tokenizer does."""

    def __init__(self, folder: Path) -> None:
        lines = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self._numbers = {piece: i for i, piece in enumerate(lines)}
        self._known: dict[str, list[tuple[int, int]]] = {}
        self.cls, self.sep = self._numbers[_CLS], self._numbers[_SEP]

    def of(self, word: str) -> list[int]:
        """The numbers of a word's pieces; a line break is a full stop, a placeholder the plain word for it."""
        if word.isspace():
            return [self._numbers["."]] if "\n" in word else []
        word = _STANDS_FOR.get(word[0], word)
        return [n for part in _PARTS.findall(fold(word[:LONGEST])) for n in self._pieces(part)][:LONGEST]

    def _pieces(self, part: str) -> list[int]:
        numbers, start = [], 0
        while start < len(part):
            end, prefix = len(part), "##" if start else ""
            while end > start and prefix + part[start:end] not in self._numbers:
                end -= 1
            if end == start:
                return [self._numbers[_UNK]]
            numbers.append(self._numbers[prefix + part[start:end]])
            start = end
        return numbers

    def window(self, words: Sequence[str], asked: Sequence[int]) -> Window:
        """What is seen of a text when these of its words, which stand near each other, are asked about."""
        first, last = asked[0], asked[-1]
        before = self._side(words, range(first - 1, max(-1, first - 1 - AROUND), -1))[::-1]
        after = self._side(words, range(last + 1, min(len(words), last + 1 + AROUND)))
        middle = [self._written(words[i])[:LONGEST_WORD] for i in range(first, last + 1)]
        ends = list(accumulate(map(len, [*before, *middle]), initial=1))[len(before) :]
        spots = tuple((ends[i - first], ends[i - first + 1]) for i in asked)
        pairs = [(self.cls, 0), *chain.from_iterable([*before, *middle, *after]), (self.sep, 0)]
        return Window(tuple(n for n, _ in pairs), tuple(c for _, c in pairs), spots)

    def _written(self, word: str) -> list[tuple[int, int]]:
        known = self._known.get(word)
        if known is None:
            case = case_of(word)
            known = self._known[word] = [(number, case) for number in self.of(word)]
        return known

    def forget(self) -> None:
        """Lets go of the words of a batch."""
        self._known.clear()

    def _side(self, words: Sequence[str], order: range) -> list[list[tuple[int, int]]]:
        found: list[list[tuple[int, int]]] = []
        room = SIDE
        for k in order:
            pairs = self._written(words[k])
            room -= len(pairs)
            if room < 0:
                break
            found.append(pairs)
        return found


class ContextModel:
    """Reads windows and says for each how likely its word is somebody's name. Holds no text once it may forget."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        folder = sentence_model_folder()
        self._known: dict[Window, list[float]] = {}
        self.pieces = Pieces(folder)
        try:
            with np.load(weights) as saved:
                own = {name: saved[name].astype(np.float32) for name in saved.files}
        except OSError as error:
            raise ModelError(
                f"{weights}: a part of the name recogniser is missing. Install the package again."
            ) from error
        stored = _Stored(folder / "model.safetensors")
        self._words = stored.rows("embeddings.word_embeddings.weight")
        type_row = stored.array("embeddings.token_type_embeddings.weight")[0]
        self._places = (
            stored.array("embeddings.position_embeddings.weight")[: 2 * SIDE + (TOGETHER + 1) * LONGEST_WORD + 2]
            + type_row
        )
        self._cases = own["cases"]
        self._norm = _norm(stored, own, "embeddings.LayerNorm")
        self._layers = [_layer(stored, own, i) for i in range(int(own["layers"]))]
        self._out, self._bias = own["out.weight"], float(own["out.bias"])

    def ask(self, questions: Sequence[tuple[Sequence[str], Sequence[int]]]) -> list[list[float]]:
        """For each (words of a text, numbers of some, in order) how likely each of those is part of a person's name."""
        grouped = [[self.pieces.window(words, group) for group in _groups(asked)] for words, asked in questions]
        new = [w for w in dict.fromkeys(chain.from_iterable(grouped)) if w not in self._known]
        self._known.update(zip(new, self.likely(new), strict=True))
        return [[p for window in windows for p in self._known[window]] for windows in grouped]

    def forget(self) -> None:
        """Lets go of the windows of a batch; each pass over it asks about many of them again."""
        self._known.clear()
        self.pieces.forget()

    def likely(self, windows: Sequence[Window]) -> list[list[float]]:
        """For each window the probability of each of its words."""
        found: list[list[float]] = [[] for _ in windows]
        order = sorted(range(len(windows)), key=lambda k: len(windows[k].pieces))
        for start in range(0, len(order), AT_ONCE):
            chosen = order[start : start + AT_ONCE]
            for k, each in zip(chosen, self._batch([windows[k] for k in chosen]), strict=True):
                found[k] = each
        return found

    def _batch(self, windows: list[Window]) -> list[list[float]]:
        length = max(len(w.pieces) for w in windows)
        pieces = np.zeros((len(windows), length), dtype=np.int64)
        cases = np.zeros((len(windows), length), dtype=np.int64)
        seen = np.zeros((len(windows), 1, 1, length), dtype=np.float32)
        for k, w in enumerate(windows):
            pieces[k, : len(w.pieces)], cases[k, : len(w.pieces)] = w.pieces, w.cases
            seen[k, ..., len(w.pieces) :] = -1e9
        own = [[i for first, end in w.spots for i in range(first, end)] for w in windows]
        most = max(map(len, own)) or 1
        wanted = np.array([[*each, *[0] * (most - len(each))] for each in own])
        x = _normed(self._words[pieces] + self._places[:length] + self._cases[cases], *self._norm)
        for layer in self._layers[:-1]:
            x = layer(x, x, seen)
        x = self._layers[-1](np.take_along_axis(x, wanted[..., None], axis=1), x, seen)
        return [self._of_words(rows, w) for rows, w in zip(x, windows, strict=True)]

    def _of_words(self, rows: Floats, window: Window) -> list[float]:
        """The probability of each asked word from the states of its pieces, which stand in order in `rows`."""
        sizes = [end - first for first, end in window.spots]
        ends = accumulate(sizes)
        means = [
            rows[end - size : end].mean(axis=0) if size else rows[0] for size, end in zip(sizes, ends, strict=True)
        ]
        return [1 / (1 + exp(-float(mean @ self._out + self._bias))) for mean in means]


def _groups(asked: Sequence[int]) -> list[list[int]]:
    """Words that are looked at together: as near to the first of them as `TOGETHER`."""
    groups: list[list[int]] = []
    for i in asked:
        if groups and i - groups[-1][0] <= TOGETHER:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


@dataclass(frozen=True, slots=True)
class _Layer:
    """One transformer layer; `joined` holds what makes queries, keys and values."""

    joined: tuple[Floats, Floats]
    output: tuple[Floats, Floats]
    norm: tuple[Floats, Floats]
    wide: tuple[Floats, Floats]
    narrow: tuple[Floats, Floats]
    last_norm: tuple[Floats, Floats]

    def __call__(self, x: Floats, text: Floats, seen: Floats) -> Floats:
        """The pieces `x` (windows, pieces, 384) after this layer, each having looked at all of `text`."""
        many, length, width = x.shape
        weight, bias = self.joined
        q = self._by_head(x, weight[:, :width], bias[:width])
        k, v = (self._by_head(text, weight[:, a : a + width], bias[a : a + width]) for a in (width, 2 * width))
        looks = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // HEADS)) + seen
        looks = np.exp(looks - looks.max(axis=-1, keepdims=True))
        looks /= looks.sum(axis=-1, keepdims=True)
        mixed = (looks @ v).transpose(0, 2, 1, 3).reshape(-1, width)
        rows = _normed(x.reshape(-1, width) + mixed @ self.output[0] + self.output[1], *self.norm)
        wide = _gelu(rows @ self.wide[0] + self.wide[1])
        rows = _normed(rows + wide @ self.narrow[0] + self.narrow[1], *self.last_norm)
        return rows.reshape(many, length, width)

    @staticmethod
    def _by_head(x: Floats, weight: Floats, bias: Floats) -> Floats:
        many, length, width = x.shape
        return (x.reshape(-1, width) @ weight + bias).reshape(many, length, HEADS, -1).transpose(0, 2, 1, 3)


def _gelu(x: Floats) -> Floats:
    """The tanh form, with which the changes were trained; in place, because the arrays are wide."""
    inner = x * x
    inner *= np.float32(0.044715)
    inner += 1
    inner *= x
    inner *= np.float32(0.7978845608)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= np.float32(0.5)
    return inner


def _normed(x: Floats, scale: Floats, shift: Floats) -> Floats:
    x = x - x.mean(axis=-1, keepdims=True)
    spread: Floats = np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-12))
    return x / spread * scale + shift


def _norm(stored: _Stored, own: dict[str, Any], name: str) -> tuple[Floats, Floats]:
    return (
        own.get(f"{name}.weight", stored.array(f"{name}.weight")),
        own.get(f"{name}.bias", stored.array(f"{name}.bias")),
    )


def _linear(stored: _Stored, own: dict[str, Any], name: str) -> tuple[Floats, Floats]:
    weight, bias = stored.array(f"{name}.weight"), stored.array(f"{name}.bias")
    if f"{name}.up" in own:
        weight = weight + own[f"{name}.up"] @ own[f"{name}.down"]
    return np.ascontiguousarray(weight.T), own.get(f"{name}.bias", bias)


def _layer(stored: _Stored, own: dict[str, Any], i: int) -> _Layer:
    at = f"encoder.layer.{i}"
    parts = [_linear(stored, own, f"{at}.attention.self.{part}") for part in ("query", "key", "value")]
    joined = np.concatenate([w for w, _ in parts], axis=1), np.concatenate([b for _, b in parts])
    return _Layer(
        joined,
        _linear(stored, own, f"{at}.attention.output.dense"),
        _norm(stored, own, f"{at}.attention.output.LayerNorm"),
        _linear(stored, own, f"{at}.intermediate.dense"),
        _linear(stored, own, f"{at}.output.dense"),
        _norm(stored, own, f"{at}.output.LayerNorm"),
    )


class _Stored:
    """A safetensors file, mapped and not read: only what is asked for comes into memory."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            self._where: dict[str, Any] = json.loads(file.read(size))
        self._path, self._start = path, 8 + size

    def rows(self, name: str) -> Floats:
        """A matrix left on disk."""
        entry = self._where[name]
        if entry["dtype"] != "F32":
            raise ModelError(f"{self._path}: {name} is not of 32-bit numbers.")
        offset = self._start + entry["data_offsets"][0]
        rows: Floats = np.memmap(self._path, dtype="<f4", mode="r", offset=offset, shape=tuple(entry["shape"]))
        return rows

    def array(self, name: str) -> Floats:
        """A matrix or vector, read."""
        return np.array(self.rows(name), dtype=np.float32)
