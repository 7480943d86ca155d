"""A whole server in this process: database held and prepared, worker, duties, control socket, HTTP; and its end.

The end goes backwards: no new connection is taken, requests under way are answered, open tasks are handed back.
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from msgspec import Struct

from apiinone.app import App, open_app
from apiinone.catalog.check import check
from apiinone.cli.internal import answering_inside
from apiinone.cli.listening import answering
from apiinone.cli.making_ready import make_ready
from apiinone.cli.opening import holding_database, sqlite_file
from apiinone.cli.preparing import Migrated, prepare
from apiinone.cli.printing import say
from apiinone.control.ownership import Ownership, Taken
from apiinone.control.serving import taking_commands
from apiinone.core.errors import Conflict
from apiinone.front_desk import desk_of
from apiinone.gateway import Gateway, gateway
from apiinone.settings import Settings, environment

T = TypeVar("T")
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound
_NOTHING: Mapping[str, str] = {}
THREAD_TURN_S = 0.0005
"""How long a thread that computes keeps the loop from going on, each time; ten times as long is Python's own choice."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Served(Struct, frozen=True):
    """A server that answers."""

    app: App
    url: str
    """Where clients on this machine reach it."""


@asynccontextmanager
async def serving(
    settings: Settings, listener: socket.socket, further: Mapping[str, str] = _NOTHING
) -> AsyncGenerator[Served]:
    """Serve on the listener for the length of the block; `further` joins the environment.

    Raises Refusal, SettingsError, CatalogueInvalid.
    """
    url = url_of(listener)
    try:
        async with holding_database(settings) as ownership:
            await prepare_aloud(settings)
            async with open_app(settings, {**environment(), **further}) as app:
                _tell_of_overlay(app)
                site = gateway(app, url)  # before commands are taken: some of them write links to where it listens
                async with (
                    app.work(),
                    _commands(app, ownership),
                    answering_inside(app),
                    _answering(app, site, listener),
                ):
                    freeze_memory()
                    yield Served(app, url)
    except Taken as taken:
        raise Conflict(f"{taken}; one server at a time serves an embedded database") from taken


def freeze_memory() -> None:
    """Take what the start made out of the garbage collector's sight, and have it look less often.

    What requests make dies by reference counting; looking for cycles cost 36 µs a task, with this 10 (bench/engine).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


async def prepare_aloud(settings: Settings) -> None:
    """Prepare the database, and tell of a migration."""
    match await prepare(settings):
        case Migrated(since, copy):
            beside = "" if copy is None else f"; as it was before, it stands in {copy}"
            say(f"the database was migrated from revision {since}{beside}")
        case _:
            return


def _tell_of_overlay(app: App) -> None:
    """A server starts whatever is in the operator's folder, and does not keep to itself what is wrong there."""
    if not app.settings.catalogue_overlay:
        return
    wrong = sum(one.severity == "error" for one in check(app.running.listed))
    if wrong:
        say(f"the catalogue has errors ({wrong}): `apiinone catalog check` names them")


def url_of(listener: socket.socket) -> str:
    """The address of a listener as clients on this machine write it."""
    host, port = listener.getsockname()[:2]
    if host in ANY_ADDRESS:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def stop_asked() -> Generator[asyncio.Event]:
    """An event that the first SIGTERM or Ctrl-C sets. The second one ends the process at once."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def first() -> None:
        asked.set()
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, first)
    try:
        yield asked
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


def on_fast_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a server to its end, on uvloop where there is one."""
    sys.setswitchinterval(THREAD_TURN_S)
    try:
        from uvloop import new_event_loop  # noqa: PLC0415 - not on every system
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


@asynccontextmanager
async def _commands(app: App, ownership: Ownership | None) -> AsyncGenerator[None]:
    path = sqlite_file(app.settings)
    if ownership is None or path is None:
        yield
        return
    async with taking_commands(desk_of(app), path) as control_socket:
        ownership.tell(control_socket)
        yield
        ownership.tell()


@asynccontextmanager
async def _answering(app: App, site: Gateway, listener: socket.socket) -> AsyncGenerator[None]:
    async with answering(site, listener):
        making_ready = asyncio.create_task(make_ready(site.made_ready(), app.clock))
        try:
            yield
        finally:
            making_ready.cancel()
            await asyncio.gather(making_ready, return_exceptions=True)
            app.watchers.end_all()
