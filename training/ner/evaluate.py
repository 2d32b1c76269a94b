"""Precision, recall and F1 of people on held-out corpora: `python training/ner/evaluate.py --data /path/to/data/ner`.

Exact spans of the corpora's own tokens. BTC marks most mentions as people, the "@" and the name each
as a span; WNUT17 marks none. The anonymiser redacts every mention as a handle, so the row "and mentions" counts each
as BTC does, and rows "without mentions" leave them out of both sides. Two simple baselines stand beside: capitalised
words after a sentence's first, and runs of capitalised words that begin with a listed given name.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(HERE))

import spacy  # noqa: E402
from corpora import PERSON, Sentence, read_conll  # noqa: E402

from analysis.anonymise import tokens  # noqa: E402  registers the tokenizer too
from analysis.anonymise.context import ContextModel  # noqa: E402
from analysis.anonymise.gazetteer import fold, load_gazetteer  # noqa: E402
from analysis.anonymise.network import Recogniser  # noqa: E402
from analysis.anonymise.people import MODEL  # noqa: E402

Spans = set[tuple[int, int]]
TESTS = {"BTC section f": "btc/f.conll", "WNUT17 test": "wnut17/test.conll"}


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODEL)
    options = parser.parse_args()
    nlp = spacy.load(options.model)
    context = ContextModel()
    finders: dict[str, Callable[[Sentence], Spans]] = {
        "capitals in mid-sentence": _capitals,
        "given name and capitals (the gazetteers alone)": _gazetteer,
        "shipped recogniser, spans (ner)": lambda s: _entities(nlp, s),
        "shipped recogniser, likelihood of 0.5": lambda s: _likely(nlp, s, 0.5),
        "shipped recogniser, likelihood of 0.2": lambda s: _likely(nlp, s, 0.2),
        "second opinion asked about every word, 0.5": lambda s: _opinion(context, s, 0.5),
    }
    for test, path in TESTS.items():
        sentences = read_conll(options.data / path)
        for name, find in finders.items():
            _row(test, name, scores(sentences, find))
            _row(test, f"{name}, without mentions", scores(sentences, find, leave_out=_mentions))
        with_mentions = scores(sentences, lambda s: _entities(nlp, s) | _mentions(s))
        _row(test, "shipped recogniser, spans (ner), and mentions", with_mentions)


def _row(test: str, name: str, figures: tuple[float, float, float]) -> None:
    precision, recall, f1 = figures
    sys.stdout.write(f"| {test} | {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} |\n")


def scores(
    sentences: list[Sentence], find: Callable[[Sentence], Spans], leave_out: Callable[[Sentence], Spans] | None = None
) -> tuple[float, float, float]:
    """Precision, recall and F1 over exact spans of people."""
    right = found = wanted = 0
    for sentence in sentences:
        gold = {(a, b) for a, b, label in sentence.entities if label == PERSON}
        ours = find(sentence)
        if leave_out:
            words = {i for a, b in leave_out(sentence) for i in range(a, b)}
            gold, ours = ({(a, b) for a, b in each if not words.intersection(range(a, b))} for each in (gold, ours))
        right, found, wanted = right + len(gold & ours), found + len(ours), wanted + len(gold)
    precision, recall = right / max(1, found), right / max(1, wanted)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def _entities(nlp: spacy.Language, sentence: Sentence) -> Spans:
    return {_span(sentence, e.start_char, e.end_char) for e in nlp(sentence.text).ents if e.label_ == PERSON}


def _likely(nlp: spacy.Language, sentence: Sentence, threshold: float) -> Spans:
    doc = nlp.make_doc(sentence.text)
    likely = Recogniser(nlp).likely([t.text for t in doc], [len(doc)])[0]
    inside = [t for t, p in zip(doc, likely, strict=True) if p >= threshold and not t.is_space]
    return {_span(sentence, first, last) for first, last in _runs([(t.idx, t.idx + len(t)) for t in inside])}


def _opinion(context: ContextModel, sentence: Sentence, threshold: float) -> Spans:
    words, spaces = tokens.split(sentence.text)
    ranges = [(end - len(w), end) for w, end in zip(words, _ends(words, spaces), strict=True)]
    asked = [i for i, word in enumerate(words) if word[0].isalpha()]
    likely = context.ask([(words, asked)])[0] if asked else []
    context.forget()
    inside = [ranges[i] for i, p in zip(asked, likely, strict=True) if p >= threshold]
    return {_span(sentence, first, last) for first, last in _runs(inside)}


def _ends(words: list[str], spaces: list[bool]) -> Iterator[int]:
    """Where each word ends, in characters."""
    at = 0
    for word, space in zip(words, spaces, strict=True):
        yield at + len(word)
        at += len(word) + space


def _runs(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start = end = -9
    for a, b in ranges:
        if a > end + 1:
            if end >= 0:
                yield start, end
            start = a
        end = b
    if end >= 0:
        yield start, end


def _span(sentence: Sentence, start: int, end: int) -> tuple[int, int]:
    """The corpus's own tokens that the characters touch."""
    touched = [i for i, (a, b) in enumerate(sentence.tokens) if a < end and b > start]
    return (touched[0], touched[-1] + 1) if touched else (-1, -1)


def _mentions(sentence: Sentence) -> Spans:
    """The "@" of each mention and its name, each a span; in some corpora they are one token."""
    words = _words(sentence)
    signs = [i for i, word in enumerate(words) if word == "@" and i + 1 < len(words)]
    return {(i + k, i + k + 1) for i in signs for k in (0, 1)} | {
        (i, i + 1) for i, word in enumerate(words) if word[0] == "@" and len(word) > 1
    }


def _words(sentence: Sentence) -> list[str]:
    return [sentence.text[a:b] for a, b in sentence.tokens]


def _capitals(sentence: Sentence) -> Spans:
    words = _words(sentence)
    return set(_token_runs([i > 0 and w[0].isupper() and w.isalpha() and len(w) > 1 for i, w in enumerate(words)]))


def _gazetteer(sentence: Sentence) -> Spans:
    words = _words(sentence)
    runs = _token_runs([w[0].isupper() and w.isalpha() for w in words])
    return {(a, b) for a, b in runs if load_gazetteer().is_given(fold(words[a]))}


def _token_runs(marks: list[bool]) -> Iterator[tuple[int, int]]:
    start = None
    for i, mark in enumerate([*marks, False]):
        if mark and start is None:
            start = i
        if not mark and start is not None:
            yield start, i
            start = None


if __name__ == "__main__":
    main()
