"""Themes: planted topics are found, whatever the order; known themes last; small ones and small inputs are guarded."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from conftest import DIMENSIONS, FakeEncoder, word_direction
from hypothesis import given
from hypothesis import strategies as st

from analysis import themes
from analysis.codebook import Codebook, Theme
from analysis.embed import Vectors, content_hash
from analysis.labels import Guide
from analysis.settings import Settings, load_settings
from analysis.space import Space, common_names, unit_rows
from analysis.themes import Coded, Corpus, ThemeSettings, code_wave, find_groups
from analysis.types import ThemeId, ThemeState, Wave

TOPICS = {
    "parks": ["trees", "ducks", "playground", "grass", "benches", "flowers", "squirrels", "picnic"],
    "litter": ["rubbish", "mattresses", "bins", "dumped", "rats", "sweepers", "fly-tipping", "alleys"],
    "rents": ["landlords", "mortgage", "evicted", "deposit", "tenants", "flats", "overcrowded", "housing"],
    "buses": ["timetable", "drivers", "stops", "fares", "delays", "routes", "passengers", "tram"],
    "police": ["burglary", "knives", "patrols", "gangs", "stabbing", "dealers", "officers", "muggings"],
}
NEW_TOPIC = {
    "library": ["novels", "librarian", "shelves", "borrowing", "storytime", "archives", "reading", "computers"]
}
COMMON = ["more", "please", "we", "need", "better", "the", "here", "really"]
SETTINGS = load_settings().themes
WAVE_1, WAVE_2 = Wave("2024"), Wave("2025")

Planted = dict[str, str]
"""Text to topic."""


def planted(topics: dict[str, list[str]], count: int, seed: int) -> Planted:
    chooser = random.Random(seed)
    texts: Planted = {}
    for topic, words in topics.items():
        while sum(of == topic for of in texts.values()) < count:
            said = [*chooser.sample(words, 3), *chooser.sample(COMMON, 3)]
            chooser.shuffle(said)
            texts.setdefault(" ".join([topic, *said]), topic)
    return texts


def vector(text: str, truth: Planted) -> Vectors:
    """A planted topic's direction with noise of the text's own."""
    noise = np.random.default_rng(int(content_hash(text), 16)).normal(size=DIMENSIONS)
    return np.asarray(word_direction(f"topic {truth[text]}") + 0.5 * noise / np.linalg.norm(noise), dtype=np.float32)


def corpus_of(truth: Planted, order: Iterable[str] | None = None, who: Callable[[str], str] = content_hash) -> Corpus:
    texts = {content_hash(text): text for text in truth}

    def vector_of(hashes: Sequence[str]) -> Vectors:
        rows = [vector(texts[each], truth) for each in hashes]
        return unit_rows(np.stack(rows)) if rows else np.zeros((0, 0), dtype=np.float32)  # as VectorStore.get

    return Corpus.of([(text, text, who(text)) for text in (order or truth)], vector_of)


def encode(phrases: Sequence[str]) -> Vectors:
    """A phrase points to the topics that its words belong to, and a little its own way."""
    topic_of = {word: topic for topic, words in (TOPICS | NEW_TOPIC).items() for word in (topic, *words)}
    rows = [
        np.sum([word_direction(f"topic {topic_of.get(word, word)}") + word_direction(word) for word in words], axis=0)
        for words in (phrase.split() for phrase in phrases)
    ]
    return unit_rows(np.array(rows, dtype=np.float32).reshape(-1, DIMENSIONS))


def coded_first(truth: Planted, settings: ThemeSettings = SETTINGS, order: Iterable[str] | None = None) -> Coded:
    return code_wave(corpus_of(truth, order), Codebook.empty(), WAVE_1, encode, settings)


def agreement(corpus: Corpus, found: Sequence[int], truth: Planted) -> float:
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score([truth[text] for text in corpus.texts], list(found)))


FIRST = planted(TOPICS, 40, 1)


@pytest.fixture(scope="module")
def first() -> Coded:
    return coded_first(FIRST)


# --- the first wave ---------------------------------------------------------------------------------------------------


def test_planted_topics_are_found(first: Coded) -> None:
    corpus = corpus_of(FIRST)
    assert len(first.codebook.themes) == len(TOPICS)
    assert agreement(corpus, first.theme.tolist(), FIRST) >= 0.95
    assert {theme.state for theme in first.codebook.themes} == {ThemeState.CONFIRMED}
    assert {theme.first_wave for theme in first.codebook.themes} == {WAVE_1}


def test_each_theme_is_named_in_the_words_of_its_topic(first: Coded) -> None:
    corpus = corpus_of(FIRST)
    for row, theme in enumerate(first.codebook.themes):
        members = [FIRST[text] for text, of in zip(corpus.texts, first.theme, strict=True) if of == row]
        topic = max(set(members), key=members.count)
        assert set(theme.label.casefold().replace(" and ", " ").split()) <= {topic, *TOPICS[topic]}
        assert 1 <= len(theme.keywords) <= SETTINGS.keywords


def test_the_order_of_the_input_changes_nothing(first: Coded) -> None:
    shuffled = random.Random(5).sample(sorted(FIRST), len(FIRST))
    again = coded_first(FIRST, order=[*shuffled, *shuffled[:30]])
    assert again.codebook.themes == first.codebook.themes
    np.testing.assert_array_equal(again.theme, first.theme)
    np.testing.assert_array_equal(again.similarity, first.similarity)
    np.testing.assert_array_equal(again.codebook.centroids, first.codebook.centroids)


def test_a_segment_has_its_nearest_theme_or_none_if_that_is_too_far(first: Coded) -> None:
    cosines = first.codebook.cosines(first.codebook.space.place(corpus_of(FIRST), SETTINGS))
    np.testing.assert_allclose(first.similarity, cosines.max(axis=1), atol=1e-6)
    near = first.similarity >= SETTINGS.assign_similarity
    np.testing.assert_array_equal(first.theme >= 0, near)
    np.testing.assert_array_equal(first.theme[near], cosines.argmax(axis=1)[near])


# --- a later wave -----------------------------------------------------------------------------------------------------


def test_known_themes_last_and_a_planted_new_topic_is_offered_as_emerging(first: Coded) -> None:
    truth = planted(TOPICS, 15, 2) | planted(NEW_TOPIC, 40, 2)
    corpus = corpus_of(truth)
    second = code_wave(corpus, first.codebook, WAVE_2, encode, SETTINGS)
    known = len(first.codebook.themes)
    assert second.codebook.themes[:known] == first.codebook.themes
    np.testing.assert_array_equal(second.codebook.centroids[:known], first.codebook.centroids)
    assert second.codebook.space is first.codebook.space
    new = second.codebook.themes[known:]
    assert [(theme.state, theme.first_wave) for theme in new] == [(ThemeState.EMERGING, WAVE_2)]
    assert set(new[0].keywords) & {"library", *NEW_TOPIC["library"]}
    assert agreement(corpus, second.theme.tolist(), truth) >= 0.95
    labels = [theme.label.casefold() for theme in second.codebook.themes]
    assert len(set(labels)) == len({theme.theme_id for theme in second.codebook.themes}) == known + 1


def test_a_wave_with_nothing_new_leaves_the_codebook_as_it_is(first: Coded) -> None:
    truth = planted(TOPICS, 15, 3)
    corpus = corpus_of(truth)
    second = code_wave(corpus, first.codebook, WAVE_2, encode, SETTINGS)
    assert second.codebook is first.codebook
    assert agreement(corpus, second.theme.tolist(), truth) >= 0.95


def test_a_later_wave_without_any_segment_leaves_the_codebook_as_it_is(first: Coded) -> None:
    second = code_wave(corpus_of({}), first.codebook, WAVE_2, encode, SETTINGS)
    assert second.codebook is first.codebook
    assert (len(second.theme), len(second.similarity)) == (0, 0)


def test_a_group_near_a_known_theme_is_no_new_theme(first: Coded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(themes, "_cluster", lambda texts, *_: np.zeros(len(texts), dtype=np.int64))
    truth = {text: topic for text, topic in planted(TOPICS, 40, 4).items() if topic == "parks"}
    second = code_wave(corpus_of(truth), first.codebook, WAVE_2, encode, SETTINGS)
    assert second.codebook is first.codebook


# --- small and odd inputs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 20, 29])
def test_too_few_segments_give_no_theme_and_no_fit(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(themes, "_cluster", lambda *_: pytest.fail("clustered"))
    truth = dict(list(planted(TOPICS, 6, 1).items())[:size])
    coded = coded_first(truth)
    assert coded.codebook.themes == ()
    assert coded.theme.tolist() == [-1] * size
    assert coded.similarity.tolist() == [0.0] * size


def test_the_least_number_of_segments_is_fitted() -> None:
    truth = planted({topic: TOPICS[topic] for topic in ("parks", "rents")}, 15, 1)
    assert len(truth) == SETTINGS.min_documents
    coded = coded_first(truth)
    assert set(coded.theme.tolist()) <= {-1, *range(len(coded.codebook.themes))}
    for row in range(len(coded.codebook.themes)):
        assert (coded.theme == row).sum() >= SETTINGS.min_respondents


def test_identical_vectors_give_at_most_one_theme() -> None:
    texts = {f"words number {i} say {i * i}": "same" for i in range(45)}
    corpus = corpus_of(texts)
    same = np.repeat(unit_rows(np.ones((1, DIMENSIONS))), len(texts), axis=0)
    flat = replace(corpus, vectors=same, whole_vectors=same)
    coded = code_wave(flat, Codebook.empty(), WAVE_1, FakeEncoder().encode, SETTINGS)
    assert len(coded.codebook.themes) <= 1
    assert np.isfinite(coded.similarity).all()
    assert np.isfinite(coded.codebook.centroids).all()


# --- which groups stay ------------------------------------------------------------------------------------------------


def clusters(monkeypatch: pytest.MonkeyPatch, truth: Planted) -> None:
    """Let the clustering find just what was planted, so that only what follows it is tested."""
    names = sorted(set(truth.values()))
    monkeypatch.setattr(
        themes, "_cluster", lambda texts, *_: np.array([names.index(truth[t]) for t in texts], dtype=np.int64)
    )


def test_a_topic_raised_by_too_few_people_is_no_theme_however_much_they_write(monkeypatch: pytest.MonkeyPatch) -> None:
    clusters(monkeypatch, FIRST)

    def who(text: str) -> str:
        return f"p{int(content_hash(text), 16) % 4}" if FIRST[text] == "buses" else text

    corpus = corpus_of(FIRST, who=who)
    alone = SETTINGS.model_copy(update={"assign_similarity": 1.0})
    groups = find_groups(corpus, 5, alone)
    assert {FIRST[text] for text, group in zip(corpus.texts, groups, strict=True) if group < 0} == {"buses"}
    assert {FIRST[text] for text, group in zip(corpus.texts, groups, strict=True) if group >= 0} == set(TOPICS) - {
        "buses"
    }
    assert find_groups(corpus, 4, alone).min() == 0


def test_the_least_share_counts_respondents(monkeypatch: pytest.MonkeyPatch) -> None:
    clusters(monkeypatch, FIRST)
    wanted = SETTINGS.model_copy(update={"min_share": 0.3})  # of 200 respondents; each topic has 40
    coded = coded_first(FIRST, wanted)
    assert coded.codebook.themes == ()
    assert set(coded.theme.tolist()) == {-1}


@pytest.mark.parametrize("most", [1, 3])
def test_there_are_no_more_themes_than_wanted(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    clusters(monkeypatch, FIRST)
    corpus = corpus_of(FIRST)
    groups = find_groups(corpus, 5, SETTINGS.model_copy(update={"max_themes": most}))
    assert len(set(groups.tolist()) - {-1}) == most
    assert (groups >= 0).all()


def test_near_identical_groups_are_one_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_of(FIRST)
    split = {text: f"{topic}{i % 2}" for i, (text, topic) in enumerate(FIRST.items())}
    clusters(monkeypatch, split)
    assert len(set(split.values())) == 2 * len(TOPICS)
    groups = find_groups(corpus, 5, SETTINGS)
    assert agreement(corpus, groups.tolist(), FIRST) == 1.0


def test_segments_left_out_join_the_group_they_are_near_to(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_of(FIRST)
    names = sorted(TOPICS)
    truth = np.array([names.index(FIRST[text]) for text in corpus.texts])
    left_out = np.where(np.arange(len(truth)) % 3 == 0, -1, truth)
    monkeypatch.setattr(themes, "_cluster", lambda *_: left_out)
    assert agreement(corpus, find_groups(corpus, 5, SETTINGS).tolist(), FIRST) == 1.0
    far = SETTINGS.model_copy(update={"assign_similarity": 1.0})
    np.testing.assert_array_equal(find_groups(corpus, 5, far) < 0, left_out < 0)


def test_topics_of_a_guide_are_those_of_the_texts() -> None:
    guide = Guide((), lambda vectors: (vectors[:, :2] + 1).astype(np.float64) / 2)
    encoder = FakeEncoder()
    texts = {content_hash(text): text for text in FIRST}
    pairs = [(text, text, text) for text in FIRST]
    corpus = Corpus.of(pairs, lambda hashes: encoder.encode([texts[each] for each in hashes]), guide)
    np.testing.assert_allclose(corpus.topics, (encoder.encode(corpus.texts)[:, :2] + 1) / 2)
    kept = corpus.subset(np.arange(len(corpus.texts)) % 3 == 0)
    np.testing.assert_array_equal(kept.topics, corpus.topics[::3])
    assert Corpus.of([], lambda hashes: np.zeros((0, 0), dtype=np.float32), guide).texts == ()


def test_groups_are_numbered_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = {text: topic for i, topic in enumerate(TOPICS) for text in planted({topic: TOPICS[topic]}, 8 + 4 * i, i)}
    clusters(monkeypatch, truth)
    groups = find_groups(corpus_of(truth), 1, SETTINGS)
    sizes = [int((groups == g).sum()) for g in range(len(TOPICS))]
    assert sizes == [24, 20, 16, 12, 8]


# --- the corpus -------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["p1", "p2", "p3"])), min_size=1, max_size=15))
def test_a_corpus_holds_each_text_once_with_all_who_said_it(pairs: list[tuple[str, str]]) -> None:
    def vector_of(hashes: Sequence[str]) -> Vectors:
        return np.array([[int(each, 16) % 997] for each in hashes], dtype=np.float32)

    rows = [(text, text, who) for text, who in pairs]
    corpus, reverse = Corpus.of(rows, vector_of), Corpus.of(rows[::-1], vector_of)
    assert corpus.texts == reverse.texts == tuple(sorted({text for text, _ in pairs}, key=content_hash))
    np.testing.assert_array_equal(corpus.vectors, vector_of([content_hash(text) for text in corpus.texts]))
    for text, people in zip(corpus.texts, corpus.raised_by, strict=True):
        assert people == {person for said, person in pairs if said == text}
    assert corpus.respondents() == len({person for _, person in pairs})
    first = corpus.subset(np.arange(len(corpus.texts)) == 0)
    assert first.texts == corpus.texts[:1]
    assert first.respondents() == corpus.respondents(np.array([0])) == len(corpus.raised_by[0])


def test_settings_refuse_what_cannot_work(settings: Settings) -> None:
    for name, value in {"min_documents": 5, "max_themes": 0, "min_share": 1.5, "linkage_distance": 0}.items():
        with pytest.raises(ValueError, match=name):
            ThemeSettings.model_validate({**settings.themes.model_dump(), name: value})


def test_a_label_that_is_taken_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A known theme far from everything holds the label that the planted topic would get."""
    clusters(monkeypatch, FIRST)
    fresh = coded_first(FIRST).codebook
    far = unit_rows(np.random.default_rng(1).normal(size=(1, DIMENSIONS)))
    old = Theme(ThemeId("t-old"), fresh.themes[0].label, "", (), WAVE_1, ThemeState.CONFIRMED)
    book = Codebook.empty(Space(fresh.space.origin)).extended([old], far)
    again = code_wave(corpus_of(FIRST), book, WAVE_2, encode, SETTINGS).codebook
    labels = [theme.label.casefold() for theme in again.themes]
    assert again.themes[0] == old
    assert len(labels) == len(set(labels)) == 1 + len(TOPICS)


# --- the space --------------------------------------------------------------------------------------------------------


def test_a_segment_is_seen_with_its_response() -> None:
    texts = {content_hash(text): text for text in ("it never opens", "parks grass", "buses fares")}

    def vector_of(hashes: Sequence[str]) -> Vectors:
        return unit_rows(np.stack([word_direction(texts[each].split()[-1]) for each in hashes]))

    both = [("it never opens", "parks grass", "a"), ("it never opens", "buses fares", "b")]
    corpus = Corpus.of([*both, ("parks grass", "parks grass", "c")], vector_of)
    placed = Space(np.zeros(DIMENSIONS, dtype=np.float32)).place(corpus, SETTINGS)
    park = corpus.texts.index("parks grass")
    seen = list(zip(corpus.texts, corpus.wholes, strict=True))
    in_park, in_bus = (seen.index(each[:2]) for each in both)
    assert placed[in_park] @ placed[park] > placed[in_bus] @ placed[park]


def test_later_waves_are_placed_by_the_words_of_the_first(first: Coded) -> None:
    space = first.codebook.space
    assert {"trees", "rubbish"} <= set(space.words)
    assert "librarian" not in space.words
    placed = space.place(corpus_of(planted(NEW_TOPIC, 5, 9)), SETTINGS)
    assert placed.shape == (5, first.codebook.centroids.shape[1])
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-5)


def test_of_very_many_segments_a_sample_is_grouped_and_the_others_join() -> None:
    few = SETTINGS.model_copy(update={"most_linked": 100})
    corpus = corpus_of(FIRST)
    assert agreement(corpus, coded_first(FIRST, few).theme.tolist(), FIRST) >= 0.9


# --- what is compared -------------------------------------------------------------------------------------------------


def test_the_name_of_the_place_is_no_topic_and_a_name_that_is_one_stays() -> None:
    asked = ["trees", "buses", "rents", "police", "bins", "schools", "parks", "lights", "clinics", "shops", "pools"]
    towns = [f"in Barking {word} matters" for word in asked] + [f"we say Barking needs {word}" for word in asked]
    others = [f"they ask for {word} and {more}" for word, more in zip(COMMON, sorted(TOPICS), strict=False)] * 2
    topical = [f"the Riverside pool opens late {n} times, swim there" for n in range(12)]
    names = common_names([*towns, *others, *topical, *[f"plain words number {n}" for n in range(40)]])
    assert names == ("barking",)


def test_texts_are_not_compared_by_a_common_name() -> None:
    origin = np.zeros(DIMENSIONS, dtype=np.float32)
    town = word_direction("barking")[None, :]
    space = Space(origin, names=("barking",), common=town)
    one, other = (unit_rows(town + word_direction(word)[None, :]) for word in ("trees", "buses"))
    far = float(space.centred(one)[0] @ space.centred(other)[0])
    near = float(Space(origin).centred(one)[0] @ Space(origin).centred(other)[0])
    assert abs(far) < 0.3 < near
    np.testing.assert_allclose(space.centred(one) @ town.T, 0, atol=1e-5)


def test_words_of_any_topic_weigh_less_than_words_of_one(first: Coded) -> None:
    """ "please" is no function word here: it stands with every topic, "trees" with one."""
    chance = random.Random(8)
    truth = {f"{text} {chance.choice(['indeed', 'surely'])}": topic for text, topic in FIRST.items()}
    space = coded_first(truth).codebook.space
    length = dict(zip(space.words, np.linalg.norm(space.axes, axis=1), strict=True))
    assert max(length["indeed"], length["surely"]) < 0.5 * min(length[topic] for topic in TOPICS)


def test_groups_that_mean_the_same_in_other_words_are_one() -> None:
    corpus = corpus_of(FIRST)
    placed = first_placed = Space.of(corpus, 1).place(corpus, SETTINGS)
    names = sorted(TOPICS)
    groups = np.array([2 * names.index(FIRST[t]) + i % 2 for i, t in enumerate(corpus.texts)])
    apart = SETTINGS.model_copy(update={"merge_similarity": 1.0})
    joined = themes._merge_alike(first_placed, corpus.vectors, groups, apart)
    assert agreement(corpus, joined.tolist(), FIRST) == 1.0
    never = apart.model_copy(update={"merge_meaning": 1.0})
    assert len(set(themes._merge_alike(placed, corpus.vectors, groups, never).tolist())) == 2 * len(TOPICS)


def test_where_there_are_too_many_the_smallest_joins_its_nearest_and_the_large_stay_apart() -> None:
    corpus = corpus_of(FIRST)
    placed = Space.of(corpus, 1).place(corpus, SETTINGS)
    names = sorted(TOPICS)
    groups = np.array([names.index(FIRST[t]) for t in corpus.texts])
    groups[np.flatnonzero(groups == 0)[:3]] = len(names)
    few = SETTINGS.model_copy(update={"max_first_themes": len(names), "merge_similarity": 1.0, "merge_meaning": 1.0})
    assert agreement(corpus, themes._merge_alike(placed, corpus.vectors, groups, few).tolist(), FIRST) == 1.0


def test_a_codebook_that_is_full_takes_no_more_than_there_is_room_for(first: Coded) -> None:
    truth = planted(TOPICS, 15, 2) | planted(NEW_TOPIC, 40, 2)
    full = SETTINGS.model_copy(update={"max_themes": len(first.codebook.themes)})
    assert code_wave(corpus_of(truth), first.codebook, WAVE_2, encode, full).codebook.themes == first.codebook.themes
