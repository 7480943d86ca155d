"""One HTTP exchange as values: what a provider describes and reads, and what the sender performs."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class InHeader(Struct, frozen=True):
    """The credential stands in this header, after the prefix: `x-key`, or `Authorization` with `Key `."""

    name: str
    prefix: str = ""


class SignedToken(Struct, frozen=True):
    """The credential signs a token of its own for each request: a JWT by HS256, shown as `Authorization: Bearer …`.

    The credential is a pair `key:secret`: the key is the token's issuer, the secret signs it. One that is no pair is
    shown as it is.
    """

    valid_s: int
    """How long the token holds."""
    early_s: int
    """How far its beginning lies in the past, for clocks that disagree."""


Auth = Literal["bearer", "bearer_if_any", "none"] | InHeader | SignedToken
"""Where the sender puts the credential. `bearer`: `Authorization: Bearer …`; `bearer_if_any`: likewise where there is
one, for servers of the operator's own that may ask for none."""


class File(Struct, frozen=True):
    """A file's bytes with their type, as a part of a form or inside a request."""

    data: bytes
    content_type: str


class Part(Struct, frozen=True):
    """One field of a form: a text, or a file with the name it goes by."""

    name: str
    value: str | File
    file_name: str = "file"


class Request(Struct, frozen=True):
    """One HTTP exchange, described. The sender adds the credential where `auth` says."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    url: str
    auth: Auth
    json: object | None = None
    form: tuple[Part, ...] = ()
    """Sent as `multipart/form-data` where there is no `json`."""
    fields: tuple[tuple[str, str], ...] = ()
    """Sent as `application/x-www-form-urlencoded` where there is neither."""
    headers: Mapping[str, str] = {}
    timeout_s: float = 60.0
    body_bytes_max: int = 32 * 1024 * 1024
    """The most that the answer's body may measure, decoded."""
    idle_s: float = 300.0
    """For an answer that is read as it comes: the longest silence between two pieces."""


class Response(Struct, frozen=True):
    """What came back, whole and bounded. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    """What was asked: some vendors keep the state of a job at a place that follows from where it was ordered."""
