"""Servers under measurement: processes of their own on the measured core, with their CPU time and memory."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import MappingProxyType

import psutil
from closed_loop import HOST
from cores import measured_core, on, other_core

from apiinone.settings import PREFIX, Settings

BENCH = Path(__file__).resolve().parent
READY_WITHIN_S = 60.0
_NOTHING: Mapping[str, str] = MappingProxyType({})
STOPPED_WITHIN_S = 15.0


class Server:
    """A running process that listens on a port."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        """Take a process that was just started."""
        self.started_s = time.perf_counter()
        self.port = port
        self._process = process
        self._log = log
        self._seen = psutil.Process(process.pid)

    def wait_until_ready(self, path: str, look_every_s: float = 0.02) -> float:
        """Wait for the first 200; seconds since the start. Raises AssertionError with the log where none comes."""
        while not _answers(self.port, path):
            waited_s = time.perf_counter() - self.started_s
            assert self._process.poll() is None, f"the server ended: {self._log.read_text()}"
            assert waited_s < READY_WITHIN_S, f"the server is not ready: {self._log.read_text()}"
            time.sleep(look_every_s)
        return time.perf_counter() - self.started_s

    def cpu_s(self) -> float:
        """CPU time so far, that of its children included, those that have ended as well."""
        ended = self._seen.cpu_times()
        living = [process.cpu_times() for process in self._family()]
        return ended.children_user + ended.children_system + sum(times.user + times.system for times in living)

    def rss_bytes(self) -> int:
        """Resident memory now, that of its children included."""
        return sum(process.memory_info().rss for process in self._family())

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _family(self) -> list[psutil.Process]:
        return [self._seen, *self._seen.children(recursive=True)]


def our_server(settings: Settings, folder: Path) -> AbstractContextManager[Server]:
    """The product's server with the instant maker."""
    return served(script("serve_ours.py"), environment_of(settings), folder / "ours.log", ready="/readyz")


def product_server(
    settings: Settings, folder: Path, more: Mapping[str, str] = _NOTHING
) -> AbstractContextManager[Server]:
    """`apiinone serve` as it is."""
    environ = environment_of(settings) | dict(more)
    return served(program("serve", "--host", HOST), environ, folder / "product.log", ready="/readyz")


def bare_server(folder: Path) -> AbstractContextManager[Server]:
    """The yardstick for requests."""
    return served(script("serve_bare.py"), dict(os.environ), folder / "bare.log", ready="/healthz")


def simulator(vendor: str, folder: Path, *arguments: str) -> AbstractContextManager[Server]:
    """`apiinone simulate` with tiny constant outputs, on the other core."""
    command = program("simulate", vendor, "--fast", *arguments)
    return served(command, dict(os.environ), folder / f"{vendor}.log", ready="/_sim/state", core=other_core())


def script(name: str) -> list[str]:
    """A command that runs a script of this folder."""
    return [sys.executable, str(BENCH / name)]


def program(*arguments: str) -> list[str]:
    """A command of the product."""
    return [sys.executable, "-m", "apiinone", *arguments]


@contextmanager
def served(
    command: list[str], environ: Mapping[str, str], log: Path, *, ready: str, core: set[int] | None = None
) -> Generator[Server]:
    """Run a command with `--port` until the block ends; it answers at `ready` when the block begins."""
    running = start(command, environ, log, core=core)
    try:
        running.wait_until_ready(ready)
        yield running
    finally:
        running.stop()


def start(command: list[str], environ: Mapping[str, str], log: Path, *, core: set[int] | None = None) -> Server:
    """Start a command with `--port`, on the measured core where no other is named."""
    port = free_port()
    with log.open("ab") as output, on(core or measured_core()):
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [*command, "--port", str(port)],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Server(process, port, log)


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment in which a server reads these settings, and none from outside."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    named = {
        "DATA_DIR": settings.data_dir,
        "DATABASE_URL": settings.database_url,
        "OPEN_TASKS_MAX": str(settings.open_tasks_max),
        "REQUESTS_PER_MINUTE_MAX": str(settings.requests_per_minute_max),
    }
    return outside | {f"{PREFIX}{name}": value for name, value in named.items()}


def free_port() -> int:
    """A port of the loopback address that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
