"""Ideogram: one synchronous request answers with links to the images.

Facts: the vendor's first API in its description (its copy of June 2026), its pages on limits, idempotency and prices
of 2026, and for version 4 the schema of it that Comfy publishes; what none of them says is marked unconfirmed. The
vendor's second API can also be asked later or call back; its bodies are known from third parties only, so it is not
used.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from apiinone.core.exchange import InHeader, Request, Response
from apiinone.providers.form_parts import form_parts
from apiinone.providers.provider import Finished, Order, SubmitReply, Unclear
from apiinone.providers.reading import decoded, fault_in, linked, refusal, rejected
from apiinone.providers.transports import Synchronous

BASE_URL: Final = "https://api.ideogram.ai/v1"
TIMEOUT_S: Final = 180.0
"""Our choice: the answer comes when the image is made, and a time-out leaves a paid order unclear."""


class Ideogram(Synchronous):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "ideogram"
    auth = InHeader("Api-Key")
    credential_names: tuple[str, ...] = ("IDEOGRAM_API_KEY",)
    submit_per_s_max = 5.0
    """Our choice: the vendor limits images in progress, not orders a second."""
    concurrent_max = 10
    """Images in progress of an organisation (limits)."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /{model}/{action}``: JSON, or a form where files travel along."""
        return Request(
            method="POST",
            url=f"{self._url}/{quote(order.upstream_model.strip('/'), safe='/.-_')}",
            auth=self.auth,
            json=None if order.files else dict(order.fields),
            form=form_parts(order.fields, order.files, of_several="") if order.files else (),
            timeout_s=TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """Links; or a refusal; or `Unclear`.

        Status 422 is the safety check's, unless its words speak of a field. An image that fails the check afterwards
        comes in a good answer, marked and without a link (API description); whether it is billed is unconfirmed. It is
        not delivered and not charged for.
        """
        if response.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return rejected("bad_request" if fault_in(response.body) == "bad_request" else "content_policy")
        if response.status != HTTPStatus.OK:
            return refusal(response)
        answer = decoded(response.body, _Answer)
        if answer is None or not answer.data:
            return Unclear("unreadable answer")
        safe = [image for image in answer.data if image.is_image_safe]
        if not safe:
            return rejected("content_policy")
        outputs = [linked(image.url or "") for image in safe]
        readable = tuple(output for output in outputs if output is not None)
        return Finished(readable) if len(readable) == len(outputs) else Unclear("an answer without readable images")


class _Image(Struct):
    is_image_safe: bool
    url: str | None = None


class _Answer(Struct):
    data: tuple[_Image, ...] = ()
