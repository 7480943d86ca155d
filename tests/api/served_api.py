"""The whole API over a real socket, with a worker that makes pictures at once; and a client that checks each answer.

Whatever a test asks for, its answer must be documented: the status stands in the route's list, the body has the form
that the list says, and every header that each response carries is there.
"""

import asyncio
import io
import json
import secrets
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, LiteralString, cast
from unittest.mock import patch

import msgspec
import uvicorn
from aiohttp import ClientResponse, ClientSession
from msgspec import Struct
from starlette.types import ASGIApp
from yarl import URL

from apiinone.accounts.account_rows import open_account
from apiinone.accounts.key_rows import NewKey, make_key
from apiinone.accounts.keys import KeyRules, Mode, new_secret, secret_hash, written
from apiinone.api.errors import ErrorBody
from apiinone.api.openapi import statuses_of
from apiinone.api.openapi_refusals import refusals_of
from apiinone.api.route import ByKey
from apiinone.api.routes import ROUTES
from apiinone.api.table import Found, Table
from apiinone.app import App, open_app
from apiinone.catalog.entry import Choice
from apiinone.cli.listening import KEEP_ALIVE_S
from apiinone.core.credits import Credits, whole
from apiinone.core.secret import Secret
from apiinone.credentials.sealed_rows import SealedRow, add_row
from apiinone.credentials.seals import place_of
from apiinone.db import Row, Sql, Tx, Value
from apiinone.gateway import gateway
from apiinone.ledger.budgets import Period
from apiinone.ledger.grants import grant
from apiinone.ledger.ledger import Owner
from apiinone.mail.letter import Letter, Outcome
from apiinone.mail.show_in_log import LogCarrier
from apiinone.providers.provider import Inline
from apiinone.settings import Settings
from apiinone.tasks.audit import audit
from tiny_files import TINY, tiny_files

HOST = "127.0.0.1"
PNG = TINY["raster"]
"""One black pixel."""
PROMPT = "A minimalist line art illustration of a mountain landscape, clean design"
BODY: Mapping[str, object] = {"model": "recraft-v4-text-to-image", "prompt": PROMPT}
CREATE = "/api/v1/images/generations"
RECRAFT: Mapping[str, str] = {"RECRAFT_API_TOKEN": "token-for-tests"}
ERROR_FIELDS = {"code", "type", "message", "param", "retryable", "request_id"}
_TABLE = Table(ROUTES)
_decode_error = msgspec.json.Decoder(ErrorBody).decode


class InstantMaker:
    """The local provider without its drawing."""

    async def make(
        self, choice: Choice, fields: Mapping[str, object], outputs: int, operation: str = ""
    ) -> tuple[Inline, ...]:
        return tiny_files(choice, fields, outputs, operation)


class Tenant(Struct, frozen=True):
    """An account and one of its keys."""

    account_id: str
    key_id: str
    key: str


class Got(Struct, frozen=True):
    """A response, read and checked."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        assert self.status == 200, self.body
        return self.json["data"]

    @property
    def error(self) -> Any:
        assert self.status >= 400, self.body
        return self.json["error"]

    @property
    def refused(self) -> tuple[int, str, str | None]:
        """Status, type and param of a refusal."""
        return (self.status, self.error["type"], self.error["param"])


class Api:
    """A running API and what tests do with it."""

    def __init__(self, app: App, url: str, session: ClientSession) -> None:
        self.app = app
        self.url = url
        self.session = session
        self.carried: list[Letter] = []
        """Letters that were sent, which with no mail server is shown in the log, before a test took them."""

    async def ask(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        body: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Got:
        """Send a request, read the answer and check that it is one the documents promise."""
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {key}")
        if body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        url = URL(self.url + path, encoded=True)
        sending = None if data is None else io.BytesIO(data)
        async with self.session.request(method, url, data=sending, headers=sent, allow_redirects=False) as response:
            return await _checked(method, path, response)

    async def get(self, path: str, key: str | None = None, **headers: str) -> Got:
        return await self.ask("GET", path, key=key, headers=_header_names(headers))

    async def create(self, key: str, body: Mapping[str, object] = BODY, **headers: str) -> Got:
        return await self.ask("POST", CREATE, key=key, body=body, headers=_header_names(headers))

    async def task(self, key: str, body: Mapping[str, object] = BODY, **headers: str) -> str:
        """A new task's id."""
        task_id: str = (await self.create(key, body, **headers)).data["task_id"]
        return task_id

    async def ended(self, key: str, task_id: str) -> Any:
        """The task once it has ended."""
        found = (await self.get(f"/api/v1/tasks/{task_id}?wait=20", key)).data
        assert found["status"] != "IN_PROGRESS", found
        return found

    async def tenant(
        self,
        *,
        mode: Mode = "test",
        balance: int = 1_000,
        rules: KeyRules | None = None,
        budget: tuple[Credits, Period] | None = None,
        of: Tenant | None = None,
    ) -> Tenant:
        """A key with so many credits, of a new account or of the one given."""
        ids, secret = self.app.ids, new_secret(secrets.token_bytes)
        account_id = ids.new() if of is None else of.account_id
        key_id, hashed = ids.new(), secret_hash(self.app.secret.key("pepper"), secret)
        new_key = NewKey(key_id, account_id, mode, hashed, rules=rules or KeyRules(), budget=budget)

        async def make(tx: Tx) -> None:
            if of is None:
                email = f"{account_id}@example.com"
                await open_account(tx, account_id=account_id, email=email, lot_id=ids.new(), test_credits=whole(1_000))
                if balance:
                    owner: Owner = (account_id, mode)
                    amount = whole(balance)
                    await grant(tx, owner, lot_id=ids.new(), amount=amount, actor="operator", reason="a test")
            await make_key(tx, new_key)

        await self.app.database.transact(make)
        return Tenant(account_id, key_id, written(mode, key_id, secret))

    async def store_own_key(self, owner: Tenant, key_id: str, provider: str = "recraft") -> None:
        """Store a key for a provider that this account brings, under an id of the test's own."""
        seals, account_id = self.app.follower.seals, owner.account_id
        sealed = seals.close(Secret("own-key-for-tests"), place_of(account_id, provider, key_id))
        row = SealedRow(key_id, account_id, provider, "", sealed, seals.present, "", None, None, 0, 0)

        async def add(tx: Tx) -> None:
            await add_row(tx, row)

        await self.app.database.transact(add)
        await self.app.follower.refresh()

    async def rows(self, sql: Sql, *values: Value) -> list[Row]:
        """Rows, read behind the API's back."""

        async def look(tx: Tx) -> list[Row]:
            return await tx.rows(sql, *values)

        return await self.app.database.read(look)

    async def change(self, sql: Sql, *values: Value) -> None:
        """Change a row behind the API's back."""

        async def work(tx: Tx) -> None:
            assert await tx.run(sql, *values) == 1

        await self.app.database.transact(work)

    async def assert_sound(self) -> None:
        report = await audit(self.app.database)
        assert report.ok, report.breaches[:5]


@asynccontextmanager
async def served_api(
    database_url: str, folder: Path, *, environ: Mapping[str, str] | None = None, working: bool = True, **settings: Any
) -> AsyncGenerator[Api]:
    """The API on this database, for the length of the block."""
    chosen = Settings(database_url=database_url, data_dir=str(folder / "data"), **settings)
    async with open_app(chosen, environ or {}, maker=InstantMaker()) as app:
        # asyncio sends small parts at once only where the protocol is named; else each answer waits 40 ms for an ACK.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
            listener.bind((HOST, 0))
            url = f"http://{HOST}:{listener.getsockname()[1]}"
            async with _served(gateway(app, url), listener), ClientSession(auto_decompress=False) as session:
                api, show = Api(app, url, session), LogCarrier.carry

                async def carry(carrier: LogCarrier, mail_id: str, letter: Letter) -> Outcome:
                    api.carried.append(letter)
                    return await show(carrier, mail_id, letter)

                with patch.object(LogCarrier, "carry", carry):
                    if working:
                        async with app.work():
                            yield api
                    else:
                        yield api


@asynccontextmanager
async def _served(application: ASGIApp, listener: socket.socket) -> AsyncGenerator[None]:
    """What `Server.serve` does, without its signal handlers and the tenths of a second it sleeps in the end."""
    config = uvicorn.Config(
        application,
        interface="asgi3",
        log_config=None,
        proxy_headers=False,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_S,  # uvicorn's own 5 s may end between two generated examples
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    await server.on_tick(0)
    yield
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    while server.server_state.connections or server.server_state.tasks:  # noqa: ASYNC110 - uvicorn tells in no other way
        await asyncio.sleep(0.002)


async def _checked(method: str, path: str, response: ClientResponse) -> Got:
    got = Got(response.status, response.headers, await response.read())
    headers = response.headers
    assert headers["X-Request-Id"]
    assert headers["Server-Timing"].startswith("app;dur=")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers
    bare_path = path.partition("?")[0]
    found = _TABLE.find(method, bare_path, bare_path.encode())
    if isinstance(found, Found):
        route = found.route
        statuses = set(statuses_of(route))
        assert response.status in statuses | refusals_of(route).keys(), (method, path, got.body)
        if isinstance(route.authority, ByKey) and response.status != 401:
            assert "RateLimit-Policy" in headers or got.error["type"] in ("permission_denied", "database_unavailable")
        documented_error = response.status not in statuses
    else:
        documented_error = response.status >= 400
    if documented_error and method != "HEAD":
        error = _decode_error(got.body).error
        assert set(got.error) - {"cancel_requested", "task_id"} == ERROR_FIELDS
        assert (error.code, error.request_id) == (response.status, headers["X-Request-Id"])
        if isinstance(found, Found):
            assert error.type in refusals_of(found.route)[response.status], got.body
    return got


def _header_names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def statement(text: str) -> Sql:
    """A statement of a test's own, for both engines."""
    return Sql(cast("LiteralString", text))
