"""Find themes among segments with BERTopic, and code segments of later waves against the codebook.

Segments come in canonical order (by content hash, each distinct one once) and grouping has no chance in it, so the
order of the input changes nothing. A theme is kept only if enough respondents raise it; segments near no
theme stay without one and are reported as raised by few, never dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from analysis import gates
from analysis.codebook import Codebook, Theme, theme_id_of
from analysis.embed import Vectors, content_hash
from analysis.labels import LABEL_STOP_WORDS, TOKEN_PATTERN, Guide, Words, describe_themes
from analysis.space import Space, unit_rows
from analysis.subthemes import nearest_subthemes, with_subthemes
from analysis.types import Groups, ThemeState, Wave

_MOSTLY = 0.6  # share of a new group's segments that no known theme is nearer to
_SMALL = 3  # times the least respondents, under which a theme is small
_SMALLEST = 3  # respondents of a group that may still grow by merging


class ThemeSettings(BaseModel):
    """How themes are found; see defaults.toml for what each value does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    min_respondents: int = Field(ge=1)
    min_share: float = Field(ge=0, le=1)
    max_themes: int = Field(ge=1)
    max_first_themes: int = Field(ge=1)
    min_documents: int = Field(ge=10)
    linkage_distance: float = Field(gt=0, le=2)
    most_linked: int = Field(ge=100)
    own_weight: float = Field(gt=0, le=1)
    lexical_weight: float = Field(ge=0, le=1)
    topic_weight: float = Field(ge=0, lt=1)
    merge_similarity: float = Field(ge=-1, le=1)
    merge_meaning: float = Field(ge=-1, le=1)
    most_overlap: float = Field(gt=0, le=1)
    catch_all_share: float = Field(ge=0, le=1)
    catch_all_gain: float = Field(ge=0, le=2)
    catch_all_between: float = Field(ge=-1, le=1)
    assign_similarity: float = Field(ge=-1, le=1)
    least_novelty: float = Field(ge=0, le=2)
    subtheme_respondents: int = Field(ge=2)
    subtheme_similarity: float = Field(ge=-1, le=1)
    keywords: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The distinct segments of a wave, each in its response, in canonical order.

    `vectors` and `whole_vectors` have one unit row per segment: its own embedding and its response's. `raised_by[i]`
    are the respondents whose words include segment i. `topics` are scores on the guide's topics, the segment's and its
    response's in equal parts (no columns without a guide).
    """

    texts: tuple[str, ...]
    wholes: tuple[str, ...]
    vectors: Vectors
    whole_vectors: Vectors
    raised_by: tuple[frozenset[str], ...]
    topics: npt.NDArray[np.float64]

    @classmethod
    def of(
        cls,
        segments: Sequence[tuple[str, str, str]],
        vector_of: Callable[[Sequence[str]], Vectors],
        guide: Guide | None = None,
    ) -> Corpus:
        """Build from (segment, response text, respondent) in any order; `vector_of` takes content hashes."""
        raised: dict[tuple[str, str], set[str]] = {}
        for text, whole, respondent in segments:
            raised.setdefault((text, whole), set()).add(respondent)
        keys = sorted(raised, key=lambda key: (content_hash(key[0]), content_hash(key[1])))
        texts, wholes = tuple(text for text, _ in keys), tuple(whole for _, whole in keys)
        vectors, around = (vector_of([content_hash(text) for text in own]) for own in (texts, wholes))
        topics = (guide.score(vectors) + guide.score(around)) / 2 if guide and keys else np.zeros((len(keys), 0))
        return cls(texts, wholes, vectors, around, tuple(frozenset(raised[key]) for key in keys), topics)

    def subset(self, keep: npt.NDArray[np.bool_]) -> Corpus:
        """Return the segments marked in `keep`, in the same order."""
        rows = np.flatnonzero(keep)
        return Corpus(
            tuple(self.texts[i] for i in rows),
            tuple(self.wholes[i] for i in rows),
            self.vectors[rows],
            self.whole_vectors[rows],
            tuple(self.raised_by[i] for i in rows),
            self.topics[rows],
        )

    def respondents(self, rows: npt.NDArray[np.int64] | None = None) -> int:
        """Count the respondents who raise any of the given rows (default: all)."""
        wanted = range(len(self.texts)) if rows is None else rows.tolist()
        return len(frozenset().union(*(self.raised_by[i] for i in wanted)))


@dataclass(frozen=True, slots=True)
class Coded:
    """A wave coded against its codebook: per distinct segment a theme's row (-1 none) and the nearest cosine.

    `also` are, per segment, the rows and scores of its further themes; empty where none has any. `subtheme` is a
    sub-theme's identifier, '' for none.
    """

    codebook: Codebook
    theme: Groups
    similarity: npt.NDArray[np.float64]
    also: tuple[tuple[tuple[int, float], ...], ...] = ()
    subtheme: tuple[str, ...] = ()


def code_wave(
    corpus: Corpus,
    codebook: Codebook,
    wave: Wave,
    encode: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    guide: Guide | None = None,
) -> Coded:
    """Code a wave: against the themes known so far and those found in it that none of them explains.

    In a consultation's first wave all themes are new and confirmed; later ones are offered as emerging.
    """
    first = not codebook.themes
    if first and corpus.texts and not codebook.space.origin.size:
        codebook = Codebook.empty(Space.of(corpus, settings.seed))
    placed = codebook.space.place(corpus, settings)
    around = codebook.space if first else Space.of(corpus, settings.seed, codebook.space.origin)
    seen = (placed, around.centred(corpus.vectors)) if first else seen_in(around, corpus, settings)
    groups = find_groups(corpus, least_respondents(corpus.respondents(), settings), settings, seen)
    groups = groups if first else _only_new(placed, groups, codebook, settings)
    new, centroids = name_groups(corpus, placed, groups, codebook, wave, first, encode, settings, guide)
    telling = [
        i
        for i, theme in enumerate(new)
        if tells(theme, corpus, np.flatnonzero(groups == i), least_respondents(corpus.respondents(), settings))
    ]
    new, centroids = tuple(new[i] for i in telling), centroids[telling]
    coded = _settled(corpus, placed, codebook, new, centroids, settings)
    words = Words(encode, codebook.space.centred, frozenset(codebook.space.names))
    return _parted(coded, len(codebook.themes), corpus, placed, words, settings, guide)


def tells(theme: Theme, corpus: Corpus, rows: Groups, least: int) -> bool:
    """Whether a theme, if small, has more to it than one word that some segments happen to share, such as "space".

    `least` respondents make a theme.
    """
    small = corpus.respondents(rows) < _SMALL * least
    if not small or len(theme.keywords) > 1 or " " in theme.label:
        return True
    word = theme.label.casefold().removesuffix("s")
    return 2 * sum(word in corpus.texts[row].casefold() for row in rows) >= len(rows)


def _parted(
    coded: Coded,
    known: int,
    corpus: Corpus,
    placed: Vectors,
    words: Words,
    settings: ThemeSettings,
    guide: Guide | None,
) -> Coded:
    """Find the sub-themes of the themes that are new, and give every segment its sub-theme."""
    book = coded.codebook
    members = [np.flatnonzero(coded.theme == row) for row in range(known, len(book.themes))]
    least = least_respondents(corpus.respondents(), settings)
    new = with_subthemes(
        book.themes[known:], members, corpus, placed, words, settings, least, guide, book.themes[:known]
    )
    if new:
        book = replace(book, themes=(*book.themes[:known], *new))
    under = nearest_subthemes(book, coded.theme, placed, settings.subtheme_similarity)
    return replace(coded, codebook=book, subtheme=tuple(under))


def code_known(corpus: Corpus, codebook: Codebook, settings: ThemeSettings) -> Coded:
    """Code segments against a codebook as it stands, looking for nothing new."""
    placed = codebook.space.place(corpus, settings) if corpus.texts and codebook.themes else corpus.vectors
    theme, similarity = nearest_group(placed, codebook, settings.assign_similarity)
    under = nearest_subthemes(codebook, theme, placed, settings.subtheme_similarity)
    return Coded(codebook, theme, similarity, subtheme=tuple(under))


def _settled(
    corpus: Corpus,
    placed: Vectors,
    known: Codebook,
    new: tuple[Theme, ...],
    centroids: Vectors,
    settings: ThemeSettings,
) -> Coded:
    """Code every segment to its nearest theme; give up new themes that too few then raise, and do it again."""
    least = least_respondents(corpus.respondents(), settings)
    while True:
        grown = known.extended(new, centroids)
        theme, similarity = nearest_group(placed, grown, settings.assign_similarity)
        mine = [np.flatnonzero(theme == len(known.themes) + i) for i in range(len(new))]
        repeated = gates.repeating(corpus, theme, settings.most_overlap)
        keep = [
            i
            for i, rows in enumerate(mine)
            if corpus.respondents(rows) >= least and len(known.themes) + i not in repeated
        ][: max(0, settings.max_themes - len(known.themes))]
        if len(keep) == len(new):
            return Coded(grown, theme, similarity)
        new, centroids = tuple(new[i] for i in keep), centroids[keep]


def find_groups(
    corpus: Corpus, least_respondents: int, settings: ThemeSettings, seen: tuple[Vectors, Vectors] | None = None
) -> Groups:
    """Cluster the segments; merge near-identical groups, dissolve small ones. Returns a group per segment, -1 none.

    They are compared as `seen`: as placed, and by meaning alone; by default in a space of their own.
    """
    if len(corpus.texts) < settings.min_documents:
        return np.full(len(corpus.texts), -1, dtype=np.int64)
    if seen is None:
        seen = seen_in(Space.of(corpus, settings.seed), corpus, settings)
    placed, meanings = seen
    groups = _without_small(corpus, _cluster(corpus.texts, placed, settings), min(_SMALLEST, least_respondents))
    groups = gates.split_catch_alls(corpus, placed, groups, least_respondents, settings)
    groups = _merge_alike(placed, meanings, groups, settings)
    groups = _settle(placed, groups, settings)
    groups = gates.join_overlapping(corpus, groups, settings.most_overlap)
    return _renumbered(_without_small(corpus, groups, least_respondents))


def seen_in(space: Space, corpus: Corpus, settings: ThemeSettings) -> tuple[Vectors, Vectors]:
    """The segments as `find_groups` compares them: as placed in a space, and by meaning alone."""
    return space.place(corpus, settings), space.centred(corpus.vectors)


def _only_new(placed: Vectors, groups: Groups, codebook: Codebook, settings: ThemeSettings) -> Groups:
    """Dissolve the groups that a known theme explains: whose segments are not clearly nearer to one another than to it.

    A segment is compared with its group's centroid without itself, or small groups would always look tight. Of a group
    that is new, the segments nearer to a known theme stay with that.
    """
    kept = np.full(len(groups), -1, dtype=np.int64)
    for group in range(int(groups.max(initial=-1)) + 1):
        rows = np.flatnonzero(groups == group)
        own = np.einsum("ij,ij->i", unit_rows(placed[rows].sum(axis=0) - placed[rows]), placed[rows])
        known = codebook.cosines(placed[rows])
        nearer = own > known.max(axis=1)
        if own.mean() - known.mean(axis=0).max() >= settings.least_novelty and nearer.mean() >= _MOSTLY:
            kept[rows[nearer]] = group
    return _renumbered(kept)


def least_respondents(respondents: int, settings: ThemeSettings) -> int:
    """How many of those who answered make a theme."""
    return max(settings.min_respondents, round(settings.min_share * respondents))


def _cluster(texts: Sequence[str], placed: Vectors, settings: ThemeSettings) -> Groups:
    """Group by BERTopic, with average linkage of the placed segments in place of its UMAP and HDBSCAN.

    Average linkage (Sokal and Michener 1958) has no seed and needs no number of groups, only how far apart, on average,
    two groups may lie. It compares all pairs, so of very many segments a sample is grouped (the first by content hash,
    which is as good as drawn by lot); the others join the groups they are near to.
    """
    from bertopic import BERTopic
    from bertopic.backend import BaseEmbedder
    from bertopic.dimensionality import BaseDimensionalityReduction
    from bertopic.vectorizers import ClassTfidfTransformer
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import CountVectorizer

    sample = texts[: settings.most_linked]
    model = BERTopic(
        embedding_model=BaseEmbedder(),
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=AgglomerativeClustering(
            n_clusters=None, metric="cosine", linkage="average", distance_threshold=settings.linkage_distance
        ),
        vectorizer_model=CountVectorizer(stop_words=sorted(LABEL_STOP_WORDS), token_pattern=TOKEN_PATTERN),
        ctfidf_model=ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True),
        calculate_probabilities=False,
        verbose=False,
    )
    groups = np.full(len(texts), -1, dtype=np.int64)
    vectors = placed[: len(sample)].copy()
    vectors[~vectors.any(axis=1), 0] = 1.0  # a row of nothing has no angle
    try:
        groups[: len(sample)], _ = model.fit_transform(list(sample), embeddings=vectors)
    except ValueError as error:
        if "vocabulary" not in str(error):
            raise  # else: not a word in it but stop words: nothing to name a theme by
    return groups


def _merge_alike(placed: Vectors, meanings: Vectors, groups: Groups, settings: ThemeSettings) -> Groups:
    """Join the nearest two groups until none are near-identical, then the smallest with its nearest.

    Near-identical are those near as placed, or in `meanings` alone: "health care" and "healthcare" share no word.
    Joining the nearest until few enough are left would make catch-alls, as large loose groups lie near everything.
    """
    merged = _renumbered(groups)
    while merged.max(initial=-1) > 0:
        cosines = _pair_cosines(_centroids(placed, merged))
        excess = np.maximum(
            cosines - settings.merge_similarity, _pair_cosines(_centroids(meanings, merged)) - settings.merge_meaning
        )
        one, other = map(int, np.unravel_index(int(excess.argmax()), excess.shape))
        if excess[one, other] < 0:
            if len(cosines) <= min(settings.max_first_themes, settings.max_themes):
                break
            one = len(cosines) - 1  # the smallest
            other = int(cosines[one].argmax())
        merged = _renumbered(np.where(merged == max(one, other), min(one, other), merged))
    return merged


def _settle(placed: Vectors, groups: Groups, settings: ThemeSettings) -> Groups:
    """Let the segments of no group join the group they are near to."""
    if groups.max(initial=-1) < 0:
        return groups
    cosines = placed @ _centroids(placed, groups).T
    near = cosines.max(axis=1) >= settings.assign_similarity
    return np.where(groups >= 0, groups, np.where(near, cosines.argmax(axis=1), -1)).astype(np.int64)


def _without_small(corpus: Corpus, groups: Groups, least_respondents: int) -> Groups:
    kept = groups.copy()
    for group in range(int(groups.max(initial=-1)) + 1):
        rows = np.flatnonzero(groups == group)
        if corpus.respondents(rows) < least_respondents:
            kept[rows] = -1
    return kept


def name_groups(
    corpus: Corpus,
    placed: Vectors,
    groups: Groups,
    codebook: Codebook,
    wave: Wave,
    first: bool,
    encode: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    guide: Guide | None,
) -> tuple[tuple[Theme, ...], Vectors]:
    """Turn groups into themes with identifiers, labels and centroids."""
    centroids = _centroids(placed, groups)
    members = [np.flatnonzero(groups == g) for g in range(len(centroids))]
    texts = [[corpus.texts[i] for i in rows] for rows in members]
    taken = frozenset(theme.label.casefold() for theme in codebook.themes)
    centre = codebook.space.centred
    meanings = _centroids(centre(corpus.vectors), groups)
    words = describe_themes(
        texts,
        corpus.texts,
        meanings,
        Words(encode, centre, frozenset(codebook.space.names)),
        settings.keywords,
        taken,
        guide,
    )
    state = ThemeState.CONFIRMED if first else ThemeState.EMERGING
    themes = tuple(
        Theme(theme_id_of(map(content_hash, own)), word.label, word.description, word.keywords, wave, state)
        for own, word in zip(texts, words, strict=True)
    )
    return themes, centroids


def nearest_group(placed: Vectors, groups: Codebook, least: float) -> tuple[Groups, npt.NDArray[np.float64]]:
    """Give every segment its nearest group's row, or -1 where none is so near; and the cosine to the nearest."""
    if not groups.themes or not len(placed):
        return np.full(len(placed), -1, dtype=np.int64), np.zeros(len(placed))
    cosines = groups.cosines(placed)
    nearest = cosines.max(axis=1).astype(np.float64)
    return np.where(nearest >= least, cosines.argmax(axis=1), -1).astype(np.int64), nearest


def _centroids(vectors: Vectors, groups: Groups) -> Vectors:
    """Mean direction of each group, shape (groups, dimensions), unit length."""
    sums = np.zeros((int(groups.max(initial=-1)) + 1, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, groups[groups >= 0], vectors[groups >= 0])
    return unit_rows(sums)


def _pair_cosines(centroids: Vectors) -> Vectors:
    cosines = centroids @ centroids.T
    np.fill_diagonal(cosines, -1)
    return cosines


def _renumbered(groups: Groups) -> Groups:
    """Number groups from 0 by size, largest first; equal sizes by their first member."""
    kept = [int(g) for g in np.unique(groups) if g >= 0]
    order = sorted(kept, key=lambda g: (-int((groups == g).sum()), int(np.flatnonzero(groups == g)[0])))
    new: Mapping[int, int] = {old: i for i, old in enumerate(order)}
    return np.array([new.get(int(g), -1) for g in groups], dtype=np.int64)
