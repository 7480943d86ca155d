"""GET /outputs/{task_id}/{output_no}: an output, for whoever holds a link that we signed."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Final, assert_never

from msgspec import Meta, Struct
from msgspec.structs import asdict

from apiinone.api.answer import Header, Streamed
from apiinone.api.byte_ranges import OutOfRange, Whole, content_range, range_asked
from apiinone.api.call import Call
from apiinone.api.errors import NoSuchRange
from apiinone.api.house import House
from apiinone.api.queries import read_query
from apiinone.api.task_ids import read_task_id
from apiinone.assets.links import OUTPUT_HEADERS, Expired, Forged, OutputPath, Valid, content_disposition
from apiinone.assets.storage import NoSuchObject, StorageFailed
from apiinone.core.errors import NotFound, Overloaded, PermissionDenied
from apiinone.db import Tx
from apiinone.tasks.task_view import ServedOutput, read_served_output

_EVERYWHERE: Final = "X-Content-Type-Options"
"""Every response carries it already."""
_HEADERS: Final[tuple[Header, ...]] = tuple(
    (name.lower().encode(), value.encode()) for name, value in OUTPUT_HEADERS.items() if name != _EVERYWHERE
)
_RANGES: Final[Header] = (b"accept-ranges", b"bytes")
_DIGITS_MAX: Final = 2


class LinkQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What makes an address a signed one; it is given whole with the task."""

    expires: Annotated[str, Meta(max_length=20)] = ""
    key: Annotated[str, Meta(max_length=64)] = ""
    signature: Annotated[str, Meta(max_length=128)] = ""


async def serve_output(house: House, call: Call) -> Streamed:
    """The output's bytes, or the one range of them that was asked for.

    What is gone, and what the link was not signed for, looks the same: not found.
    """
    query = read_query(call.query_string, LinkQuery)
    output = await _looked_up(house, call)
    name, number = call.ids["task_id"], call.ids["output_no"]
    task = read_task_id(name)
    if output is None or task is None or (task.node, task.suffix) != (output.node, output.suffix):
        raise _missing()
    path = OutputPath(output.mode, output.account_id, task.id, int(number))
    now_us = house.context.clock.now_us()
    verdict = house.context.links.judge(asdict(query), path, now_us=now_us)
    match verdict:
        case Valid():
            pass
        case Expired():
            raise PermissionDenied("This link has expired; read the task again for a new one.", param="expires")
        case Forged():
            raise _missing()
        case _:
            assert_never(verdict)
    if output.expires_us is not None and output.expires_us <= now_us:
        raise _missing()
    return await _served(house, call, output)


async def _served(house: House, call: Call, output: ServedOutput) -> Streamed:
    """All of it, a part of it, or that there is no such part."""
    tag = b'"%b"' % output.sha256.encode()
    asked = range_asked(call.headers.get(b"range", b""), call.headers.get(b"if-range", b""), tag, output.bytes)
    if isinstance(asked, OutOfRange):
        raise NoSuchRange(output.bytes)
    part = None if isinstance(asked, Whole) else asked
    name, number = call.ids["task_id"], call.ids["output_no"]
    extension = output.storage_key.rpartition(".")[2]
    disposition = content_disposition(f"{name}-{number}.{extension}").encode()
    headers = (*_HEADERS, _RANGES, (b"etag", tag), (b"content-disposition", disposition))
    return Streamed(
        status=200 if part is None else 206,
        pieces=await _begun(house.context.storage.stream(output.storage_key, part)),
        length=output.bytes if part is None else part.end - part.start,
        headers=headers if part is None else (*headers, (b"content-range", content_range(part, output.bytes))),
        content_type=output.content_type.encode(),
    )


async def _looked_up(house: House, call: Call) -> ServedOutput | None:
    task, number = read_task_id(call.ids["task_id"]), call.ids["output_no"]
    if task is None or not (number.isascii() and number.isdigit() and len(number) <= _DIGITS_MAX):
        return None
    if str(int(number)) != number:
        return None

    async def look(tx: Tx) -> ServedOutput | None:
        return await read_served_output(tx, task.id, int(number))

    return await house.context.database.read(look)


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, once the first is there: whether there is anything must be known before the response begins."""
    try:
        first = await anext(pieces, b"")
    except NoSuchObject:
        raise _missing() from None
    except StorageFailed as error:
        raise Overloaded("The storage does not answer; try again shortly.", retry_after_s=1) from error

    async def rest() -> AsyncGenerator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return rest()


def _missing() -> NotFound:
    return NotFound("There is no such output, or it is gone.")
