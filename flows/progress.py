"""Tell the person at the terminal what is being done. Only stage names and counts are shown, never text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

_WIDTH = 30  # of the progress bar, in characters

console = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """Print a line as it is. (Flows call this rather than hold the console, which Prefect could not pickle.)"""
    console.print(line, markup=False)


class Step:
    """One stage at work; `done` is the line that stays on the screen, None for a stage that had nothing to do."""

    def __init__(self, name: str, show: Callable[[str], None], total: int = 0) -> None:
        self._name, self._show, self._count, self._total = name, show, 0, total
        self._shown = time.monotonic()
        self.done: str | None = None

    def advance(self, count: int) -> None:
        """Say that `count` more items are done."""
        self._count += count
        if time.monotonic() - self._shown > 0.2:
            self._shown = time.monotonic()
            self._show(f"{self._name}: {self._bar()}{self._count:,}")

    def _bar(self) -> str:
        if not self._total:
            return ""
        done = min(1.0, self._count / self._total)
        full = round(done * _WIDTH)
        return f"{'█' * full}{'░' * (_WIDTH - full)} {done:.0%} of {self._total:,}: "


@contextmanager
def step(name: str, total: int = 0) -> Iterator[Step]:
    """Show a stage while it runs (as a bar where the total is known), and one line with its time after it."""
    start = time.monotonic()
    with console.status(f"{name} …", spinner="line") as status:
        work = Step(name, status.update, total)
        yield work
    if work.done is not None:
        console.print(f"  {name}: {work.done} [dim]({time.monotonic() - start:.1f} s)[/dim]")
