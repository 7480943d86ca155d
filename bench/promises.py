"""What is promised about speed: each goal in the words it was given in, and the limit that decides.

Every other file takes goals and limits from here; the table in README.md is written from here and from the results.
"""

from typing import Literal

from msgspec import Struct

Bound = Literal["at least", "at most"]


class Promise(Struct, frozen=True):
    """One promise. `goal` names its denominator; `limit` is in `unit`."""

    name: str
    bench: str
    goal: str
    bound: Bound
    limit: float
    unit: str

    def kept(self, value: float) -> bool:
        """Whether a measured value keeps the promise."""
        return value >= self.limit if self.bound == "at least" else value <= self.limit


_CREATE = (
    "create with durable hold, SQLite FULL, one process with its worker draining, 64 connections: req/s of a bare"
    " Starlette POST that checks a key, decodes, answers a constant on the same core"
)
_OUTBOUND = (
    "submit → settled through `outbound` against a simulator on the other core: LiteLLM's image route against the same"
    " mock (pinned version, own environment)"
)
_ENGINE = "submit → settled with the instant local provider: a plain-SQL loop writing the same rows"
_MEMORY = "10,000 tasks of 3 s in flight in one worker: memory of each"
_LATE = "10,000 tasks of 3 s in flight in one worker: all settled after the last was due"
_FIRST = "first 200 after start"
_MILLION = "a submit at 1,000,000 stored tasks: one in an empty store"

PROMISES = (
    Promise("create", "create", _CREATE, "at least", 0.45, "× bare POST"),
    Promise("status", "status", "status: req/s of a bare GET", "at least", 0.55, "× bare GET"),
    Promise("outbound", "outbound", _OUTBOUND, "at least", 20, "× LiteLLM"),
    Promise("engine_sqlite", "engine", f"{_ENGINE}, SQLite", "at least", 0.25, "× plain SQL"),
    Promise("engine_postgresql", "engine", f"{_ENGINE}, PostgreSQL", "at least", 0.25, "× plain SQL"),
    Promise("inflight_memory", "inflight", f"{_MEMORY}, test mode", "at most", 20, "KiB"),
    Promise("inflight_late", "inflight", f"{_LATE}, test mode", "at most", 5, "s"),
    Promise("inflight_memory_vendor", "inflight", f"{_MEMORY}, simulated vendor", "at most", 20, "KiB"),
    Promise("inflight_late_vendor", "inflight", f"{_LATE}, simulated vendor", "at most", 5, "s"),
    Promise("pickup_sqlite", "pickup", "pickup p99 at low load, SQLite", "at most", 25, "ms"),
    Promise("pickup_postgresql", "pickup", "pickup p99 at low load, PostgreSQL", "at most", 25, "ms"),
    Promise("idle_sqlite", "idle", "idle CPU, SQLite", "at most", 1, "% of a core"),
    Promise("idle_postgresql", "idle", "idle CPU, PostgreSQL", "at most", 1, "% of a core"),
    Promise("start_sqlite", "start", f"{_FIRST}, SQLite", "at most", 1.5, "s"),
    Promise("start_postgresql", "start", f"{_FIRST}, PostgreSQL", "at most", 1.5, "s"),
    Promise("memory_sqlite", "start", "idle RSS, SQLite", "at most", 100, "MiB"),
    Promise("memory_postgresql", "start", "idle RSS, PostgreSQL", "at most", 100, "MiB"),
    Promise("million_sqlite", "million", f"{_MILLION}, SQLite", "at most", 1.2, "× empty"),
    Promise("million_postgresql", "million", f"{_MILLION}, PostgreSQL", "at most", 1.2, "× empty"),
)


def benches() -> tuple[str, ...]:
    """The scripts that measure them, in the order of the table."""
    return tuple(dict.fromkeys(promise.bench for promise in PROMISES))
