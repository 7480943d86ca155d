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
    "create with durable hold, SQLite FULL, one process with its worker draining, 64 connections; against the req/s of"
    " a bare Starlette POST that checks a key, decodes, answers a constant on the same core"
)
_STATUS = "status; against the req/s of a bare GET that checks a key and answers a constant on the same core"
_OUTBOUND = (
    "submit → settled through `outbound` against a simulator on the other core; against LiteLLM's image route before"
    " the same mock (pinned version, own environment)"
)
_CHAT = (
    "chat relayed to an upstream on the other core, live key, hold and settlement durable, SQLite FULL; against"
    " LiteLLM's chat route before the same upstream"
)
_CHAT_PORTKEY = "the same chats; against Portkey's gateway before the same upstream"
_ENGINE = "submit → settled with the instant local provider; against a plain-SQL loop writing the same rows"
_MEMORY = "10,000 tasks of 3 s in flight in one worker: memory of each"
_LATE = "10,000 tasks of 3 s in flight in one worker: all settled within so long of the last being due"
_POLL_LAG = (
    "10,000 open tasks over 8 simulated vendors in one worker: what the p99 of the lag, from the vendor being done to"
    " our SUCCESS, has beyond the vendor's poll interval"
)
_PICKUP = "pickup at low load, p99: from submit to attempt row"
_IDLE = "CPU of an idle server over 30 s"
_FIRST = "first 200 after start"
_RSS = "idle RSS"
_CALLBACKS = "callbacks of ended tasks, signed and written down, to one fast receiver on the other core"
_EVENTS = "10,000 open event streams of one server: memory of each"
_RENDERING = "status, p99, while 50 drawings and 5 films are made by the same server on the same core"
_PAGE = "CPU of our own process until the first byte of a model page, the dearest of the models"
_VISIT = "a first visit of a model page over the wire, without pictures"
_LIGHTHOUSE = "the worse of Lighthouse's scores for home, catalogue and model page"
_MILLION = "what a submit costs at 1,000,000 stored tasks; against one in an empty store"

PROMISES = (
    Promise("create", "create", _CREATE, "at least", 0.45, "of bare POST"),
    Promise("status", "status", _STATUS, "at least", 0.55, "of bare GET"),
    Promise("outbound", "outbound", _OUTBOUND, "at least", 20, "times LiteLLM"),
    Promise("chat", "chat", f"{_CHAT}; not streamed, 64 connections", "at least", 20, "times LiteLLM"),
    Promise("chat_streamed", "chat", f"{_CHAT}; streams of 100 chunks, 128 at once", "at least", 20, "times LiteLLM"),
    Promise("chat_portkey", "chat", f"{_CHAT_PORTKEY}; not streamed, 64 connections", "at least", 3, "times Portkey"),
    Promise("chat_added", "chat", "what relaying adds to a chat, one at a time, p50", "at most", 1.5, "ms"),
    Promise("chat_chunk", "chat", "CPU of each chunk of a relayed stream, its request included", "at most", 90, "µs"),
    Promise("engine_sqlite", "engine", f"{_ENGINE}, SQLite", "at least", 0.25, "of plain SQL"),
    Promise("engine_postgresql", "engine", f"{_ENGINE}, PostgreSQL", "at least", 0.25, "of plain SQL"),
    Promise("inflight_memory", "inflight", f"{_MEMORY}, test mode", "at most", 20, "KiB"),
    Promise("inflight_late", "inflight", f"{_LATE}, test mode", "at most", 5, "s"),
    Promise("inflight_memory_vendor", "inflight", f"{_MEMORY}, simulated vendor", "at most", 20, "KiB"),
    Promise("inflight_late_vendor", "inflight", f"{_LATE}, simulated vendor", "at most", 5, "s"),
    Promise("poll_lag", "poll_lag", _POLL_LAG, "at most", 0.5, "s"),
    Promise("pickup_sqlite", "pickup", f"{_PICKUP}, SQLite", "at most", 25, "ms"),
    Promise("pickup_postgresql", "pickup", f"{_PICKUP}, PostgreSQL", "at most", 25, "ms"),
    Promise("idle_sqlite", "idle", f"{_IDLE}, SQLite", "at most", 1, "% of a core"),
    Promise("idle_postgresql", "idle", f"{_IDLE}, PostgreSQL", "at most", 1, "% of a core"),
    Promise("start_sqlite", "start", f"{_FIRST}, SQLite", "at most", 1.5, "s"),
    Promise("start_postgresql", "start", f"{_FIRST}, PostgreSQL", "at most", 1.5, "s"),
    Promise("memory_sqlite", "start", f"{_RSS}, SQLite", "at most", 100, "MiB"),
    Promise("memory_postgresql", "start", f"{_RSS}, PostgreSQL", "at most", 100, "MiB"),
    Promise("callbacks_sqlite", "callbacks", f"{_CALLBACKS}, SQLite", "at least", 1_000, "deliveries/s"),
    Promise("callbacks_postgresql", "callbacks", f"{_CALLBACKS}, PostgreSQL", "at least", 1_000, "deliveries/s"),
    Promise("events", "events", _EVENTS, "at most", 15, "KiB"),
    Promise("status_while_rendering", "rendering", _RENDERING, "at most", 30, "ms"),
    Promise("page_cpu_made_anew", "site", f"{_PAGE}, made anew", "at most", 15, "ms"),
    Promise("page_bytes", "site", _VISIT, "at most", 150, "kB"),
    Promise("lighthouse_performance", "site", f"{_LIGHTHOUSE}, performance", "at least", 95, "of 100"),
    Promise("lighthouse_accessibility", "site", f"{_LIGHTHOUSE}, accessibility", "at least", 95, "of 100"),
    Promise("million_sqlite", "million", f"{_MILLION}, SQLite", "at most", 1.2, "times empty"),
    Promise("million_postgresql", "million", f"{_MILLION}, PostgreSQL", "at most", 1.2, "times empty"),
)


def benches() -> tuple[str, ...]:
    """The scripts that measure them, in the order of the table."""
    return tuple(dict.fromkeys(promise.bench for promise in PROMISES))
