"""Canaries in every place that holds a credential, and none of them in anything that a running installation emits."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession

from apiinone.api.route import NoBody
from apiinone.api.routes import ROUTES
from apiinone.simulators.options import Options
from apiinone.simulators.serving import serving
from conftest import Serve
from databases import sqlite_url
from serving import environment_for

SET, SECOND, STORED, OWN, BAD_OWN = (f"canary-{name}-4f1d" for name in ("set", "second", "stored", "own", "bad"))
CANARIES: Final = (SET, SECOND, STORED, OWN, BAD_OWN)
BODY: Final[Mapping[str, object]] = {"model": "recraft-v4-text-to-image", "prompt": "a hill"}
FRUGAL: Final[Mapping[str, object]] = {"model": "cogview-4", "prompt": "a hill"}
TOKEN: Final = "metrics-token"


class Emitted:
    """All that came out, by where."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def note(self, where: str, what: str | bytes) -> None:
        self.found[f"{len(self.found)} {where}"] = what if isinstance(what, str) else what.decode("latin-1")

    def leaks(self) -> set[tuple[str, str]]:
        return {(where, canary) for where, text in self.found.items() for canary in CANARIES if canary in text}


def listed(pid: int) -> bytes:
    """How others on the machine see a process; nothing where the system does not tell, or it has ended."""
    shown = Path(f"/proc/{pid}/cmdline")
    return shown.read_bytes() if shown.exists() else b""


class House:
    """A server, its command line and its clients; whatever they say is noted."""

    def __init__(self, url: str, environment: Mapping[str, str], session: ClientSession, emitted: Emitted) -> None:
        self.url = url
        self.environment = environment
        self.session = session
        self.emitted = emitted

    async def command(self, *arguments: str, given: str = "") -> Any:
        """Run a command line; the server carries out what writes."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "apiinone", *arguments),
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.emitted.note("process list", listed(process.pid))
        out, err = await process.communicate(f"{given}\n".encode())
        self.emitted.note(f"command {arguments}", out + err)
        return json.loads(out)

    async def ask(self, method: str, path: str, key: str | None = None, body: object = None) -> Any:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with self.session.request(method, self.url + path, json=body, headers=headers) as response:
            text = await response.read()
            self.emitted.note(f"{method} {path}", text + repr(response.headers).encode())
            return json.loads(text) if response.content_type == "application/json" else None

    async def tenant(self, email: str) -> str:
        account = (await self.command("accounts", "create", "--email", email, "--json"))["account_id"]
        await self.command("credits", "grant", "100", "--account", account, "--mode", "live", "--reason", "t", "--json")
        made = await self.command("keys", "create", "--account", account, "--json")
        key: str = made["key"]
        return key

    async def task(self, key: str, body: Mapping[str, object] = BODY) -> str:
        """A task that has ended; everything that can be asked about it was."""
        made = await self.ask("POST", "/api/v1/images/generations", key, body)
        task_id: str = made["data"]["task_id"]
        ended = await self.ask("GET", f"/api/v1/tasks/{task_id}?wait=20", key)
        await self.ask("GET", f"/api/v1/tasks/{task_id}/receipt", key)
        status: str = ended["data"]["status"]
        return status


@pytest.mark.slow
async def test_no_credential_is_in_anything_that_is_emitted(sqlite_path: Path, tmp_path: Path, serve: Serve) -> None:
    emitted = Emitted()
    async with AsyncExitStack() as stack:
        recraft = await stack.enter_async_context(serving("recraft", Options(seconds=0.05, fast=True, key=SET)))
        wavespeed = await stack.enter_async_context(serving("wavespeed", Options(seconds=0.05, fast=True, key=STORED)))
        env = {
            "RECRAFT_API_TOKEN": SET,
            "RECRAFT_API_TOKEN_2": SECOND,
            "APIINONE_RECRAFT_BASE_URL": f"{recraft}/v1",
            "APIINONE_WAVESPEED_BASE_URL": f"{wavespeed}/api/v3",
            "APIINONE_METRICS_TOKEN": TOKEN,
            "APIINONE_CREDENTIALS_KEY": "canary-free-key-of-the-test-that-is-long-enough",
        }
        server = await asyncio.to_thread(serve, sqlite_url(sqlite_path), env=env)
        session = await stack.enter_async_context(ClientSession())
        environment = environment_for(sqlite_url(sqlite_path), tmp_path / "data", env)
        house = House(server.url, environment, session, emitted)
        await house.command("credentials", "add", "wavespeed", "--json", given=STORED)
        first, second, third = [await house.tenant(f"{name}@example.com") for name in "abc"]
        await asyncio.sleep(1.0)
        assert [await house.task(first) for _ in range(4)] == ["SUCCESS"] * 4
        assert await house.task(first, FRUGAL) == "SUCCESS"
        for key, own in ((second, OWN), (third, BAD_OWN)):
            await house.ask("POST", "/api/v1/provider-keys", key, {"provider": "recraft", "key": own})
            await house.ask("POST", "/api/v1/provider-keys", key, {"provider": own, "key": f"{own} x", "name": 7})
            await house.ask("POST", "/api/v1/provider-keys", key, {"provider": "recraft", "key": f"{own} x"})
            assert await house.task(key) == "FAILED"
        await asyncio.sleep(1.0)
        for route in ROUTES:
            if route.method == "GET" and isinstance(route.body, NoBody) and not route.ids:
                await house.ask("GET", route.path, TOKEN if route.path == "/metrics" else second)
        for arguments in (("doctor",), ("credentials", "list"), ("catalog", "show"), ("credentials", "rotate-key")):
            await house.command(*arguments, "--json")
        emitted.note("process list", listed(server.process.pid))
        assert server.stop() == 0
        emitted.note("log", server.log)
        for path in [sqlite_path, *(Path(folder) / name for folder, _, names in os.walk(tmp_path) for name in names)]:
            if path.is_file():
                emitted.note(f"file {path.name}", path.read_bytes())
    assert "a credential is refused" in server.log
    assert len(emitted.found) > len(ROUTES)
    assert emitted.leaks() == set()
