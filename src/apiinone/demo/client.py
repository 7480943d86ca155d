"""A client of the API, as small as one can be: it knows the contract and nothing of the server's insides."""

from decimal import Decimal
from typing import Generic, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import FetchFailed, Lost, NotSent, Outbound

T = TypeVar("T")
TIMEOUT_S = 90.0
OUTPUT_BYTES_MAX = 64 * 1024 * 1024
_OK = 200


class Wish(Struct, frozen=True):
    """What to make: the body of a request."""

    model: str
    prompt: str
    image_size: str


class Balance(Struct, frozen=True):
    """What can be spent, and what is held, in credits."""

    available: Decimal
    held: Decimal


class Quote(Struct, frozen=True):
    """A price that is promised for a while."""

    quote_id: str
    credits: Decimal
    price_version: str


class Accepted(Struct, frozen=True):
    """A task that was accepted and paid for."""

    task_id: str


class Output(Struct, frozen=True):
    """One file that was made."""

    url: str
    content_type: str
    bytes: int
    width: int
    height: int


class Trouble(Struct, frozen=True):
    """Why a task failed."""

    type: str
    message: str


class TaskNow(Struct, frozen=True):
    """A task as it stands."""

    status: Literal["IN_PROGRESS", "SUCCESS", "FAILED", "CANCELED"]
    stage: str
    outputs: list[Output]
    error: Trouble | None


class Held(Struct, frozen=True):
    """What was set aside."""

    credits: Decimal
    created_at: str


class Attempt(Struct, frozen=True):
    """One try at a provider."""

    attempt_no: int
    provider: str
    chosen_because: str
    outcome: str
    created_at: str
    ended_at: str | None


class Settlement(Struct, frozen=True):
    """How the hold ended."""

    kind: str
    captured: Decimal
    released: Decimal
    created_at: str


class Receipt(Struct, frozen=True):
    """What became of the money."""

    task_id: str
    model: str
    hold: Held
    attempts: list[Attempt]
    settlement: Settlement | None


class CallFailed(Exception):
    """The server refused, or did not answer; the message is for people."""


class _Answer(Struct, Generic[T], frozen=True):
    data: T


class _Error(Struct, frozen=True):
    message: str


class _Refused(Struct, frozen=True):
    error: _Error


class Client:
    """Calls one server with one key. Every method raises CallFailed."""

    def __init__(self, outbound: Outbound, url: str, key: str) -> None:
        """Take the sender, the server's address and the key."""
        self._outbound = outbound
        self._url = f"{url}/api/v1"
        self._key = Secret(key)
        self._hosts = (urlsplit(url).netloc,)

    async def works(self) -> bool:
        """Whether the server knows the key."""
        return (await self._status("/me")) == _OK

    async def balance(self) -> Balance:
        """What the key's account can spend."""
        return await self._call("/credits", None, Balance)

    async def quote(self, wish: Wish) -> Quote:
        """What it would cost."""
        return await self._call("/quotes", wish, Quote)

    async def create(self, wish: Wish, quote: Quote) -> Accepted:
        """Have it made at that price."""
        body = {**msgspec.to_builtins(wish), "quote_id": quote.quote_id}
        return await self._call("/images/generations", body, Accepted)

    async def task(self, task_id: str) -> TaskNow:
        """How it stands."""
        return await self._call(f"/tasks/{task_id}", None, TaskNow)

    async def receipt(self, task_id: str) -> Receipt:
        """What became of the money."""
        return await self._call(f"/tasks/{task_id}/receipt", None, Receipt)

    async def output(self, output: Output) -> bytes:
        """The file behind a signed link; no key is needed for it."""
        try:
            fetched = await self._outbound.fetch(
                output.url, hosts=self._hosts, bytes_max=OUTPUT_BYTES_MAX, timeout_s=TIMEOUT_S
            )
        except FetchFailed as error:
            raise CallFailed(f"the file could not be read: {error}") from error
        return fetched.data

    async def _call(self, path: str, body: object | None, kind: type[T]) -> T:
        status, answer = await self._send(path, body)
        try:
            if status == _OK:
                return msgspec.json.decode(answer, type=_Answer[kind]).data
            refused = msgspec.json.decode(answer, type=_Refused)
        except msgspec.MsgspecError as error:
            raise CallFailed(f"{path} answered {status} in a form that is not the contract's") from error
        raise CallFailed(f"{path} answered {status}: {refused.error.message}")

    async def _status(self, path: str) -> int:
        status, _ = await self._send(path, None)
        return status

    async def _send(self, path: str, body: object | None) -> tuple[int, bytes]:
        method: Literal["GET", "POST"] = "GET" if body is None else "POST"
        request = Request(method, self._url + path, "bearer", body, timeout_s=TIMEOUT_S)
        try:
            response = await self._outbound.send(request, secret=self._key, hosts=self._hosts)
        except (NotSent, Lost) as error:
            raise CallFailed(f"{path}: {error}") from error
        return response.status, response.body
