"""The internal address of a process, where the settings name one: other processes ask it to chat."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from apiinone.addresses import read_host_and_port
from apiinone.app import App
from apiinone.cli.listening import answering, listen
from apiinone.cli.printing import say


@asynccontextmanager
async def answering_inside(app: App) -> AsyncGenerator[None]:
    """Answer at the internal address for the length of the block. Raises Conflict."""
    place = app.settings.internal_listen
    if not place:
        yield
        return
    host, port = read_host_and_port(place)
    with listen(host.strip("[]"), port, chosen_with="APIINONE_INTERNAL_LISTEN") as listener:
        async with answering(app.node_door, listener):
            say(f"other processes of this installation are answered at {place}")
            yield
