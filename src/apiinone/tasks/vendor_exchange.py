"""Exchanges with a vendor: an order is sent, a question asked, a result fetched that only our credential opens."""

from dataclasses import dataclass
from http import HTTPStatus

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

OUTPUT_TIMEOUT_S = 60.0
OUTPUT_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Vendor:
    """A provider's adapter, and where the provider may call us. Credentials are in the keyring."""

    remote: Remote
    webhook_url: str | None = None


async def submit(outbound: Outbound, remote: Remote, secret: Secret, order: Order) -> SubmitReply:
    """Send the one paid request."""
    try:
        response = await outbound.send(remote.submit(order), secret=secret, hosts=remote.hosts)
    except NotSent:
        return Rejected("provider_error", "the provider cannot be reached", retryable=True)
    except Lost as lost:
        return Unclear(str(lost))
    return remote.read_submit(response)


async def poll(outbound: Outbound, remote: Remote, secret: Secret, reference: Reference) -> PollReply:
    """Ask how an accepted order stands."""
    try:
        response = await outbound.send(remote.poll(reference), secret=secret, hosts=remote.hosts)
    except (NotSent, Lost) as error:
        return Unclear(str(error))
    return remote.read_poll(response)


async def opened(outbound: Outbound, remote: Remote, secret: Secret, finished: Finished) -> Finished:
    """The result with the bytes of every output that only our credential opens. Raises OutputUnavailable."""
    outputs = tuple([await _bytes_of(outbound, remote, secret, output) for output in finished.outputs])
    return Finished(outputs, finished.cost_micro_usd)


async def _bytes_of(outbound: Outbound, remote: Remote, secret: Secret, output: Output) -> Output:
    if isinstance(output, Inline) or not output.authorized:
        return output
    request = _fetch(output)
    try:
        response = await outbound.send(request, secret=secret, hosts=remote.hosts)
    except NotSent as error:
        refused = error.reason == "address_refused"
        raise OutputUnavailable(retryable=not refused, reason="address_refused" if refused else "unreachable") from None
    except Lost:
        raise OutputUnavailable(retryable=True, reason="unreachable") from None
    if response.status == HTTPStatus.OK:
        return Inline(response.body)
    reason = _GONE.get(response.status, "server_error")
    raise OutputUnavailable(retryable=reason != "expired", reason=reason)


def _fetch(output: Linked) -> Request:
    return Request("GET", output.url, output.auth, timeout_s=OUTPUT_TIMEOUT_S, body_bytes_max=OUTPUT_BYTES_MAX)


_GONE: dict[int, Cause] = {401: "expired", 403: "expired", 404: "expired", 410: "expired"}
