"""The second opinion: its pieces and numbers against the libraries that made them, and what it tells apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.anonymise.context import AROUND, HEADS, LONGEST_WORD, ContextModel, Pieces, case_of
from analysis.anonymise.doubt import Doubt
from analysis.anonymise.gazetteer import fold, load_gazetteer, sentence_model_folder
from analysis.anonymise.tokens import name_class, split

LAYERS = 3
TEXT = "On Monday Comfort came on her day off with soup, and Comfort should be running it."


@pytest.fixture(scope="module")
def model() -> ContextModel:
    return ContextModel()


def words_of(text: str) -> list[str]:
    return split(text)[0]


def likely(model: ContextModel, text: str, word: str) -> float:
    words = words_of(text)
    answer = model.ask([(words, [words.index(word)])])[0][0]
    model.forget()
    return answer


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"\A[A-Za-zàéîłșçñ0-9]{1,14}(?:['’-][a-z]{1,6})?\Z"))
def test_pieces_are_those_of_the_models_own_tokenizer(word: str) -> None:
    from tokenizers import Tokenizer

    own = Tokenizer.from_file(str(sentence_model_folder() / "tokenizer.json"))
    own.no_truncation()
    own.no_padding()
    plain = word.replace("’", "'").replace("ł", "l").replace("Ł", "l")  # read as their plain letters, as all lists are
    assert Pieces(sentence_model_folder()).of(word) == own.encode(plain, add_special_tokens=False).ids


def test_the_layers_are_the_sentence_models(tmp_path: Path) -> None:
    """Without changes of its own it gives what the library computes (which has the other form of the same curve)."""
    torch = pytest.importorskip("torch")
    from transformers import BertModel

    rng = np.random.default_rng(0)
    head = rng.normal(size=384).astype(np.float32) / 20
    np.savez(
        tmp_path / "none.npz",
        layers=np.array(LAYERS),
        cases=np.zeros((4, 384)),
        **{"out.weight": head, "out.bias": 0.1},
    )
    model = ContextModel(tmp_path / "none.npz")
    words = words_of(TEXT)
    window = model.pieces.window(words, [2])
    bert = BertModel.from_pretrained(sentence_model_folder(), local_files_only=True).eval()
    with torch.no_grad():
        states = bert(torch.tensor([window.pieces]), output_hidden_states=True).hidden_states[LAYERS][0].numpy()
    first, end = window.spots[0]
    expected = 1 / (1 + np.exp(-(states[first:end].mean(axis=0) @ head + 0.1)))
    assert model.likely([window])[0][0] == pytest.approx(expected, abs=2e-3)
    assert bert.config.num_attention_heads == HEADS


def test_the_company_of_other_windows_changes_nothing(model: ContextModel) -> None:
    texts = [TEXT, "Hope is a bus that comes.", "Grace", "i sit with faith at lunch " * 3]
    questions = [(words_of(text), [0]) for text in texts]
    together = model.ask(questions)
    model.forget()
    alone = [model.ask([question])[0] for question in reversed(questions)][::-1]
    model.forget()
    np.testing.assert_allclose(np.concatenate(together), np.concatenate(alone), atol=1e-4)


def test_words_near_each_other_are_looked_at_together(model: ContextModel) -> None:
    words = words_of("Rose, Hazel and me planted it. " + "The bins again. " * 12 + "Thank you Grace.")
    asked = [words.index("Rose"), words.index("Hazel"), words.index("Grace")]
    answers = model.ask([(words, asked)])[0]
    assert len(answers) == 3
    assert len(model._known) == 2
    model.forget()
    assert not model._known


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (("On Tuesday Joy came round with a ladder and fixed it.", "Joy"), ("What a joy the splash pad was.", "joy")),
        (("I rang Grace and she rang them.", "Grace"), ("They gave me ten days of grace.", "grace")),
        (("Thank you Patience, you are a star.", "Patience"), ("Patience is wearing thin.", "Patience")),
        (("my neighbour ivy is 91 and lives alone", "ivy"), ("the ivy is pulling the wall down", "ivy")),
    ],
)
def test_it_tells_people_from_words(model: ContextModel, name: tuple[str, str], word: tuple[str, str]) -> None:
    assert likely(model, *name) > 0.5 > likely(model, *word)


def test_a_window_is_bounded() -> None:
    pieces = Pieces(sentence_model_folder())
    words = ["zzzzqqqqxxxxzzzzqqqqxxxx"] * 500 + ["Hope"] + ["qzqzqzqzqzqz"] * 500
    assert len(pieces.window(words, [500]).pieces) <= 2 + LONGEST_WORD + 4 * AROUND
    assert pieces.window(["Hope"], [0]).spots == ((1, 2),)


def test_how_a_word_is_written() -> None:
    assert [case_of(word) for word in ("hope", "Hope", "HOPE", "iPhone", "A", "7th", "\ufffb\ufffb")] == [
        0,
        1,
        2,
        3,
        1,
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("text", "doubted"),
    [
        ("Will you read this? I rang Grace.", ["Grace"]),
        ("Will never came back.", ["Will"]),
        ("I hope the council will listen.", []),
        ("On Sunday the market was shut.", []),
        ("I speak Zzorkish and they call him Smiler.", ["Zzorkish", "Smiler"]),
        ("i sit with faith at lunch", ["faith"]),
    ],
)
def test_only_words_in_doubt_are_asked_about(text: str, doubted: list[str]) -> None:
    words = words_of(text)
    classes, folded = [name_class(word) for word in words], [fold(word) for word in words]
    doubt = Doubt(words, folded, classes, [0.3] * len(words), load_gazetteer().first_word_names)
    assert [words[i] for i in range(len(words)) if doubt.of(i)] == doubted


def test_the_recognisers_layers_are_spacys() -> None:
    """The numbers of network.py are those that spaCy's own pipeline gives, for texts alone and together."""
    import spacy

    from analysis.anonymise import tokens
    from analysis.anonymise.network import Recogniser
    from analysis.anonymise.people import MODEL

    assert tokens.make_tokenizer
    nlp = spacy.load(MODEL, exclude=["ner"])
    docs = [nlp.make_doc(text) for text in (TEXT, "Grace", "my neighbour mrs okafor at number 9 said so\nRegards")]
    tok2vec, likelihood = nlp.get_pipe("tok2vec"), nlp.get_pipe("likelihood")
    states = tok2vec.model.predict(docs)
    person = likelihood.labels.index("PERSON")
    expected = [rows[:, person] for rows in likelihood.model.layers[1].predict(states)]
    words = [[token.text for token in doc] for doc in docs]
    found = Recogniser(nlp).likely([word for text in words for word in text], [len(text) for text in words])
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
