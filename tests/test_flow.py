"""The whole path on a real Prefect server, with a fake encoder: counts, bytes, increments, order, hostile text."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from conftest import FakeEncoder, TunedFakeEncoder, encoder_of_run
from flow_place import Place
from prefect_server import private_prefect
from voices import answers

from analysis.errors import InputError, ManifestoError
from analysis.tables import CONTRACT

MAY_BE_EMPTY = {"theme_changes", "lineage", "gaps", "response_gaps"}  # one wave, and all of it linked
HOSTILE = [
    "<script>alert('x')</script> mend the bins",
    "{{ 7*7 }} {% for x in y %} mend the bins",
    "=cmd|' /C calc'!A0 rubbish everywhere",
    "@SUM(1+1)*cmd rubbish everywhere again",
    "mend \u202ethe bins\u202c now please",
    "+44 is how my answer begins, with bins",
]


TUNED = TunedFakeEncoder()


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    with private_prefect():
        yield


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> FakeEncoder:
    from flows import tasks

    fake = FakeEncoder()
    monkeypatch.setattr(tasks, "_encoder", lambda _, changes: TUNED if changes else fake)
    TUNED.seen.clear()
    return fake


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One wave of the planted answers with hostile and empty ones, analysed once."""
    from flows import tasks

    place = Place(tmp_path_factory.mktemp("analysed"))
    odd = [
        {"ID": f"h{n}", "Who": f"h{n}", "Ward": "Heath", "What do you hope for?": text}
        for n, text in enumerate(HOSTILE)
    ]
    empty = [{"ID": "e1", "Who": "e1", "Ward": "", "What do you like?": "n/a", "What do you hope for?": ""}]
    place.wave("2024", [*answers(), *odd, *empty])
    before, tasks._encoder = tasks._encoder, encoder_of_run  # type: ignore[assignment]
    try:
        place.run()
    finally:
        tasks._encoder = before
    return place


def test_contract_tables_stand_as_csv_and_parquet(analysed: Place) -> None:
    for name, columns in CONTRACT.items():
        table = analysed.table(name)
        with (analysed.results / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(table.columns)[: len(columns)] == list(columns)
        assert len(rows) == len(table)
        assert len(table) > 0 or name in MAY_BE_EMPTY


def test_planted_topics_become_themes(analysed: Place) -> None:
    segments = analysed.table("segments")
    planted = segments[segments["response_id"].str.contains("-")]
    topic = planted["response_id"].str.split("-").str[0]
    by_theme = planted.assign(topic=topic)[planted["theme_id"] != ""].groupby("theme_id")["topic"]
    purity = by_theme.agg(lambda topics: topics.value_counts().iloc[0]).sum() / len(planted)
    assert purity > 0.9
    assert by_theme.agg(lambda topics: topics.mode().iloc[0]).nunique() == 4


def test_every_row_is_in_the_manifest(analysed: Place) -> None:
    counts = analysed.manifest()["waves"][0]["counts"]
    rows = len(answers()) + len(HOSTILE) + 1
    assert counts["rows_read"] == counts["rows_accepted"] + counts["rows_rejected"] == rows
    assert counts["responses"] == sum(counts["responses_by_status"].values()) == 2 * rows
    substantive = counts["responses_by_status"]["substantive"]
    assert counts["responses_with_theme"] + counts["responses_without_theme"] == substantive
    assert counts["responses_linked_to_vision"] + counts["responses_outside_vision"] == substantive


def test_segments_are_exact_spans_of_their_responses(analysed: Place) -> None:
    key = ["wave", "response_id", "question_id"]
    joined = analysed.table("segments").merge(analysed.table("responses"), on=key, suffixes=("", "_whole"))
    assert len(joined) == len(analysed.table("segments"))
    assert all(row.text == row.text_whole[row.start : row.end] for row in joined.itertuples())


def test_hostile_text_is_inert_in_every_output(analysed: Place) -> None:
    page = (analysed.reports / "better-borough" / "2024" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "\u202e" not in page
    for path in [*analysed.results.glob("*.csv"), *analysed.reports.rglob("*.csv")]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "@", "+", "\t"))], (
                path
            )
    for path in analysed.reports.rglob("*.xlsx"):
        book = openpyxl.load_workbook(path)
        assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    texts = set(analysed.table("responses")["text"])
    assert "=cmd|' /C calc'!A0 rubbish everywhere" in texts
    assert "{{ 7*7 }} {% for x in y %} mend the bins" in texts


def test_running_again_does_no_work(analysed: Place, encoder: FakeEncoder) -> None:
    before = analysed.bytes()
    result = analysed.run()
    assert not result.worked
    assert not encoder.seen
    assert not TUNED.seen
    assert analysed.bytes() == before


def test_two_runs_and_shuffled_rows_give_the_same_results(tmp_path: Path, analysed: Place) -> None:
    shuffled = Place(tmp_path)
    shutil.copytree(analysed.folder / "2024", shuffled.folder / "2024")
    path = shuffled.folder / "2024" / "online.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    random.Random(1).shuffle(rows)
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    shuffled.run()
    for name in CONTRACT:
        pd.testing.assert_frame_equal(_unnumbered(shuffled.table(name)), _unnumbered(analysed.table(name)))


def test_a_second_run_from_nothing_gives_the_same_bytes(tmp_path: Path, analysed: Place) -> None:
    again = Place(tmp_path)
    shutil.copytree(analysed.folder / "2024", again.folder / "2024")
    again.run()
    assert again.bytes() == analysed.bytes()


def test_a_new_wave_adds_only_itself(tmp_path: Path, analysed: Place, encoder: FakeEncoder) -> None:
    place = Place(tmp_path)
    shutil.copytree(analysed.folder / "2024", place.folder / "2024")
    shutil.copytree(analysed.processed, place.processed)
    words = [
        "amber",
        "birch",
        "cedar",
        "dune",
        "ember",
        "fjord",
        "glade",
        "heron",
        "inlet",
        "jetty",
        "kelp",
        "lichen",
        "marsh",
        "newt",
        "otter",
    ]
    new = [
        {
            "ID": f"n{n}",
            "Who": f"n{n}",
            "What do you hope for?": f"Wolves howl, wolves hunt sheep, wolves {one} {other}",
        }
        for n, (one, other) in enumerate(pair for pair in product(words, words[:4]) if pair[0] != pair[1])
    ]
    known = {"ID": "n99", "Who": "n99", "What do you hope for?": "rubbish bins are never emptied today"}
    place.wave("2025", [{**row, "What do you like?": ""} for row in (*new, known)])
    place.run()
    old = {path: data for path, data in analysed.bytes().items() if path.startswith("waves/2024")}
    assert {path: data for path, data in place.bytes().items() if path.startswith("waves/2024")} == old
    for seen in (encoder.seen, TUNED.seen):
        assert not [text for text in seen if text in set(analysed.table("segments")["text"])], "embedded again"
        wolves = [text for text in seen if text.startswith("Wolves howl")]
        assert len(wolves) == len(set(wolves)) > len(new) / 2, "each once by each model"
    before, after = analysed.table("themes"), place.table("themes")
    assert list(after["theme_id"][: len(before)]) == list(before["theme_id"])
    assert list(after["label"][: len(before)]) == list(before["label"])
    emerging = after[after["first_wave"] == "2025"]
    assert len(emerging) >= 1
    assert set(emerging["state"]) == {"emerging"}
    coded = place.table("segments").query("wave == '2025' and response_id == 'n99'")
    assert coded["theme_id"].iloc[0] in set(before["theme_id"])
    assert (place.reports / "better-borough" / "2025" / "index.html").exists()


def test_a_refit_keeps_what_lasts_tells_what_came_and_stands_from_then_on(tmp_path: Path) -> None:
    """Wave 1 has four topics; wave 2 lacks the park and brings wolves, in twice as many words as any."""
    animals = ["sheep", "deer", "goats", "calves", "hens", "geese", "lambs", "foals", "hares", "mice", "voles", "rams"]
    wolves = [
        {"ID": f"wolf-{n}", "Who": f"wolf-{n}", "What do you like?": "", "What do you hope for?": text, "Ward": "Heath"}
        for n, text in enumerate(f"Wolves howl and hunt {one} and {other}" for one, other in product(animals, animals))
        if n % 13
    ]
    again = [{**row, "ID": "again-" + row["ID"]} for row in answers() if not row["ID"].startswith("park")]
    place = Place(tmp_path).wave("w1", answers()).wave("w2", [*again, *wolves[:40]])
    place.run()
    before, coded = place.table("themes"), place.table("response_themes")
    assert place.run(refit=True).worked
    lineage, after = place.table("lineage"), place.table("themes")
    same = lineage[lineage["relation"].isin(["same", "renamed"])]
    assert (same["old_theme_id"] == same["new_theme_id"]).all()
    assert set(same["new_theme_id"]) <= set(after["theme_id"])
    assert len(same) >= 4
    assert set(lineage["old_theme_id"]) - {""} == set(coded["theme_id"])
    assert set(lineage["new_theme_id"]) - {""} == set(place.table("response_themes")["theme_id"])
    assert set(after["state"]) == {"confirmed"}
    kept = place.results / "refits" / "001"
    themes = pd.read_parquet(kept / "before-themes.parquet")  # the machine's say: decisions are laid over it
    pd.testing.assert_frame_equal(themes, before[list(themes.columns)])
    assert len(pd.read_parquet(kept / "before-response_themes.parquet")) == len(coded)
    page = (place.reports / "better-borough" / "w2" / "index.html").read_text(encoding="utf-8")
    assert "The themes were rebuilt" in page
    assert "The themes were rebuilt" not in (place.reports / "better-borough" / "w1" / "index.html").read_text("utf-8")
    bytes_ = place.bytes()
    assert not place.run().worked, "a plain run must not go back to the old codebook"
    assert not place.run(refit=True).worked, "nothing new to rebuild from"
    assert place.bytes() == bytes_
    place.wave("w3", [{**row, "ID": "third-" + row["ID"]} for row in answers()[:20]])
    place.run()
    assert list(place.table("themes")["theme_id"][: len(after)]) == list(after["theme_id"])
    changes = place.table("theme_changes")
    assert set(changes["wave"]) == {"w2", "w3"}


@pytest.mark.slow
def test_a_refit_beside_a_code_frame_keeps_its_themes_and_one_of_another_space_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = (
        Place(tmp_path).wave("w1", answers()).wave("w2", [{**row, "ID": "2-" + row["ID"]} for row in answers()[::3]])
    )
    frame = '[[themes]]\nlabel = "Rubbish bins"\ndescription = "bins overflow with rubbish"\nvision = ["HOMES"]\n'
    (place.folder / "frame.toml").write_text(frame, encoding="utf-8")
    with (place.folder / "consultation.toml").open("a", encoding="utf-8") as file:
        file.write('[code_frame]\nfile = "frame.toml"\nmode = "beside"\n')
    place.run(refit=True)
    after = place.table("themes").set_index("label")
    assert after.loc["Rubbish bins", ["origin", "vision"]].tolist() == ["given", "HOMES"]
    assert (after["origin"] == "found").any()
    given = after.loc["Rubbish bins", "theme_id"]
    lineage = place.table("lineage").set_index(["old_theme_id", "new_theme_id"])["relation"]
    assert lineage[(given, given)] == "same"
    assert not place.run().worked
    with (place.folder / "consultation.toml").open("a", encoding="utf-8") as file:
        file.write("[settings.themes]\nlexical_weight = 0.3\n")
    place.run()
    assert "rebuilt themes fit" in capsys.readouterr().err


@pytest.mark.parametrize("rows", [0, 1, 20])
def test_tiny_consultations_end_well(tmp_path: Path, rows: int) -> None:
    place = Place(tmp_path).wave("w", answers()[:rows] or [dict.fromkeys(answers()[0], "")])
    place.run()
    page = (place.reports / "better-borough" / "w" / "index.html").read_text(encoding="utf-8")
    assert "Better Borough" in page
    assert len(place.table("responses")) == rows * 2


def test_one_wave_can_be_asked_for(tmp_path: Path) -> None:
    place = Place(tmp_path).wave("w1", answers()[:3]).wave("w2", answers()[3:6])
    assert [Path(path).parent.name for path in place.run("w1").reports] == ["w1"]
    assert set(place.table("responses")["wave"]) == {"w1"}
    assert [Path(path).parent.name for path in place.run("w2").reports] == ["w2"]
    assert set(place.table("responses")["wave"]) == {"w1", "w2"}
    place.run("w1")
    assert set(place.table("responses")["wave"]) == {"w1", "w2"}, "a wave analysed before must not vanish"
    with pytest.raises(InputError, match="w1, w2"):
        place.run("w3")


def test_an_unexpected_error_says_where_but_not_in_what_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis import intake

    secret = "Perpetua Quillfeather"

    def broken(*_: Any) -> None:
        raise ValueError(f"cannot parse: {secret}")

    place = Place(tmp_path).wave("w", answers()[:3])
    monkeypatch.setattr(intake, "load_wave", broken)
    with pytest.raises(ManifestoError) as caught:
        place.run()
    assert "ValueError" in str(caught.value)
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not (place.results / "responses.parquet").exists()


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    from filelock import FileLock

    place = Place(tmp_path).wave("w", answers()[:3])
    place.results.mkdir(parents=True)
    with FileLock(place.results / ".lock"), pytest.raises(ManifestoError, match="Another run"):
        place.run()


def test_the_nightly_flow_lets_no_consultation_stop_another(tmp_path: Path) -> None:
    from flows.nightly import nightly

    good = Place(tmp_path).wave("w", answers()[:3])
    bad = tmp_path / "raw" / "a-broken-one"
    bad.mkdir()
    (bad / "consultation.toml").write_text("[consultation\n", encoding="utf-8")
    state = nightly(str(tmp_path / "raw"), str(good.processed), str(good.reports), return_state=True)
    assert state.is_failed()
    assert "a-broken-one" in str(state.message)
    assert (good.reports / "better-borough" / "w" / "index.html").exists()
    shutil.rmtree(bad)
    assert nightly(str(tmp_path / "raw"), str(good.processed), str(good.reports), return_state=True).is_completed()


@pytest.mark.slow
def test_killed_anywhere_and_run_again_gives_the_same_bytes(tmp_path: Path, analysed: Place) -> None:
    for number, seconds in enumerate((9, 14, 19)):
        place = Place(tmp_path / str(number))
        shutil.copytree(analysed.folder / "2024", place.folder / "2024")
        command = [sys.executable, "-c", _RUN, str(place.folder), str(place.processed), str(place.reports)]
        child = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(seconds)
        os.killpg(child.pid, signal.SIGKILL)  # with its Prefect server
        child.wait()
        place.run()
        assert {p: d for p, d in place.bytes().items() if ".part" not in p} == analysed.bytes()


_RUN = """
import sys
from conftest import encoder_of_run
from prefect_server import private_prefect
with private_prefect():
    from flows import tasks
    from flows.consultation import analyse_consultation
    tasks._encoder = encoder_of_run
    analyse_consultation(*sys.argv[1:])
"""


def _unnumbered(table: pd.DataFrame) -> pd.DataFrame:
    """Without the row numbers of the export, which a shuffle must change."""
    kept = table.drop(columns=[column for column in ("row",) if column in table.columns])
    return kept.sort_values(list(kept.columns)).reset_index(drop=True)


# --- a code frame -----------------------------------------------------------------------------------------------------

FRAME = """label,description,examples
Rubbish and bins,"Rubbish, missed bin collection and fly tipping.",overflowing bins
Seeing a doctor,Doctor appointments and the phone of the surgery.,
"""


def test_a_code_frame_comes_into_the_tables_the_codebook_and_the_report(tmp_path: Path) -> None:
    place = Place(tmp_path).wave("2024", answers())
    with (place.folder / "consultation.toml").open("a", encoding="utf-8") as file:
        file.write('[code_frame]\nfile = "frame.csv"\nmode = "beside"\n')
    (place.folder / "frame.csv").write_text(FRAME, encoding="utf-8")
    place.run()
    themes = place.table("themes")
    given = themes[themes["origin"] == "given"]
    assert given["label"].tolist() == ["Rubbish and bins", "Seeing a doctor"]
    assert set(given["state"]) == {"confirmed"}
    assert "found" in set(themes["origin"])
    raised = place.table("response_themes").merge(themes, on="theme_id")
    about = raised["response_id"].str.split("-").str[0]
    for label, topic in (("Rubbish and bins", "bins"), ("Seeing a doctor", "doctor")):
        mine = about[raised["label"] == label]
        assert (mine == topic).mean() > 0.9
        assert (mine == topic).sum() >= 20
    page = (place.reports / "better-borough" / "2024" / "index.html").read_text(encoding="utf-8")
    assert "From the code frame" in page
    assert "Found beside the code frame" in page
    assert place.manifest()["code_frame"] == {"file": "frame.csv", "mode": "beside", "themes": 2, "notes": []}
    assert not place.run().worked
    edited = FRAME.replace("the phone of the surgery", "telephones that nobody answers")
    (place.folder / "frame.csv").write_text(edited, encoding="utf-8")
    assert place.run().worked
    again = place.table("themes")
    assert again[again["origin"] == "given"]["theme_id"].tolist() == given["theme_id"].tolist()
    (place.folder / "frame.csv").write_text("label\nBins\n", encoding="utf-8")
    with pytest.raises(InputError, match="says too little"):
        place.run()
