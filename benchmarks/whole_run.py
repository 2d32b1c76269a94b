"""Time `manifesto run` beside a plain BERTopic script on the same rows, one after the other, on this machine.

    python benchmarks/whole_run.py EXPORT.csv COLUMN [--peer stock_bertopic.py] [--threads 1]

The peer is any script called as `PEER IN.csv COLUMN OUT.csv`; shared/bench/stock_bertopic.py is what an analyst would
write from BERTopic's documentation. Both start cold, in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOML = """
[consultation]
id = "benchmark"
title = "Benchmark"
[[questions]]
id = "q"
column = {column}
text = "?"
stance = "open"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("column")
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--threads", type=int, default=0, help="limit both to so many threads (0: as they choose)")
    options = parser.parse_args()
    limit = {"OMP_NUM_THREADS": str(options.threads)} if options.threads else {}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = root / "raw"
        (folder / "w").mkdir(parents=True)
        (folder / "w" / "export.csv").write_bytes(options.export.read_bytes())
        (folder / "consultation.toml").write_text(TOML.format(column=json.dumps(options.column)), encoding="utf-8")
        ours = [
            sys.executable,
            "-m",
            "flows",
            "run",
            str(folder),
            "--processed",
            str(root / "p"),
            "--reports",
            str(root / "r"),
        ]
        rows = [("manifesto run, cold", _seconds(ours, limit)), ("manifesto run again", _seconds(ours, limit))]
        if options.peer:
            peer = [sys.executable, str(options.peer), str(options.export), options.column, str(root / "out.csv")]
            rows.append((options.peer.name, _seconds(peer, limit)))
    base = rows[-1][1]
    print("| run | seconds | ratio to the last row |\n|---|---:|---:|")
    for what, seconds in rows:
        print(f"| {what} | {seconds:.1f} | {seconds / base:.2f} |")


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{command[1:3]} ended with {done.returncode}: {done.stderr.decode()[-300:]}")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
