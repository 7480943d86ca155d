"""Measure every promise, or the named ones, and write the table in README.md from what is kept in results/.

`make bench` · `make bench ARGS="create status"` · `make bench ARGS="create --rounds 1"` (a try: nothing is kept)
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from promises import benches
from results import FOLDER
from script import ROUNDS
from stores import KEEP_FILES
from table import write_table

WITHIN_S = 480
CALM_US = 60.0
"""What a new file may take: on ext4 it takes 15 to 30 µs, and hundreds while files deleted lately are in its way."""
PROBE_FILES = 2_000
LOOK_EVERY_S = 20.0
LOOKS_MAX = 24


def main() -> int:
    """Run the scripts one after the other; 1 where one of them failed. A missed promise is a result, not a failure."""
    parser = argparse.ArgumentParser(prog="bench/run.py")
    parser.add_argument("benches", nargs="*", choices=[[], *benches()], metavar="bench", help=", ".join(benches()))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="fewer than usual: a try that keeps nothing")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="apiinone-bench-") as folder:
        _wait_for_calm(Path(folder))
        environ = os.environ | {"TMPDIR": folder, KEEP_FILES: "1"}
        failed = [name for name in given.benches or benches() if not _run(name, given.rounds, environ)]
    if given.rounds >= ROUNDS:
        write_table()
    print(f"failed: {', '.join(failed)}" if failed else f"raw results: {FOLDER.name}/")
    return 1 if failed else 0


def _wait_for_calm(folder: Path) -> None:
    """Wait, within limits, until new files are cheap: for minutes ext4 passes over the places of those just deleted."""
    for number in range(LOOKS_MAX):
        probe = folder / f"probe-{number}"
        probe.mkdir()
        began_s = time.process_time()
        for file in range(PROBE_FILES):
            (probe / str(file)).touch()
        each_us = (time.process_time() - began_s) / PROBE_FILES * 1e6
        if each_us <= CALM_US:
            return
        print(f"a new file takes {each_us:.0f} µs, because many were deleted lately; waiting until it is {CALM_US:.0f}")
        time.sleep(LOOK_EVERY_S)


def _run(name: str, rounds: int, environ: dict[str, str]) -> bool:
    command = [sys.executable, str(FOLDER.parent / f"{name}.py"), "--rounds", str(rounds)]
    try:
        return subprocess.run(command, check=False, env=environ, timeout=WITHIN_S).returncode == 0  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    sys.exit(main())
