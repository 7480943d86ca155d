"""Files that a request names, read when its task is worked on: from `data:` URLs, or from foreign servers, guarded."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from apiinone.assets.ingest import Fetcher
from apiinone.assets.inputs import (
    FETCHED_BYTES_MAX,
    Input,
    is_data_url,
    judge_data_url,
    judge_input,
    refusal_sentence,
)
from apiinone.assets.media import Unacceptable
from apiinone.catalog.entry import Entry
from apiinone.catalog.media_inputs import MediaInput, media_inputs
from apiinone.catalog.parameters import Parameter
from apiinone.core.exchange import File
from apiinone.outbound import FetchFailed
from apiinone.tasks.maker import CannotMake, UnusableInput

FETCH_TIMEOUT_S: Final = 20.0
FETCHES_MAX: Final = 8
"""Inputs fetched at a time, over all tasks of this process."""


class Picture(Struct, frozen=True):
    """A picture that was brought along, and where the body names it (a JSON pointer). Sides in pixels."""

    pointer: str
    data: bytes
    width: int
    height: int


class InputReader:
    """Reads inputs. Belongs to one event loop."""

    def __init__(self, fetcher: Fetcher) -> None:
        """Take what fetches from foreign addresses, and guards itself against them."""
        self._fetcher = fetcher
        self._turns = asyncio.Semaphore(FETCHES_MAX)

    async def picture(self, entry: Entry, fields: Mapping[str, object], field: str) -> Picture:
        """The picture in this field, the first of several. Raises UnusableInput, CannotMake."""
        named = (f"/{field}", f"/{field}/0")
        found = next((one for one in media_inputs(entry.parameters, fields) if one.pointer in named), None)
        if found is None:
            raise CannotMake("the built-in provider was given nothing to work on")
        taken = await self._taken(found)
        return Picture(found.pointer, taken.data, taken.width or 0, taken.height or 0)

    async def files(
        self, parameters: Sequence[Parameter], fields: Mapping[str, object], field: str
    ) -> tuple[File, ...]:
        """All files of this field, to be sent on with their bytes. Raises UnusableInput."""
        below = f"/{field}/"
        named = [one for one in media_inputs(parameters, fields) if f"{one.pointer}/".startswith(below)]
        taken = [await self._taken(one) for one in named]
        return tuple(File(one.data, one.content_type) for one in taken)

    async def _taken(self, named: MediaInput) -> Input:
        """One file, judged. Raises UnusableInput."""
        try:
            return await self._read(named)
        except Unacceptable as refused:
            raise UnusableInput(refusal_sentence(named.pointer, named.of, refused)) from None
        except FetchFailed as failed:
            sentence = f"'{named.pointer.removeprefix('/')}' could not be fetched: {_BECAUSE[failed.reason]}."
            raise UnusableInput(sentence, retryable=failed.retryable) from None

    async def _read(self, named: MediaInput) -> Input:
        if is_data_url(named.url):
            return await asyncio.to_thread(judge_data_url, named.url, named.of)
        async with self._turns:
            fetched = await self._fetcher.fetch(
                named.url, hosts=(), bytes_max=FETCHED_BYTES_MAX, timeout_s=FETCH_TIMEOUT_S
            )
        return await asyncio.to_thread(judge_input, fetched.data, named.of)


_BECAUSE: Final = {
    "address_refused": "its address may not be asked",
    "unreachable": "its server cannot be reached",
    "timeout": "its server took too long",
    "truncated": "it broke off",
    "too_large": "it has more bytes than are taken",
    "malformed": "its server's answer could not be read",
    "too_many_redirects": "its server sends from one address to the next",
    "expired": "its server does not give it to us",
    "not_found": "there is nothing at its address",
    "throttled": "its server is asked too often",
    "server_error": "its server fails",
    "unexpected_status": "its server's answer is not a file",
}
