"""The words on the control socket: one line of JSON in, one line out, each within a limit of size and time."""

import asyncio

import msgspec
from msgspec import Struct

from apiinone.control.commands import AnyCommand
from apiinone.core.errors import Refusal, ServerError, refusals

LINE_BYTES_MAX = 64 * 1024
TIMEOUT_S = 30.0


class Done(Struct, frozen=True, tag_field="it", tag="done"):
    """The command was carried out; its answer as JSON."""

    answer: msgspec.Raw


class Refused(Struct, frozen=True, tag_field="it", tag="refused"):
    """The command was refused and changed nothing."""

    type: str
    message: str
    param: str | None


Reply = Done | Refused
_encode = msgspec.json.Encoder().encode
_read_command: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_read_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
_KINDS = {kind.type: kind for kind in refusals()}


def written(message: Struct) -> bytes:
    """A message as a line."""
    return _encode(message) + b"\n"


def read_command(line: bytes) -> AnyCommand:
    """A command. Raises msgspec.MsgspecError."""
    return _read_command.decode(line)


def read_reply(line: bytes) -> Reply:
    """A reply. Raises msgspec.MsgspecError."""
    return _read_reply.decode(line)


def refused(refusal: Refusal) -> Refused:
    """A refusal for the wire."""
    return Refused(refusal.type, refusal.message, refusal.param)


def refusal(message: Refused) -> Refusal:
    """The refusal as it was raised at the other end."""
    return _KINDS.get(message.type, ServerError)(message.message, param=message.param)


async def read_line(reader: asyncio.StreamReader) -> bytes:
    """One line. Raises ConnectionError where it ends before, ValueError where it is too long, TimeoutError."""
    async with asyncio.timeout(TIMEOUT_S):
        line = await reader.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError("the line was cut off")
    return line
