"""A private Prefect home and server for tests, on loopback, so that no test touches a user's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def private_prefect() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    import flows  # noqa: F401  # sets what must hold before Prefect is imported

    with prefect_test_harness(server_startup_timeout=180):
        yield
