"""Measure themes: how stable, how complete and how true they are, beside the figures that a stock BERTopic gives.

    python benchmarks/themes.py --shared PATH_OF_SHARED [--only stability,truth,given,threads,bbc]

Reads the public sets under PATH/data; prints a table with target and found, row by row. About three minutes.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from analysis.codebook import Codebook
from analysis.coder import TUNED_TOGETHER, Reading
from analysis.embed import CODER_CHANGES, SentenceEncoder, Vectors, content_hash
from analysis.given import CodeFrame, GivenTheme, code_with_frame, given_theme_id
from analysis.linker import fit_linker, guide_of
from analysis.segment import segment
from analysis.settings import Settings, load_settings
from analysis.themes import Coded, Corpus, code_wave
from analysis.types import SafeText, Wave
from analysis.vision import load_framework, samples_f1


@dataclass(frozen=True)
class Row:
    """One line of the printed table."""

    figure: str
    target: str
    found: str
    stock: str = ""


def _once(encoder: SentenceEncoder) -> Callable[[Sequence[str]], Vectors]:
    """The encoder, which embeds each text once."""
    known: dict[str, Vectors] = {}

    def encode(texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, encoder.encode(new), strict=True)) if new else None
        return np.stack([known[text] for text in texts]) if texts else np.zeros((0, 384), dtype=np.float32)

    return encode


class Bench:
    """The pipeline's theme finder on plain lists of responses; each response is a respondent."""

    def __init__(self) -> None:
        self.settings: Settings = load_settings()
        self.encode = _once(SentenceEncoder(self.settings.embed))

    @cached_property
    def reading(self) -> Reading | None:
        """How responses are read beside given themes."""
        encoder = SentenceEncoder(self.settings.embed, CODER_CHANGES)
        return Reading(_once(encoder), encoder.centre, TUNED_TOGETHER) if encoder.centre is not None else None

    @cached_property
    def guide(self):  # type: ignore[no-untyped-def]
        framework = load_framework("borough_manifesto", Path())
        return guide_of(framework, fit_linker(framework, self.encode, self.settings.vision))

    def corpus(self, responses: Sequence[str], names: Sequence[str] | None = None) -> Corpus:
        names = names or [str(i) for i in range(len(responses))]
        parts = [
            (part.text, text, who)
            for text, who in zip(responses, names, strict=True)
            for part in segment(SafeText(text), self.settings.segment)
        ]
        by_hash = {content_hash(text): text for each in parts for text in each[:2]}
        return Corpus.of(parts, lambda hashes: self.encode([by_hash[h] for h in hashes]), self.guide)

    def code(self, responses: Sequence[str], book: Codebook | None = None, seed: int | None = None) -> Themed:
        corpus = self.corpus(responses)
        themes = self.settings.themes if seed is None else self.settings.themes.model_copy(update={"seed": seed})
        coded = code_wave(corpus, book or Codebook.empty(), Wave("w"), self.encode, themes, self.guide)
        return Themed(corpus, coded, len(responses))

    def recode(self, responses: Sequence[str], book: Codebook) -> Themed:
        """The same responses by another state of the codebook, nothing new sought."""
        corpus = self.corpus(responses)
        still = self.settings.themes.model_copy(update={"min_documents": 10**9})
        coded = code_wave(corpus, book, Wave("w"), self.encode, still, self.guide)
        return Themed(corpus, coded, len(responses))


@dataclass(frozen=True)
class Themed:
    """What became of a list of responses."""

    corpus: Corpus
    coded: Coded
    size: int

    @property
    def main(self) -> list[str]:
        """The theme that most of each response is about; "" for none."""
        weight: list[Counter[str]] = [Counter() for _ in range(self.size)]
        for row, (text, who) in enumerate(zip(self.corpus.texts, self.corpus.raised_by, strict=True)):
            theme = int(self.coded.theme[row])
            for each in who if theme >= 0 else ():
                name = self.coded.codebook.themes[theme].theme_id
                weight[int(each)][name] += float(self.coded.similarity[row]) * len(text) ** 0.5
        return [min(w, key=lambda name: (-w[name], name)) if w else "" for w in weight]

    @property
    def unthemed(self) -> float:
        return sum(theme == "" for theme in self.main) / self.size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--only", default="stability,truth,given,threads,bbc")
    options = parser.parse_args()
    bench, data = Bench(), options.shared / "data"
    parts = {"stability": stability, "truth": truth, "given": given, "threads": threads, "bbc": bbc}
    print(f"{'figure':70} {'target':>12} {'found':>10} {'stock BERTopic':>15}")
    for name in options.only.split(","):
        for row in parts[name](bench, data):
            print(f"{row.figure:70} {row.target:>12} {row.found:>10} {row.stock:>15}", flush=True)


# --- the same themes again --------------------------------------------------------------------------------------------


def stability(bench: Bench, data: Path) -> Iterator[Row]:
    """Shuffled rows, another seed, ten per cent more, on real comments; and a theme held back from the first wave."""
    stock = {"bowling-green-2018": ("0.61-0.67", "0.50", "25%"), "march-on-2018": ("0.65-0.70", "0.56", "27%")}
    for name, (shuffled, grown, outliers) in stock.items():
        table = pd.read_csv(data / "polis" / name / "comments.csv")
        texts = table["comment-body"].dropna().astype(str).drop_duplicates().tolist()
        base = bench.code(texts)
        yield Row(f"{name}: themes", "at most 70", str(len(base.coded.codebook.themes)))
        yield Row(f"{name}: responses without a theme", "under 5%", f"{base.unthemed:.1%}", outliers)
        yield from _gates(bench, name, base)
        yield Row(f"{name}: ARI, rows shuffled", "1.000", f"{_shuffled(bench, texts, base):.3f}", shuffled)
        other = adjusted_rand_score(base.main, bench.code(texts, seed=7).main)
        yield Row(f"{name}: ARI, another seed", "0.90", f"{other:.3f}", shuffled)
        yield from _ten_per_cent_more(bench, name, texts, base, grown)
    yield from _emerging(bench, data)


def _gates(bench: Bench, name: str, base: Themed) -> Iterator[Row]:
    """The theme set as a reader meets it: labels told apart, themes of other responses, large ones in parts."""
    book = base.coded.codebook
    labels = [label for theme in book.themes for label in (theme.label, *(part.label for part in theme.subthemes))]
    vectors = bench.encode(labels)
    alike = (vectors @ vectors.T)[np.triu_indices(len(labels), 1)].max()
    yield Row(f"{name}: largest similarity of two labels", "0.9", f"{alike:.2f}")
    raised = [
        {base.corpus.wholes[i] for i in np.flatnonzero(base.coded.theme == row)} for row in range(len(book.themes))
    ]
    shared = [len(a & b) / max(1, min(len(a), len(b))) for i, a in enumerate(raised) for b in raised[:i]]
    yield Row(f"{name}: largest overlap of two themes", "0.7", f"{max(shared):.2f}")
    largest = max(len(each) for each in raised) / base.size
    yield Row(f"{name}: share of responses in the largest theme", "", f"{largest:.1%}")
    parts = sum(len(theme.subthemes) for theme in book.themes)
    yield Row(
        f"{name}: sub-themes, and themes that have them", "", f"{parts}, {sum(bool(t.subthemes) for t in book.themes)}"
    )


def _shuffled(bench: Bench, texts: list[str], base: Themed) -> float:
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    again = bench.code([texts[i] for i in order]).main
    return float(adjusted_rand_score([base.main[i] for i in order], again))


def _ten_per_cent_more(bench: Bench, name: str, texts: list[str], base: Themed, stock: str) -> Iterator[Row]:
    first, rest = texts[: int(len(texts) * 0.9)], texts[int(len(texts) * 0.9) :]
    before = bench.code(first)
    after = bench.code(rest, before.coded.codebook)
    again = bench.recode(first, after.coded.codebook)  # the earlier ones by the codebook as it is now
    kept = np.mean([one == two for one, two in zip(before.main, again.main, strict=True)])
    yield Row(f"{name}: earlier responses with the same theme, 10% later", "98%", f"{kept:.1%}")
    refit = adjusted_rand_score(before.main, base.main[: len(first)])
    yield Row(f"{name}: ARI of the first 90%, all found afresh (--refit)", "", f"{refit:.3f}", stock)


def _emerging(bench: Bench, data: Path) -> Iterator[Row]:
    """Each large theme of eval_sentiments in turn kept out of the first wave: is it offered in the second?"""
    texts, labels = _single(data)
    recalls = []
    for held, _ in Counter(labels).most_common(6):
        rng = random.Random(held)
        wave = [rng.random() < 0.6 for _ in texts]
        first = [t for t, label, early in zip(texts, labels, wave, strict=True) if early and label != held]
        second = [(t, label) for t, label, early in zip(texts, labels, wave, strict=True) if not early or label == held]
        known = bench.code(first).coded.codebook
        found = bench.code([t for t, _ in second], known)
        new = {theme.theme_id for theme in found.coded.codebook.themes[len(known.themes) :]}
        mine = [theme for theme, (_, label) in zip(found.main, second, strict=True) if label == held]
        recalls.append(sum(theme in new for theme in mine) / len(mine))
    yield Row("eval_sentiments: recall of a theme new in wave 2, mean of 6", "0.90", f"{np.mean(recalls):.2f}")
    yield Row("eval_sentiments: the same, worst of 6", "", f"{min(recalls):.2f}")


# --- the themes that are there ----------------------------------------------------------------------------------------


def truth(bench: Bench, data: Path) -> Iterator[Row]:
    """eval_sentiments of i.AI: single-label rows, labels hidden."""
    texts, labels = _single(data)
    themed = bench.code(texts)
    main_ = themed.main
    nmi = normalized_mutual_info_score(labels, main_)
    yield Row("eval_sentiments: NMI", "0.88", f"{nmi:.3f}", "0.64")
    yield Row("eval_sentiments: ARI", "0.82", f"{adjusted_rand_score(labels, main_):.3f}", "0.44")
    yield Row("eval_sentiments: themes found of 12", "11", str(_recovered(labels, main_)))
    yield Row("eval_sentiments: themes offered", "", str(len(themed.coded.codebook.themes)))


def _recovered(labels: Sequence[str], found: Sequence[str]) -> int:
    """Labels most of whose rows share a theme in which that label is the commonest."""
    table = pd.crosstab(pd.Series(found), pd.Series(labels))
    best = table.idxmax()
    return sum(
        table.loc[best[label], label] > table[label].sum() / 2 and table.loc[best[label]].idxmax() == label
        for label in table.columns
    )


def _single(data: Path) -> tuple[list[str], list[str]]:
    table = pd.read_csv(data / "themefinder" / "generation" / "eval_sentiments.csv")
    labels = [_labels(cell) for cell in table["target_topics"]]
    rows = [(text, found[0]) for text, found in zip(table["response"], labels, strict=True) if len(found) == 1]
    return [text for text, _ in rows], [label for _, label in rows]


def _labels(cell: str) -> list[str]:
    """The codes of a printed numpy array of dictionaries."""
    parts = ast.literal_eval(re.sub(r"\}\s+\{", "}, {", cell))
    return [code for part in parts for code, topic in part.items() if topic]


# --- themes given in words --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coding:
    """Responses, the themes given in words, and which response has which by the set's own coding."""

    name: str
    texts: list[str]
    frame: CodeFrame
    truth: npt.NDArray[np.bool_]


def given(bench: Bench, data: Path) -> Iterator[Row]:
    """Themes given by label and description alone: samples-F1 of all rows (two empty sets agree)."""
    targets = {"eval_sentiments": "0.85", "gambling_XS q1": "0.60", "gambling_XS q2": "0.60"}
    for coding in _codings(data):
        found = code_given(bench, coding.texts, coding.frame)
        size = found.sum() / len(found)
        score = samples_f1(found, coding.truth)
        yield Row(f"{coding.name}, themes given: samples-F1", targets[coding.name], f"{score:.3f}")
        yield Row(
            f"{coding.name}: themes a response (by the set {coding.truth.sum() / len(found):.2f})", "", f"{size:.2f}"
        )
    for coding in (_gambling(data, number) for number in (1, 2)):
        scores = [_with_examples(bench, coding, seed) for seed in range(3)]
        without, with_ = np.mean(scores, axis=0)
        yield Row(f"{coding.name}: 3 examples a theme, the other rows (without: {without:.3f})", "", f"{with_:.3f}")


def code_given(bench: Bench, texts: Sequence[str], frame: CodeFrame) -> npt.NDArray[np.bool_]:
    """Which response has which theme of the frame, shape (responses, themes)."""
    corpus, settings = bench.corpus(texts), bench.settings

    def find(part: Corpus, book: Codebook) -> Coded:
        return code_wave(part, book, Wave("w"), bench.encode, settings.themes, bench.guide)

    coded = code_with_frame(
        corpus,
        Codebook.empty(),
        Wave("w"),
        frame,
        bench.encode,
        find,
        settings.themes,
        settings.code_frame,
        bench.reading,
    )
    has = np.zeros((len(texts), len(frame.themes)), dtype=bool)
    for who, best, also in zip(corpus.raised_by, coded.theme, coded.also, strict=True):
        for theme in [int(best), *(other for other, _ in also)]:
            if 0 <= theme < len(frame.themes):
                has[[int(each) for each in who], theme] = True
    return has


def _with_examples(bench: Bench, coding: Coding, seed: int) -> tuple[float, float]:
    """Samples-F1 of the rows that are no examples, without and with examples drawn by lot."""
    rng = random.Random(seed)
    drawn = [rng.sample(np.flatnonzero(column).tolist(), 3) for column in coding.truth.T]
    rest = sorted(set(range(len(coding.texts))) - {row for rows in drawn for row in rows})
    themes = [
        replace(theme, examples=tuple(coding.texts[row] for row in rows))
        for theme, rows in zip(coding.frame.themes, drawn, strict=True)
    ]
    texts, truth = [coding.texts[row] for row in rest], coding.truth[rest]
    without = samples_f1(code_given(bench, texts, coding.frame), truth)
    return without, samples_f1(code_given(bench, texts, CodeFrame(tuple(themes))), truth)


def _codings(data: Path) -> Iterator[Coding]:
    yield _eval_sentiments(data)
    yield from (_gambling(data, number) for number in (1, 2))


def _eval_sentiments(data: Path) -> Coding:
    """All rows; each theme given by its first name and rationale, none of the paraphrases that answers were made of."""
    folder = data / "themefinder" / "generation"
    table = pd.read_csv(folder / "eval_sentiments.csv")
    sides = json.loads((folder / "framework_themes.json").read_text(encoding="utf-8"))
    first = {code: theme["topics"][0] for side in sides.values() for code, theme in side.items()}
    labels = [_labels(cell) for cell in table["target_topics"]]
    truth = np.array([[code in found for code in first] for found in labels])
    frame = _frame([(topic["topic_name"], topic["rationale"]) for topic in first.values()])
    return Coding("eval_sentiments", table["response"].tolist(), frame, truth)


def _gambling(data: Path, number: int) -> Coding:
    """One question; "none of the above" and "no reason given" are no themes."""
    folder, part = data / "themefinder" / "gambling_XS", f"question_part_{number}"
    coded = folder / "outputs" / "mapping" / "2025-07-22" / part
    responses = {row["response_id"]: row["response"] for row in _lines(folder / "inputs" / part / "responses.jsonl")}
    labels = {row["response_id"]: row["labels"] for row in _lines(coded / "mapping.jsonl")}
    themes = json.loads((coded / "themes.json").read_text(encoding="utf-8"))
    themes = [theme for theme in themes if theme["topic_label"] not in ("None of the Above", "No Reason Given")]
    truth = np.array([[theme["topic_id"] in labels[each] for theme in themes] for each in responses])
    frame = _frame([(theme["topic_label"], theme["topic_description"]) for theme in themes])
    return Coding(f"gambling_XS q{number}", list(responses.values()), frame, truth)


def _frame(themes: Sequence[tuple[str, str]]) -> CodeFrame:
    return CodeFrame(tuple(GivenTheme(given_theme_id(label), label, words) for label, words in themes))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- one thread or two ------------------------------------------------------------------------------------------------


def threads(bench: Bench, data: Path) -> Iterator[Row]:
    """The demonstration, both waves, run whole with one thread and with two."""
    same, tables = _same_tables(Path(__file__).resolve().parent.parent)
    yield Row("1 against 2 threads: same result (demonstration, all tables)", "yes", "yes" if same else "no")
    yield Row("1 against 2 threads: tables compared", "", str(tables))


def _same_tables(root: Path) -> tuple[bool, int]:
    """Whether each table of the contract has the same bytes, and how many were compared."""
    with tempfile.TemporaryDirectory() as folder:
        results = [_run_with(root, Path(folder) / str(number), number) for number in (1, 2)]
    return results[0] == results[1] and bool(results[0]), len(results[0])


def _run_with(root: Path, out: Path, number: int) -> dict[str, str]:
    count = str(number)
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), count)
    places = ["--processed", str(out / "processed"), "--reports", str(out / "reports")]
    command = [sys.executable, "-m", "flows", "demo", *places]
    subprocess.run(command, cwd=root, env={**os.environ, **limits}, check=True, capture_output=True)
    files = sorted((out / "processed").glob("*/*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# --- coherence and diversity, as the BERTopic paper measures them ---------------------------------------------------


def bbc(bench: Bench, data: Path) -> Iterator[Row]:
    """BBC News of OCTIS: NPMI over whole documents and topic diversity, ten words a theme (Grootendorst 2022)."""
    lines = (data / "octis" / "BBC_News" / "corpus.tsv").read_text(encoding="utf-8").splitlines()
    documents = [line.split("\t")[0] for line in lines]
    themed = bench.code(documents)
    words = _top_words(documents, themed.main)
    yield Row("BBC News: themes", "", str(len(words)))
    yield Row("BBC News: NPMI", "0.167", f"{_npmi(documents, words):.3f}", "0.167 (paper)")
    unique = len({word for theme in words for word in theme}) / sum(map(len, words))
    yield Row("BBC News: topic diversity", "0.794", f"{unique:.3f}", "0.794 (paper)")


def _top_words(documents: Sequence[str], themes: Sequence[str]) -> list[list[str]]:
    from bertopic.vectorizers import ClassTfidfTransformer
    from sklearn.feature_extraction.text import CountVectorizer

    names = sorted(set(themes) - {""})
    joined = [" ".join(d for d, theme in zip(documents, themes, strict=True) if theme == name) for name in names]
    counter = CountVectorizer()
    weights = ClassTfidfTransformer().fit_transform(counter.fit_transform(joined)).toarray()
    vocabulary = counter.get_feature_names_out()
    return [[str(vocabulary[i]) for i in np.argsort(-row)[:10]] for row in weights]


def _npmi(documents: Sequence[str], themes: Sequence[Sequence[str]]) -> float:
    """Mean over themes of the mean normalised pointwise mutual information of word pairs (Bouma 2009)."""
    holds = {word: set() for theme in themes for word in theme}  # type: dict[str, set[int]]
    for i, document in enumerate(documents):
        for word in set(document.split()) & holds.keys():
            holds[word].add(i)
    size = len(documents)

    def pair(one: str, two: str) -> float:
        both = len(holds[one] & holds[two]) / size
        if both == 0:
            return -1.0
        return float(np.log(both * size * size / (len(holds[one]) * len(holds[two]))) / -np.log(both))

    each = [np.mean([pair(a, b) for i, a in enumerate(theme) for b in theme[:i]]) for theme in themes]
    return float(np.mean(each))


if __name__ == "__main__":
    main()
