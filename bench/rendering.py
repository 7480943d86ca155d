"""Status looks while the built-in engines work: fifty drawings and five films of one server, all on one core.

`apiinone serve` as it is; its drawing child shares the core with it. The tasks are created first; then their statuses
are looked at in turn, over eight connections that each send their next look when they have their answer, until all
tasks have ended. Only looks that were answered before that count.
"""

import asyncio
import itertools
from collections.abc import Callable

import msgspec
from closed_loop import HOST, Driven, Stop, drive, request
from cores import on, other_core
from results import Findings, figure
from script import run_script
from servers import Server, environment_of, program, served
from stores import data_folder, new_settings, opened
from tenants import PATH, Tenant, all_ended, new_tenant

DRAWINGS, FILMS = 50, 5
CONNECTIONS = 8
WITHIN_S = 240.0
FILMS_PATH = "/api/v1/videos/generations"
FILM = '{"model":"grok-imagine/text-to-video","prompt":"A paper boat on a rainy street, number %d"}'
DRAWING = '{"model":"recraft-v4-text-to-image","prompt":"A mountain lake at dawn, number %d","image_size":"1024x1024"}'


class _Id(msgspec.Struct):
    task_id: str


class _Created(msgspec.Struct):
    data: _Id


async def measure(rounds: int) -> Findings:
    """Each round makes all of them anew."""
    with data_folder() as folder, on(other_core()):
        settings = new_settings(folder / "data")
        tenant = await new_tenant(settings, "test")
        command = program("serve", "--host", HOST)
        with served(command, environment_of(settings), folder / "product.log", ready="/readyz") as running:
            async with opened(settings) as database:
                first = await _all_created(running, tenant, drawings=1, films=1)
                await all_ended(database, tenant, within_s=WITHIN_S)
                quiet = await drive(running.port, _looks(tenant, first), Stop(seconds=4.0), connections=CONNECTIONS)
                seen: list[Driven] = []
                for _ in range(rounds):
                    task_ids = await _all_created(running, tenant, drawings=DRAWINGS, films=FILMS)
                    ended = asyncio.Event()
                    loading = asyncio.create_task(
                        drive(running.port, _looks(tenant, task_ids), Stop(told=ended), connections=CONNECTIONS)
                    )
                    await all_ended(database, tenant, within_s=WITHIN_S)
                    ended.set()
                    seen.append((await loading).all_good())
    return Findings(
        (figure("status_while_rendering", "ms", [driven.p99_ms for driven in seen]),),
        (
            figure("looks, p50", "ms", [driven.p50_ms for driven in seen]),
            figure("looks", "req/s", [driven.per_s for driven in seen]),
            figure("until all had ended", "s", [driven.seconds for driven in seen]),
            figure("looks while nothing is made, p99", "ms", [quiet.p99_ms]),
        ),
        (f"{DRAWINGS} drawings of 1024 x 1024 and {FILMS} films a round",),
    )


async def _all_created(running: Server, tenant: Tenant, *, drawings: int, films: int) -> list[str]:
    filmed = [await _created(running, tenant, FILMS_PATH, FILM % n) for n in range(films)]
    return filmed + [await _created(running, tenant, PATH, DRAWING % n) for n in range(drawings)]


async def _created(running: Server, tenant: Tenant, path: str, body: str) -> str:
    bodies: list[bytes] = []
    post = request("POST", path, key=tenant.key, body=body.encode())
    (await drive(running.port, lambda: post, Stop(requests=1), connections=1, keep=bodies.append)).all_good()
    return msgspec.json.decode(bodies[0], type=_Created).data.task_id


def _looks(tenant: Tenant, task_ids: list[str]) -> Callable[[], bytes]:
    looks = itertools.cycle([request("GET", f"/api/v1/tasks/{task_id}", key=tenant.key) for task_id in task_ids])
    return lambda: next(looks)


if __name__ == "__main__":
    run_script("rendering", measure)
