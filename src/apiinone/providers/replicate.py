"""Replicate, a host of others' models: submit, then ask or be called; files are links that last an hour.

Facts: the vendor's own API description (April 2026), its Python SDK 1.0.7 and its pages "rate limits", "verify webhook"
and "error codes"; what none of them says is marked unconfirmed.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from msgspec import Raw, Struct, structs

from apiinone.core.exchange import Request, Response
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    Linked,
    Order,
    PollReply,
    Reference,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, fault_in, is_upstream_id, linked, made_nothing, refusal, rejected
from apiinone.providers.shared_secrets import decoded_key, is_signed
from apiinone.providers.transports import Polled

BASE_URL: Final = "https://api.replicate.com/v1"
SUBMIT_TIMEOUT_S: Final = 60.0
POLL_INTERVAL_S: Final = 1.0
"""Twice the SDK's half second."""
CANCEL_TIMEOUT_S: Final = 30.0
WAIT_S_MAX: Final = 3600


class Replicate(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "replicate"
    credential_names: tuple[str, ...] = ("REPLICATE_API_TOKEN",)
    extra_hosts = ("replicate.delivery",)
    """Where files are. The API description has them fetched with the credential (unconfirmed that it is needed)."""
    submit_per_s_max = 10.0
    """600 a minute; far fewer where the credit runs out (rate limits): the vendor's 429 then sets the pace."""
    concurrent_max = 100
    """Our choice; the vendor names no limit."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/predictions/{id}"
    webhook_secret_name: str | None = "REPLICATE_WEBHOOK_SECRET"  # noqa: S105 - the name of a setting

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /models/{owner}/{name}/predictions``; a model named with its version goes to ``/predictions``."""
        body: dict[str, object] = {"input": dict(order.fields)}
        path = f"/models/{quote(order.upstream_model, safe='/.-_')}/predictions"
        if ":" in order.upstream_model:
            body["version"] = order.upstream_model
            path = "/predictions"
        if order.webhook_url is not None:
            body |= {"webhook": order.webhook_url, "webhook_events_filter": ["completed"]}
        return Request(method="POST", url=f"{self._url}{path}", auth="bearer", json=body, timeout_s=SUBMIT_TIMEOUT_S)

    def read_submit(self, response: Response) -> SubmitReply:
        """An id means that the job exists, whatever else the answer says; then its state decides. Else a refusal."""
        prediction = decoded(response.body, _Prediction)
        if prediction is None or not is_upstream_id(prediction.id):
            succeeded = response.status < HTTPStatus.MULTIPLE_CHOICES
            return Unclear("an answer without an id") if succeeded else _refusal(response)
        match self._state(prediction):
            case Running() | Unclear():
                return Accepted(Reference(prediction.id, self._poll_url(prediction)), POLL_INTERVAL_S)
            case Canceled():
                return rejected("provider_error")
            case reply:
                return reply

    def read_state(self, response: Response) -> PollReply:
        """The job's state."""
        prediction = decoded(response.body, _Prediction)
        if prediction is None or not is_upstream_id(prediction.id):
            return Unclear("an answer without an id")
        return self._state(prediction)

    def cancel(self, reference: Reference) -> Request:
        """``POST /predictions/{id}/cancel``."""
        url = f"{self._address(reference)}/cancel"
        return Request(method="POST", url=url, auth="bearer", timeout_s=CANCEL_TIMEOUT_S)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str | None:
        """``v1,`` + base64 HMAC-SHA256 over ``{id}.{timestamp}.{body}``; the key is the base64 of the secret."""
        if not is_signed(headers, body, decoded_key(secret), now_s):
            return None
        prediction = decoded(body, _Prediction)
        return prediction.id if prediction and is_upstream_id(prediction.id) else None

    def _poll_url(self, prediction: "_Prediction") -> str | None:
        """The address given with the job, where our credential may go there; else None, and the template is used."""
        urls = decoded(prediction.urls, _Urls)
        return None if urls is None else self.given(urls.get)

    def _state(self, prediction: "_Prediction") -> "State":
        """A word that we do not know counts as still at work; our own deadline ends the wait."""
        match (decoded(prediction.status, str) or "").lower():
            case "succeeded":
                return self._result(prediction)
            case "failed":
                return made_nothing(fault_in(bytes(prediction.error)))
            case "aborted":
                return rejected("provider_error")
            case "canceled":
                return Canceled()
            case _:
                return Running(POLL_INTERVAL_S)

    def _result(self, prediction: "_Prediction") -> Finished | Rejected | Unclear:
        """A link, several, or an object that has some. After an hour there is none any more: null."""
        if bytes(prediction.output) == b"null":
            return rejected("output_unavailable")
        texts = _texts(prediction.output)
        links = tuple(self._opened(link) for link in map(linked, texts) if link is not None)
        if not links or len(links) < len(texts):
            return Unclear("done, without readable outputs")
        return Finished(links)

    def _opened(self, link: Linked) -> Linked:
        """The link, with our credential where it leads to the vendor's own host."""
        return structs.replace(link, authorized=self.given(link.url) is not None)


_NULL: Final = Raw(b"null")
_RESETS_IN: Final = re.compile(rb"resets in ~?([0-9]{1,4})s")
State = Running | Finished | Rejected | Canceled | Unclear


class _Urls(Struct):
    get: str = ""


class _Prediction(Struct):
    """What must be right is typed; the rest is read apart, so that a strange value there does not cost the id."""

    id: str = ""
    status: Raw = _NULL
    output: Raw = _NULL
    error: Raw = _NULL
    urls: Raw = _NULL


def _texts(output: Raw) -> tuple[str, ...]:
    if (one := decoded(output, str)) is not None:
        return (one,)
    if (some := decoded(output, tuple[str, ...])) is not None:
        return some
    named = decoded(output, dict[str, object]) or {}
    return tuple(value for value in named.values() if isinstance(value, str) and linked(value) is not None)


def _refusal(response: Response) -> Rejected | Unclear:
    """The time to wait stands in a header or, as the vendor's page shows it, in the sentence."""
    reply = refusal(response)
    found = _RESETS_IN.search(response.body[:4096])
    if isinstance(reply, Rejected) and reply.fault == "throttled" and reply.retry_after_s is None and found:
        return structs.replace(reply, retry_after_s=float(min(int(found[1]), WAIT_S_MAX)))
    return reply
