"""Turns what a provider delivered into copies of our own: fetched, judged, made safe, stored; all of it or nothing."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal, Protocol, TypeVar, assert_never

from msgspec import Struct

from apiinone.assets.data_url import decode_data_url
from apiinone.assets.media import MIB, Expected, Media, MediaLimits, Refused, Unacceptable
from apiinone.assets.sniff import examine, judge_type, kind_of
from apiinone.assets.storage import (
    NoSuchObject,
    Place,
    Storage,
    StorageFailed,
    is_whole,
    output_index,
    output_key,
    place_prefix,
)
from apiinone.assets.svg import SvgClean, SvgJob, SvgRefused, SvgResult
from apiinone.assets.svg_tree import BYTES_MAX as SVG_BYTES_MAX
from apiinone.core.errors import Overloaded
from apiinone.outbound import FetchFailed, FetchFault
from apiinone.providers.provider import Inline, Linked, Output
from apiinone.sandbox import SandboxFailed

T = TypeVar("T")

SVG_TARGET = "apiinone.assets.svg:sanitise_job"
"""What the sandbox must allow."""
RANDOM_BYTES = 10
THREAD_BYTES = 128 * 1024
"""From here on, hashing is done beside the event loop, which it would hold up."""

Cause = Refused | FetchFault | Literal["number_of_outputs", "sandbox_failed", "storage_failed", "overloaded"]


class OutputUnavailable(Exception):
    """The outputs cannot be stored; nothing of them is kept. `retryable`: storing the same once more may succeed."""

    def __init__(self, *, retryable: bool, reason: Cause) -> None:
        """Take whether another try may help, and the reason for the receipt."""
        super().__init__(reason)
        self.retryable = retryable
        self.reason: Cause = reason


class StoredOutput(Struct, frozen=True):
    """One output as it is kept. Sizes are pixels (None of sounds) and bytes, `sha256` is in hex.

    `duration_ms` is None for pictures, and for films that do not say how long they are.
    """

    key: str
    content_type: str
    bytes: int
    width: int | None
    height: int | None
    sha256: str
    duration_ms: int | None = None


class Delivered(Protocol):
    """A file that was fetched."""

    @property
    def data(self) -> bytes:
        """All of it."""
        ...


class Fetcher(Protocol):
    """Copies a file from a foreign address, which it guards. `outbound.Outbound` is one."""

    async def fetch(self, url: str, *, hosts: tuple[str, ...], bytes_max: int, timeout_s: float) -> Delivered:
        """The whole file, from one of the hosts (none: any public address). Raises FetchFailed."""
        ...


class Child(Protocol):
    """Runs a pure function where it can do no harm. `sandbox.Sandbox` is one."""

    async def call(self, target: str, payload: Struct, result: type[T], *, timeout_s: float) -> T:
        """The function's result. Raises SandboxFailed, Overloaded."""
        ...


class IngestLimits(Struct, frozen=True):
    """What one store may take."""

    outputs_max: int = 16
    bytes_max: int = 64 * MIB
    fetches_max: int = 32
    """Outputs that are fetched or made safe at a time, over all tasks."""
    fetch_timeout_s: float = 60.0
    svg_timeout_s: float = 20.0


class Ingest:
    """Stores outputs. Belongs to one event loop."""

    def __init__(
        self,
        storage: Storage,
        fetcher: Fetcher,
        child: Child,
        randomness: Callable[[int], bytes],
        limits: IngestLimits | None = None,
    ) -> None:
        """Take where outputs go, what fetches and what judges foreign drawings, and the source of random keys."""
        self._storage = storage
        self._fetcher = fetcher
        self._child = child
        self._randomness = randomness
        self._limits = limits or IngestLimits()
        self._turns = asyncio.Semaphore(self._limits.fetches_max)

    async def store(
        self, outputs: Sequence[Output], place: Place, expected: Expected, *, hosts: tuple[str, ...] = ()
    ) -> tuple[StoredOutput, ...]:
        """Store every output of an attempt, in order. Linked ones may come from `hosts` only (none: any public one).

        Raises OutputUnavailable after removing what was stored of them. Where this is cancelled, what was stored
        stays, for `recover` or for the sweep.
        """
        if not 0 < len(outputs) <= self._limits.outputs_max:
            raise OutputUnavailable(retryable=False, reason="number_of_outputs")
        keys: list[str] = []
        slots = [_Slot(place, index, expected, hosts) for index in range(len(outputs))]
        if len(outputs) == 1:  # by far the most frequent, and without a task of its own half as dear
            results: list[StoredOutput | Exception] = [await self._tried(outputs[0], slots[0], keys)]
        else:
            results = await asyncio.gather(  # a write under way cannot be taken back, so each is waited for
                *(self._tried(output, slot, keys) for output, slot in zip(outputs, slots, strict=True))
            )
        stored = [result for result in results if isinstance(result, StoredOutput)]
        if len(stored) < len(outputs):
            await self._remove(keys)
            raise _decisive([result for result in results if isinstance(result, Exception)])
        return tuple(stored)

    async def recover(self, place: Place, *, outputs: int) -> tuple[StoredOutput, ...] | None:
        """What a worker that died had already stored of an attempt; None unless all of it is there and good.

        Raises OutputUnavailable, retryable, where the storage does not answer.
        """
        try:
            found = [stored.key async for stored in self._storage.list(place_prefix(place)) if is_whole(stored)]
            keys = {index: key for key in sorted(found, reverse=True) if (index := output_index(key)) is not None}
            if outputs < 1 or sorted(keys) != list(range(outputs)):
                return None
            return tuple([await self._examined(keys[index]) for index in range(outputs)])
        except (NoSuchObject, Unacceptable):
            return None
        except StorageFailed:
            raise OutputUnavailable(retryable=True, reason="storage_failed") from None

    async def _tried(self, output: Output, slot: "_Slot", keys: list[str]) -> StoredOutput | Exception:
        try:
            if isinstance(output, Inline) and slot.expected != "vector":  # in memory already, and waits for nobody
                return await self._store_one(output, slot, keys)
            async with self._turns:
                return await self._store_one(output, slot, keys)
        except Exception as error:  # noqa: BLE001 - judged together with those of its siblings
            return error

    async def _store_one(self, output: Output, slot: "_Slot", keys: list[str]) -> StoredOutput:
        try:
            data = output.data if isinstance(output, Inline) else await self._fetched(output, slot)
            if slot.expected == "vector" and data:
                data = await self._made_safe(data)
            media = await _examine(data, MediaLimits(slot.expected, bytes_max=self._limits.bytes_max))
            key = output_key(slot.place, slot.index, self._randomness(RANDOM_BYTES), len(data), media.extension)
            keys.append(key)
            await self._storage.put(key, data)
        except (Unacceptable, FetchFailed, SandboxFailed, Overloaded, StorageFailed) as error:
            raise _unavailable(error, linked=isinstance(output, Linked)) from None
        return _stored(key, media)

    async def _fetched(self, output: Linked, slot: "_Slot") -> bytes:
        """What is behind the provider's link, as it comes."""
        bytes_max = SVG_BYTES_MAX if slot.expected == "vector" else self._limits.bytes_max
        if output.url[:5].lower() == "data:":
            return decode_data_url(output.url, bytes_max).data
        timeout_s = self._limits.fetch_timeout_s
        fetched = await self._fetcher.fetch(output.url, hosts=slot.hosts, bytes_max=bytes_max, timeout_s=timeout_s)
        return fetched.data

    async def _made_safe(self, data: bytes) -> bytes:
        """A drawing that may be served, made so in a child process."""
        judge_type(data, "vector")
        if len(data) > SVG_BYTES_MAX:
            raise Unacceptable("too_large", "SVG")
        timeout_s = self._limits.svg_timeout_s
        result = await self._child.call(SVG_TARGET, SvgJob(data), SvgResult, timeout_s=timeout_s)
        match result.outcome:
            case SvgClean(data=clean):
                return clean
            case SvgRefused(reason, detail):
                raise Unacceptable(reason, detail)
            case _:
                assert_never(result.outcome)

    async def _examined(self, key: str) -> StoredOutput:
        """What was stored, judged again. Raises NoSuchObject, Unacceptable, StorageFailed."""
        data = await self._storage.read(key)
        limits = MediaLimits(kind_of(data).expected, bytes_max=self._limits.bytes_max)
        return _stored(key, await _examine(data, limits))

    async def _remove(self, keys: Sequence[str]) -> None:
        """Take back what was stored; where the storage does not let us, the sweep for orphans will."""
        with suppress(StorageFailed):
            await self._storage.delete(keys)


class _Slot(Struct, frozen=True):
    place: Place
    index: int
    expected: Expected
    hosts: tuple[str, ...]


async def _examine(data: bytes, limits: MediaLimits) -> Media:
    if len(data) < THREAD_BYTES:
        return examine(data, limits)
    return await asyncio.to_thread(examine, data, limits)


def _stored(key: str, media: Media) -> StoredOutput:
    return StoredOutput(
        key, media.content_type, media.bytes, media.width, media.height, media.sha256, media.duration_ms
    )


def _unavailable(
    error: Unacceptable | FetchFailed | SandboxFailed | Overloaded | StorageFailed, *, linked: bool
) -> OutputUnavailable:
    """In our words. A file behind a link may be whole the next time; bytes that came with the answer stay the same."""
    match error:
        case Unacceptable(reason=reason):
            return OutputUnavailable(retryable=linked and reason in _PASSING, reason=reason)
        case FetchFailed(reason=fault, retryable=retryable):
            return OutputUnavailable(retryable=retryable, reason=fault)
        case SandboxFailed(reason=failure):
            return OutputUnavailable(retryable=failure in ("closed", "crashed"), reason="sandbox_failed")
        case Overloaded():
            return OutputUnavailable(retryable=True, reason="overloaded")
        case StorageFailed():
            return OutputUnavailable(retryable=True, reason="storage_failed")
        case _:
            assert_never(error)


def _decisive(failures: Sequence[Exception]) -> Exception:
    """The failure that decides for all: a defect of ours first, then one that another try cannot help."""

    def rank(failure: Exception) -> int:
        return 1 + failure.retryable if isinstance(failure, OutputUnavailable) else 0

    return min(failures, key=rank)


_PASSING = ("empty", "unknown_type", "broken")
"""What a link may give for a while: nothing yet, a page that says so, half a file."""
