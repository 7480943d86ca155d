"""The smallest file of each kind that a task may make."""

import base64
import io
import wave
from collections.abc import Mapping
from typing import Final

from apiinone.assets.media import Expected
from apiinone.catalog.entry import Choice
from apiinone.catalog.rendering import rendering
from apiinone.providers.provider import Inline
from apiinone.simulators.pictures import TINY_PNG, TINY_SVG

_FILM: Final = base64.b64decode(
    "UklGRoYAAABXRUJQVlA4WAoAAAACAAAADwAADwAAQU5JTQYAAAAAAAAAAABBTk1GKAAAAAAAAAAAAA8AAA8AAPQBAAJWUDhMEAAA"
    "AC8PwAMAB1CFqEL/AxHR/wBBTk1GKgAAAAAAAAAAAA8AAA8AAPQBAABWUDhMEQAAAC8PwAMAB1CFIleh/4GI6H8AAA=="
)
"""An animated WebP of two frames, 16 by 16 pixels, one second."""


def tiny_files(choice: Choice, fields: Mapping[str, object], outputs: int, operation: str) -> tuple[Inline, ...]:
    """So many files of the kind that the request asks for."""
    return (Inline(TINY[rendering(choice, fields, operation).kind]),) * outputs


def _sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(800))
    return out.getvalue()


TINY: Final[Mapping[Expected, bytes]] = {"raster": TINY_PNG, "vector": TINY_SVG, "video": _FILM, "audio": _sound()}
