"""Names of people, found by a spaCy pipeline of our own and by the words around a name.

A name is believed by evidence, never by being capitalised alone: a cue before it ("my neighbour", "Mrs", "I'm"), a cue
after it ("next door", an identifier), its place (a signature), the name lists, and the shipped recogniser, which gives
for each word how likely it is part of a person's name. A stronger installed model (`spacy_model`) is asked too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.anonymise.context import ContextModel, agreed
from analysis.anonymise.doubt import Doubt, Text
from analysis.anonymise.evidence import Evidence
from analysis.anonymise.gazetteer import fold, load_gazetteer
from analysis.anonymise.keep import KeepList
from analysis.anonymise.lexicon import BEFORE_TOWNS
from analysis.anonymise.network import Recogniser
from analysis.anonymise.phrases import Phrases
from analysis.anonymise.presidio import import_spacy
from analysis.anonymise.reading import NameSpan, Token
from analysis.errors import ModelError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

MODEL = Path(__file__).with_name("model")
BATCH = 256
FIRST_NAME_ASKED = 0.6  # the same where the second opinion is in it
FIRST_NAME = 0.9  # how likely a kept first name has to be a person to be one
MOST_ASKED = 64  # words of one response about which the second opinion is asked
LONGEST_FOR_MODEL = 100_000  # characters an installed model is shown; the shipped one has no limit


class NameFinder:
    """Finds people's names in texts whose identifiers are masked; reads only its arguments and the name lists."""

    def __init__(self, keep: KeepList, spacy_model: str = "") -> None:
        import_spacy(with_torch=bool(spacy_model))
        self._kept_words = frozenset(fold(p) for p in keep.words if " " not in p)
        self._first_names = keep.single_words() & load_gazetteer().all_first()
        self._nlp = _shipped_pipeline()
        self._recogniser = Recogniser(self._nlp)
        self._context = ContextModel()
        self._word_firsts = load_gazetteer().first_word_names | self._first_names
        self._phrases = _kept_phrases(keep)
        self._model = _installed_model(spacy_model) if spacy_model else None

    def find(self, texts: Iterable[str]) -> Iterator[tuple[NameSpan, ...]]:
        """The names in each masked text, in order, one tuple a text."""
        source = iter(texts)
        while batch := list(islice(source, BATCH)):
            with self._nlp.memory_zone():  # the words of residents leave spaCy's string store with the batch
                yield from self._find_batch(batch)

    def forget(self) -> None:
        """Lets go of what was kept from pass to pass over a batch."""
        self._context.forget()

    def _find_batch(self, texts: list[str]) -> list[tuple[NameSpan, ...]]:
        docs = [self._nlp.make_doc(text) for text in texts]
        read = [self._read(doc) for doc in docs]
        scores = self._scores([text.words for text in read])
        asked = self._second_opinion(read, scores)
        return [self._names(*each) for each in zip(docs, read, scores, asked, strict=True)]

    def _read(self, doc: Doc) -> Text:
        words = [token.text for token in doc]
        table = doc.to_array(["IDX", "LANG"]).tolist() if words else []
        strings = self._nlp.vocab.strings
        folded = [fold(word) for word in words]
        phrases = self._phrases.find(folded)
        return Text(
            words, folded, [start for start, _ in table], [strings[name_class] for _, name_class in table], phrases
        )

    def _scores(self, texts: list[list[str]]) -> list[list[float]]:
        """For each word of each text the probability that it is part of a person's name."""
        lengths = [len(words) for words in texts]
        if not sum(lengths):
            return [[] for _ in texts]
        return [row.tolist() for row in self._recogniser.likely(list(chain.from_iterable(texts)), lengths)]

    def _second_opinion(self, texts: list[Text], scores: list[list[float]]) -> list[list[int]]:
        """Which words of each text were in doubt; `scores` then hold both models' opinion of those."""
        asked = [self._in_doubt(*each) for each in zip(texts, scores, strict=True)]
        where = [t for t, words in enumerate(asked) if words]
        answers = self._context.ask([(texts[t].words, asked[t]) for t in where])
        for t, second in zip(where, answers, strict=True):
            for i, p in zip(asked[t], second, strict=True):
                scores[t][i] = agreed(scores[t][i], p)
        return asked

    def _in_doubt(self, text: Text, likely: Sequence[float]) -> list[int]:
        """Words that could be a name or not: first names that are words, capitals that no list holds."""
        words = text.words
        certain = {
            i for _, a, b in text.phrases for i in range(a, b) if b > a + 1 or not self._kept_first_name(words, a)
        }
        doubt = Doubt(words, text.folded, text.classes, likely, self._word_firsts, self._kept_words)
        doubtful = (i for i in range(len(words)) if i not in certain and doubt.of(i))
        return list(islice(doubtful, MOST_ASKED))

    def _kept_first_name(self, words: Sequence[str], i: int) -> bool:
        """A place or brand that is also a first name ("Chelsea"), not where only the place can be meant."""
        return words[i].lower() in self._first_names and not (i and words[i - 1].lower() in BEFORE_TOWNS)

    def _names(self, doc: Doc, text: Text, likely: Sequence[float], asked: list[int]) -> tuple[NameSpan, ...]:
        kept, doubted = self._kept(text, likely, asked), set(asked)
        tokens = [
            Token(word, start, name_class, kept[i], likely[i], i in doubted)
            for i, (word, start, name_class) in enumerate(zip(text.words, text.starts, text.classes, strict=True))
        ]
        return Evidence.of(tokens, self._kept_words).names(self._entities(doc))

    def _kept(self, text: Text, likely: Sequence[float], asked: list[int]) -> list[str]:
        """For each token the kind of the longest keep-list phrase that covers it, or "".

        A place or brand that is also a first name ("Chelsea", "Victoria") is kept unless it is likely a person here.
        """
        kept = [""] * len(text.words)
        for kind, start, end in text.phrases:
            needed = FIRST_NAME_ASKED if start in asked else FIRST_NAME
            person = end == start + 1 and likely[start] >= needed and self._kept_first_name(text.words, start)
            if not person and not any(kept[start:end]):
                kept[start:end] = [kind] * (end - start)
        return kept

    def _entities(self, doc: Doc) -> tuple[tuple[int, int], ...]:
        if self._model is None:
            return ()
        found = self._model(doc.text[:LONGEST_FOR_MODEL]).ents
        return tuple((e.start_char, e.end_char) for e in found if e.label_ in {"PERSON", "PER"})


def _kept_phrases(keep: KeepList) -> Phrases:
    """The phrases of the keep list by kind, folded."""
    from analysis.anonymise.tokens import split

    kinds = {
        "PLACE": keep.places,
        "INSTITUTION": keep.institutions,
        "ORGANISATION": keep.organisations,
        "FIGURE": keep.figures,
        "WORDS": frozenset(p for p in keep.words if " " in p or "'" in p),
    }
    known: dict[tuple[str, ...], str] = {}
    for kind, phrases in kinds.items():
        for form in sorted({form for phrase in phrases for form in _forms(phrase)}):
            known.setdefault(tuple(fold(word) for word in split(form)[0]), kind)
    return Phrases(known)


def _forms(phrase: str) -> list[str]:
    return sorted({phrase, phrase.replace("'", "’")})


def _shipped_pipeline() -> Language:
    """The pipeline of this project, from its folder in the package."""
    import spacy

    from analysis.anonymise import tokens

    if not (MODEL / "config.cfg").exists():
        raise ModelError(f"{MODEL}: the shipped name recogniser is missing. Install the package again.")
    nlp = spacy.load(MODEL, exclude=["ner"])
    nlp.max_length = 50_000_000
    tokens.warm(nlp.vocab)
    return nlp


def _installed_model(name: str) -> Language:
    """A spaCy model by name or path. Raises ModelError where it is not installed."""
    import spacy

    try:
        return spacy.load(name)
    except OSError as error:
        raise ModelError(
            f'settings.anonymise.spacy_model: the spaCy model {name!r} is not installed. Install it, or set it to "".'
        ) from error
