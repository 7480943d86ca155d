"""A listening socket, and the server that answers on it for the length of a block."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from apiinone.cli.http_protocol import whole_responses
from apiinone.core.errors import Conflict

BACKLOG = 2048
KEEP_ALIVE_S = 75
DRAIN_S = 10
"""How long requests under way may take once the server is told to stop."""
DATE_EVERY_S = 1.0
"""How often the date that responses carry is written anew."""


def listen(host: str, port: int, *, chosen_with: str = "--port") -> socket.socket:
    """A listening socket; port 0: any that is free. Raises Conflict where the port is taken.

    Small parts of an answer leave at once on every event loop: connections inherit the option from the listener.
    (uvloop sets it by itself, asyncio only on sockets that name their protocol, which these do not.)
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Conflict(f"port {port} is taken; choose another one with {chosen_with}") from error
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Conflict(f"{host}:{port} cannot be listened on: {reason}") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def answering(application: ASGIApp, listener: socket.socket) -> AsyncGenerator[None]:
    """Answer on the listener for the length of the block; what is under way at its end is answered within limits."""
    config = uvicorn.Config(
        application,
        interface="asgi3",  # else uvicorn goes by whether a call is a coroutine function, and the site's is none
        http=whole_responses(),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
    server = LeavesSignals(config)
    running = asyncio.create_task(server.serve([listener]))
    try:
        while not server.started:
            await asyncio.wait([running], timeout=0.005)
            if running.done():
                running.result()
        yield
    finally:
        server.stop()
        await running


class LeavesSignals(uvicorn.Server):
    """Stops when it is told to, not by a signal: these belong to whoever runs it."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Take the configuration; on the event loop that it will run on."""
        super().__init__(config)
        self._told = asyncio.get_running_loop().create_future()

    def stop(self) -> None:
        """Tell it to stop; once."""
        self.should_exit = True
        self._told.set_result(None)

    async def main_loop(self) -> None:
        """Run until told to stop. By itself uvicorn wakes an idle process ten times a second to see whether it was."""
        while not await self.on_tick(0):
            await asyncio.wait([self._told], timeout=DATE_EVERY_S)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield
