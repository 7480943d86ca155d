"""The server's end of the control socket: open to this user on this machine and to nobody else."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from apiinone.control.desk import Desk
from apiinone.control.wire import LINE_BYTES_MAX, Done, Reply, read_command, read_line, refused, written
from apiinone.core.errors import BadRequest, Refusal, ServerError

CONNECTIONS_MAX = 16
_PATH_BYTES_MAX = 100
"""Systems take 104 to 108 bytes for the path of a socket."""


@asynccontextmanager
async def taking_commands(desk: Desk, database: Path) -> AsyncGenerator[str]:
    """Carry out commands for the length of the block; gives the socket's path.

    The caller holds the database's lock, so a socket that is there already was left by a process that was killed.
    """
    turns = asyncio.Semaphore(CONNECTIONS_MAX)

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with turns:
            await _attend(desk, reader, writer)

    path, folder = _place(database)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(attend, path, limit=LINE_BYTES_MAX)
    finally:
        os.umask(before)
    try:
        yield str(path)
    finally:
        server.close()
        path.unlink(missing_ok=True)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _place(database: Path) -> tuple[Path, Path | None]:
    """Beside the database, or in a folder of our own where that path is too long for a socket."""
    path = database.with_name(f"{database.name}.sock")
    if len(os.fsencode(path)) <= _PATH_BYTES_MAX:
        return path, None
    folder = Path(tempfile.mkdtemp(prefix="apiinone-"))
    return folder / "control.sock", folder


async def _attend(desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, TimeoutError):
        writer.write(written(await _reply(desk, reader)))
        await writer.drain()
    writer.close()


async def _reply(desk: Desk, reader: asyncio.StreamReader) -> Reply:
    try:
        command = read_command(await read_line(reader))
    except (msgspec.MsgspecError, ValueError):
        return refused(BadRequest("this is not a command of this version"))
    try:
        return Done(msgspec.Raw(msgspec.json.encode(await command.run(desk))))
    except Refusal as error:
        return refused(error)
    except Exception:
        logging.getLogger("apiinone.control").exception("a command failed")
        return refused(ServerError("the command failed; the server's log says where"))
