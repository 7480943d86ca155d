"""Stripe's official SDK, kept from the network: it writes what is asked and reads what came back, and we send.

Its clients here are of our own making: one notes the request that a call of the SDK makes, the other hands over an
answer that is already there. Neither opens a connection, tries again, or holds the key.

Source: stripe 16.1.0, `_http_client.py` (a client is a subclass of `HTTPClient` with `request`), `_api_requestor.py`
(what a request's headers tell; how an answer becomes an object or an error), `_stripe_client.py` (`raw_request` and
`deserialize`).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import parse_qsl

import stripe
from stripe import HTTPClient, StripeClient, StripeObject

from apiinone.core.exchange import Request, Response

API_VERSION: Final = "2026-10-28.endive"
TIMEOUT_S: Final = 30.0
ANSWER_BYTES_MAX: Final = 1024 * 1024
NO_KEY: Final = "added-by-the-sender"
Noted = tuple[Literal["GET", "POST"], str, str]
"""Method, address, form."""


def described(base_url: str, call: Callable[[StripeClient], object], *, key: str | None = None) -> Request:
    """What the SDK would send for this call, as our sender is told of it; `key` makes it one that counts once.

    Of the headers nothing is taken over: the SDK's tell of the interpreter, the platform and the tools of a machine.
    """
    noting = _Noting()
    call(_client(noting, base_url))
    method, url, form = noting.noted
    headers = {"Stripe-Version": API_VERSION}
    return Request(
        method,
        url,
        "bearer",
        fields=tuple(parse_qsl(form, keep_blank_values=True)),
        headers=headers if key is None else {**headers, "Idempotency-Key": key},
        timeout_s=TIMEOUT_S,
        body_bytes_max=ANSWER_BYTES_MAX,
    )


def answered(response: Response) -> StripeObject:
    """What the SDK makes of an answer. Raises StripeError for an error of the vendor's, ValueError for no text."""
    client = _client(_Answering(response.body.decode(), response.status, response.headers))
    reply = client.raw_request("get", "/v1/answered")  # pyright: ignore[reportUnknownMemberType]
    return client.deserialize(reply, api_mode="V1")


class _Inside(HTTPClient):
    """What the SDK sends by: it goes to `reply`, and not out of this process. Of the headers nothing is passed on."""

    name = "inside"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        del headers
        return self.reply("POST" if method == "post" else "GET", url, post_data or "")

    def reply(self, method: Literal["GET", "POST"], url: str, form: str) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers. Here: nobody of ours sends by the client that the SDK takes where none is given."""
        del method, url, form
        raise AssertionError("a request past the one sender")


class _Noting(_Inside):
    """Notes what it is to send."""

    noted: Noted

    def reply(self, method: Literal["GET", "POST"], url: str, form: str) -> tuple[str, int, Mapping[str, str]]:
        self.noted = (method, url, form)
        return "{}", 200, {}


class _Answering(_Inside):
    """Has the answer already."""

    def __init__(self, body: str, status: int, headers: Mapping[str, str]) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self._answer = (body, status, headers)

    def reply(self, method: Literal["GET", "POST"], url: str, form: str) -> tuple[str, int, Mapping[str, str]]:
        del method, url, form
        return self._answer


def _client(http_client: HTTPClient, base_url: str = stripe.DEFAULT_API_BASE) -> StripeClient:
    _keep_quiet()
    return StripeClient(
        NO_KEY,
        http_client=http_client,
        base_addresses={"api": base_url},
        stripe_version=API_VERSION,
        max_network_retries=0,
    )


@lru_cache(maxsize=1)
def _keep_quiet() -> None:
    """Before its first use: no identifier of this machine is made in a home folder, and no client of its own sends."""
    stripe.enable_telemetry = False
    stripe.max_network_retries = 0
    stripe.default_http_client = _Inside()
