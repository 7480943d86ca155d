"""A process with the product's own deliverer and nothing else at work, until its standard input is closed.

It prints the seconds of CPU that it took from then on.
"""

import asyncio
import gc
import sys
import time

import uvloop

from apiinone.app import open_app
from apiinone.settings import environment, read_settings


async def _deliver() -> None:
    environ = environment()
    async with open_app(read_settings(environ), environ) as app:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        began_s = time.process_time()
        running = asyncio.create_task(app.callbacks.deliverer.run())
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        print(time.process_time() - began_s)
        await app.callbacks.stop()
        await running


if __name__ == "__main__":
    uvloop.run(_deliver())
