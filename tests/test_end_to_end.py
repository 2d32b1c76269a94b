"""The demonstration with the shipped model and the real flow: slow, run by `make test-all` and .ci/run."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow
BARE = {"PERSON", "ADDRESS", "EMAIL", "PHONE", "POSTCODE", "NI_NUMBER", "NHS_NUMBER", "VEHICLE_REG", "ID_NUMBER"}


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PREFECT_HOME": str(home), "PYTHONPATH": str(ROOT), **more}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo")
    done = _manifesto(root, "demo")
    assert done.returncode == 0, done.stderr
    (root / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return root


def _manifesto(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    where = ("--processed", str(root / "processed"), "--reports", str(root / "reports"))
    command = [sys.executable, "-m", "flows", *arguments, *where]
    return subprocess.run(
        command, env=environment(root / "prefect"), capture_output=True, text=True, timeout=900, check=False, cwd=root
    )


def planted() -> Iterator[tuple[str, str, str, str, str]]:
    for line in (ROOT / "tests" / "data" / "demo_truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for label, value in row["pii"]:
            yield row["wave"], row["response_id"], row["question_id"], label, value


def test_the_demo_gives_tables_reports_and_counts_that_add_up(demo: Path) -> None:
    manifest = json.loads((demo / "processed" / "demo" / "manifest.json").read_text(encoding="utf-8"))
    for wave in manifest["waves"]:
        counts = wave["counts"]
        assert counts["rows_read"] == counts["rows_accepted"] + counts["rows_rejected"]
        assert counts["responses"] == sum(counts["responses_by_status"].values())
        page = (demo / "reports" / "demo" / wave["wave"] / "index.html").read_text(encoding="utf-8")
        assert "synthetic" in page.lower()
    assert sum(wave["counts"]["campaign_responses"] for wave in manifest["waves"]) >= 9


def test_labels_are_phrases_and_unique(demo: Path) -> None:
    labels = pd.read_parquet(demo / "processed" / "demo" / "themes.parquet")["label"]
    assert len(labels) >= 15
    assert labels.str.casefold().is_unique
    assert not labels.str.contains(r"\[|_|^\W").any()


def test_the_planted_campaign_is_linked(demo: Path) -> None:
    responses = pd.read_parquet(demo / "processed" / "demo" / "responses.parquet")
    letters = responses[responses["text"].str.contains("reading room and the upstairs study tables")]
    assert len(letters) == 11
    assert letters["campaign"].all()
    assert (letters["duplicate_of"] == "").sum() == 1


def test_planted_identifiers_are_in_no_file_log_or_database(demo: Path) -> None:
    values = {value for *_, label, value in planted() if label in BARE - {"PERSON"} and len(value) > 6}
    leaked = {
        value: path.name
        for path in demo.rglob("*")
        if path.is_file()
        for data in [path.read_bytes()]
        for value in values
        if value.encode() in data
    }
    assert len(leaked) <= 0.02 * len(values), f"{len(leaked)} of {len(values)} identifiers leaked"


def test_the_prefect_database_holds_no_response(demo: Path) -> None:
    texts = pd.read_parquet(demo / "processed" / "demo" / "responses.parquet")["text"]
    long = [text for text in texts if len(text) > 40]
    found = 0
    for path in (demo / "prefect").rglob("*.db"):
        with sqlite3.connect(path) as database:
            dump = "\n".join(database.iterdump())
        found += sum(text[:40].replace("'", "''") in dump for text in long)
    assert long
    assert found == 0


def test_names_planted_in_the_demo_are_redacted(demo: Path) -> None:
    responses = pd.read_parquet(demo / "processed" / "demo" / "responses.parquet")
    text = {(row.wave, row.response_id, row.question_id): row.text for row in responses.itertuples()}
    names = [(text[key[:3]], key[4]) for key in planted() if key[3] == "PERSON"]
    leaked = [name for words, name in names if re.search(rf"\b{re.escape(name)}\b", words)]
    assert len(names) > 40
    assert len(leaked) <= 0.05 * len(names)


def test_running_the_demo_again_says_that_nothing_is_new(demo: Path) -> None:
    before = {path: path.read_bytes() for path in (demo / "processed").rglob("*.parquet")}
    done = _manifesto(demo, "demo")
    assert done.returncode == 0
    assert "Nothing new" in done.stdout
    assert {path: path.read_bytes() for path in (demo / "processed").rglob("*.parquet")} == before


def test_serve_schedules_and_runs_the_nightly_flow_on_a_real_server(tmp_path: Path) -> None:
    port = _free_port()
    api = f"http://127.0.0.1:{port}/api"
    env = environment(tmp_path / "prefect", PREFECT_SERVER_ANALYTICS_ENABLED="false", PREFECT_API_URL=api)
    raw = tmp_path / "raw" / "tiny"
    (raw / "w1").mkdir(parents=True)
    (raw / "w1" / "a.csv").write_text("ID,Words\n1,The park is lovely\n2,Mend the bins\n", encoding="utf-8")
    (raw / "consultation.toml").write_text(
        '[consultation]\nid = "tiny"\ntitle = "Tiny"\n[columns]\nresponse_id = "ID"\n'
        '[[questions]]\nid = "q"\ncolumn = "Words"\ntext = "Words?"\nstance = "open"\n',
        encoding="utf-8",
    )
    server = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    serve = [sys.executable, "-m", "flows", "serve", "--cron", "0 2 * * *", "--raw", str(raw.parent)]
    serve += ["--processed", str(tmp_path / "processed"), "--reports", str(tmp_path / "reports")]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": env, "cwd": tmp_path}
    with subprocess.Popen(server, **quiet) as one:  # type: ignore[call-overload]
        try:
            _until(lambda: _get(f"{api}/health") is not None, 180)
            with subprocess.Popen(serve, **quiet) as two:  # type: ignore[call-overload]
                try:
                    _until(lambda: bool(_post(f"{api}/deployments/filter")), 120)
                    deployment = _post(f"{api}/deployments/filter")[0]
                    assert deployment["schedules"][0]["schedule"]["cron"] == "0 2 * * *"
                    _post(f"{api}/deployments/{deployment['id']}/create_flow_run")
                    page = tmp_path / "reports" / "tiny" / "w1" / "index.html"
                    _until(page.exists, 240)
                finally:
                    two.terminate()
        finally:
            one.terminate()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _get(url: str) -> object:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def _post(url: str) -> list[dict[str, object]] | dict[str, object]:
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _until(done: object, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, "waited too long"
        time.sleep(1)
