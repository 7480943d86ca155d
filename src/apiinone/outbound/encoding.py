"""From a described request to the bytes and headers of the wire; the only place where a credential joins a request."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import urlencode

import msgspec

from apiinone.core.exchange import Auth, File, InHeader, Part, Request, SignedToken
from apiinone.core.secret import Secret
from apiinone.outbound.outcomes import NotSent

BEARER: Final = "Bearer "


def encoded(request: Request, secret: Secret | None, now_s: int) -> tuple[bytes, Mapping[str, str]]:
    """The bytes and headers of a request that leaves at `now_s`. Raises NotSent: unencodable, credential_missing."""
    headers = dict(request.headers)
    body = b""
    if request.json is not None:
        body = _json(request.json)
        headers["Content-Type"] = "application/json"
    elif request.form:
        boundary, body = _form(request.form)
        headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
    elif request.fields:
        body = urlencode(request.fields, errors="replace").encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if request.auth != "none" and not (request.auth == "bearer_if_any" and secret is None):
        if secret is None:
            raise NotSent("credential_missing")
        name, value = _shown(request.auth, secret, now_s)
        headers[name] = value
    return body, headers


def _shown(auth: Auth, secret: Secret, now_s: int) -> tuple[str, str]:
    """The header that shows the credential."""
    match auth:
        case InHeader(name, prefix):
            return name, prefix + secret.reveal()
        case SignedToken():
            return "Authorization", BEARER + _token(auth, secret.reveal(), now_s)
        case _:
            return "Authorization", BEARER + secret.reveal()


def _token(auth: SignedToken, pair: str, now_s: int) -> str:
    """A JWT (RFC 7519) signed by HS256."""
    key, colon, secret = pair.partition(":")
    if not colon:
        return pair
    claims = {"iss": key, "exp": now_s + auth.valid_s, "nbf": now_s - auth.early_s}
    signed = b".".join(_base64url(msgspec.json.encode(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return b".".join((signed, _base64url(digest))).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _json(value: object) -> bytes:
    """Encode. Raises NotSent."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass
    # Raised out here and not from the encoder's error, which may repeat the value.
    raise NotSent("unencodable")


def _form(parts: Sequence[Part]) -> tuple[str, bytes]:
    """The boundary and the body (RFC 7578). The same parts always give the same bytes. Raises NotSent."""
    encoded_parts = [(_head(part), _bytes(part.value)) for part in parts]
    digest = hashlib.sha256()
    for head, data in encoded_parts:
        digest.update(head)
        digest.update(data)
    boundary = digest.hexdigest()  # stands in none of the parts, unless somebody can foresee a hash of themselves
    line = f"--{boundary}\r\n".encode()
    body = b"".join(line + head + data + b"\r\n" for head, data in encoded_parts)
    return boundary, body + f"--{boundary}--\r\n".encode()


def _head(part: Part) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{_quoted(part.name)}"'
    if isinstance(part.value, File):
        named = f'{disposition}; filename="{_quoted(part.file_name)}"\r\nContent-Type: {part.value.content_type}'
        return f"{named}\r\n\r\n".encode()
    return f"{disposition}\r\n\r\n".encode()


def _bytes(value: str | File) -> bytes:
    if isinstance(value, File):
        return value.data
    with suppress(UnicodeEncodeError):
        return value.encode()
    raise NotSent("unencodable")


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
