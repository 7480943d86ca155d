"""Exchanges with a vendor: an order is sent, a question asked, a result fetched that only our credential opens."""

from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeGuard

from msgspec import structs

from apiinone.assets.ingest import Cause, OutputUnavailable
from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.providers.provider import (
    Finished,
    Inline,
    Linked,
    Order,
    Output,
    PollReply,
    Reference,
    Rejected,
    Remote,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import retry_after_s

TURNED_AWAY_S = 1.0
"""How long no question is asked of a vendor that turned one away without saying for how long: our choice."""
OUTPUT_TIMEOUT_S = 60.0
OUTPUT_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Vendor:
    """A provider's adapter, and where the provider may call us. Credentials are in the keyring."""

    remote: Remote
    webhook_url: str | None = None


async def submit(outbound: Outbound, remote: Remote, secret: Secret | None, order: Order) -> SubmitReply:
    """Send the one paid request."""
    try:
        response = await outbound.send(remote.submit(order), secret=secret, hosts=remote.hosts)
    except NotSent:
        return Rejected("provider_error", "the provider cannot be reached", retryable=True)
    except Lost as lost:
        return Unclear(str(lost))
    return remote.read_submit(response)


async def poll(
    outbound: Outbound, remote: Remote, secret: Secret | None, reference: Reference
) -> tuple[PollReply, float | None]:
    """Ask how an accepted order stands. Also: for how long the vendor wants no question, where it turned this away."""
    try:
        response = await outbound.send(remote.poll(reference), secret=secret, hosts=remote.hosts)
    except (NotSent, Lost) as error:
        return Unclear(str(error)), None
    reply = remote.read_poll(response)
    if response.status != HTTPStatus.TOO_MANY_REQUESTS:
        return reply, None
    return reply, retry_after_s(response.headers) or TURNED_AWAY_S


async def cancel(outbound: Outbound, remote: Remote, secret: Secret | None, reference: Reference) -> None:
    """Ask the vendor to stop, where it can be asked. What it answers decides nothing: the next question does."""
    request = remote.cancel(reference)
    if request is None:
        return
    with suppress(NotSent, Lost):
        await outbound.send(request, secret=secret, hosts=remote.hosts)


async def opened(outbound: Outbound, remote: Remote, secret: Secret | None, finished: Finished) -> Finished:
    """The result with the bytes of every output that only our credential opens. Raises OutputUnavailable."""
    if not any(map(_is_closed, finished.outputs)):
        return finished
    outputs = tuple([await _bytes_of(outbound, remote, secret, output) for output in finished.outputs])
    return structs.replace(finished, outputs=outputs)


def _is_closed(output: Output) -> TypeGuard[Linked]:
    return isinstance(output, Linked) and output.authorized


async def _bytes_of(outbound: Outbound, remote: Remote, secret: Secret | None, output: Output) -> Output:
    if not _is_closed(output):
        return output
    request = _fetch(output)
    try:
        response = await outbound.send(request, secret=secret, hosts=remote.hosts)
    except NotSent as error:
        refused = error.reason == "address_refused"
        raise OutputUnavailable(retryable=not refused, reason="address_refused" if refused else "unreachable") from None
    except Lost as lost:
        reason: Cause = "unreachable" if lost.reason == "reset" else lost.reason
        raise OutputUnavailable(retryable=reason != "too_large", reason=reason) from None
    if response.status == HTTPStatus.OK:
        return Inline(response.body)
    reason = _GONE.get(response.status, "server_error")
    raise OutputUnavailable(retryable=reason != "expired", reason=reason)


def _fetch(output: Linked) -> Request:
    return Request("GET", output.url, output.auth, timeout_s=OUTPUT_TIMEOUT_S, body_bytes_max=OUTPUT_BYTES_MAX)


_GONE: dict[int, Cause] = {401: "expired", 403: "expired", 404: "expired", 410: "expired"}
