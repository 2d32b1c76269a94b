"""Advice on a framework file before it is used: what will make links to its themes wrong, and what to do about it.

Each example is compared with its nearest others (leave one out), as the linker will compare answers with examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.embed import Vectors
from analysis.types import VisionCode
from analysis.vision import Example, Framework, examples_of

_FEW_STATEMENTS = 20
_FEW_OUTSIDE = 20
_SAME = 0.92  # cosine from which two examples say the same
_NEIGHBOURS = 5
_CONFUSED = 0.25  # share of a theme's examples that lie among another's, from which the two are hard to tell apart
_MOST_OF_A_KIND = 15


@dataclass(frozen=True, slots=True)
class Advice:
    """One weakness of a framework file. `where` quotes an example or names a theme: they are nobody's words."""

    kind: str
    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem} {self.remedy}"


def advise(framework: Framework, encode: Callable[[Sequence[str]], Vectors]) -> tuple[Advice, ...]:
    """Return what to mend in a framework, the gravest first. `encode` gives one unit vector per text."""
    examples = examples_of(framework)
    vectors = encode([example.text for example in examples])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    near = np.argsort(-cosines, axis=1, kind="stable")[:, :_NEIGHBOURS]
    return (
        *_repeated(examples),
        *_too_few(framework),
        *_themes_alike(framework, examples, near),
        *_first(_overlapping(examples, cosines)),
        *_first(_misplaced(examples, near)),
    )


def _repeated(examples: Sequence[Example]) -> Iterator[Advice]:
    seen: dict[str, Example] = {}
    for example in examples:
        folded = " ".join(example.text.casefold().split())
        before = seen.setdefault(folded, example)
        if before is not example:
            differ = set(before.themes) != set(example.themes)
            problem = f"stands under {_named(before)} and under {_named(example)}." if differ else "stands twice."
            remedy = "Put it once, under [[shared]], with all its themes." if differ else "Delete one."
            yield Advice("repeated", f'"{example.text}"', problem, remedy)


def _too_few(framework: Framework) -> Iterator[Advice]:
    for theme in framework.themes:
        count = len(theme.statements)
        if count < _FEW_STATEMENTS:
            remedy = (
                f"Write at least {_FEW_STATEMENTS}, as residents would say it: complaints, praise, wishes, stories."
            )
            yield Advice("few", theme.code, f"has {count} statements.", remedy)
        if not theme.phrases:
            yield Advice("few", theme.code, "has no phrases.", "Add the short names people give its subjects.")
    if len(framework.outside) < _FEW_OUTSIDE:
        remedy = f"Write at least {_FEW_OUTSIDE}, or answers that fit no theme will be given one."
        yield Advice("few", "[[outside]]", f"has {len(framework.outside)} examples.", remedy)
    if not framework.shared:
        remedy = "Add answers that raise two themes, or the linker learns that one excludes the other."
        yield Advice("few", "[[shared]]", "has no examples.", remedy)


def _themes_alike(framework: Framework, examples: Sequence[Example], near: npt.NDArray[np.int64]) -> Iterator[Advice]:
    for theme in framework.themes:
        own = [i for i, example in enumerate(examples) if example.themes == (theme.code,)]
        taken = Counter(code for i in own if (code := _usual_theme(examples, near[i])) not in (None, theme.code))
        for other, count in taken.most_common(1):
            if count >= _CONFUSED * len(own):
                problem = f"{count} of its {len(own)} examples lie among those of {other}."
                remedy = "Say in 'excludes' where the border runs, and write examples on both sides of it."
                yield Advice("alike", theme.code, problem, remedy)


def _overlapping(examples: Sequence[Example], cosines: Vectors) -> Iterator[Advice]:
    pairs = np.argwhere(np.triu(cosines, 1) >= _SAME).tolist()
    for one, other in sorted(pairs, key=lambda pair: (-cosines[pair[0], pair[1]], pair)):
        a, b = examples[one], examples[other]
        if not set(a.themes) & set(b.themes) and a.text.casefold() != b.text.casefold():
            problem = f'says the same as "{b.text}", but is {_named(a)}, not {_named(b)}.'
            yield Advice("overlap", f'"{a.text}"', problem, "Give both the same themes, or make plain how they differ.")


def _misplaced(examples: Sequence[Example], near: npt.NDArray[np.int64]) -> Iterator[Advice]:
    for i, example in enumerate(examples):
        around = [set(examples[j].themes) for j in near[i].tolist()]
        usual = _usual_theme(examples, near[i])
        alone = example.themes and usual and not any(set(example.themes) & themes for themes in around)
        if alone and all(usual in themes for themes in around):
            kind = "Phrase" if example.is_phrase else "Statement"
            problem = f"is {_named(example)}, but all that is like it is {usual}."
            yield Advice("ambiguous", f'{kind} "{example.text}"', problem, "Move it, code it with both, or reword it.")


def _usual_theme(examples: Sequence[Example], near: npt.NDArray[np.int64]) -> VisionCode | None:
    """The theme of most of these examples; None if no theme has more than half."""
    counts = Counter(code for j in near.tolist() for code in examples[j].themes)
    best = counts.most_common(1)
    return best[0][0] if best and best[0][1] * 2 > len(near) else None


def _first(advice: Iterator[Advice]) -> list[Advice]:
    found = list(advice)
    more = len(found) - _MOST_OF_A_KIND
    rest = [Advice(found[0].kind, "…", f"{more} more like this.", "Mend these first.")] if more > 0 else []
    return found[:_MOST_OF_A_KIND] + rest


def _named(example: Example) -> str:
    return " and ".join(example.themes) or "outside the vision"
