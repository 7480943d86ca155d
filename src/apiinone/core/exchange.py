"""One HTTP exchange as values: what a provider describes and reads, and what the sender performs."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class Request(Struct, frozen=True):
    """One HTTP exchange, described. The sender adds the credential where `auth` says."""

    method: Literal["GET", "POST", "DELETE"]
    url: str
    auth: Literal["bearer", "none"]
    json: object | None = None
    headers: Mapping[str, str] = {}
    timeout_s: float = 60.0
    body_bytes_max: int = 32 * 1024 * 1024
    """The most that the answer's body may measure, decoded."""


class Response(Struct, frozen=True):
    """What came back, whole and bounded. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
