"""The answer with a list of images that OpenAI's API gives, and servers that speak its form."""

import base64
import binascii
from typing import Final

from msgspec import Raw, Struct

from apiinone.core.exchange import Response
from apiinone.providers.provider import Inline, Output
from apiinone.providers.reading import decoded, linked

BODY_BYTES_PER_IMAGE: Final = 40 * 1024 * 1024
"""Base64 of an eight-megapixel PNG stays below: the largest that the form's makers give."""
BODY_BYTES_BESIDE: Final = 1024 * 1024


def body_bytes_max(images: int) -> int:
    """How much an answer with so many images may measure."""
    return BODY_BYTES_BESIDE + images * BODY_BYTES_PER_IMAGE


def listed_images(response: Response) -> tuple[Output, ...] | None:
    """All images of the answer, or None where one cannot be read or there is none."""
    answer = decoded(response.body, _Answer)
    images = decoded(answer.data, tuple[_Image, ...]) if answer else None
    outputs = [_output(image) for image in images or ()]
    readable = tuple(output for output in outputs if output is not None)
    return readable if readable and len(readable) == len(outputs) else None


def unpacked(text: str) -> Inline | None:
    """The bytes behind base64, or None where it is none."""
    try:
        return Inline(base64.b64decode(text, validate=True)) if text else None
    except (binascii.Error, ValueError):
        return None


class _Image(Struct):
    b64_json: str | None = None
    url: str | None = None


class _Answer(Struct):
    data: Raw = Raw(b"null")


def _output(image: _Image) -> Output | None:
    if image.b64_json:
        return unpacked(image.b64_json)
    return linked(image.url) if image.url else None
