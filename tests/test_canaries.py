"""Hundreds of invented values go in; no file, log, database, output or error may hold one, also when stages break."""

from __future__ import annotations

import csv
import io
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from analysis.anonymise.gazetteer import load_gazetteer
from analysis.anonymise.keep import read_keep_lists

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow
EACH = 30
TOPICS = [
    "The park needs more benches and the gates should open earlier.",
    "Buses are late every morning and the shelter leaks.",
    "We want a youth club with a kitchen near the station.",
    "Rubbish lies beside the bins for weeks and rats come.",
    "The library is warm and the staff are kind to the children.",
    "Rent is too high for young families in our street.",
]
# An error that quotes all it was given, raised after the work of a function is done.
RUNNER = """
import importlib, sys
module, name = sys.argv[1].rsplit(".", 1)
owner = importlib.import_module(module)
whole = getattr(owner, name)
def broken(*given, **named):
    whole(*given, **named)
    quoted = [g.to_csv() if hasattr(g, "to_csv") else str(g) for g in (*given, *named.values())]
    raise ValueError(" ".join(quoted))
setattr(owner, name, broken)
sys.argv = ["manifesto", *sys.argv[2:]]
from flows.cli import main
main()
"""
BREAKS = [
    "analysis.intake.load_wave",
    "analysis.intake._frame",
    "analysis.anonymise.anonymiser._with_spans",
    "flows.tasks.write_parquet",
    "analysis.coding.split_responses",
    "analysis.coding.code_themes",
    "analysis.coding.link_vision",
    "flows.publishing.collect",
    "reports.render.render_report",
]


def canaries(rng: random.Random) -> list[tuple[str, str]]:
    """(value, sentence that holds it): `EACH` of every kind, all different."""
    lists, kept = load_gazetteer(), read_keep_lists("")
    public = {
        word for entry in kept.places | kept.institutions | kept.organisations | kept.figures for word in entry.split()
    }
    rare = {*lists.surnames} - public - lists.rarer - lists.given
    surnames = sorted(name for name in rare if name.isalpha() and name.isascii() and len(name) > 6)
    givens = sorted(name for name in lists.given if name.isalpha() and name.isascii() and len(name) > 4)
    people = rng.sample(surnames, 4 * EACH)
    names = [(rng.choice(givens).capitalize(), surname.capitalize()) for surname in people]
    digits = [f"{n:06d}" for n in rng.sample(range(100_000, 999_999), 12 * EACH)]
    letters = "ABCEGHJKLMNPRSTWXYZ"

    def some(count: int) -> str:
        return "".join(rng.choices(letters, k=count))

    pairs: list[tuple[str, str]] = []
    for i in range(EACH):
        (a, b), (c, d), (e, f), (g, h) = names[4 * i : 4 * i + 4]
        n = [digits[12 * i + k] for k in range(12)]
        plate = f"{some(2)}{n[0][:2]} {some(3)}"
        pairs += [
            (b, f"My name is {a} {b}."),
            (d, f"My neighbour {c} {d} agrees."),
            (f, f"Ask Mrs {f} at number 4, she and {e} {f} saw it."),
            (h, f"Yours sincerely, {g} {h}"),
            (f"{n[1]}.box", f"Write to me at {n[1]}.box@gmail.com please."),
            (f"07{n[2][:3]} {n[3]}", f"Ring me on 07{n[2][:3]} {n[3]} any time."),
            (f"AB{n[4]}C", f"My national insurance number is AB{n[4]}C."),
            (f"943 {n[5][:3]} {n[6][:4]}", f"NHS number 943 {n[5][:3]} {n[6][:4]}."),
            (plate, f"The white van {plate} blocks the pavement."),
            (f"RM{1 + i % 20} {n[7][0]}{some(2).replace('C', 'A').replace('K', 'B').replace('M', 'D')}", ""),
            (f"CT{n[8]}{n[9][:2]}", f"My council tax reference is CT{n[8]}{n[9][:2]}."),
            (f"{100 + 7 * i} Wicken", f"I live at {100 + 7 * i} Wicken Road."),
            (f"{1 + i % 28:02d}/0{1 + i % 9}/19{40 + i}", f"I was born on {1 + i % 28:02d}/0{1 + i % 9}/19{40 + i}."),
            (f"zog_{n[10]}", f"I am @zog_{n[10]} on there."),
            (f"respondent{n[11]}@", ""),
        ]
    return [(value, sentence or f"Our postcode is {value}.") for value, sentence in pairs if "@" not in value]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    root = tmp_path_factory.mktemp("canaries")
    rng = random.Random(11)
    pairs = canaries(rng)
    values = [value for value, _ in pairs]
    mails = [f"person{i}.{rng.randrange(10**8)}@mail.example" for i in range(len(pairs))]
    folder = root / "raw" / "canaries" / "2026"
    folder.mkdir(parents=True)
    with (folder / "export.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ID", "E-mail", "Full name", "Answer", "Ward", "IP address"])
        for i, ((value, sentence), mail) in enumerate(zip(pairs, mails, strict=True)):
            ward = f"Other: {sentence}" if i % 10 == 0 else "Abbey"
            text = f"{TOPICS[i % 6]} {sentence}" if i % 2 else f"{sentence} {TOPICS[i % 6]}"
            writer.writerow([f"R{i}", mail, f"{value} Unread", text, ward, f"203.0.113.{i % 250}"])
    (root / "raw" / "canaries" / "consultation.toml").write_text(
        '[consultation]\nid = "canaries"\ntitle = "Canaries"\n[columns]\nresponse_id = "ID"\nrespondent_id = "E-mail"\n'
        '[[questions]]\nid = "q"\ncolumn = "Answer"\ntext = "Your views?"\nstance = "open"\n'
        '[[demographics]]\nid = "ward"\ncolumn = "Ward"\n',
        encoding="utf-8",
    )
    return root, [*values, *mails]


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    where = ["--processed", str(root / "processed"), "--reports", str(root / "reports")]
    arguments = [*command, "run", str(root / "raw" / "canaries"), *where]
    home = {"PREFECT_HOME": str(root / "prefect"), "PYTHONPATH": str(ROOT), "PREFECT_LOGGING_TO_API_ENABLED": "true"}
    env = {**os.environ, **home, "TMPDIR": str(root / "tmp")}
    (root / "tmp").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, *arguments], env=env, capture_output=True, text=True, timeout=600, check=False, cwd=root
    )
    log = root / "output" / f"{len(list(root.glob('output/*')))}.txt"
    log.parent.mkdir(exist_ok=True)
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    return done


def told(path: Path) -> str:
    """All that a file says, out of its packing."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    data = path.read_bytes()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            data = b"\n".join(packed.read(name) for name in packed.namelist())
    return data.decode("utf-8", "replace")


def leaks(root: Path, values: list[str]) -> dict[str, list[str]]:
    """Kind of file to the values found in it, anywhere but in the exports."""
    found: dict[str, list[str]] = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file() and root / "raw" not in p.parents):
        text = told(path).casefold()
        hits = [value for value in values if value.casefold() in text]
        if hits:
            found[path.name] = hits
    return found


def test_no_canary_is_anywhere_whatever_breaks(planted: tuple[Path, list[str]]) -> None:
    root, values = planted
    assert len(set(values)) > 700
    for target in BREAKS:
        done = run(root, "-c", RUNNER, target)
        assert done.returncode == 1, f"{target}: {done.stderr[-300:]}"
        assert "Traceback" not in done.stdout + done.stderr, target
        assert "ValueError" in done.stderr, target  # it was this error, and its words were left out
        assert leaks(root, values) == {}, target
    done = run(root, "-m", "flows")
    assert done.returncode == 0, done.stderr
    assert (root / "reports" / "canaries" / "2026" / "index.html").exists()
    assert leaks(root, values) == {}


def test_the_search_finds_what_is_there(planted: tuple[Path, list[str]], tmp_path: Path) -> None:
    _, values = planted
    pd.DataFrame({"text": [values[0]]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"text": [values[1]]}).to_excel(tmp_path / "b.xlsx")
    (tmp_path / "c.log").write_text(f"… {values[2].upper()} …", encoding="utf-8")
    assert leaks(tmp_path, values) == {"a.parquet": [values[0]], "b.xlsx": [values[1]], "c.log": [values[2]]}
