"""A Unix socket between us and PostgreSQL that loses the connection at a moment the test names."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

Cut = Literal["nowhere", "before commit", "after commit", "at message"]
SOCKET = ".s.PGSQL.5432"
_QUERY = b"Q"
_COMMIT = b"COMMIT\x00"
_WORK = frozenset(b"QPBE")


class CuttingProxy:
    """Passes everything on until the cut, which happens once; then everything is passed on again.

    Before the commit: it never reaches the server. After the commit: the server's answer never comes back.
    At a message: connections are lost when so many statements' messages have gone by.
    """

    def __init__(self, server: Path) -> None:
        self.cut: Cut = "nowhere"
        self.messages_left = 0
        self.cuts = 0
        self.commits = 0
        self.said: list[bytes] = []
        """What was asked of the server by itself, without values, since the first connection."""
        self.refusing = False
        self.refuse_after_cut = False
        self._server = server
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """One connection."""
        if self.refusing:
            back.close()
            return
        answers, forward = await asyncio.open_unix_connection(str(self._server))
        self._open |= {back, forward}
        passing = asyncio.ensure_future(_pass_all(answers, back))
        try:
            await self._pass_messages(client, forward, answers, passing)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            passing.cancel()
            for writer in (back, forward):
                self._open.discard(writer)
                writer.transport.abort()

    async def _pass_messages(
        self,
        client: asyncio.StreamReader,
        forward: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
        passing: "asyncio.Future[None]",
    ) -> None:
        length = await client.readexactly(4)
        forward.write(length + await client.readexactly(int.from_bytes(length, "big") - 4))
        while True:
            head = await client.readexactly(5)
            body = await client.readexactly(int.from_bytes(head[1:], "big") - 4)
            if self._cuts_here(head[:1], body):
                if self.cut == "after commit":
                    passing.cancel()
                    await asyncio.wait([passing])
                    forward.write(head + body)
                    await answers.read(1)
                self._lose()
                return
            forward.write(head + body)

    def _cuts_here(self, kind: bytes, body: bytes) -> bool:
        self.commits += kind == _QUERY and body == _COMMIT
        if kind == _QUERY:
            self.said.append(body.rstrip(b"\x00"))
        if self.cut == "at message":
            self.messages_left -= kind[0] in _WORK
            return self.messages_left < 0
        return self.cut != "nowhere" and kind == _QUERY and body == _COMMIT

    def _lose(self) -> None:
        self.cut = "nowhere"
        self.cuts += 1
        self.refusing = self.refuse_after_cut

    def lose_all(self) -> None:
        """Lose every open connection now."""
        for writer in list(self._open):
            writer.transport.abort()


async def _pass_all(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
    target.close()


@asynccontextmanager
async def cutting(url: str) -> AsyncGenerator[tuple[CuttingProxy, str]]:
    """A proxy before the server of this URL, and the URL that leads through it."""
    prefix, _, folder = url.partition("?host=")
    proxy = CuttingProxy(Path(folder) / SOCKET)
    with TemporaryDirectory(prefix="cut-", dir="/tmp") as own:
        server = await asyncio.start_unix_server(proxy.serve, str(Path(own) / SOCKET))
        try:
            yield proxy, f"{prefix}?host={own}"
        finally:
            server.close()
            proxy.lose_all()
            await asyncio.sleep(0)
