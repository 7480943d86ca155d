"""The whole application in this process, with its worker; pictures are made at once, and vendors are simulated."""

import asyncio
import struct
import zlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

import msgspec

import apiinone.app
from apiinone.app import App, open_app
from apiinone.catalog.entry import Choice
from apiinone.catalog.rendering import rendering
from apiinone.core.clock import Clock
from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.db import open_database
from apiinone.outbound import Outbound
from apiinone.providers.provider import Inline
from apiinone.providers.registry import REMOTES, remote_providers
from apiinone.settings import Settings
from apiinone.simulators.faults import Seen
from apiinone.simulators.options import SIMULATED_KEY, Options
from apiinone.simulators.serving import serving
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Created
from later import LaterDatabase
from looking import seen_as_wanted
from tiny_files import tiny_files
from workshop import TaskSeen, Workshop

ANYWHERE: Final = dict.fromkeys(REMOTES, "http://127.0.0.1:9")
CREDENTIALS: Final = {name: remote.credential_names[0] for name, remote in remote_providers(ANYWHERE).items()}
API_PATHS: Final = {name: urlsplit(url).path.rstrip("/") for name, (_, url) in REMOTES.items()}
ENDED = ("succeeded", "failed", "canceled")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG: Final = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\1\2\3"))
    + _chunk(b"IEND", b"")
)


class Instant:
    """Makes every picture at once; `hold` keeps makers waiting until it is set."""

    def __init__(self) -> None:
        self.made = 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def make(
        self, choice: Choice, fields: Mapping[str, object], outputs: int, operation: str = ""
    ) -> tuple[Inline, ...]:
        """So many tiny files."""
        self.made += 1
        await self.hold.wait()
        if rendering(choice, fields, operation).kind == "raster":
            return (Inline(PNG),) * outputs
        return tiny_files(choice, fields, outputs, operation)


class Vendor:
    """A simulated vendor and what the test tells and asks it."""

    def __init__(self, name: str, root: str, outbound: Outbound) -> None:
        self.name = name
        self.root = root
        self._outbound = outbound
        self._place = root.removeprefix("http://")

    async def arrange(self, *faults: Mapping[str, object]) -> None:
        """Order faults in place of those ordered before."""
        await self._ask(Request("POST", f"{self.root}/_sim/faults", auth="none", json=list(faults)))

    async def seen(self) -> Seen:
        """What arrived and what was charged."""
        return msgspec.json.decode(await self._ask(Request("GET", f"{self.root}/_sim/state", auth="none")), type=Seen)

    async def _ask(self, request: Request) -> bytes:
        response = await self._outbound.send(request, secret=Secret("none"), hosts=(self._place,))
        assert response.status < 300, response.body
        return response.body


class Running:
    """An open application with what a test needs around it."""

    def __init__(self, app: App, maker: Instant, vendors: Mapping[str, Vendor]) -> None:
        self.app = app
        self.maker = maker
        self.vendors = vendors
        assert isinstance(app.database, LaterDatabase)
        self.database = app.database
        self.workshop = Workshop(app.database)

    async def submit(self, submission: Submission) -> str:
        """Have a task accepted in the application's own batches, and hint that it is there."""
        outcome = await self.app.submissions.do(submission)
        assert isinstance(outcome, Created), outcome
        await self.app.database.hint("tasks")
        return outcome.task_id

    async def ended(self, *task_ids: str, within_s: float = 30.0) -> list[TaskSeen]:
        """Wait until these tasks have ended."""
        return await self.reached(task_ids, ENDED, within_s=within_s)

    async def reached(
        self, task_ids: Sequence[str], states: Sequence[str], *, within_s: float = 30.0
    ) -> list[TaskSeen]:
        """Wait until each of these tasks is in one of the states."""
        seen: list[TaskSeen] = []

        async def look() -> list[TaskSeen]:
            seen[:] = [await self.workshop.seen(task_id) for task_id in task_ids]
            return seen

        def there(tasks: list[TaskSeen]) -> bool:
            return all(task.state in states for task in tasks)

        with suppress(TimeoutError):
            await seen_as_wanted(look, there, within_s=within_s)
        assert there(seen), [task.state for task in seen if task.state not in states]
        return seen


@asynccontextmanager
async def opened(  # noqa: PLR0913 - what a test may want otherwise
    database_url: str,
    folder: Path,
    *,
    vendors: Sequence[str] = (),
    vendor_seconds: float = 0.05,
    at: Mapping[str, str] | None = None,
    drawing: bool = False,
    **settings: Any,
) -> AsyncGenerator[Running]:
    """Open an application; `vendors` are simulated, or reached at the roots in `at`. Nothing works yet.

    With `drawing` the built-in engines make the files, else an instant maker does.
    """
    async with AsyncExitStack() as stack:
        roots = dict(at or {})
        for name in vendors:
            if name not in roots:
                options = Options(seconds=vendor_seconds, fast=True)
                roots[name] = await stack.enter_async_context(serving(name, options))
        base_urls = {name: f"{roots[name]}{API_PATHS[name]}" for name in vendors}
        plain = Settings(
            data_dir=str(folder),
            database_url=database_url,
            storage_url="memory://",
            open_tasks_max=100_000,
            queue_max=100_000,
            provider_base_urls=base_urls,
        )
        chosen = msgspec.structs.replace(plain, **settings)
        environ = {CREDENTIALS[name]: SIMULATED_KEY for name in vendors}
        maker = Instant()
        with patch.object(apiinone.app, "open_database", _open_later):
            app = await stack.enter_async_context(open_app(chosen, environ, maker=None if drawing else maker))
        places = frozenset(root.removeprefix("http://") for root in roots.values())
        outbound = Outbound(allowed_private=places, connections_max=4, user_agent="test")
        stack.push_async_callback(outbound.aclose)
        yield Running(app, maker, {name: Vendor(name, roots[name], outbound) for name in vendors})


async def _open_later(url: str, clock: Clock) -> LaterDatabase:
    return LaterDatabase(await open_database(url, clock))


@asynccontextmanager
async def working(database_url: str, folder: Path, **options: Any) -> AsyncGenerator[Running]:
    """The same, at work."""
    async with opened(database_url, folder, **options) as running, running.app.work():
        yield running
