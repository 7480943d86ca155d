"""Callbacks to one fast receiver: deliveries a second while a backlog of ended tasks is told.

The tasks have ended and their deliveries wait before the clock starts. A process with the product's own deliverer then
claims, renders, signs, sends and writes down each of them; the receiver, on the other core, answers 200 at once and
counts. The time goes from the first callback that arrives to the last one, and the outcome of each is in the database.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from closed_loop import HOST
from cores import measured_core, on, other_core
from results import Figure, Findings, figure
from script import run_script
from servers import environment_of, script
from stores import data_folder, new_settings, opened, postgres, postgres_version
from tenants import Tenant, new_submission, open_tenant

from apiinone.app import App, open_app
from apiinone.core.errors import Overloaded
from apiinone.db import Database, Sql, Tx
from apiinone.settings import PREFIX, Settings
from apiinone.tasks.moves import CancelAsked, Move
from apiinone.webhooks.outbox import Address

DELIVERIES = 3_000
WITHIN_S = 60.0
_DELIVERED = Sql("SELECT count(*) FROM deliveries WHERE state = 'delivered'")
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """Answers every POST with 200 and notes when the first and the last one came."""

    def __init__(self) -> None:
        """Listen nowhere yet."""
        self.port = 0
        self.count = 0
        self.first_s = self.last_s = 0.0

    def note(self) -> None:
        """One more."""
        self.last_s = time.perf_counter()
        if not self.count:
            self.first_s = self.last_s
        self.count += 1

    def begin(self) -> None:
        """Count from nothing."""
        self.count = 0


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport: asyncio.WriteTransport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue] - uvloop's own class

    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            head = self._received.find(b"\r\n\r\n")
            if head < 0:
                return
            at = self._received.lower().index(b"content-length:") + 15
            whole = head + 4 + int(self._received[at : self._received.index(b"\r", at)])
            if len(self._received) < whole:
                return
            self._received = self._received[whole:]
            self._receiver.note()
            assert self._transport is not None
            self._transport.write(_ANSWER)


async def measure(rounds: int) -> Findings:
    """Both engines, one after the other."""
    promised: list[Figure] = []
    beside: list[Figure] = []
    with data_folder() as folder, postgres() as server, on(other_core()):
        async with _receiving() as receiver:
            for engine, where in (("sqlite", None), ("postgresql", server)):
                settings = new_settings(folder / engine, where)
                per_s, cpu_us = await _rounds(settings, folder, receiver, rounds)
                promised.append(figure(f"callbacks_{engine}", "deliveries/s", per_s))
                beside.append(figure(f"{engine}, CPU", "µs per delivery", cpu_us))
        return Findings(tuple(promised), tuple(beside), (f"{DELIVERIES} a round",), postgres_version(server))


@asynccontextmanager
async def _receiving() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    listening = await asyncio.get_running_loop().create_server(lambda: _Connection(receiver), HOST, 0)
    receiver.port = listening.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        listening.close()


async def _rounds(settings: Settings, folder: Path, receiver: Receiver, rounds: int) -> tuple[list[float], list[float]]:
    place = f"{HOST}:{receiver.port}"
    environ = environment_of(settings) | {
        f"{PREFIX}ALLOWED_PRIVATE_HOSTS": place,
        f"{PREFIX}PUBLIC_URL": "https://api.example.org",
    }
    per_s: list[float] = []
    cpu_us: list[float] = []
    for number in range(rounds):
        async with open_app(settings, {}) as app:
            await _end_tasks(app, await open_tenant(app, "test"), Address(f"http://{place}/hook", place))
        receiver.begin()
        with (folder / "deliverer.log").open("ab") as log, on(measured_core()):
            process = await asyncio.create_subprocess_exec(
                *script("deliver_backlog.py"),
                env=environ,
                stdout=asyncio.subprocess.PIPE,
                stdin=asyncio.subprocess.PIPE,
                stderr=log,
            )
        async with opened(settings) as database:
            await _all_delivered(database, DELIVERIES * (number + 1))
        output, _ = await process.communicate(b"\n")
        assert receiver.count == DELIVERIES, receiver.count
        per_s.append((DELIVERIES - 1) / (receiver.last_s - receiver.first_s))
        cpu_us.append(float(output) / DELIVERIES * 1e6)
    return per_s, cpu_us


async def _end_tasks(app: App, tenant: Tenant, address: Address) -> None:
    async def one() -> None:
        submission = new_submission(app, tenant, callback=address)
        while True:
            try:
                await app.submissions.do(submission)
                break
            except Overloaded:
                await asyncio.sleep(0.05)
        await app.moves.do(Move(submission.task_id, (tenant.account_id, tenant.mode), CancelAsked()))

    for _ in range(DELIVERIES // 500):
        await asyncio.gather(*(one() for _ in range(500)))


async def _all_delivered(database: Database, count: int) -> None:
    async def look(tx: Tx) -> int:
        return int((await tx.rows(_DELIVERED))[0][0])

    async with asyncio.timeout(WITHIN_S):
        while await database.read(look) < count:  # noqa: ASYNC110 - a process of its own pace fills it
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    run_script("callbacks", measure)
