"""Find themes among segments with BERTopic, and code segments of later waves against the codebook.

Segments come in canonical order (by content hash, each distinct text once), all seeds are fixed and UMAP runs on one
thread, so the order of the input changes nothing. A theme is kept only if enough respondents raise it; segments near no
theme stay without one and are reported as raised by few, never dropped.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from analysis.codebook import Codebook, Theme, theme_id_of, unit_rows
from analysis.embed import Vectors, content_hash
from analysis.labels import LABEL_STOP_WORDS, TOKEN_PATTERN, Guide, Words, describe_themes, shared_phrase
from analysis.types import ThemeState, Wave

Groups = npt.NDArray[np.int64]
"""One group number per segment; -1 for segments in no group."""

_LEXICAL_DIMENSIONS = 64
_TOPIC_DOUBT = 0.3


class ThemeSettings(BaseModel):
    """How themes are found; see defaults.toml for what each value does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    min_respondents: int = Field(ge=1)
    min_share: float = Field(ge=0, le=1)
    max_themes: int = Field(ge=1)
    min_documents: int = Field(ge=10)
    neighbours: int = Field(ge=2)
    components: int = Field(ge=2)
    cluster_scale: float = Field(gt=0)
    lexical_weight: float = Field(ge=0, le=1)
    topic_weight: float = Field(ge=0, lt=1)
    least_topical: float = Field(ge=0, le=1)
    least_shared: float = Field(ge=0, le=1)
    merge_similarity: float = Field(ge=-1, le=1)
    assign_similarity: float = Field(ge=-1, le=1)
    wave_similarity: float = Field(ge=-1, le=1)
    keywords: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The distinct segments of a wave in canonical order.

    `vectors` has one unit row per text (as embedded; `code_wave` centres them); `raised_by[i]` are the respondents
    whose words include text i. `topics` are each text's scores on the guide's topics (no columns without a guide).
    """

    texts: tuple[str, ...]
    vectors: Vectors
    raised_by: tuple[frozenset[str], ...]
    topics: npt.NDArray[np.float64]

    @classmethod
    def of(
        cls,
        segments: Sequence[tuple[str, str]],
        vector_of: Callable[[Sequence[str]], Vectors],
        guide: Guide | None = None,
    ) -> Corpus:
        """Build from (segment text, respondent) pairs in any order; `vector_of` takes content hashes."""
        by_text: dict[str, set[str]] = {}
        for text, respondent in segments:
            by_text.setdefault(text, set()).add(respondent)
        texts = tuple(sorted(by_text, key=content_hash))
        vectors = vector_of([content_hash(text) for text in texts])
        topics = guide.score(vectors) if guide and texts else np.zeros((len(texts), 0))
        return cls(texts, vectors, tuple(frozenset(by_text[text]) for text in texts), topics)

    def subset(self, keep: npt.NDArray[np.bool_]) -> Corpus:
        """Return the segments marked in `keep`, in the same order."""
        rows = np.flatnonzero(keep)
        return Corpus(
            tuple(self.texts[i] for i in rows),
            self.vectors[rows],
            tuple(self.raised_by[i] for i in rows),
            self.topics[rows],
        )

    def respondents(self, rows: npt.NDArray[np.int64] | None = None) -> int:
        """Count the respondents who raise any of the given rows (default: all)."""
        wanted = range(len(self.texts)) if rows is None else rows.tolist()
        return len(frozenset().union(*(self.raised_by[i] for i in wanted)))


@dataclass(frozen=True, slots=True)
class Coded:
    """A wave coded against its codebook: per distinct segment a theme's row (-1 none) and the nearest cosine."""

    codebook: Codebook
    theme: Groups
    similarity: npt.NDArray[np.float64]


def code_wave(
    corpus: Corpus,
    codebook: Codebook,
    wave: Wave,
    encode: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    guide: Guide | None = None,
) -> Coded:
    """Code a wave: against the themes known so far, then against new themes found in what did not fit.

    In a consultation's first wave all themes are new and confirmed; later ones are offered as emerging.
    """
    first = not codebook.themes
    if first and corpus.texts:
        codebook = Codebook.empty(corpus.vectors.mean(axis=0))
    corpus = replace(corpus, vectors=codebook.centred(corpus.vectors))
    unexplained = _unexplained(corpus, codebook, settings)
    groups = find_groups(corpus.subset(unexplained), _least_respondents(corpus, settings), settings)
    new, centroids = _name_groups(corpus, unexplained, groups, codebook, wave, first, encode, settings, guide)
    return _settled(corpus, codebook, new, centroids, settings)


def _settled(
    corpus: Corpus, known: Codebook, new: tuple[Theme, ...], centroids: Vectors, settings: ThemeSettings
) -> Coded:
    """Code every segment to its nearest theme; give up new themes that too few then raise, and do it again."""
    least = _least_respondents(corpus, settings)
    while True:
        grown = known.extended(new, centroids)
        theme, similarity = _nearest_theme(corpus, grown, settings)
        counts = [corpus.respondents(np.flatnonzero(theme == len(known.themes) + i)) for i in range(len(new))]
        keep = [i for i, count in enumerate(counts) if count >= least]
        if len(keep) == len(new):
            return Coded(grown, theme, similarity)
        new, centroids = tuple(new[i] for i in keep), centroids[keep]


def find_groups(corpus: Corpus, least_respondents: int, settings: ThemeSettings) -> Groups:
    """Cluster the segments; merge near-identical groups, dissolve small ones. Returns a group per segment, -1 none."""
    if len(corpus.texts) < settings.min_documents:
        return np.full(len(corpus.texts), -1, dtype=np.int64)
    groups = _cluster(corpus, settings)
    groups = _merge_alike(corpus, groups, settings)
    groups = _settle(corpus, groups, settings)
    groups = _without_vague(corpus, groups, settings)
    return _renumbered(_without_small(corpus, groups, least_respondents))


def _unexplained(corpus: Corpus, codebook: Codebook, settings: ThemeSettings) -> npt.NDArray[np.bool_]:
    if not codebook.themes or not corpus.texts:
        return np.ones(len(corpus.texts), dtype=bool)
    return np.asarray((corpus.vectors @ codebook.centroids.T).max(axis=1) < settings.wave_similarity)


def _least_respondents(corpus: Corpus, settings: ThemeSettings) -> int:
    return max(settings.min_respondents, round(settings.min_share * corpus.respondents()))


def _cluster(corpus: Corpus, settings: ThemeSettings) -> Groups:
    """Group by BERTopic: UMAP and HDBSCAN over the dense and lexical views of each segment."""
    from bertopic import BERTopic
    from bertopic.backend import BaseEmbedder
    from bertopic.vectorizers import ClassTfidfTransformer
    from hdbscan import HDBSCAN
    from sklearn.feature_extraction.text import CountVectorizer
    from umap import UMAP

    count = len(corpus.texts)
    least = max(settings.min_respondents, round(settings.cluster_scale * count**0.5))
    model = BERTopic(
        embedding_model=BaseEmbedder(),
        umap_model=UMAP(
            n_neighbors=min(settings.neighbours, count - 1),
            n_components=settings.components,
            min_dist=0.0,
            metric="cosine",
            random_state=settings.seed,
            n_jobs=1,
        ),
        hdbscan_model=HDBSCAN(
            min_cluster_size=least, min_samples=max(2, least // 3), cluster_selection_method="leaf", core_dist_n_jobs=1
        ),
        vectorizer_model=CountVectorizer(stop_words=sorted(LABEL_STOP_WORDS), token_pattern=TOKEN_PATTERN),
        ctfidf_model=ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True),
        calculate_probabilities=False,
        verbose=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # UMAP says that a seed means one thread: that is the aim
        try:
            groups, _ = model.fit_transform(list(corpus.texts), embeddings=_hybrid(corpus, settings))
        except ValueError as error:
            if "vocabulary" not in str(error):
                raise
            return np.full(count, -1, dtype=np.int64)  # not a word in it but stop words: nothing to name a theme by
    return np.asarray(groups, dtype=np.int64)


def _hybrid(corpus: Corpus, settings: ThemeSettings) -> Vectors:
    """Join the views of each segment by weight: its meaning, its words, and how it stands to the guide's topics.

    Without words in common or a guide, the views that there are share the weight.
    """
    views = [(1 - settings.lexical_weight, corpus.vectors)]
    lexical = _lexical(corpus, settings) if settings.lexical_weight else None
    if lexical is not None:
        views.append((settings.lexical_weight, lexical))
    views = [(weight * (1 - settings.topic_weight), view) for weight, view in views]
    if corpus.topics.shape[1]:
        views.append((settings.topic_weight, _topical(corpus.topics)))
    return np.hstack([np.sqrt(weight) * view for weight, view in views]).astype(np.float32)


def _lexical(corpus: Corpus, settings: ThemeSettings) -> Vectors | None:
    """Truncated TF-IDF (latent semantic analysis, Deerwester et al. 1990), unit rows; None if too few words recur."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(
        stop_words=sorted(LABEL_STOP_WORDS), token_pattern=TOKEN_PATTERN, sublinear_tf=True, min_df=2
    )
    try:
        table = words.fit_transform(corpus.texts)
    except ValueError:  # no word stands in two segments
        return None
    dimensions = min(_LEXICAL_DIMENSIONS, table.shape[1] - 1, len(corpus.texts) - 1)
    if dimensions < 2:
        return None
    return unit_rows(TruncatedSVD(dimensions, random_state=settings.seed).fit_transform(table))


def _topical(topics: npt.NDArray[np.float64]) -> Vectors:
    """Scale topic scores so that a text sure of its topic has length near 1 and one without a topic near 0."""
    lengths = np.linalg.norm(topics, axis=1, keepdims=True)
    return np.asarray(topics / (lengths + _TOPIC_DOUBT), dtype=np.float32)


def _merge_alike(corpus: Corpus, groups: Groups, settings: ThemeSettings) -> Groups:
    """Join the two nearest groups until none are near-identical and there are no more than `max_themes`."""
    merged = _renumbered(groups)
    while merged.max(initial=-1) > 0:
        cosines = _pair_cosines(_centroids(corpus.vectors, merged))
        one, other = np.unravel_index(int(cosines.argmax()), cosines.shape)
        if cosines[one, other] < settings.merge_similarity and len(cosines) <= settings.max_themes:
            break
        merged = _renumbered(np.where(merged == max(one, other), min(one, other), merged))
    return merged


def _settle(corpus: Corpus, groups: Groups, settings: ThemeSettings) -> Groups:
    """Let the segments that HDBSCAN left out join the group they are near to."""
    if groups.max(initial=-1) < 0:
        return groups
    cosines = corpus.vectors @ _centroids(corpus.vectors, groups).T
    near = cosines.max(axis=1) >= settings.assign_similarity
    return np.where(groups >= 0, groups, np.where(near, cosines.argmax(axis=1), -1)).astype(np.int64)


def _without_vague(corpus: Corpus, groups: Groups, settings: ThemeSettings) -> Groups:
    """Dissolve groups that nothing can be said of: no topic of the guide, and no phrase that many of them use."""
    kept = groups.copy()
    for group in range(int(groups.max(initial=-1)) + 1):
        rows = np.flatnonzero(groups == group)
        topical = corpus.topics[rows].max(axis=1, initial=0.0).mean() >= settings.least_topical
        if not topical and shared_phrase([corpus.texts[i] for i in rows]) < settings.least_shared:
            kept[rows] = -1
    return kept


def _without_small(corpus: Corpus, groups: Groups, least_respondents: int) -> Groups:
    kept = groups.copy()
    for group in range(int(groups.max(initial=-1)) + 1):
        rows = np.flatnonzero(groups == group)
        if corpus.respondents(rows) < least_respondents:
            kept[rows] = -1
    return kept


def _name_groups(
    corpus: Corpus,
    unexplained: npt.NDArray[np.bool_],
    groups: Groups,
    codebook: Codebook,
    wave: Wave,
    first: bool,
    encode: Callable[[Sequence[str]], Vectors],
    settings: ThemeSettings,
    guide: Guide | None,
) -> tuple[tuple[Theme, ...], Vectors]:
    """Turn groups into themes with identifiers, labels and centroids, but those that repeat a known theme."""
    rest = corpus.subset(unexplained)
    centroids = _centroids(rest.vectors, groups)
    fresh = [g for g in range(len(centroids)) if not _known(centroids[g], codebook, settings)]
    members = [np.flatnonzero(groups == g) for g in fresh]
    texts = [[rest.texts[i] for i in rows] for rows in members]
    taken = frozenset(theme.label.casefold() for theme in codebook.themes)
    words = describe_themes(
        texts, rest.texts, centroids[fresh], Words(encode, codebook.centred), settings.keywords, taken, guide
    )
    state = ThemeState.CONFIRMED if first else ThemeState.EMERGING
    themes = tuple(
        Theme(theme_id_of(map(content_hash, own)), word.label, word.description, word.keywords, wave, state)
        for own, word in zip(texts, words, strict=True)
    )
    return themes, centroids[fresh]


def _known(centroid: Vectors, codebook: Codebook, settings: ThemeSettings) -> bool:
    return bool(codebook.themes) and float((codebook.centroids @ centroid).max()) >= settings.merge_similarity


def _nearest_theme(
    corpus: Corpus, codebook: Codebook, settings: ThemeSettings
) -> tuple[Groups, npt.NDArray[np.float64]]:
    """Give every segment its nearest theme's row, or -1 where none is near enough; and the cosine to the nearest."""
    if not codebook.themes or not corpus.texts:
        return np.full(len(corpus.texts), -1, dtype=np.int64), np.zeros(len(corpus.texts))
    cosines = corpus.vectors @ codebook.centroids.T
    nearest = cosines.max(axis=1).astype(np.float64)
    return np.where(nearest >= settings.assign_similarity, cosines.argmax(axis=1), -1).astype(np.int64), nearest


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
