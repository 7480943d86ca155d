"""The child's end of `sandbox`: answers calls one at a time, within limits it sets on itself, until its input closes.

A frame is a length of four bytes, big endian, and as many bytes of msgpack. The first frame is a `Start`, each later
one an `Ask`, which is answered by one frame with a `Reply`. Imports the standard library, msgspec and what is asked.
"""

import importlib
import os
import resource
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, get_type_hints

import msgspec
from msgspec import Raw, Struct

HEADER_BYTES = 4
WATCHER_STACK_BYTES = 256 * 1024
OPEN_FILES_MAX = 64


class Start(Struct, frozen=True):
    """What the child may do: its targets (`module:function`) and the limits of each call."""

    targets: tuple[str, ...]
    memory_bytes_max: int
    cpu_s: float
    frame_bytes_max: int


class Ask(Struct, frozen=True):
    """One call; `payload` is the encoded argument."""

    target: str
    payload: Raw


class Answered(Struct, frozen=True, tag=True):
    """What the function returned, encoded."""

    result: Raw


class Raised(Struct, frozen=True, tag=True):
    """The function raised: the class of the exception and the line, never its words, which may quote a client."""

    where: str


class OutOfMemory(Struct, frozen=True, tag=True):
    """The function asked for more memory than it may have."""


class AnswerTooLarge(Struct, frozen=True, tag=True):
    """The function's result does not fit into a frame."""


Reply = Answered | Raised | OutOfMemory | AnswerTooLarge


def main() -> None:
    """Serve the parent until it closes our input."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    source, sink = _own_pipes()
    start = msgspec.msgpack.decode(_read_frame(source), type=Start)
    _limit_process(start)
    threading.stack_size(WATCHER_STACK_BYTES)
    threading.Thread(target=_end_with_parent, args=(source.fileno(),), daemon=True).start()
    while frame := _read_frame(source):
        reply = _answer(msgspec.msgpack.decode(frame, type=Ask), start)
        data = msgspec.msgpack.encode(reply)
        if len(data) > start.frame_bytes_max:
            data = msgspec.msgpack.encode(AnswerTooLarge())
        sink.write(len(data).to_bytes(HEADER_BYTES, "big") + data)
        sink.flush()


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipes away from the standard streams, so that a target that prints cannot break a frame."""
    source, sink = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")


def _read_frame(source: BinaryIO) -> bytes:
    """The next frame, empty where the parent has closed our input."""
    header = source.read(HEADER_BYTES)
    return source.read(int.from_bytes(header, "big")) if len(header) == HEADER_BYTES else b""


def _limit_process(start: Start) -> None:
    """Limit what holds for the whole life: memory, no core dump, no file written, few files open.

    RLIMIT_DATA counts private memory only, so libraries mapped from disk cost nothing. macOS does not enforce it.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (start.memory_bytes_max, start.memory_bytes_max))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES_MAX, OPEN_FILES_MAX))


def _end_with_parent(descriptor: int) -> None:
    """Wait for the other end of our input to close, also while a target is at work, and end at once."""
    watch = select.poll()
    watch.register(descriptor, 0)  # no event asked for: a hang-up is reported unasked
    watch.poll()
    os._exit(0)


def _answer(ask: Ask, start: Start) -> Reply:
    """Run one call. Its processor time counts from here: SIGPROF ends us where it takes more.

    Not RLIMIT_CPU: that counts from the start of the process, in whole seconds, and by another clock than it reports.
    """
    signal.setitimer(signal.ITIMER_PROF, start.cpu_s)
    try:
        function, parameter = _resolve(ask.target, start.targets)
        result = function(msgspec.msgpack.decode(ask.payload, type=parameter))
        return Answered(Raw(msgspec.msgpack.encode(result)))
    except MemoryError:
        return OutOfMemory()
    except Exception as error:  # noqa: BLE001 - whatever a target raises fails its own call and nothing else
        return Raised(_where(error))


def _resolve(target: str, targets: tuple[str, ...]) -> tuple[Callable[[Any], object], Any]:
    """The function and the type of its one parameter. Raises LookupError for anything but a target of the table."""
    if target not in targets:
        raise LookupError(target)
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    parameter = next(kind for key, kind in get_type_hints(function).items() if key != "return")
    return function, parameter


def _where(error: Exception) -> str:
    """Such as ``ValueError at draw.py:31``."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


BOOTSTRAP = f"import sys; sys.path[:] = sys.argv[1:]; from {__name__} import main; main()"
"""What the interpreter is told to run; its arguments are the module search path of the parent."""


def command() -> list[str]:
    """The command line of a child: no user site, no environment read, and modules found where the parent finds them."""
    root = str(Path(__file__).resolve().parents[1])
    return [sys.executable, "-I", "-S", "-c", BOOTSTRAP, *dict.fromkeys([*filter(None, sys.path), root])]
