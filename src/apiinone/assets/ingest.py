"""Turns what a provider delivered into copies of our own: fetched, judged, made safe, stored; all of it or nothing."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeVar, assert_never

from msgspec import Struct

from apiinone.assets.media import MIB, Expected, MediaLimits, Refused, Unacceptable
from apiinone.assets.sniff import examine
from apiinone.assets.storage import (
    NoSuchObject,
    Place,
    Storage,
    StorageFailed,
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
    """One output as it is kept. Sizes are pixels and bytes, `sha256` is in hex."""

    key: str
    content_type: str
    bytes: int
    width: int
    height: int
    sha256: str


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
    """Outputs in memory at a time, over all tasks."""
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
        stored: list[str] = []
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._store_one(output, _Slot(place, index, expected, hosts), stored))
                    for index, output in enumerate(outputs)
                ]
        except* OutputUnavailable as failures:
            await self._remove(stored)
            raise _first(failures) from None
        return tuple(task.result() for task in tasks)

    async def recover(self, place: Place, *, outputs: int) -> tuple[StoredOutput, ...] | None:
        """What a worker that died had already stored of an attempt; None unless all of it is there and good.

        Raises OutputUnavailable, retryable, where the storage does not answer.
        """
        try:
            found = [stored.key async for stored in self._storage.list(place_prefix(place))]
            keys = {index: key for key in sorted(found, reverse=True) if (index := output_index(key)) is not None}
            if outputs < 1 or sorted(keys) != list(range(outputs)):
                return None
            return tuple([await self._examined(keys[index]) for index in range(outputs)])
        except (NoSuchObject, Unacceptable):
            return None
        except StorageFailed:
            raise OutputUnavailable(retryable=True, reason="storage_failed") from None

    async def _store_one(self, output: Output, slot: "_Slot", stored: list[str]) -> StoredOutput:
        linked = isinstance(output, Linked)
        async with self._turns:
            try:
                data = await self._safe(await self._bytes(output, slot), slot.expected)
                media = await _examine(data, MediaLimits(slot.expected, bytes_max=self._limits.bytes_max))
                key = output_key(slot.place, slot.index, self._randomness(RANDOM_BYTES), media.extension)
                stored.append(key)
                await self._storage.put(key, data)
            except Unacceptable as error:
                raise OutputUnavailable(retryable=linked and error.reason in _PASSING, reason=error.reason) from None
            except FetchFailed as error:
                raise OutputUnavailable(retryable=error.retryable, reason=error.reason) from None
            except SandboxFailed as error:
                raise OutputUnavailable(retryable=error.reason == "closed", reason="sandbox_failed") from None
            except Overloaded:
                raise OutputUnavailable(retryable=True, reason="overloaded") from None
            except StorageFailed:
                raise OutputUnavailable(retryable=True, reason="storage_failed") from None
        return StoredOutput(key, media.content_type, media.bytes, media.width, media.height, media.sha256)
