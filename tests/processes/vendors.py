"""Simulated vendors as processes of their own: they survive whatever happens to us, and tell what they saw."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from apiinone.simulators.faults import Seen
from serving import HOST, environment_for

API_PATHS: Final[Mapping[str, str]] = {"recraft": "/v1", "wavespeed": "/api/v3"}
JOB_SECONDS: Final = 0.2
READY_WITHIN_S: Final = 20.0
ARRIVES_WITHIN_S: Final = 20.0
LOOK_EVERY_S: Final = 0.02


class SimulatedVendor:
    """One `apiinone simulate …`."""

    def __init__(self, name: str, port: int, folder: Path) -> None:
        """Start it; `wait_until_ready` before it is asked."""
        self.name = name
        self.url = f"http://{HOST}:{port}{API_PATHS[name]}"
        self._port = port
        self._log = folder / f"{name}.log"
        options = ("--port", str(port), "--seconds", str(JOB_SECONDS), "--fast")
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "apiinone", "simulate", name, *options],
                env=environment_for("", folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        """Wait until it answers. Raises AssertionError with its log."""
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._log.read_text() or self._ask("GET", "/_sim/state") is None:
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(LOOK_EVERY_S)

    def seen(self) -> Seen:
        """What arrived and what was charged."""
        answer = self._ask("GET", "/_sim/state")
        assert answer is not None
        return msgspec.json.decode(answer, type=Seen)

    def wait_for_submit(self, after: int) -> None:
        """Wait until one more order has arrived than these."""
        deadline = time.monotonic() + ARRIVES_WITHIN_S
        while self.seen().submits == after:
            assert time.monotonic() < deadline
            time.sleep(LOOK_EVERY_S)

    def arrange(self, *faults: Mapping[str, object]) -> None:
        """Order faults in place of those ordered before."""
        assert self._ask("POST", "/_sim/faults", json.dumps(faults).encode()) is not None

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes | None:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=10)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = response.read()
        except ConnectionError:
            return None
        finally:
            connection.close()
        assert response.status < 300, answer
        return answer


class Vendors:
    """All of them."""

    def __init__(self, vendors: Sequence[SimulatedVendor]) -> None:
        self._vendors = {vendor.name: vendor for vendor in vendors}

    @property
    def urls(self) -> Mapping[str, str]:
        """Where their APIs stand, by name."""
        return {name: vendor.url for name, vendor in self._vendors.items()}

    def __getitem__(self, name: str) -> SimulatedVendor:
        return self._vendors[name]

    def seen(self) -> Mapping[str, Seen]:
        """What each has seen."""
        return {name: vendor.seen() for name, vendor in self._vendors.items()}
