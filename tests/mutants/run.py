"""Break each rule on purpose and see the test that states it fail: `make mutants` (ARGS="ledger" picks by text).

Each worker has a copy of the repository and an interpreter whose `apiinone` is that copy, so that child processes are
broken as well. First the tests must pass as they are; then each mutant must make its test fail, not merely keep it
from running. Byte code is kept from the first run and never from a broken file: without it, each run would spend more
time on compiling than on testing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from msgspec import Struct

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mutant_list import Mutant, read_mutants
from repository import ROOT

WORKERS = 3
TIMEOUT_S = 600
WHOLE_TIMEOUT_S = 7_200
"""For the tests as they are, all of them."""
_NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
_NOT_COPIED_AT_ROOT = {"data"}
"""An installation's own folder; the catalogue's folder of that name is part of the product."""
_WHERE = "import apiinone; print(apiinone.__file__)"

Outcome = Literal["caught", "survived", "test did not run", "took too long"]


class Verdict(Struct, frozen=True):
    """What became of one mutant."""

    mutant: Mutant
    outcome: Outcome
    seconds: float
    output: str


class Copy:
    """A copy of the repository with an interpreter that imports the product from it."""

    def __init__(self, folder: Path, like: "Copy | None" = None) -> None:
        """Copy what the tests read, or another copy with its byte code, and make the interpreter."""
        self.root = folder / "repository"
        if like is None:
            shutil.copytree(ROOT, self.root, ignore=_not_copied)
        else:
            shutil.copytree(like.root, self.root)
        self._python = _interpreter(folder / "environment", self.root / "src")
        imported = self._run(["-c", _WHERE]).stdout
        assert imported.startswith(str(self.root)), f"the copy is not what is imported: {imported}"

    def test(self, *arguments: str, keeps_bytecode: bool = False) -> tuple[Outcome, str]:
        """Run tests here; how it ended and what pytest printed."""
        try:
            done = self._run(
                ["-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "--tb=short", *arguments],
                keeps_bytecode=keeps_bytecode,
            )
        except subprocess.TimeoutExpired as late:
            return "took too long", str(late)
        return _outcome(done.returncode), done.stdout + done.stderr

    def judge(self, mutant: Mutant) -> Verdict:
        """Break the rule, run its test, mend the rule."""
        file = self.root / mutant.file
        whole, times = file.read_text(), file.stat()
        broken = mutant.applied(whole)
        began = time.monotonic()
        file.write_text(broken)
        try:
            outcome, output = self.test("-x", mutant.test)
        finally:
            file.write_text(whole)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # its byte code is good again
        return Verdict(mutant, outcome, time.monotonic() - began, output)

    def _run(self, arguments: Sequence[str], *, keeps_bytecode: bool = False) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "" if keeps_bytecode else "1"}
        return subprocess.run(  # noqa: S603 - our own program
            [str(self._python), *arguments],
            cwd=self.root,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=WHOLE_TIMEOUT_S if keeps_bytecode else TIMEOUT_S,
        )


def _not_copied(folder: str, names: list[str]) -> set[str]:
    return _NOT_COPIED(folder, names) | (_NOT_COPIED_AT_ROOT if Path(folder) == ROOT else set[str]())


def _outcome(status: int) -> Outcome:
    match status:
        case 0:
            return "survived"
        case 1:
            return "caught"
        case _:
            return "test did not run"


def _interpreter(folder: Path, source: Path) -> Path:
    """A virtual environment that sees `source` first, then the packages of the one that runs this."""
    within = Path("lib") / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(Path(sys.executable).resolve())
    (folder / "pyvenv.cfg").write_text(
        f"home = {Path(sys.base_prefix) / 'bin'}\ninclude-system-site-packages = false\n"
    )
    (folder / within).mkdir(parents=True)
    (folder / within / "copy.pth").write_text(f"{source}\n{Path(sys.prefix) / within}\n")
    return python


def judge_all(mutants: Sequence[Mutant], folder: Path) -> list[Verdict]:
    """Judge all mutants, as many at a time as there are copies; each is printed when it is known."""
    tests = list(dict.fromkeys(mutant.test for mutant in mutants))
    print(f"{len(tests)} tests as they are …", flush=True)
    first = Copy(folder / "0")
    outcome, output = first.test("-n", str(WORKERS), *tests, keeps_bytecode=True)
    if outcome != "survived":
        sys.exit(f"{output}\nNot every test passes as it is ({outcome}), so mutants would prove nothing.")
    copies: SimpleQueue[Copy] = SimpleQueue()
    for copy in (first, *(Copy(folder / str(number), first) for number in range(1, WORKERS))):
        copies.put(copy)

    def judge(mutant: Mutant) -> Verdict:
        mine = copies.get()
        try:
            verdict = mine.judge(mutant)
        finally:
            copies.put(mine)
        print(f"{verdict.outcome:16} {verdict.seconds:6.1f} s  {mutant.file}  {mutant.test}", flush=True)
        return verdict

    with ThreadPoolExecutor(WORKERS) as threads:
        return list(threads.map(judge, mutants))


def main() -> None:
    """Judge the mutants whose file or test holds the text given, or all; exit 1 where one was not caught."""
    text = sys.argv[1] if len(sys.argv) > 1 else ""
    mutants = [mutant for mutant in read_mutants() if text in mutant.file or text in mutant.test]
    if not mutants:
        sys.exit(f"no mutant's file or test holds {text!r}")
    with tempfile.TemporaryDirectory(prefix="apiinone-mutants-") as folder:
        verdicts = judge_all(mutants, Path(folder))
    at_large = [verdict for verdict in verdicts if verdict.outcome != "caught"]
    for verdict in at_large:
        print(f"\n{verdict.outcome}: {verdict.mutant.file}\n- {verdict.mutant.find}\n+ {verdict.mutant.replace}")
        print(verdict.output)
    print(f"{len(verdicts) - len(at_large)} of {len(verdicts)} mutants caught")
    sys.exit(1 if at_large else 0)


if __name__ == "__main__":
    main()
