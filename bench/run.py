"""Measure every promise, or the named ones, and write the table in README.md from what is kept in results/.

`make bench` · `make bench ARGS="create status"` · `make bench ARGS="create --rounds 1"` (a try: nothing is kept)
"""

import argparse
import os
import subprocess
import sys
import tempfile

from promises import benches
from results import FOLDER
from script import ROUNDS
from stores import KEEP_FILES
from table import write_table

WITHIN_S = 480


def main() -> int:
    """Run the scripts one after the other; 1 where one of them failed. A missed promise is a result, not a failure."""
    parser = argparse.ArgumentParser(prog="bench/run.py")
    parser.add_argument("benches", nargs="*", choices=[[], *benches()], metavar="bench", help=", ".join(benches()))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="fewer than usual: a try that keeps nothing")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="apiinone-bench-") as folder:
        environ = os.environ | {"TMPDIR": folder, KEEP_FILES: "1"}
        failed = [name for name in given.benches or benches() if not _run(name, given.rounds, environ)]
    if given.rounds >= ROUNDS:
        write_table()
    print(f"failed: {', '.join(failed)}" if failed else f"raw results: {FOLDER.name}/")
    return 1 if failed else 0


def _run(name: str, rounds: int, environ: dict[str, str]) -> bool:
    command = [sys.executable, str(FOLDER.parent / f"{name}.py"), "--rounds", str(rounds)]
    try:
        return subprocess.run(command, check=False, env=environ, timeout=WITHIN_S).returncode == 0  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    sys.exit(main())
