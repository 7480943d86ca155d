"""Pure functions in a child process, within limits of memory, processor time and wall time.

What decodes or draws for a client may be made to take too much, or to crash; here that fails one call and nothing else.
Children are started on demand and ended when idle, so a server that draws nothing carries nothing.
"""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Literal, TypeVar, assert_never

import msgspec
from msgspec import Raw, Struct

from apiinone.core.errors import Overloaded
from apiinone.sandbox_child import (
    HEADER_BYTES,
    Answered,
    AnswerTooLarge,
    Ask,
    OutOfMemory,
    Raised,
    Reply,
    Start,
    command,
)

T = TypeVar("T")
MIB = 1024 * 1024

Reason = Literal["timed_out", "cpu_spent", "memory_spent", "crashed", "raised", "too_large", "unreadable", "closed"]
"""Why a call failed. `too_large`: a frame above the limit, either way; `unreadable`: no answer of the promised type."""


class SandboxFailed(Exception):
    """One call failed; the next one starts a new child where this one's is gone."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        """Take the reason and, for the operator's log, where or how; no text of a client."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


class SandboxLimits(Struct, frozen=True):
    """What children may take, and how many there may be."""

    memory_bytes_max: int = 512 * MIB
    """Private memory of one child."""
    cpu_s: float = 20.0
    """Processor time of one call."""
    frame_bytes_max: int = 64 * MIB
    """Largest encoded payload or result."""
    idle_s: float = 20.0
    """How long a child is kept after its last call."""
    children_max: int = 1
    waiting_max: int = 64
    """Calls that wait for a child; one more is refused."""


class Sandbox:
    """Runs the functions of a fixed table. Belongs to one event loop; nothing is started before the first call."""

    def __init__(self, targets: Iterable[str], limits: SandboxLimits | None = None) -> None:
        """Take the only functions that may be called, each `module:function` with one annotated parameter."""
        self._targets = frozenset(targets)
        self._limits = limits or SandboxLimits()
        self._turns = asyncio.Semaphore(self._limits.children_max)
        self._waiting = 0
        self._idle: list[_Child] = []
        self._children: set[_Child] = set()
        self._closed = False
        self._closing = asyncio.Lock()

    async def call(self, target: str, payload: Struct, result: type[T], *, timeout_s: float) -> T:
        """Run the target on the payload and return its result.

        `timeout_s` counts from when a child is free for this call, the child's start included. Raises SandboxFailed;
        Overloaded where too many calls wait; ValueError where the target is not in the table.
        """
        if target not in self._targets:
            raise ValueError(f"not a target of this sandbox: {target}")
        frame = msgspec.msgpack.encode(Ask(target, Raw(msgspec.msgpack.encode(payload))))
        if len(frame) > self._limits.frame_bytes_max:
            raise SandboxFailed("too_large", "payload")
        async with self._turn():
            return _result(await self._ask(frame, timeout_s), result)

    async def aclose(self) -> None:
        """End all children at once and wait until they are gone. Calls under way or waiting fail as `closed`."""
        self._closed = True
        for child in self._children:
            child.kill()
        async with self._closing:
            for _ in range(self._limits.children_max):
                await self._turns.acquire()
            for child in tuple(self._children):
                await child.gone()
            for _ in range(self._limits.children_max):
                self._turns.release()

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Wait, within the bound, until a child may be used."""
        if self._turns.locked() and self._waiting >= self._limits.waiting_max:
            raise Overloaded("Too much work of this kind is waiting; try again shortly.", retry_after_s=1)
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    async def _ask(self, frame: bytes, timeout_s: float) -> Reply:
        """One exchange with a child. A child that has not answered in order is killed, whatever the cause."""
        child = None
        if self._closed:
            raise SandboxFailed("closed")
        try:
            async with asyncio.timeout(timeout_s):
                child = await self._take()
                reply = await child.exchange(frame, self._limits.frame_bytes_max)
        except BaseException as error:
            self._discard(child)
            if isinstance(error, TimeoutError):
                raise SandboxFailed("timed_out") from None
            if isinstance(error, SandboxFailed) and self._closed:
                raise SandboxFailed("closed") from None
            raise
        if isinstance(reply, OutOfMemory) or self._closed:
            self._discard(child)
        else:
            self._keep(child)
        return reply

    async def _take(self) -> "_Child":
        """An idle child that still lives, or a new one."""
        while self._idle:
            child = self._idle.pop()
            if child.wake():
                return child
            self._discard(child)
        try:
            process = await asyncio.create_subprocess_exec(
                *command(), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, cwd="/", start_new_session=True
            )
        except OSError as error:
            raise SandboxFailed("crashed", f"no child could be started: {type(error).__name__}") from None
        child = _Child(process)
        self._children.add(child)
        if self._closed:
            self._discard(child)
            raise SandboxFailed("closed")
        limits = self._limits
        start = Start(tuple(sorted(self._targets)), limits.memory_bytes_max, limits.cpu_s, limits.frame_bytes_max)
        child.send(msgspec.msgpack.encode(start))
        return child

    def _keep(self, child: "_Child") -> None:
        """Let a child wait for its next call, and end it where none comes."""
        self._idle.append(child)
        child.timer = asyncio.get_running_loop().call_later(self._limits.idle_s, self._discard, child)

    def _discard(self, child: "_Child | None") -> None:
        """Kill a child, and forget it once the system has taken it away."""
        if child is None:
            return
        if child in self._idle:
            self._idle.remove(child)
        child.kill()
        if child.reaper is None:
            child.reaper = asyncio.ensure_future(child.gone())
            child.reaper.add_done_callback(lambda _: self._children.discard(child))


class _Child:
    """One process and its two pipes."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None  # noqa: S101 - started with pipes
        assert process.stdout is not None  # noqa: S101 - started with pipes
        self._process = process
        self._writer = process.stdin
        self._reader = process.stdout
        self.timer: asyncio.TimerHandle | None = None
        self.reaper: asyncio.Future[None] | None = None

    def send(self, frame: bytes) -> None:
        """Put one frame into the child's input."""
        self._writer.write(len(frame).to_bytes(HEADER_BYTES, "big") + frame)

    async def exchange(self, frame: bytes, frame_bytes_max: int) -> Reply:
        """Send one frame and read its answer. Raises SandboxFailed where the child dies or speaks nonsense."""
        try:
            self.send(frame)
            await self._writer.drain()
            size = int.from_bytes(await self._reader.readexactly(HEADER_BYTES), "big")
            if size > frame_bytes_max:
                raise SandboxFailed("unreadable", f"a frame of {size} bytes")
            return msgspec.msgpack.decode(await self._reader.readexactly(size), type=Reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise await self._death() from None
        except msgspec.MsgspecError:
            raise SandboxFailed("unreadable") from None

    async def _death(self) -> SandboxFailed:
        """How a child that hung up has ended."""
        status = await self._process.wait()
        if status == -signal.SIGPROF:
            return SandboxFailed("cpu_spent")
        return SandboxFailed("crashed", f"exit status {status}")

    def wake(self) -> bool:
        """End the rest; whether the child still lives."""
        if self.timer is not None:
            self.timer.cancel()
        return self._process.returncode is None

    def kill(self) -> None:
        """End the process; it holds nothing that is worth a farewell."""
        self.wake()
        with suppress(ProcessLookupError):
            self._process.kill()

    async def gone(self) -> None:
        """Wait until the process has ended and its pipes are closed."""
        await self._process.wait()
        self._writer.close()


def _result(reply: Reply, result: type[T]) -> T:
    """The typed result, or the failure that the reply speaks of."""
    match reply:
        case Answered(encoded):
            try:
                return msgspec.msgpack.decode(encoded, type=result)
            except msgspec.MsgspecError:
                raise SandboxFailed("unreadable") from None
        case Raised(where):
            raise SandboxFailed("raised", where)
        case OutOfMemory():
            raise SandboxFailed("memory_spent")
        case AnswerTooLarge():
            raise SandboxFailed("too_large", "answer")
        case _:
            assert_never(reply)
