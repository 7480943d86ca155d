import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import pytest_asyncio
from msgspec import Struct

from apiinone.accounts.account_rows import account_by_email
from apiinone.catalog.load import load_catalogue
from apiinone.catalog.running import running_catalogue
from apiinone.control import wire
from apiinone.control.account_commands import OpenAccount
from apiinone.control.asking import NobodyListens, ask
from apiinone.control.commands import AnyCommand
from apiinone.control.desk import Command, Desk
from apiinone.control.key_commands import MakeKey
from apiinone.control.serving import taking_commands
from apiinone.core.clock import SystemClock
from apiinone.core.credits import whole
from apiinone.core.errors import BadRequest, Conflict, DatabaseUnavailable, NotFound, ServerError
from apiinone.core.ids import Ids
from apiinone.credentials.seals import Seals
from apiinone.db import Tx, open_database
from apiinone.payments.refunding import Refunder
from apiinone.people.hashes import Hashes
from apiinone.sealing import Seal
from payments.tills import cashier_for


@pytest_asyncio.fixture
async def desk(sqlite_path: Path) -> AsyncIterator[Desk]:
    database = await open_database(f"sqlite:///{sqlite_path}", SystemClock())
    seals, providers = Seals(("key", Seal(b"k" * 32, os.urandom))), frozenset({"recraft"})
    made = (running_catalogue(load_catalogue()), Ids(SystemClock()), os.urandom, b"pepper", whole(1000), print)
    people = (Hashes(b"key", os.urandom), "http://one.example")
    cashier = cashier_for(database)
    yield Desk(database, *made, seals, providers, _nothing, cashier, Refunder(cashier), *people)
    await database.close()


@pytest_asyncio.fixture
async def socket(desk: Desk, tmp_path: Path) -> AsyncIterator[str]:
    async with taking_commands(desk, tmp_path / "db") as path:
        yield path


async def _nothing() -> None:
    """No keyring is to be told."""


def _mode(path: str | Path) -> int:
    return Path(path).stat().st_mode


async def _say(socket: str, line: bytes) -> wire.Reply:
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(line)
    writer.write_eof()
    reply = wire.read_reply(await reader.readline())
    writer.close()
    return reply


async def test_a_command_is_carried_out_by_the_server(desk: Desk, socket: str) -> None:
    opened = await ask(socket, OpenAccount("a@example.com"))

    async def look(tx: Tx) -> str | None:
        account = await account_by_email(tx, "a@example.com")
        return None if account is None else account.id

    assert await desk.database.read(look) == opened.account_id
    assert opened.test_credits == whole(1000)


async def test_a_refusal_arrives_as_what_it_is(socket: str) -> None:
    await ask(socket, OpenAccount("a@example.com"))
    with pytest.raises(Conflict, match="an account with this e-mail address already") as conflict:
        await ask(socket, OpenAccount("a@example.com"))
    assert conflict.value.param == "/email"
    with pytest.raises(NotFound):
        await ask(socket, MakeKey("0" * 26, "live"))


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"not json\n",
        b'{"do":"accounts.create"}\n',
        b'{"do":"accounts.create","email":"a@example.com","more":1}\n',
        b'{"do":"drop"}\n',
        b'{"do":"credits.grant","account_id":"x","mode":"both","amount":1,"reason":"x"}\n',
        b"x" * (wire.LINE_BYTES_MAX + 1) + b"\n",
    ],
)
async def test_what_is_no_command_is_refused_and_the_server_goes_on(socket: str, line: bytes) -> None:
    reply = await _say(socket, line)
    assert isinstance(reply, wire.Refused)
    assert reply.type == BadRequest.type
    await ask(socket, OpenAccount("b@example.com"))


async def test_a_client_that_hangs_up_disturbs_nobody(socket: str) -> None:
    for said in (b"", b'{"do":'):
        _, writer = await asyncio.open_unix_connection(socket)
        writer.write(said)
        writer.close()
    await ask(socket, OpenAccount("c@example.com"))


async def test_a_slow_client_is_given_up(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TIMEOUT_S", 0.05)
    async with taking_commands(desk, tmp_path / "db") as socket:
        reader, writer = await asyncio.open_unix_connection(socket)
        async with asyncio.timeout(20):
            await reader.read()
        writer.close()


async def test_a_command_that_fails_says_nothing_of_why(socket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_command: OpenAccount, _desk: Desk) -> None:
        raise RuntimeError("a canary")

    monkeypatch.setattr(OpenAccount, "run", fail)
    with pytest.raises(ServerError) as refused:
        await ask(socket, OpenAccount("d@example.com"))
    assert "canary" not in refused.value.message


async def test_the_socket_is_open_to_this_user_alone_and_goes_with_the_server(desk: Desk, tmp_path: Path) -> None:
    async with taking_commands(desk, tmp_path / "db") as socket:
        mode = _mode(socket)
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
        assert Path(socket).parent == tmp_path
    with pytest.raises(FileNotFoundError):
        _mode(socket)
    with pytest.raises(NobodyListens):
        await ask(socket, OpenAccount("e@example.com"))


async def test_a_path_too_long_for_a_socket_gets_a_private_folder(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    async with taking_commands(desk, folder / "db") as socket:
        assert stat.S_IMODE(_mode(Path(socket).parent)) == 0o700
        await ask(socket, OpenAccount("f@example.com"))
    with pytest.raises(FileNotFoundError):
        _mode(Path(socket).parent)


async def test_a_socket_left_by_a_killed_server_is_no_hindrance(desk: Desk, tmp_path: Path) -> None:
    left = await asyncio.start_unix_server(lambda _reader, _writer: None, tmp_path / "db.sock")
    left.close()
    async with taking_commands(desk, tmp_path / "db") as socket:
        await ask(socket, OpenAccount("g@example.com"))


async def test_an_answer_that_does_not_come_is_not_asked_for_twice(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    server = await asyncio.start_unix_server(hang_up, tmp_path / "socket")
    with pytest.raises(DatabaseUnavailable, match="see whether it was done"):
        await ask(str(tmp_path / "socket"), OpenAccount("h@example.com"))
    server.close()
    assert [msgspec.json.decode(line)["do"] for line in asked] == ["accounts.create"]


def test_every_command_names_its_answer_and_itself() -> None:
    kinds = get_args(AnyCommand)
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)
    assert all(issubclass(kind, Command) and issubclass(kind.answer, Struct) for kind in kinds)
