"""The command line as a user meets it: help with examples, one clear message for bad input, no traceback."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CONSULTATION, write_export

COMMANDS = (
    "demo",
    "new",
    "check",
    "run",
    "report",
    "review",
    "sample",
    "evaluate",
    "framework",
    "anonymise",
    "serve",
    "purge",
)
ROOT = Path(__file__).resolve().parent.parent
SECRET = "Perpetua Quillfeather"


def manifesto(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "raw" / "better"
    made.mkdir(parents=True)
    (made / "consultation.toml").write_text(CONSULTATION, encoding="utf-8")
    row = {"ID": "1", "Who": "x", "What do you like?": "The parks", "What do you hope for?": "", "Ward": "Heath"}
    write_export(made / "w1" / "online.csv", [row])
    return made


def test_every_command_explains_itself_with_an_example() -> None:
    listed = manifesto("--help").stdout
    for command in COMMANDS:
        assert command in listed
        shown = manifesto(command, "--help")
        assert shown.returncode == 0
        assert f"Example: manifesto {command}" in " ".join(shown.stdout.split())


def test_check_says_what_it_found(folder: Path) -> None:
    done = manifesto("check", folder)
    assert done.returncode == 0
    assert "1 rows" in done.stdout
    assert "Ready to run" in done.stdout


def _no_toml(folder: Path) -> None:
    (folder / "consultation.toml").unlink()


def _broken_toml(folder: Path) -> None:
    (folder / "consultation.toml").write_text("[consultation\nid = 'x'\n", encoding="utf-8")


def _wrong_column(folder: Path) -> None:
    path = folder / "consultation.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('column = "What do you like?"', 'column = "Likes"'), "utf-8"
    )


def _unknown_framework(folder: Path) -> None:
    path = folder / "consultation.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[columns]", 'vision = "nowhere"\n[columns]'), "utf-8")


def _unknown_setting(folder: Path) -> None:
    with (folder / "consultation.toml").open("a", encoding="utf-8") as file:
        file.write("[settings.themes]\nmin_respondent = 3\n")


def _wrong_setting(folder: Path) -> None:
    with (folder / "consultation.toml").open("a", encoding="utf-8") as file:
        file.write("[settings.report]\nmin_cell = 1\n")


def _no_waves(folder: Path) -> None:
    (folder / "w1" / "online.csv").unlink()


def _not_xlsx(folder: Path) -> None:
    (folder / "w1" / "online.csv").rename(folder / "w1" / "online.xlsx")


def _unknown_model(folder: Path) -> None:
    with (folder / "consultation.toml").open("a", encoding="utf-8") as file:
        file.write('[settings.embed]\nmodel = "nobody/nothing"\n')


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_no_toml, "consultation.toml"),
        (_broken_toml, "line"),
        (_wrong_column, "'Likes'"),
        (_unknown_framework, "borough_manifesto"),
        (_unknown_setting, "min_respondents"),
        (_wrong_setting, "min_cell"),
        (_no_waves, "w1"),
        (_not_xlsx, "online.xlsx"),
        (_unknown_model, "nobody/nothing"),
    ],
)
def test_bad_input_gives_one_message_and_exit_code_2(folder: Path, spoil: Callable[[Path], None], says: str) -> None:
    spoil(folder)
    done = manifesto("run", folder, "--processed", folder / "p", "--reports", folder / "r")
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not list((folder / "p").rglob("*.csv"))
    assert not (folder / "r").exists()


def test_all_faults_come_at_once(folder: Path) -> None:
    _unknown_setting(folder)
    _wrong_column(folder)
    path = folder / "consultation.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('stance = "hope"', 'stance = "hopes"'), encoding="utf-8")
    done = manifesto("check", folder)
    assert done.returncode == 2
    assert "2 faults" in done.stderr
    assert "min_respondent" in done.stderr
    assert "hopes" in done.stderr


def test_a_missing_folder_or_option_is_told_plainly(tmp_path: Path) -> None:
    for arguments in (("run", tmp_path / "none"), ("run",), ("new", "x", "--from", tmp_path / "no.csv"), ("nonsense",)):
        done = manifesto(*arguments)
        assert done.returncode == 2
        assert done.stderr.strip()
        assert "Traceback" not in done.stderr


def test_new_writes_a_consultation_that_check_accepts(tmp_path: Path) -> None:
    rows = [
        {
            "Response ID": str(n),
            "Email": "someone@example.org",
            "What do you like about the area?": f"I like park {n}, truly",
        }
        for n in range(30)
    ]
    write_export(tmp_path / "export.csv", rows)
    made = manifesto("new", "Better Streets", "--from", tmp_path / "export.csv", "--into", tmp_path, "--wave", "w1")
    assert made.returncode == 0, made.stderr
    assert "left out as personal data: Email" in made.stdout
    assert manifesto("check", tmp_path / "better-streets").returncode == 0
    again = manifesto("new", "Better Streets", "--from", tmp_path / "export.csv", "--into", tmp_path)
    assert again.returncode == 2
    assert "better-streets" in again.stderr


def test_anonymise_keeps_ids_and_column_names(tmp_path: Path) -> None:
    rows = [
        {"Ref": "a", "Words": f"My name is {SECRET}, ring me on 07700 900123"},
        {"Ref": "b", "Words": "The bins in Longbridge Road overflow"},
    ]
    write_export(tmp_path / "in.csv", rows)
    done = manifesto("anonymise", tmp_path / "in.csv", "--id", "Ref", "--text", "Words", "--out", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        out = list(csv.DictReader(file))
    assert [row["Ref"] for row in out] == ["a", "b"]
    assert "Quillfeather" not in out[0]["Words"]
    assert "900123" not in out[0]["Words"]
    assert out[1]["Words"] == "The bins in Longbridge Road overflow"
    assert SECRET not in done.stdout + done.stderr
    wrong = manifesto("anonymise", tmp_path / "in.csv", "--id", "Ref", "--text", "Word", "--out", tmp_path / "o.csv")
    assert wrong.returncode == 2
    assert "'Words'" in wrong.stderr
    assert not (tmp_path / "o.csv").exists()


def test_purge_deletes_what_was_made_and_nothing_else(folder: Path) -> None:
    processed, reports = folder.parent / "p", folder.parent / "r"
    for path in (processed / "better-borough" / "responses.csv", reports / "better-borough" / "w1" / "index.html"):
        path.parent.mkdir(parents=True)
        path.write_text("x", encoding="utf-8")
    (processed / "other").mkdir()
    where = ("--processed", processed, "--reports", reports)
    assert manifesto("purge", folder, *where).returncode != 0, "asks first, and nobody answered"
    assert (processed / "better-borough").exists()
    assert manifesto("purge", folder, *where, "--yes").returncode == 0
    assert not (processed / "better-borough").exists()
    assert not (reports / "better-borough").exists()
    assert (processed / "other").exists()
    assert (folder / "w1" / "online.csv").exists()


def test_serve_refuses_a_cron_it_cannot_read(tmp_path: Path) -> None:
    for cron in ("every night", "99 2 * * *", "0 2 * *"):
        done = manifesto("serve", "--cron", cron, "--raw", tmp_path)
        assert done.returncode == 2
        assert cron in done.stderr


def test_readme_names_only_commands_files_and_targets_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in re.findall(r"manifesto (\w+)", readme):
        assert command in COMMANDS, command
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)\b", readme):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for link in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / link).exists(), link


def test_constraints_pin_every_requirement_and_name_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_]+", pin) for pin in pins)
    names = {re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins}
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in wanted:
        name = re.split(r"[<>=!~\[; ]", requirement)[0]
        assert re.sub(r"[-_.]+", "-", name).lower() in names, requirement


def test_the_demo_is_large_and_varied_enough() -> None:
    truth = [
        json.loads(line) for line in (ROOT / "tests/data/demo_truth.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert len(truth) >= 450
    assert len({row["wave"] for row in truth}) == 2
    with_pii = sum(bool(row["pii"]) for row in truth)
    assert 0.06 <= with_pii / len(truth) <= 0.2


def test_a_stage_of_known_length_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import progress

    seconds = iter(range(100))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(seconds)))
    shown: list[str] = []
    work = progress.Step("anonymise", shown.append, 1_000)
    for _ in range(4):
        work.advance(250)
    assert [line.count("█") for line in shown] == [8, 15, 22, 30]
    assert shown[-1].endswith("100% of 1,000: 1,000")
