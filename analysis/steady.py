"""The same figures however many threads a machine has: sums of floats depend on how they are parted."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_LOADERS = ("scipy.linalg", "sklearn.cluster", "sklearn.linear_model")  # a library not yet loaded cannot be limited


def in_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Let the linear algebra of a function run in one thread; embedding, the slow part, has its own way to use more."""

    @functools.wraps(function)
    def steady(*args: P.args, **kwargs: P.kwargs) -> R:
        from threadpoolctl import threadpool_limits

        for name in _LOADERS:
            importlib.import_module(name)
        with threadpool_limits(limits=1):
            return function(*args, **kwargs)

    return steady
