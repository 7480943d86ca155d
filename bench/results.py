"""Raw results: every round's value with the machine it was measured on, one JSON file for each script."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct
from promises import PROMISES

from apiinone.core.clock import iso
from apiinone.db_sqlite_connection import sqlite_release

FOLDER = Path(__file__).resolve().parent / "results"
_LIBRARIES = ("asyncpg", "httptools", "msgspec", "starlette", "uvicorn", "uvloop")


class Figure(Struct, frozen=True):
    """One thing that was measured: a value for each round, or a single one."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value to quote."""
        return statistics.median(self.values)

    @property
    def shown(self) -> str:
        """The median, and between which values it lies."""
        spread = "" if len(self.values) == 1 else f" ({_short(min(self.values))} to {_short(max(self.values))})"
        return f"{_short(self.median)}{spread} {self.unit}"


class Machine(Struct, frozen=True):
    """Where it was measured; nothing that names a host, a user or a folder."""

    cores: int
    processor: str
    memory_gib: float
    kernel: str
    python: str
    sqlite: str
    postgresql: str
    libraries: dict[str, str]


class Result(Struct, frozen=True):
    """What one script found. `promised` holds a figure for each of its promises, under the promise's name."""

    bench: str
    began: str
    took_s: float
    load_before: tuple[float, ...]
    """The machine's load averages over 1, 5 and 15 minutes before it began: what else was running."""
    load_after: tuple[float, ...]
    machine: Machine
    promised: tuple[Figure, ...]
    beside: tuple[Figure, ...]
    """What was measured in the same run and explains the promised figures."""
    notes: tuple[str, ...]


class Findings(Struct, frozen=True):
    """What a script's own measuring gives; the rest of a `Result` is the same for all."""

    promised: tuple[Figure, ...]
    beside: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    postgresql: str = "not used"


class Stopwatch:
    """Notes when a script began and how loaded the machine was then."""

    def __init__(self) -> None:
        """Start now."""
        self._began_us = time.time_ns() // 1000
        self._load = _load()

    def result(self, bench: str, findings: Findings) -> Result:
        """The whole result. Raises AssertionError where a promise was not measured."""
        wanted = {promise.name for promise in PROMISES if promise.bench == bench}
        assert wanted == {figure.name for figure in findings.promised}, "a promise was not measured"
        return Result(
            bench=bench,
            began=iso(self._began_us)[:16] + "Z",
            took_s=round((time.time_ns() // 1000 - self._began_us) / 1e6, 1),
            load_before=self._load,
            load_after=_load(),
            machine=_machine(findings.postgresql),
            promised=findings.promised,
            beside=findings.beside,
            notes=findings.notes,
        )


def ratios(name: str, unit: str, ours: Figure, theirs: Figure) -> Figure:
    """Round by round, ours divided by theirs of the same round."""
    pairs = zip(ours.values, theirs.values, strict=True)
    return Figure(name, unit, tuple(round(one / other, 4) for one, other in pairs))


def figure(name: str, unit: str, values: Sequence[float]) -> Figure:
    """A figure, rounded to what means something."""
    return Figure(name, unit, tuple(float(f"{value:.5g}") for value in values))


def write(result: Result) -> None:
    """Keep the result as this bench's raw output."""
    FOLDER.mkdir(exist_ok=True)
    encoded = msgspec.json.format(msgspec.json.encode(result), indent=1)
    (FOLDER / f"{result.bench}.json").write_bytes(encoded + b"\n")


def read(bench: str) -> Result | None:
    """The raw output that is kept of a bench; None where it was never run."""
    path = FOLDER / f"{bench}.json"
    return msgspec.json.decode(path.read_bytes(), type=Result) if path.exists() else None


def _machine(postgresql: str) -> Machine:
    return Machine(
        cores=os.cpu_count() or 1,
        processor=_processor(),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=f"{'.'.join(map(str, sqlite_release()))} (apsw)",
        postgresql=postgresql,
        libraries={name: version(name) for name in _LIBRARIES},
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _load() -> tuple[float, ...]:
    return tuple(round(value, 2) for value in os.getloadavg())


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
