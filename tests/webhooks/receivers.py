"""Receivers of callbacks on loopback, and their judgement by the official Standard Webhooks package."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from standardwebhooks import Webhook

from outbound.loopback import Loopback, answer

WITHIN_S = 20.0
OK = answer(b"thanks")


class Receiver(Loopback):
    """Answers with one answer after the other, then with the last again and again; with 200 where it has none."""

    def __init__(self) -> None:
        super().__init__(self._respond)
        self.answers: list[bytes] = []

    async def _respond(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = min(len(self.requests), len(self.answers))
        writer.write(self.answers[number - 1] if number else OK)


class Arrived:
    """A callback as it came in."""

    def __init__(self, request: bytes) -> None:
        head, _, self.body = request.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.first_line = lines[0]
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])
        }

    @property
    def id(self) -> str:
        """The `webhook-id`."""
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        """The body, unverified."""
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """The body, if the official package takes it. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, dict(self.headers))


async def arrived(receiver: Loopback, count: int = 1) -> Sequence[Arrived]:
    """Wait for so many callbacks."""
    async with asyncio.timeout(WITHIN_S):
        while len(receiver.requests) < count:  # noqa: ASYNC110 - a socket fills it
            await asyncio.sleep(0.01)
    return [Arrived(request) for request in receiver.requests]
