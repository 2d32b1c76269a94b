"""Answers of our own making with people marked: frames of this folder, names of the lists, the ways people type.

Everything is drawn from one seeded generator, so that the same seed makes the same texts.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from analysis.anonymise.gazetteer import HERE as LISTS  # noqa: E402
from analysis.anonymise.masks import MASK, PERSON_MASK  # noqa: E402

Span = tuple[int, int, str]


@dataclass(frozen=True)
class Marked:
    """A text and its marked spans `(start, end, label)`."""

    text: str
    spans: tuple[Span, ...] = ()


def lines(path: Path) -> list[str]:
    """The lines of a file that are not empty nor comments."""
    return [x.strip() for x in path.read_text(encoding="utf-8").splitlines() if x.strip() and not x.startswith("#")]


class Names:
    """Draws names as people write them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.given = lines(LISTS / "given_names.txt")
        self.surnames = lines(LISTS / "surnames.txt")
        self.word_names = lines(LISTS / "word_names.txt")
        self.word_given = lines(LISTS / "word_first_names.txt")
        self.bynames = lines(HERE / "bynames.txt")

    def given_name(self) -> str:
        """A first name or nickname."""
        kind = self.rng.random()
        if kind < 0.28:
            name = self._written(self.rng.choice(self.word_given))
        elif kind < 0.36:
            name = self._nickname(self.rng.choice(self.given))
        elif kind < 0.38:
            name = f"{self._written(self.rng.choice(self.given))}-{self._written(self.rng.choice(self.given))}"
        elif kind < 0.40:
            name = f"{self._written(self.rng.choice(self.given))} {self._written(self.rng.choice(self.given))}"
        elif kind < 0.42:
            name = self.rng.choice(["Big", "Old", "Lil", "Little", "Young", "Mad", "Nana", "DJ"]) + " "
            name += self._nickname(self.rng.choice(self.given))
        else:
            name = self._written(self._noisy(self.rng.choice(self.given)))
        return name

    def surname(self) -> str:
        """A last name, sometimes a word, doubled, or in no list."""
        kind = self.rng.random()
        if kind < 0.18:
            return self._written(self.rng.choice(self.word_names))
        if kind < 0.26:
            return f"{self._written(self.rng.choice(self.surnames))}-{self._written(self.rng.choice(self.surnames))}"
        if kind < 0.44:
            return self._written(self._invented())
        if kind < 0.47:
            return self.rng.choice(
                ["O'", "D'", "Mc", "Mac", "de ", "van ", "El ", "Al-", "Abu ", "St "]
            ) + self._written(self.rng.choice(self.surnames))
        return self._written(self._noisy(self.rng.choice(self.surnames)))

    def full_name(self) -> str:
        """First and last name, in one of the layouts of forms and letters."""
        kind = self.rng.random()
        if kind < 0.07:
            return self.initials()
        if kind < 0.11:
            return f"{self.given_name()} {self.rng.choice('ABCDEFGHJKLMNOPRSTW')}. {self.surname()}"
        if kind < 0.16:
            return f"{self.given_name()} {self.given_name()} {self.surname()}"
        if kind < 0.18:
            return f"{self.given_name()} {self.surname()} {self.surname()}"
        if kind < 0.20:
            return f"{self.given_name()} {self.rng.choice('ABCDEFGHJKLMNOPRSTW')}"
        return f"{self.given_name()} {self.surname()}"

    def initials(self) -> str:
        """Initials or a shortened first name before a last name."""
        letters = "ABCDEFGHIJKLMNOPRSTVWYZ"
        first, second = self.rng.choice(letters), self.rng.choice(letters)
        last = self.surname()
        return self.rng.choice(
            [
                f"{first}. {last}",
                f"{first} {last}",
                f"{first}.{second}. {last}",
                f"{first}. {second}. {last}",
                f"{first} {second} {last}",
                f"{first}{second} {last}",
                f"{last} {first}.",
                f"{first}.{last}",
                self.rng.choice(["Wm.", "Geo.", "Chas.", "Thos.", "Jas.", "Jos.", "Robt.", "Edw.", "Alf."])
                + f" {last}",
            ]
        )

    def word_first_name(self) -> str:
        """A first name that is also a word."""
        return self._written(self.rng.choice(self.word_given))

    def word_surname(self) -> str:
        """A last name that is also a word, of its own or as the list of words that are names has it."""
        return self._written(self.rng.choice(self.word_names))

    def byname(self) -> str:
        """What people call each other: "Big Tel", "Nanny Pat", "Smiler", "Ron the Lamp"."""
        kind = self.rng.random()
        name = self._nickname(self.rng.choice(self.given)) if self.rng.random() < 0.5 else self.given_name()
        if kind < 0.4:
            return self.rng.choice(self.bynames)
        if kind < 0.7:
            return f"{self.rng.choice(_BEFORE_BYNAMES)} {name}"
        if kind < 0.85:
            return name
        return f"{name} the {self.rng.choice(_TRADES)}"

    def thing(self) -> str:
        """A name that is no person's here: of a pub, a pet, a play."""
        kind = self.rng.random()
        if kind < 0.6:
            return self.word_first_name()
        return self._written(self.rng.choice(self.given if kind < 0.8 else self.surnames))

    def _nickname(self, name: str) -> str:
        stem = name[: self.rng.choice([2, 3, 3, 4])].rstrip("'-")
        end = self.rng.choice(["", "", "y", "ie", "s", "z", "za", "o", "sy", "ster", "bo", "i"])
        return self._written((stem + end).strip())

    def _invented(self) -> str:
        """A last name that no list holds: the head of one and the tail of another."""
        a, b = self.rng.choice(self.surnames), self.rng.choice(self.surnames)
        if self.rng.random() < 0.35:
            a = self.rng.choice(_HEADS)
            b = self.rng.choice(_TAILS)
            return a + b
        return (a[: max(3, len(a) // 2)] + b[len(b) // 2 :])[:14]

    def _noisy(self, name: str) -> str:
        if self.rng.random() > 0.16 or len(name) < 4:
            return name
        return typo(self.rng, name)

    def _written(self, name: str) -> str:
        return "".join(part[:1].upper() + part[1:] for part in re.split(r"(?<=[\-' ])", name))


_BEFORE_BYNAMES = [
    "Big", "Little", "Old", "Young", "Lil", "Mad", "Fat", "Ginger", "Scouse", "Irish", "Polish", "Nanny", "Nana",
    "Granny", "Papa", "Pops", "Mama", "Aunty", "DJ", "MC", "Captain", "Lanky", "Slim", "Tiny", "Posh", "Uncle",
]  # fmt: skip
_TRADES = [
    "lamp", "fish", "hat", "bread", "post", "milk", "drum", "van", "gas", "eggs", "wood", "bins", "boat",
    "flowers",
]  # fmt: skip

_HEADS = [
    "ash",
    "black",
    "brad",
    "brook",
    "burn",
    "butter",
    "chal",
    "clap",
    "col",
    "crab",
    "crow",
    "dag",
    "deer",
    "dun",
    "east",
    "elm",
    "fair",
    "fern",
    "field",
    "fox",
    "gar",
    "gold",
    "green",
    "grim",
    "hal",
    "ham",
    "hard",
    "harp",
    "hath",
    "hay",
    "hazel",
    "head",
    "hock",
    "holl",
    "hol",
    "horn",
    "hus",
    "ink",
    "kel",
    "ken",
    "kirk",
    "lang",
    "lark",
    "lid",
    "ling",
    "lock",
    "lud",
    "mar",
    "mead",
    "mil",
    "moor",
    "mun",
    "nether",
    "new",
    "nor",
    "oak",
    "old",
    "over",
    "pad",
    "peck",
    "pem",
    "pen",
    "pick",
    "pin",
    "quin",
    "rad",
    "raven",
    "red",
    "rush",
    "sand",
    "sel",
    "shaw",
    "sher",
    "skel",
    "spar",
    "stan",
    "stoke",
    "sut",
    "swin",
    "tap",
    "tar",
    "thack",
    "thorn",
    "til",
    "tre",
    "tun",
    "under",
    "wad",
    "wain",
    "wal",
    "war",
    "wat",
    "wen",
    "west",
    "wex",
    "whit",
    "wig",
    "win",
    "wool",
    "wy",
]
_TAILS = [
    "well",
    "ton",
    "field",
    "ford",
    "ley",
    "wood",
    "worth",
    "bury",
    "combe",
    "den",
    "don",
    "gate",
    "ham",
    "hurst",
    "land",
    "low",
    "man",
    "more",
    "ridge",
    "sby",
    "shaw",
    "son",
    "stead",
    "stock",
    "sley",
    "ster",
    "thorpe",
    "tley",
    "wick",
    "win",
    "by",
    "bourne",
    "beck",
    "bridge",
    "croft",
    "dale",
    "fold",
    "grave",
    "house",
    "ing",
    "lock",
    "mere",
    "ney",
    "pole",
    "sell",
    "sall",
    "thwaite",
    "ward",
    "water",
    "wright",
    "yard",
]


_KIN = [
    "Auntie", "Aunty", "Uncle", "Nan", "Nana", "Nanny", "Nanna", "Grandad", "Grandpa", "Granny", "Gran", "Baba",
    "Babu", "Dada", "Dadi", "Nani", "Chacha", "Chachi", "Khala", "Mama", "Papa", "Abba", "Ayeeyo", "Awoowe",
    "Hooyo", "Tata", "Bunica", "Babcia", "Ciocia", "Wujek", "Teta", "Dede", "Teyze", "Amca", "Abla", "Abi", "Tia",
    "Tio", "Vovo", "Mzee", "Mum", "Pops", "Bhai", "Apa", "Didi", "Mama", "Iya", "Oga", "Nonna", "Baci", "Thatha",
    "Akka", "Anna",
]  # fmt: skip


def typo(rng: random.Random, word: str) -> str:
    """The word with one slip: a letter lost, doubled, swapped or changed."""
    i = rng.randrange(1, len(word) - 1) if len(word) > 2 else 0
    return rng.choice(
        [
            word[:i] + word[i + 1 :],
            word[:i] + word[i] + word[i:],
            word[:i] + word[i + 1 : i + 2] + word[i] + word[i + 2 :],
            word[:i] + rng.choice("aeiouhn") + word[i + 1 :],
        ]
    )


class Writer:
    """Makes marked answers: frames filled, joined, then typed in one of many ways."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.names = Names(self.rng)
        self.people = lines(HERE / "frames_people.txt")
        self.plain = lines(HERE / "frames_plain.txt")
        self.word_people = lines(HERE / "frames_word_names.txt")
        self.word_plain = lines(HERE / "frames_word_plain.txt")
        self.voices = _voices()
        self.slots = tomllib.loads((HERE / "places.toml").read_text(encoding="utf-8"))
        known = [*self.slots["places"], *self.slots["bodies"]]
        alternatives = "|".join(re.escape(x.removeprefix("the ")) for x in sorted(known, key=len, reverse=True))
        self.known = re.compile(rf"\b(?:{alternatives})\b")

    def answers(self, count: int) -> list[Marked]:
        """So many answers."""
        return [self.answer() for _ in range(count)]

    def answer(self) -> Marked:
        """One answer of one to four sentences, typed as someone would."""
        pieces: list[Marked] = []
        kind = self.rng.random()
        people = 0 if kind < 0.3 else 1 if kind < 0.75 else 2 if kind < 0.95 else 3
        pieces += [self.person_sentence() for _ in range(people)]
        while not pieces or (len(pieces) < 4 and self.rng.random() < 0.5):
            pieces.append(self.plain_sentence())
        self.rng.shuffle(pieces)
        if self.rng.random() < 0.14:
            pieces.append(self.signature())
        return self._typed(pieces)

    def person_sentence(self) -> Marked:
        """A frame with its people; two in five are of people called by words."""
        return self.filled(self.rng.choice(self.word_people if self.rng.random() < 0.4 else self.people))

    def plain_sentence(self) -> Marked:
        """A frame without people, or sentences of an answer without people."""
        if self.rng.random() < 0.6:
            return self.filled(self.rng.choice(self.word_plain if self.rng.random() < 0.4 else self.plain))
        text = self.rng.choice(self.voices)
        return Marked(text, tuple((m.start(), m.end(), "LOC") for m in self.known.finditer(text)))

    def signature(self) -> Marked:
        """How letters end."""
        frame = self.rng.choice(
            [
                "{F}",
                "{G}",
                "- {F}",
                "- {G}",
                "{I}",
                "{F} {M}",
                "{F}, {M}",
                "{G} x",
                "Regards {F}",
                "Thanks, {G}",
                "{F}.",
                "{T} {S}",
                "{T} {I}",
                "{F} ({T})",
                "{F}, {ST}",
                "{G} {M}",
                "yours {F}",
                "from {G}",
                "signed {F}",
            ]
        )
        return self.filled(frame)

    def filled(self, frame: str) -> Marked:
        """The frame with every slot filled, and the fills marked."""
        text, spans = "", []
        for part in re.split(r"(\{[A-Z]+\})", frame):
            slot = part[1:-1] if part.startswith("{") else ""
            value, label = self._value(slot) if slot else (part, "")
            if label == "PERSON" and self.rng.random() < 0.06:
                value = value.lower()
            if slot in {"G", "F", "S", "N"} and self.rng.random() < 0.03:
                value, label = PERSON_MASK * self.rng.choice([8, 10]), ""
            if label:
                spans.append((len(text), len(text) + len(value), label))
            text += value
        return Marked(text, tuple(spans))

    def _value(self, slot: str) -> tuple[str, str]:
        simple = {"PL": ("places", "LOC"), "ORG": ("bodies", "ORG"), "R": ("relations", ""), "T": ("titles", "")}
        if slot in simple:
            key, label = simple[slot]
            value = self.rng.choice(self.slots[key])
            return value, label
        return {
            "G": lambda: (self.names.given_name() if self.rng.random() < 0.9 else self.names.full_name(), "PERSON"),
            "F": lambda: (self.names.full_name(), "PERSON"),
            "S": lambda: (self.names.surname(), "PERSON"),
            "I": lambda: (self.names.initials(), "PERSON"),
            "N": lambda: (self.names.word_first_name(), "PERSON"),
            "L": lambda: (self.names.word_surname(), "PERSON"),
            "B": lambda: (self.names.byname(), "PERSON"),
            "K": lambda: (self.rng.choice(_KIN), ""),
            "X": lambda: (self.names.thing(), ""),
            "ST": lambda: (self._street(), "LOC"),
            "SCH": lambda: (self._after_person("bodies_after_people"), "ORG"),
            "INST": self._institution,
            "W": lambda: (self.rng.choice(self.names.word_names), ""),
            "M": lambda: (MASK * self.rng.randrange(7, 22), ""),
            "D": lambda: (str(self.rng.randrange(2, 90)), ""),
        }[slot]()

    def _institution(self) -> tuple[str, str]:
        if self.rng.random() < 0.7:
            return self._after_person("bodies_after_people"), "ORG"
        return self._after_person("places_after_people"), "LOC"

    def _after_person(self, kind: str) -> str:
        head = self.rng.choice(
            [self.names.surname(), f"{self.names.given_name()} {self.names.surname()}"] * 2
            + [f"St {self.names.given_name()}'s", f"{self.rng.choice(self.slots['places'])}"]
        )
        return f"{head} {self.rng.choice(self.slots[kind])}"

    def _street(self) -> str:
        word = self.rng.choice(self.slots["street_words"])
        if self.rng.random() < 0.35:
            word = self.names.surname()
        if self.rng.random() < 0.12:
            word = f"{self.names.given_name()} {self.names.surname()}"
        return f"{word} {self.rng.choice(self.slots['street_types'])}"

    def _typed(self, pieces: list[Marked]) -> Marked:
        style = self.rng.random()
        joint = self.rng.choice([" ", " ", " ", " ", "\n", ". ", ", "])
        text, spans = "", []
        for piece in pieces:
            if text:
                closed = text[-1] in ".!?,:\n" or joint != " " or self.rng.random() < 0.25
                text += joint if closed else ". "
            spans += [(a + len(text), b + len(text), label) for a, b, label in piece.spans]
            text += piece.text
        if style < 0.17:
            text = _same_length(text, str.lower)
        elif style < 0.29:
            text = _same_length(text, str.upper)
        elif style < 0.33:
            text = _same_length(text, lambda x: x if " " in x else x[:1].upper() + x[1:])
        elif style < 0.42:
            return _misspelt(self.rng, Marked(text, tuple(spans)))
        return Marked(text, tuple(spans))


def _same_length(text: str, change: object) -> str:
    return "".join(
        new if len(new := change(piece)) == len(piece) else piece  # type: ignore[operator]
        for piece in re.split(r"(\s+)", text)
    )


def _misspelt(rng: random.Random, marked: Marked) -> Marked:
    """Slips in words outside the spans; lost full stops."""
    text, spans, cursor = "", [], 0
    for a, b, label in (*marked.spans, (len(marked.text), len(marked.text), "")):
        text += re.sub(
            r"[a-z]{4,}", lambda m: typo(rng, m.group()) if rng.random() < 0.1 else m.group(), marked.text[cursor:a]
        )
        if label:
            spans.append((len(text), len(text) + b - a, label))
        text += marked.text[a:b]
        cursor = b
    return Marked(text, tuple(spans))


def _voices() -> list[str]:
    """Sentences and pairs of sentences of answers without people: voices.txt and the framework's statements."""
    framework = tomllib.loads((ROOT / "analysis/frameworks/borough_manifesto.toml").read_text(encoding="utf-8"))
    texts = lines(HERE / "voices.txt") + [s for theme in framework["themes"] for s in theme.get("statements", [])]
    voices = []
    for text in texts:
        sentences = re.split(r"(?<=[.!?])\s+", text)
        voices += [" ".join(sentences[i : i + 2]) for i in range(0, len(sentences), 2)]
    return voices


if __name__ == "__main__":
    for answer in Writer(7).answers(40):
        print(
            json.dumps(
                [answer.text, [answer.text[a:b] + "/" + label for a, b, label in answer.spans]], ensure_ascii=False
            )
        )
