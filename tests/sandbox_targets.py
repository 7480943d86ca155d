"""Functions that the sandbox's tests run in its child processes: honest ones and hostile ones."""

import ctypes
import os
import sys
import time
from pathlib import Path

from msgspec import Struct


class Note(Struct, frozen=True):
    text: str = ""
    number: int = 0


class Seen(Struct, frozen=True):
    pid: int
    environment: dict[str, str]
    descriptors: list[str]
    modules: list[str]
    directory: str
    session: int


def echo(note: Note) -> Note:
    return note


def look_around(_note: Note) -> Seen:
    descriptors = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return Seen(os.getpid(), dict(os.environ), descriptors, sorted(sys.modules), str(Path.cwd()), os.getsid(0))


def count_bytes(note: Note) -> Note:
    return Note(number=len(note.text))


def make_text(note: Note) -> Note:
    return Note("x" * note.number)


def hoard_memory(_note: Note) -> Note:
    kept: list[bytearray] = []
    while True:
        kept.append(bytearray(8 * 1024 * 1024))


def abort_on_memory(note: Note) -> Note:
    libc = ctypes.CDLL(None)
    libc.calloc.restype = ctypes.c_void_p
    if not libc.calloc(ctypes.c_size_t(note.number), ctypes.c_size_t(1)):
        os.abort()
    return note


def loop_forever(_note: Note) -> Note:
    while True:
        pass


def burn_cpu_ms(note: Note) -> Note:
    end = time.process_time() + note.number / 1000
    while time.process_time() < end:
        pass
    return note


def sleep(note: Note) -> Note:
    time.sleep(note.number)
    return note


def crash(_note: Note) -> Note:
    ctypes.string_at(0)
    raise AssertionError("unreachable")


def leave(note: Note) -> Note:
    os._exit(note.number)


def fail(note: Note) -> Note:
    raise ValueError(note.text)


def print_loudly(note: Note) -> Note:
    os.write(1, b"\xff" * 4096)
    print(note.text)  # noqa: T201 - that is the point
    return note


def answer_nonsense(_note: Note) -> Seen:
    return Seen(0, {}, [], [], "", 0)


def write_file(note: Note) -> Note:
    Path(note.text).write_text("kept")
    return note


def not_in_the_table(note: Note) -> Note:
    return note


TARGETS = [
    f"sandbox_targets:{function.__name__}"
    for function in (
        *(echo, look_around, count_bytes, make_text, hoard_memory, abort_on_memory, loop_forever, burn_cpu_ms),
        *(sleep, crash, leave, fail, print_loudly, answer_nonsense, write_file),
    )
]
