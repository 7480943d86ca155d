"""Recraft: one synchronous request answers with the images.

Facts: the vendor's own API description (its copy of August 2026) and its pages "agents", "error handling", "appendix"
and "pricing"; what none of them says is marked unconfirmed.
"""

from typing import Final
from urllib.parse import quote

from msgspec import Raw, Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.form_parts import form_parts
from apiinone.providers.image_list import unpacked
from apiinone.providers.provider import (
    Finished,
    Order,
    Output,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, fault_in, linked, refusal, rejected
from apiinone.providers.transports import Synchronous

BASE_URL: Final = "https://external.api.recraft.ai/v1"
TIMEOUT_S: Final = 180.0
"""The answer comes when the images are made; integrators wait 120 to 180 s."""
MICRO_USD_PER_UNIT: Final = 1000
"""1000 of the vendor's API units are one US dollar (pricing)."""
UNITS_MAX: Final = 10**9
BODY_BYTES_PER_IMAGE: Final = 16 * 1024 * 1024
"""Base64 of a 2K PNG stays well below."""
BODY_BYTES_OF_TOOL: Final = 64 * 1024 * 1024
"""Base64 of an enlarged PNG, or of a drawing with many shapes. Our choice."""
BODY_BYTES_BESIDE: Final = 1024 * 1024


class Recraft(Synchronous):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "recraft"
    credential_names: tuple[str, ...] = ("RECRAFT_API_TOKEN", "RECRAFT_API_KEY")
    """The vendor's own name first; the second is what other clients use."""
    submit_per_s_max = 5.0
    """5 requests a second and 100 images a minute per user (appendix)."""
    concurrent_max = 16
    """Our choice: 100 images a minute at about 10 s each; the vendor names no limit."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /images/generations``; for a picture that travels along, ``POST /images/<tool>`` as a form."""
        return self._tool(order) if order.files else self._generation(order)

    def _generation(self, order: Order) -> Request:
        """The fields, and over them the model and the number of images."""
        return Request(
            method="POST",
            url=f"{self._url}/images/generations",
            auth="bearer",
            json={**order.fields, "model": order.upstream_model, "n": order.outputs},
            timeout_s=TIMEOUT_S,
            body_bytes_max=BODY_BYTES_BESIDE + order.outputs * BODY_BYTES_PER_IMAGE,
        )

    def _tool(self, order: Order) -> Request:
        """The fields as texts, the files under their own names; a file's name ends like its kind."""
        return Request(
            method="POST",
            url=f"{self._url}/images/{quote(order.upstream_model, safe='')}",
            auth="bearer",
            form=form_parts(order.fields, order.files),
            timeout_s=TIMEOUT_S,
            body_bytes_max=BODY_BYTES_BESIDE + BODY_BYTES_OF_TOOL,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """Images, of a tool one; or a refusal, by status and words (error bodies are text or JSON); or `Unclear`.

        The vendor publishes no code for an empty balance or for moderation (unconfirmed: whether a failed call is
        free), so a 5xx after delivery stays `Unclear`: the call is paid and synchronous, and there is no later question
        to ask. See `reading.refusal` for the one exception.
        """
        if response.status != 200:  # noqa: PLR2004 - the status itself
            return refusal(response)
        answer = decoded(response.body, _Answer)
        if answer is None:
            return Unclear("unreadable answer")
        images = answer.data if answer.image is None else (answer.image, *answer.data)
        if answer.code is not None and not images:
            # The vendor's own ComfyUI node takes any body with a `code` for an error.
            return rejected(fault_in(response.body) or "provider_error")
        outputs = [_output(image) for image in images]
        readable = tuple(output for output in outputs if output is not None)
        if not readable or len(readable) < len(outputs):
            return Unclear("an answer without readable images")
        return Finished(readable, _cost_micro_usd(answer.credits))


class _Image(Struct):
    b64_json: str | None = None
    url: str | None = None


class _Answer(Struct):
    data: tuple[_Image, ...] = ()
    image: _Image | None = None
    """What a tool made (the API description: vectorize, removeBackground, the upscalers)."""
    credits: Raw = Raw(b"null")
    """Read apart: a strange number here must not cost the images."""
    code: str | int | None = None


def _output(image: _Image) -> Output | None:
    if image.b64_json:
        return unpacked(image.b64_json)
    return linked(image.url) if image.url else None


def _cost_micro_usd(credits_field: Raw) -> int | None:
    units = decoded(credits_field, int)
    return units * MICRO_USD_PER_UNIT if units is not None and 0 <= units <= UNITS_MAX else None
