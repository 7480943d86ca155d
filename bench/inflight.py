"""Ten thousand tasks of three seconds in flight in one worker.

They are submitted as fast as the use case takes them, in the worker's own process and without HTTP. In test mode a
task takes three seconds from its creation (`delay=3`) and the instant maker ends it. Against the simulated vendor
(wavespeed, on the other core) it takes three seconds from when the vendor took it; the worker asks once a second and
fetches a file. Memory of each is what the process grew by, divided by how many tasks were open at the most.
"""

import asyncio

import msgspec
from closed_loop import HOST
from cores import measured_core, on, other_core
from inflight_worker import Flight
from results import Figure, Findings, figure
from script import run_script
from servers import environment_of, script, simulator
from stores import data_folder, new_settings

from apiinone.settings import PREFIX
from apiinone.simulators.options import SIMULATED_KEY

TASKS = 10_000
TASK_S = 3


async def measure(rounds: int) -> Findings:
    """Once in test mode, once against the simulated vendor; more rounds would say the same."""
    del rounds
    with data_folder() as folder, on(other_core()), simulator("wavespeed", folder, "--seconds", str(TASK_S)) as vendor:
        test = await _fly("test", environment_of(new_settings(folder / "test")))
        names = {
            f"{PREFIX}WAVESPEED_BASE_URL": f"http://{HOST}:{vendor.port}/api/v3",
            f"{PREFIX}WAVESPEED_SUBMITS_PER_S_MAX": "1000000",
            f"{PREFIX}WAVESPEED_CONCURRENT_MAX": "256",
            f"{PREFIX}WAVESPEED_QUESTIONS_PER_S_MAX": "1000000",
            "WAVESPEED_API_KEY": SIMULATED_KEY,
        }
        live = await _fly("live", environment_of(new_settings(folder / "live")) | names)
    promised = (
        figure("inflight_memory", "KiB", [test.kib_each]),
        figure("inflight_late", "s", [test.late_s]),
        figure("inflight_memory_vendor", "KiB", [live.kib_each]),
        figure("inflight_late_vendor", "s", [live.late_s]),
    )
    return Findings(promised, (*_beside("test mode", test), *_beside("simulated vendor", live)))


async def _fly(mode: str, environ: dict[str, str]) -> Flight:
    command = [*script("inflight_worker.py"), mode, str(TASKS), str(TASK_S)]
    with on(measured_core()):
        process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0, "the worker failed"
    return msgspec.json.decode(output, type=Flight)


def _beside(label: str, flight: Flight) -> tuple[Figure, ...]:
    return (
        figure(f"{label}, most open at once", "tasks", [flight.most_open]),
        figure(f"{label}, most held by the worker at once", "tasks", [flight.most_held]),
        figure(f"{label}, submitting all", "s", [flight.submitting_s]),
        figure(f"{label}, from the first creation to the last end", "s", [flight.whole_s]),
    )


if __name__ == "__main__":
    run_script("inflight", measure)
