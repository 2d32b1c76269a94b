"""Names of people, found by a spaCy pipeline over gazetteers and the words around a name.

A name is believed by evidence, never by being capitalised alone: a cue before it ("my neighbour", "Mrs", "I'm"), a cue
after it ("next door", an identifier), its place (a signature), or the name lists. Names that are also words need a cue.
A statistical recogniser plugs in as one more pipe that sets PERSON entities (`settings.spacy_model`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.anonymise.gazetteer import Gazetteer, fold
from analysis.anonymise.keep import KeepList
from analysis.anonymise.wording import NUMBER_WORDS, STREET_TYPES, phrases, words

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

MASK = "\ufffc"
"""Stands for every character of a placeholder or of an identifier already found."""

PERSON_MASK = "\ufffb"
"""The same for a placeholder of a person: not an identifier, so it vouches for no name beside it."""

_TOKEN = re.compile(rf"{MASK}+|{PERSON_MASK}+|[^\W_]+(?:[’'\-‐‑][^\W_]+)*|[^\S ]+| |[^\w\s]|_", re.UNICODE)
_POSSESSIVE = re.compile(r"^(.{2,})([’'](?:s|S))$")

STRONG_TITLES = words("mr mrs ms mx mister missus mr's messrs")
PROFESSIONAL_TITLES = words(
    """
    dr doctor prof professor rev revd reverend pc pcso sgt sergeant dc cllr councillor
    """
)
WEAK_TITLES = words(
    """
    miss sister brother bro auntie aunty aunt uncle nana nan granny grandma grandad father fr pastor imam deacon
    elder constable inspector sir lady lord dame captain nurse coach canon bishop headteacher sheikh haji hajji
    ustad bibi cousin mama papa teacher carer midwife
    """
)
KIN_TITLES = words("auntie aunty aunt uncle nana granny grandma")

RELATIONS = words(
    """
    neighbour neighbours neighbor neighbors carer carers friend friends frend freind frends freinds wife husband
    hubby partner son sons daughter daughters mum mums mother dad father brother brothers sister sisters cousin
    cousins aunt uncle niece nephew nan nana grandma grandad gran granddaughter grandson grandmother grandfather
    teacher teachers tutor gp nurse doctor dentist landlord landlady manager officer worker caseworker boss mate
    mates mates' pal fiance fiancee girlfriend boyfriend postman caretaker warden lady man woman lad boy girl kid
    kids child children bloke guy gentleman instructor coach trainer consultant midwife councillor agent tenant
    tenants lodger flatmate housemate colleague barber hairdresser chiropodist physio physiotherapist therapist
    counsellor solicitor driver lollipop babysitter childminder bro sis mil stepson stepdaughter stepdad stepmum
    baby twins twin husbands wifes dog's owner receptionist librarian volunteer advisor adviser assessor surveyor
    inspector plumber builder named somebody someone person chap fella pharmacist optician vicar priest imam
    pastor supervisor headteacher head secretary surgeon specialist psychologist student pupil housing neighbour's
    gardener cleaner
    """
)

NAME_IS = words("called named names name name's nickname surname")
SIGN_OFFS = words(
    """
    regards sincerely faithfully thanks thankyou cheers love signed sincerly wishes truly respectfully gratefully
    x xx xxx blessings
    """
)
PARTICLES = words(
    """
    de da dos das do van der den von bin binti bint ibn al el ap del la le mc mac ul ur abu di
    """
)
AFTER_CUES = phrases(
    """
    next door, from number, from no, from flat, from upstairs, from downstairs, from next, at number, at no, in
    flat, at flat, opposite, upstairs, downstairs, across the, over the road, down the road, on reception, in
    housing, in customer, in reception, from the council, who lives, aged, here, age, from plot, lives, works,
    below me, above me
    """
)
PLACE_TYPES = frozenset(STREET_TYPES) | words(
    """
    school primary secondary academy college university hospital hall house centre center station library theatre
    church mosque temple ward estate pub park parks market surgery clinic bridge cup award awards trust foundation
    ltd plc bus stadium arms museum gallery institute society club fc athletic rovers united town city borough
    field fields common marsh farm woods wood lake festival day prize memorial statue garden playground leisure
    flats tower towers building depot nursery infants infant juniors junior community gurdwara cathedral chapel
    cinema hotel cafe caff bakery shop stores store supermarket pharmacy chemist line act law scheme blvd hwy pike
    rds roads streets avenues plan court docks dock pier cemetery crematorium roundabout junction flyover island
    islands county way's schools boys girls sixth school's comp comprehensive
    """
)
_AMBIGUOUS_TYPES = words(
    """
    day boys girls town city act law line plan way place end st rise view point row green hill court park do
    """
)

NOT_NAMES = words(
    """
    a about after again all also always am an and another any anyone are as ask at away back be because been
    before being best better both but by call came can cannot cant come could council cos dear did didn do does
    doesn don done down each else even ever every everyone everything few fix for from get getting give given go
    going good got great had has have having he hello help her here hers hi him his hope how however i i'd i'll
    i'm i've if im in instead into is isn it it's its ive just keep kind know last least less let like living live
    lived lots love make making many maybe me mine more most much must my myself near need needs never new next no
    nobody none nor not nothing now of off often ok okay on once one only open or other our ours out over own
    people perhaps please put really right said same say see she should since so some somebody someone something
    sometimes sorry still stop stopped such sure take than thank thanks that that's the their them then there
    there's these they they're this those though three through to today together too tomorrow tonight two under
    until up us use used very via want was wasn we we're we've well went were what what's when where which while
    who who's whole whose why will with without won would wouldn yes yesterday yet you you're your yours ps re fyi
    nb st bring build clean cut end free full look lovely old young big small local poor proper real safe safer
    thankyou sadly speaking start support try turn worst first second third fourth fifth lastly finally firstly
    secondly number ref reference tel telephone mobile mob email e-mail phone address contact flat dob nhs ni nino
    born name postcode signed age aged mr mrs ms miss dr prof rev mx sir madam team staff department office
    service services manager officer landlord neighbour neighbours tenant resident residents owner director chair
    secretary treasurer student nurse carer teacher doctor
    """
) | frozenset(NUMBER_WORDS)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameSpan:
    """A name at characters `[start, end)`."""

    start: int
    end: int
    score: float


class ResponseTokenizer:
    """Text to spaCy Doc in linear time on any input: words keep hyphens, a possessive 's stands apart."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """The tokens of a text; joined with their spaces they are the text again."""
        from spacy.tokens import Doc

        words: list[str] = []
        spaces: list[bool] = []
        for match in _TOKEN.finditer(text):
            piece = match.group()
            if piece == " " and spaces and not spaces[-1] and not words[-1].isspace():
                spaces[-1] = True
                continue
            possessive = _POSSESSIVE.match(piece) if len(piece) < 60 else None
            pieces = possessive.groups() if possessive else (piece,)
            words.extend(pieces)
            spaces.extend([False] * len(pieces))
        return Doc(self.vocab, words=words, spaces=spaces)


class NameFinder:
    """Finds people's names in texts whose identifiers are masked; reads only its arguments and the name lists."""

    def __init__(self, gazetteer: Gazetteer, keep: KeepList, spacy_model: str = "") -> None:
        self._gazetteer = gazetteer
        self._kept_words = frozenset(fold(p) for p in keep.words if " " not in p)
        self._nlp = _pipeline(keep)
        self._model = _installed_model(spacy_model) if spacy_model else None

    def find(self, texts: Iterable[str]) -> Iterator[tuple[NameSpan, ...]]:
        """The names in each masked text, in order, one tuple a text."""
        if self._model is None:
            with self._nlp.memory_zone():  # the words of residents leave spaCy's string store with the batch
                for doc in self._nlp.pipe(texts, batch_size=64):
                    yield self._names(doc, ())
            return
        for text in texts:
            entities = tuple(
                (e.start_char, e.end_char) for e in self._model(text[:100_000]).ents if e.label_ == "PERSON"
            )
            yield self._names(self._nlp(text), entities)

    def _names(self, doc: Doc, entities: Sequence[tuple[int, int]]) -> tuple[NameSpan, ...]:
        from analysis.anonymise.evidence import Evidence

        return Evidence.of(doc, self._gazetteer, self._kept_words).names(entities)


def _pipeline(keep: KeepList) -> Language:
    """A blank English pipeline: our tokenizer and an entity ruler for the keep list."""
    import spacy

    nlp = spacy.blank("en")
    nlp.tokenizer = ResponseTokenizer(nlp.vocab)
    nlp.max_length = 50_000_000
    ruler: Any = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER", "validate": False})
    kinds = {
        "PLACE": keep.places,
        "INSTITUTION": keep.institutions,
        "ORGANISATION": keep.organisations,
        "FIGURE": keep.figures,
    }
    kinds["WORDS"] = frozenset(p for p in keep.words if " " in p or "'" in p)
    ruler.add_patterns(
        [
            {"label": kind, "pattern": form}
            for kind, phrases in kinds.items()
            for phrase in sorted(phrases)
            for form in _forms(phrase)
        ]
    )
    return nlp


def _forms(phrase: str) -> set[str]:
    return {phrase, phrase.replace("'", "’")}


def _installed_model(name: str) -> Language:
    """A spaCy model by name or path. Raises ModelError where it is not installed."""
    import spacy

    from analysis.errors import ModelError

    try:
        return spacy.load(name)
    except OSError as error:
        raise ModelError(
            f'settings.anonymise.spacy_model: the spaCy model {name!r} is not installed. Install it, or set it to "".'
        ) from error
