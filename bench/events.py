"""Ten thousand open event streams of one server: what each adds to its memory, and that they still tell.

Each stream is a connection of its own and watches a task of its own. The tasks stay queued, because the server works on
no node that has a model. Memory is the server's resident set after all streams have had their first event and a beat
has come, less what it was before, with all tasks stored and as many plain requests answered, divided by the streams.
At the end some tasks are cancelled, and it is told how long it took until their streams had the event.
"""

import asyncio
import resource
import time
from collections.abc import Sequence

import msgspec
from closed_loop import CONNECTIONS, HOST, Stop, drive, request
from cores import on, other_core
from results import Findings, figure
from script import run_script
from servers import Server, environment_of, program, served
from stores import data_folder, new_settings
from tenants import PATH, REQUEST, Tenant, new_tenant

from apiinone.settings import PREFIX

STREAMS = 10_000
CANCELLED = 200
OPENED_AT_ONCE = 200
FILES_MAX = STREAMS + 2_000
NO_NODE = "1"
SETTLES_S = 17.0
"""A little longer than the time between two beats."""
WITHIN_S = 60.0


async def measure(rounds: int) -> Findings:
    """One server, filled once; more rounds would say the same."""
    del rounds
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX if hard < 0 else min(FILES_MAX, hard), hard))
    with data_folder() as folder, on(other_core()):
        settings = new_settings(folder / "data")
        tenant = await new_tenant(settings, "test")
        environ = environment_of(settings) | {
            f"{PREFIX}EVENT_STREAMS_MAX": str(STREAMS),
            f"{PREFIX}NODES": NO_NODE,
        }
        command = program("serve", "--host", HOST)
        with served(command, environ, folder / "product.log", ready="/readyz") as running:
            task_ids = await _tasks(running, tenant)
            await asyncio.sleep(SETTLES_S)  # what a start makes ready in the background is no stream's
            before = running.rss_bytes()
            streams = await _open_all(running, tenant, task_ids)
            await asyncio.sleep(SETTLES_S)
            after = running.rss_bytes()
            cpu_s = running.cpu_s()
            await asyncio.sleep(SETTLES_S)
            idle = (running.cpu_s() - cpu_s) / SETTLES_S * 100
            told_ms = await _cancel(running, tenant, task_ids[:CANCELLED], streams)
            assert all(stream.pieces >= 2 for stream in streams), "a stream had no beat"
            for stream in streams:
                stream.close()
    beside = (
        figure("CPU with all open and nothing happening", "% of a core", [idle]),
        figure("from a cancel to the end of its stream, the slowest", "ms", [told_ms]),
    )
    return Findings((figure("events", "KiB", [(after - before) / STREAMS / 1024]),), beside)


async def _tasks(running: Server, tenant: Tenant) -> list[str]:
    task_ids: list[str] = []

    def keep(body: bytes) -> None:
        task_ids.append(msgspec.json.decode(body)["data"]["task_id"])

    post = request("POST", PATH, key=tenant.key, body=REQUEST.encode())
    (await drive(running.port, lambda: post, Stop(requests=STREAMS), keep=keep)).all_good()
    assert len(task_ids) == STREAMS
    get = request("GET", f"/api/v1/tasks/{task_ids[0]}", key=tenant.key)
    (await drive(running.port, lambda: get, Stop(requests=STREAMS), connections=CONNECTIONS)).all_good()
    return task_ids


async def _open_all(running: Server, tenant: Tenant, task_ids: Sequence[str]) -> list["Stream"]:
    loop = asyncio.get_running_loop()
    streams: list[Stream] = []
    for first in range(0, STREAMS, OPENED_AT_ONCE):
        wanted = [
            request("GET", f"/api/v1/tasks/{task_id}/events", key=tenant.key)
            for task_id in task_ids[first : first + OPENED_AT_ONCE]
        ]
        opened = await asyncio.gather(
            *(loop.create_connection(lambda get=get: Stream(get), HOST, running.port) for get in wanted)
        )
        streams += [stream for _, stream in opened]
        async with asyncio.timeout(WITHIN_S):
            while not all(stream.pieces for stream in streams[first:]):  # noqa: ASYNC110 - a process of its own pace fills it
                await asyncio.sleep(0.01)
    return streams


async def _cancel(running: Server, tenant: Tenant, task_ids: Sequence[str], streams: Sequence["Stream"]) -> float:
    posts = iter([request("POST", f"/api/v1/tasks/{task_id}/cancel", key=tenant.key) for task_id in task_ids])
    began_s = time.perf_counter()
    (await drive(running.port, lambda: next(posts), Stop(requests=len(task_ids)), connections=1)).all_good()
    async with asyncio.timeout(WITHIN_S):
        while not all(stream.ended for stream in streams[: len(task_ids)]):  # noqa: ASYNC110 - a process of its own pace fills it
            await asyncio.sleep(0.001)
    assert not any(stream.ended for stream in streams[len(task_ids) :])
    return (time.perf_counter() - began_s) * 1000


class Stream(asyncio.Protocol):
    """Sends its request and counts what comes."""

    def __init__(self, get: bytes) -> None:
        """Take the request."""
        self._get = get
        self._transport: asyncio.Transport | None = None
        self._answered = False
        self.pieces = 0
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue] - uvloop's own class
        assert self._transport is not None
        self._transport.write(self._get)

    def data_received(self, data: bytes) -> None:
        """An event or a beat; the last piece of a chunked body says that it is the last."""
        assert self._answered or data.startswith(b"HTTP/1.1 200"), data
        self._answered = True
        self.pieces += b"data: " in data or b"\n: \n" in data
        self.ended = self.ended or data.endswith(b"0\r\n\r\n")

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


if __name__ == "__main__":
    run_script("events", measure)
