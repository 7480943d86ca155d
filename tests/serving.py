"""The product as its own process: started as a user starts it, killed as a machine dies."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path

HOST = "127.0.0.1"
PROGRAM = ("-m", "apiinone")
READY_WITHIN_S = 20.0
STOPPED_WITHIN_S = 15.0
_LOOK_EVERY_S = 0.02


class Served:
    """One `apiinone serve` (or `worker`) on a data folder and a database."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        port: int,
        environment: Mapping[str, str],
        log: Path,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        """Start `python -m apiinone …`, or another program; what it prints goes to the file `log`."""
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self._log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, *program, *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """All it has printed so far."""
        return self._log.read_text(errors="replace")

    def wait_until_it_speaks(self, within_s: float = READY_WITHIN_S) -> None:
        """Wait until it has printed something: it answers a moment before it says so. Raises AssertionError."""
        deadline = time.monotonic() + within_s
        while not self.log:
            assert time.monotonic() < deadline, f"it said nothing within {within_s} s"
            time.sleep(_LOOK_EVERY_S)

    def wait_until_ready(self, within_s: float = READY_WITHIN_S) -> None:
        """Wait until /readyz answers 200. Raises AssertionError with the log where it ends or takes too long."""
        deadline = time.monotonic() + within_s
        while not _answers(self.port, "/readyz"):
            status = self.process.poll()
            assert status is None, f"the server ended with {status} before it was ready:\n{self.log}"
            assert time.monotonic() < deadline, f"the server was not ready within {within_s} s:\n{self.log}"
            time.sleep(_LOOK_EVERY_S)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL) and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end (SIGTERM), wait, and give its exit status; what does not end in time is killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop within {STOPPED_WITHIN_S} s:\n{self.log}") from None

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None


def environment_for(database_url: str, data_dir: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a server under test: this one's, without settings of the product from outside."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("APIINONE_")}
    own = {"APIINONE_DATABASE_URL": database_url, "APIINONE_DATA_DIR": str(data_dir)}
    return outside | own | dict(more or {})


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def free_port_now() -> int:
    """A TCP port of the loopback address that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
