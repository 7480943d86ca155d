"""`apiinone demo`: a server of its own, and a client's way through it."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from msgspec.structs import replace

from apiinone.app import App
from apiinone.cli.listening import listen
from apiinone.cli.opening import make_folders, settings_now, sqlite_file
from apiinone.cli.printing import say
from apiinone.cli.serve import HOST, PORT
from apiinone.cli.serving import Served, on_fast_loop, serving, stop_asked, url_of
from apiinone.core.errors import Conflict, Refusal
from apiinone.front_desk import desk_of
from apiinone.logs import configure_logs
from apiinone.settings import Settings, environment

if TYPE_CHECKING:
    from apiinone.demo.journey import Stage

EXIT = "DEMO_EXIT"
FOLDER = "demo"
LOG = "server.log"
CALLBACK = "/api/v1/payments/stripe/callback"


@click.command()
@click.option("--live", is_flag=True, help="Have them made by a vendor whose credential is set; that costs money.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Another, where taken.")
def demo(port: int, *, live: bool) -> int:
    """Make one picture and one drawing on a server of its own, and show what they cost.

    The server goes on until Ctrl-C; with DEMO_EXIT=1 it ends after the job, with status 0 where all went well.
    """
    settings = replace(settings_now(), public_url="")  # the links are for this machine
    make_folders(settings)
    folder = settings.data_path / FOLDER
    configure_logs(_log(folder))
    return on_fast_loop(_demo(settings, _listener(port), folder, live=live))


async def _demo(settings: Settings, listener: socket.socket, folder: Path, *, live: bool) -> int:
    stays = environment().get(EXIT, "0") in {"", "0"}
    with listener, stop_asked() as asked:
        async with _shop(settings, url_of(listener)) as (chosen, keys), serving(chosen, listener, keys) as served:
            stage = _stage(served, folder, live=live, stays=stays)
            done = await _walked(served.app, stage, asked)
            if done and stays:
                if keys:
                    click.echo(f"\nTo buy credits with test cards, sign up: {served.url}/sign-up")
                    click.echo(f"Letters are shown in {folder / LOG}")
                click.echo("\nServing until Ctrl-C.")
                await asked.wait()
    return 0 if done else 1


@asynccontextmanager
async def _shop(settings: Settings, url: str) -> AsyncGenerator[tuple[Settings, Mapping[str, str]]]:
    """A simulated Stripe beside the server, so that buying can be tried; none where a real one is set."""
    if settings.stripe_url or "STRIPE_SECRET_KEY" in environment():
        yield settings, {}
        return
    from apiinone.simulators import serving as simulating  # noqa: PLC0415 - for the demo alone
    from apiinone.simulators.options import SIMULATED_KEY, SIMULATED_WEBHOOK_SECRET, Options  # noqa: PLC0415 - as above
    from apiinone.simulators.stripe import SANDBOX  # noqa: PLC0415 - as above

    keys = {"STRIPE_SECRET_KEY": f"{SANDBOX}{SIMULATED_KEY}", "STRIPE_WEBHOOK_SECRET": SIMULATED_WEBHOOK_SECRET}
    async with simulating("stripe", Options(callback_url=f"{url}{CALLBACK}")) as root:
        yield replace(settings, stripe_url=root), keys


def _stage(served: Served, folder: Path, *, live: bool, stays: bool) -> "Stage":
    from apiinone.demo.journey import Stage  # noqa: PLC0415 - rich is loaded for the demo alone

    app = served.app
    vendors = tuple(sorted(app.keyring.providers()))
    if live and not vendors:
        raise Conflict("no vendor's credential is set: set one first, such as RECRAFT_API_TOKEN (docs/settings.md)")
    kept = "on SQLite" if sqlite_file(app.settings) is not None else "on PostgreSQL"
    place = f"{kept}, data in {app.settings.data_path}"
    return Stage(served.url, folder, place, "live" if live else "test", vendors, stays)


async def _walked(app: App, stage: "Stage", asked: asyncio.Event) -> bool:
    """Walk the journey, or stop in the middle of it where the user asks for that."""
    from apiinone.demo.client import CallFailed  # noqa: PLC0415 - rich is loaded for the demo alone
    from apiinone.demo.journey import Journey  # noqa: PLC0415 - as above
    from apiinone.demo.screen import Screen  # noqa: PLC0415 - as above

    walking = asyncio.ensure_future(Journey(stage, desk_of(app), Screen()).walk())
    stopping = asyncio.ensure_future(asked.wait())
    await asyncio.wait([walking, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not walking.done():
        walking.cancel()
        await asyncio.wait([walking])
        return False
    try:
        return walking.result()
    except (CallFailed, Refusal) as error:
        say(str(error))
        return False


def _log(folder: Path) -> TextIO:
    """It stays open: the end of the process has things to log, too."""
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        return (folder / LOG).open("a")
    except OSError as error:
        raise Conflict(f"{folder} cannot be written: {os.strerror(error.errno or 0)}") from error


def _listener(port: int) -> socket.socket:
    try:
        return listen(HOST, port)
    except Conflict:
        return listen(HOST, 0)
