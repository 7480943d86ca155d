"""The internal address of a process, where the settings name one: other processes ask it to chat."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from apiinone.app import App
from apiinone.cli.listening import answering, listen
from apiinone.cli.printing import say
from apiinone.settings import SettingsError


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
    with listen(host.strip("[]"), int(port), chosen_with="APIINONE_INTERNAL_LISTEN") as listener:
        async with answering(app.node_door, listener):
            say(f"other processes of this installation are answered at {place}")
            yield
