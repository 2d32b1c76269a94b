"""Serve the nightly flow on Prefect's own scheduler."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from analysis.errors import Fault, InputError, ManifestoError
from flows.progress import console

_PORT = 4200
_START_SECONDS = 180


def serve_nightly(cron: str, raw: Path, processed: Path, reports: Path) -> None:
    """Run the nightly flow at each time `cron` names, until stopped.

    Uses the server at PREFECT_API_URL; without one, starts Prefect's server on this machine and stops it at the end.
    """
    _check_cron(cron)
    if not raw.is_dir():
        raise InputError([Fault(str(raw), "is no folder.", "Give the folder that holds the consultations with --raw.")])
    with _server():
        from flows.nightly import nightly

        folders = {
            name: str(path.resolve()) for name, path in (("raw", raw), ("processed", processed), ("reports", reports))
        }
        console.print(f"Serving 'nightly' at '{cron}' (UTC). Stop with Ctrl-C.", markup=False)
        nightly.serve(name="nightly", cron=cron, parameters=folders, print_starting_message=False)


def _check_cron(cron: str) -> None:
    from cronsim import CronSim, CronSimError

    try:
        if len(cron.split()) != 5:
            raise CronSimError("five fields")
        CronSim(cron, datetime.now(UTC))
    except CronSimError:
        fault = Fault("--cron", f"'{cron}' is no cron expression.", "Give five fields, for example '0 2 * * *'.")
        raise InputError([fault]) from None


@contextmanager
def _server() -> Iterator[None]:
    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    address = f"http://127.0.0.1:{_PORT}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(_PORT)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            _wait_for(address, server)
            os.environ["PREFECT_API_URL"] = address
            yield
        finally:
            server.terminate()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise ManifestoError(
        f"Prefect's server did not start at {address}. Is the port in use? Start one yourself with "
        "'prefect server start' and set PREFECT_API_URL to its address."
    )
