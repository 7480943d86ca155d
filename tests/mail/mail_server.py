"""A mail server for tests: takes letters, or refuses them as it is told."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager


class MailServer:
    """What it was told and what it got."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers
        self.port = 0
        self.letters: list[str] = []
        self.said: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation (RFC 5321)."""

        async def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        await say("220 test ready")
        try:
            while line := (await reader.readline()).decode():
                word = line.split()[0].upper()
                self.said.append(line.strip())
                await say(self.answers.get(word, {"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 fine")))
                if word == "DATA" and "DATA" not in self.answers:
                    self.letters.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                    await say(self.answers.get(".", "250 taken"))
                if word == "QUIT":
                    break
        finally:
            writer.close()


@asynccontextmanager
async def mail_server(**answers: str) -> AsyncGenerator[MailServer]:
    """A server on the loopback network; `answers`: what it says to a command instead."""
    told = MailServer({name.replace("end", "."): text for name, text in answers.items()})
    server = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    told.port = server.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        server.close()
        await server.wait_closed()
