"""The shipped network, computed layer by layer with numpy: several times the speed of asking spaCy for whole pipelines.

What depends on a word alone is computed once for each different word of a batch, by spaCy itself. The layers that look
at a word's neighbours (`MaxoutWindowEncoder`: three words side by side, the larger of two products, layer
normalisation, added to what was there) are a few lines of numpy, whose matrix products are faster than thinc's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from spacy.language import Language

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One convolution over a word and its two neighbours."""

    weights: tuple[tuple[Floats, Floats, Floats], ...]  # for each of the two products: word before, word, word after
    biases: tuple[Floats, ...]
    scale: Floats
    shift: Floats

    @classmethod
    def of(cls, maxout: Any, norm: Any) -> _Layer:
        """From thinc's nodes; their weights are (width, pieces, three words)."""
        weight, bias = maxout.get_param("W"), maxout.get_param("b")
        width, pieces, _ = weight.shape
        split = tuple(
            tuple(np.ascontiguousarray(weight[:, k, n * width : (n + 1) * width].T) for n in range(3))
            for k in range(pieces)
        )
        return cls(split, tuple(bias[:, k] for k in range(pieces)), norm.get_param("G"), norm.get_param("b"))  # type: ignore[arg-type]

    def __call__(self, x: Floats) -> Floats:
        best = self._product(x, 0)
        for k in range(1, len(self.weights)):
            np.maximum(best, self._product(x, k), out=best)
        best -= best.mean(axis=1, keepdims=True)
        spread = np.einsum("ij,ij->i", best, best)[:, None] / np.float32(best.shape[1]) + np.float32(1e-8)
        best *= 1 / np.sqrt(spread)
        best *= self.scale
        best += self.shift
        best += x
        return best

    def _product(self, x: Floats, k: int) -> Floats:
        before, same, after = self.weights[k]
        y: Floats = x @ same
        y[1:] += x[:-1] @ before
        y[:-1] += x[1:] @ after
        y += self.biases[k]
        return y


class Recogniser:
    """Says of each word of texts how likely it is part of a person's name."""

    def __init__(self, nlp: Language) -> None:
        tok2vec: Any = nlp.get_pipe("tok2vec")
        likelihood: Any = nlp.get_pipe("likelihood")
        self._vocab = nlp.vocab
        self._embed, encode = tok2vec.model.layers
        nodes = list(encode.walk())
        maxouts, norms = ([node for node in nodes if node.name == name] for name in ("maxout", "layernorm"))
        self._layers = [_Layer.of(*pair) for pair in zip(maxouts, norms, strict=True)]
        self._apart: int = encode.attrs["pad"]
        softmax = next(node for node in likelihood.model.walk() if node.name == "softmax")
        self._out, self._bias = softmax.get_param("W").T.copy(), softmax.get_param("b")
        self._person: int = likelihood.labels.index("PERSON")

    def likely(self, words: list[str], lengths: list[int]) -> list[Any]:
        """For each text (of so many words) the probability of PERSON of each of its words."""
        from spacy.tokens import Doc

        place = {word: i for i, word in enumerate(dict.fromkeys(words))}
        embedded = self._embed.predict([Doc(self._vocab, words=list(place))])[0]
        starts = self._apart + np.cumsum([0, *(length + self._apart for length in lengths[:-1])])
        where = np.concatenate([np.arange(start, start + n) for start, n in zip(starts, lengths, strict=True)])
        x = np.zeros((sum(lengths) + self._apart * (len(lengths) + 1), embedded.shape[1]), dtype=np.float32)
        x[where] = embedded[np.fromiter((place[word] for word in words), dtype="int64", count=len(words))]
        for layer in self._layers:
            x = layer(x)
        scores = x[where] @ self._out + self._bias
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        person = scores[:, self._person] / scores.sum(axis=1)
        return np.split(person, np.cumsum(lengths)[:-1])
