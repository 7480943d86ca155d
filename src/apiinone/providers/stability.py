"""Stability AI's stable image API: forms with files, JSON with base64 at once; the creative upscaler is asked later.

Facts: litellm 1.109.1 and ComfyUI (their clients of it) and a third party's copy of the vendor's description; the
vendor's own text was not read, so that all of this is unconfirmed. No model of our catalogue is made here: an operator
who wants it writes offers, whose `upstream_model` is the path below ``/v2beta/stable-image/``, such as `generate/core`.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from msgspec import Raw, Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.form_parts import form_parts
from apiinone.providers.image_list import body_bytes_max, unpacked
from apiinone.providers.provider import (
    Accepted,
    Finished,
    Inline,
    Order,
    PollReply,
    Reference,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, refusal, rejected
from apiinone.providers.transports import POLL_TIMEOUT_S, Polled

BASE_URL: Final = "https://api.stability.ai"
TIMEOUT_S: Final = 180.0
"""Our choice: the conservative upscaler is the slowest that answers at once."""
POLL_INTERVAL_S: Final = 10.0
"""What clients of the creative upscaler wait."""
JSON: Final = {"Accept": "application/json"}
FILTERED: Final = "CONTENT_FILTERED"


class Stability(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "stability"
    credential_names: tuple[str, ...] = ("STABILITY_API_KEY",)
    submit_per_s_max = 10.0
    """150 requests in 10 s (the vendor's first API), with room for questions."""
    concurrent_max = 16
    """Our choice: the vendor names no limit."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/v2beta/stable-image/upscale/creative/result/{id}"

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /v2beta/stable-image/{path}``, always as a form. One picture is all that an order gives."""
        return Request(
            method="POST",
            url=f"{self._url}/v2beta/stable-image/{quote(order.upstream_model.strip('/'), safe='/-_')}",
            auth="bearer",
            form=form_parts(order.fields, order.files),
            headers=JSON,
            timeout_s=TIMEOUT_S,
            body_bytes_max=body_bytes_max(1),
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """The picture, or the id of a job; or a refusal by status and words; or `Unclear`.

        Filtered pictures come with HTTP 200, withheld or blurred: not delivered.
        """
        if response.status not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
            return refusal(response)
        made = _made(response)
        if made is not None:
            return made
        queued = decoded(response.body, _Queued)
        reference = self.reference(queued.id) if queued else None
        return Unclear("an answer without a picture") if reference is None else Accepted(reference, POLL_INTERVAL_S)

    def poll(self, reference: Reference) -> Request:
        """The result's address, which answers with the picture once there is one."""
        url = self._address(reference)
        return Request("GET", url, "bearer", headers=JSON, timeout_s=POLL_TIMEOUT_S, body_bytes_max=body_bytes_max(1))

    def read_poll(self, response: Response) -> PollReply:
        """202 means still at work."""
        if response.status == HTTPStatus.ACCEPTED:
            return Running(POLL_INTERVAL_S)
        return super().read_poll(response)

    def read_state(self, response: Response) -> PollReply:
        """The picture."""
        return _made(response) or Unclear("an answer without a picture")


class _Answer(Struct):
    image: Raw = Raw(b"null")
    result: Raw = Raw(b"null")
    """What the creative upscaler calls the picture (ComfyUI's client reads both)."""
    finish_reason: str = ""


class _Queued(Struct):
    id: str = ""


def _made(response: Response) -> Finished | Rejected | None:
    """A picture, or that it was filtered; None where the answer holds neither."""
    if response.headers.get("content-type", "").startswith("image/"):
        # The bytes themselves, should `Accept` not be heeded; then headers name the reason.
        filtered = response.headers.get("finish-reason") == FILTERED
        return rejected("content_policy") if filtered else Finished((Inline(response.body),))
    answer = decoded(response.body, _Answer)
    if answer is None:
        return None
    if answer.finish_reason == FILTERED:
        return rejected("content_policy")
    picture = unpacked(decoded(answer.image, str) or decoded(answer.result, str) or "")
    return None if picture is None else Finished((picture,))
