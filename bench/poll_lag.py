"""Ten thousand open tasks over eight vendors in one worker: how much later than the vendor each task is done.

Every vendor's jobs take 85 seconds, and its adapter asks every 6 to 15, as vendors of film have it. Tasks come evenly
for 80 seconds, so that ten thousand are open when the first are done. The vendors stand on the other core, in one
process: one simulator of wavespeed under eight names. The lag counts from 85 seconds after the order was about to be
sent, so that all our own waiting is in it; the promise is about what is left when the vendor's interval is taken off.
"""

import asyncio

import msgspec
from closed_loop import HOST
from cores import measured_core, on, other_core
from poll_lag_worker import JOB_S, TASKS, Lags
from results import Findings, figure
from script import run_script
from servers import environment_of, script, simulator
from stores import data_folder, new_settings


async def measure(rounds: int) -> Findings:
    """Once: it takes three minutes, and each task is a measurement."""
    del rounds
    with data_folder() as folder, on(other_core()), simulator("wavespeed", folder, "--seconds", str(JOB_S)) as vendor:
        command = [*script("poll_lag_worker.py"), f"http://{HOST}:{vendor.port}/api/v3"]
        environ = environment_of(new_settings(folder / "store"))
        with on(measured_core()):
            process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
    assert process.returncode == 0, "the worker failed"
    lags = msgspec.json.decode(output, type=Lags)
    beside = (
        figure("most open at once", "tasks", [lags.most_open]),
        figure("p50 beyond the interval", "s", [lags.p50_s]),
        figure("latest beyond the interval", "s", [lags.latest_s]),
        figure("questions", f"for each of {TASKS} tasks", [lags.questions_each]),
    )
    return Findings((figure("poll_lag", "s", [lags.p99_s]),), beside)


if __name__ == "__main__":
    run_script("poll_lag", measure)
