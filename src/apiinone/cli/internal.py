"""The internal address of a process, where the settings name one: other processes ask it to chat."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn

from apiinone.app import App
from apiinone.cli.printing import say
from apiinone.cli.stopping import LeavesSignals
from apiinone.core.errors import Conflict
from apiinone.settings import SettingsError

STOP_S = 10


@asynccontextmanager
async def answering_inside(app: App) -> AsyncGenerator[None]:
    """Answer at the internal address for the length of the block. Raises SettingsError, Conflict."""
    place = app.settings.internal_listen
    if not place:
        yield
        return
    host, _, port = place.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError("APIINONE_INTERNAL_LISTEN must be host:port on a private network")
    config = uvicorn.Config(
        app.node_door,
        host=host.strip("[]"),
        port=int(port),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_S,
    )
    server = LeavesSignals(config)
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.wait([running], timeout=0.005)
            if running.done():
                raise Conflict(f"{place} cannot be listened on")
        say(f"other processes of this installation are answered at {place}")
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(running, return_exceptions=True)
