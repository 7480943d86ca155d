"""The other end of the control socket: have a running server carry out a command."""

import asyncio
from typing import TypeVar, assert_never

import msgspec

from apiinone.control.desk import Command
from apiinone.control.wire import LINE_BYTES_MAX, Done, Refused, read_line, read_reply, refusal, written
from apiinone.core.errors import DatabaseUnavailable

T = TypeVar("T")


class NobodyListens(Exception):
    """There is no server at the socket; nothing was asked."""


async def ask(socket: str, command: Command[T]) -> T:
    """Have the server at this socket carry out a command. Raises its Refusal, NobodyListens, DatabaseUnavailable."""
    if not socket:
        raise NobodyListens("the process takes no commands")
    try:
        reader, writer = await asyncio.open_unix_connection(socket, limit=LINE_BYTES_MAX)
    except OSError as error:
        raise NobodyListens(str(error)) from error
    try:
        writer.write(written(command))
        await writer.drain()
        reply = read_reply(await read_line(reader))
    except (OSError, TimeoutError, ValueError) as error:
        raise DatabaseUnavailable("the server did not answer; see whether it was done before you try again") from error
    finally:
        writer.close()
    match reply:
        case Done(answer):
            return msgspec.json.decode(answer, type=command.answer)
        case Refused():
            raise refusal(reply)
        case _:
            assert_never(reply)
