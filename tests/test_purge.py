"""A purge reaches whatever any feature writes, and only that; what expires goes by its kind."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import encoder_of_run, write_export
from filelock import FileLock
from flow_place import Place
from prefect_server import private_prefect
from voices import answers

from analysis.decisions import About, Decision, add_decisions
from analysis.errors import ManifestoError
from flows.evaluating import evaluate_consultation, sample_to_code
from flows.plan import Plan, RunRequest
from flows.purging import artefacts, purge
from flows.reviewing import export_review

DAY = 86_400
WRITTEN = (
    "refits/001/codebook.parquet", "refits/001/before-themes.csv", "evaluation/disagreements.csv",
    "evaluation/evaluation.json", "cache/vectors.npz",
    "cache/tuned-vectors.npz", "waves/w1/stances.parquet", "waves/w2/evidence.parquet",
    "waves/w2/theme_changes.parquet", "waves/w1/gap_near.parquet", "waves/w1/gap_groups.parquet", "gaps.csv",
    "response_gaps.parquet", "learning.json", "handed-out.json", "manifest.json",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Two waves, rebuilt, decided on, reviewed, sampled blind and evaluated."""
    from flows import tasks

    place = Place(tmp_path_factory.mktemp("purge"))
    place.wave("w1", answers()[::4]).wave("w2", [{**row, "ID": f"2-{row['ID']}"} for row in answers()[1::4]])
    before, tasks._encoder = tasks._encoder, encoder_of_run  # type: ignore[assignment]
    with private_prefect():
        place.run(refit=True)
    tasks._encoder = before
    hand_out(place)
    yield place


def hand_out(place: Place) -> None:
    out = place.folder.parent.parent / "desk"
    out.mkdir()
    theme = place.table("themes")["theme_id"].iloc[0]
    decision = Decision("2024-05-01T10:00:00", "ana", About.THEME, theme, "", "", "", "label", "", "Ours", "")
    add_decisions(place.folder, [decision])
    plan = Plan(RunRequest(place.folder, place.processed, place.reports))
    export_review(place.folder, place.processed, out / "review.xlsx")
    sample_to_code(plan, 20, ["anna", "ben"], out / "to-code.xlsx")
    coded = place.table("responses").query("status == 'substantive'").head(40)
    rows = [
        {"wave": r.wave, "response_id": r.response_id, "question_id": r.question_id, "theme_1": "NONE", "coder": "anna"}
        for r in coded.itertuples()
    ]
    write_export(out / "coded.csv", rows)
    evaluate_consultation([out / "coded.csv"], plan)


def told(path: Path) -> str:
    """All that a file says, out of its packing."""
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
        return table[[column for column in table if pd.api.types.is_string_dtype(table[column])]].to_csv()
    data = path.read_bytes()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            data = b"\n".join(packed.read(name) for name in packed.namelist())
    return data.decode("utf-8", "replace")


def who_quotes(place: Place) -> set[Path]:
    """The files, but for the consultation's own, that hold a resident's words."""
    words = [text for row in answers() for text in row.values() if len(text) > 20]
    root = place.folder.parent.parent
    files = [path for path in root.rglob("*") if path.is_file() and place.folder not in path.parents]
    return {path for path in files if (text := told(path)) and any(word in text for word in words)}


def test_only_what_is_too_old_expires(made: Place) -> None:
    consultation = made.folder / "consultation.toml"
    plain = consultation.read_text(encoding="utf-8")
    now = max(path.stat().st_mtime for path in made.processed.rglob("*")) + 40 * DAY
    assert artefacts(made.folder, made.processed, made.reports, now) == (), "nothing expires unless a council says so"
    days = "[settings.retention]\nresults_days = 100\nreport_days = 30\nhanded_out_days = 7\n"
    consultation.write_text(plain + days, encoding="utf-8")
    report = made.reports / "better-borough" / "w2" / "index.html"
    os.utime(report, (now, now))
    found = artefacts(made.folder, made.processed, made.reports, now)
    assert sorted((each.kind, each.path.name) for each in found) == [
        ("handed out", "review.xlsx"), ("handed out", "to-code-anna.xlsx"), ("handed out", "to-code-ben.xlsx"),
        ("report", "w1"),
    ]  # fmt: skip
    consultation.write_text(plain, encoding="utf-8")


def test_a_purge_reaches_all_that_was_made_and_leaves_what_people_gave(made: Place) -> None:
    assert [name for name in WRITTEN if not (made.results / name).exists()] == []
    desk = made.folder.parent.parent / "desk"
    before = who_quotes(made)
    assert {
        desk / "review.xlsx",
        desk / "to-code-anna.xlsx",
        made.results / "evaluation" / "disagreements.csv",
    } <= before
    own = {path: path.read_bytes() for path in made.folder.rglob("*") if path.is_file()}
    other = made.processed / "other" / "responses.csv"
    other.parent.mkdir()
    other.write_text("kept", encoding="utf-8")
    theirs = openpyxl.Workbook()
    theirs.save(desk / "to-code-ben.xlsx")  # another workbook stands there now
    found = artefacts(made.folder, made.processed, made.reports)
    with FileLock(made.results / ".lock"), pytest.raises(ManifestoError, match="at work"):
        purge(made.folder, made.processed, found)
    assert purge(made.folder, made.processed, found) > 80
    assert who_quotes(made) == set()
    assert not made.results.exists()
    assert not (made.reports / "better-borough").exists()
    assert {path: path.read_bytes() for path in made.folder.rglob("*") if path.is_file()} == own
    assert {"consultation.toml", "decisions.csv"} <= {path.name for path in own}
    assert other.read_text(encoding="utf-8") == "kept"
    assert (desk / "to-code-ben.xlsx").exists()
    log = (made.processed / ".purged" / "better-borough.csv").read_text(encoding="utf-8")
    assert [line.split(",")[1] for line in log.splitlines()[1:]] == ["handed out", "handed out", "report", "results"]
    assert artefacts(made.folder, made.processed, made.reports) == ()
