"""The create routes of the contract, each with its family label. A folder of `data/` is named after its endpoint."""

from msgspec import Struct


class Endpoint(Struct, frozen=True):
    """One public create route and its family (contract: Create)."""

    name: str
    path: str
    family: str
    asynchronous: bool = True
    """Whether it makes a task; else it answers at once."""
    default_model: str = ""
    """The model when the body names none; empty where the body must name one."""


ENDPOINTS = (
    Endpoint("images", "/api/v1/images/generations", "Image API", default_model="recraft-v4-text-to-image"),
    Endpoint("videos", "/api/v1/videos/generations", "Video API"),
    Endpoint("music", "/api/v1/audio/music", "Music API"),
    Endpoint("speech", "/api/v1/audio/speech", "Speech API"),
    Endpoint("chat", "/api/v1/chat/completions", "Chat API", asynchronous=False),
    Endpoint("remove-bg", "/api/v1/images/tools/remove-bg", "Tool API"),
    Endpoint("face-swap", "/api/v1/images/tools/face-swap", "Tool API"),
    Endpoint("upscale", "/api/v1/images/tools/upscale", "Tool API"),
    Endpoint("vectorize", "/api/v1/images/tools/vectorize", "Tool API"),
)
"""In the order in which catalogue and documents list them."""

_BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


def endpoint_named(name: str) -> Endpoint:
    """The endpoint of that name. Raises KeyError."""
    return _BY_NAME[name]
