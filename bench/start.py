"""How long `apiinone serve` takes from its start to its first 200, and what it holds in memory then.

The 200 is that of /readyz, which answers only when the database, the storage and the schema do. The database has its
schema already; each start is a process of its own, and a bare Starlette server is started beside it. Memory is
resident memory after that one request and a second of rest.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from closed_loop import HOST
from cores import on, other_core
from results import Figure, Findings, figure
from script import run_script
from servers import environment_of, program, script, start
from stores import data_folder, new_settings, postgres, postgres_version

LOOK_EVERY_S = 0.005
REST_S = 1.0
MIB = 2**20
Table = dict[str, tuple[list[float], list[float]]]


async def measure(rounds: int) -> Findings:
    """Alternate both engines and the bare server."""
    with data_folder() as folder, postgres() as server, on(other_core()):
        serve = program("serve", "--host", HOST)
        sides: dict[str, tuple[list[str], Mapping[str, str], str]] = {
            "sqlite": (serve, environment_of(new_settings(folder / "sqlite")), "/readyz"),
            "postgresql": (serve, environment_of(new_settings(folder / "postgresql", server)), "/readyz"),
            "bare Starlette": (script("serve_bare.py"), dict(os.environ), "/healthz"),
        }
        table: Table = {name: ([], []) for name in sides}
        for _ in range(rounds):
            for name, (command, environ, path) in sides.items():
                _start(command, environ, path, folder / "log", table[name])
        first = {name: figure(f"start_{name}", "s", seconds) for name, (seconds, _) in table.items()}
        memory = {name: figure(f"memory_{name}", "MiB", mib) for name, (_, mib) in table.items()}
        engines = ("sqlite", "postgresql")
        promised: list[Figure] = [*(first[name] for name in engines), *(memory[name] for name in engines)]
        beside = (first["bare Starlette"], memory["bare Starlette"])
        return Findings(tuple(promised), beside, postgresql=postgres_version(server))


def _start(
    command: list[str], environ: Mapping[str, str], path: str, log: Path, values: tuple[list[float], list[float]]
) -> None:
    running = start(command, environ, log)
    try:
        seconds = running.wait_until_ready(path, LOOK_EVERY_S)
        time.sleep(REST_S)
        values[0].append(seconds)
        values[1].append(running.rss_bytes() / MIB)
    finally:
        running.stop()


if __name__ == "__main__":
    run_script("start", measure)
