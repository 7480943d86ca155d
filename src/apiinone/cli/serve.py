"""`apiinone serve` and `apiinone worker`: processes that go on until they are told to stop."""

import socket

import click
from msgspec.structs import replace

from apiinone.app import open_app
from apiinone.cli.arguments import Nodes
from apiinone.cli.internal import answering_inside
from apiinone.cli.listening import listen
from apiinone.cli.opening import make_folders, settings_now, sqlite_file
from apiinone.cli.printing import say
from apiinone.cli.serving import freeze_memory, on_fast_loop, prepare_aloud, serving, stop_asked
from apiinone.core.errors import Conflict
from apiinone.logs import configure_logs
from apiinone.settings import Settings, environment

HOST = "127.0.0.1"
PORT = 8400


@click.command()
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0: any that is free.")
@click.option("--nodes", type=Nodes(), help="Work on these nodes' tasks only, such as 78,48; default: on all.")
def serve(host: str, port: int, nodes: tuple[int, ...] | None) -> None:
    """Run the server: API, worker and background duties in one process."""
    configure_logs()
    on_fast_loop(_serve(_narrowed(settings_now(), nodes), listen(host, port)))


@click.command()
@click.option("--nodes", type=Nodes(), required=True, help="The nodes whose tasks it works on, such as 78,48.")
def worker(nodes: tuple[int, ...]) -> None:
    """Run a worker for some nodes, beside servers on the same PostgreSQL."""
    settings = settings_now()
    if sqlite_file(settings) is not None:
        raise Conflict(
            "separate workers need PostgreSQL: set APIINONE_DATABASE_URL. On SQLite `serve` does all the work itself."
        )
    configure_logs()
    on_fast_loop(_work(_narrowed(settings, nodes)))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    with listener, stop_asked() as asked:
        async with serving(settings, listener) as served:
            click.echo(f"API in One answers at {served.url}")
            await asked.wait()
            say("stopping: requests under way are answered, open tasks handed back; once more ends it at once")


async def _work(settings: Settings) -> None:
    make_folders(settings)
    await prepare_aloud(settings)
    with stop_asked() as asked:
        async with open_app(settings, environment()) as app, app.work(), answering_inside(app):
            freeze_memory()
            click.echo(f"working on nodes {', '.join(map(str, settings.nodes))}")
            await asked.wait()
            say("stopping: open tasks are handed back to others; once more ends it at once")


def _narrowed(settings: Settings, nodes: tuple[int, ...] | None) -> Settings:
    return settings if nodes is None else replace(settings, nodes=nodes)
