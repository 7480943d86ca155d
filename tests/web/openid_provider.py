"""An OpenID provider for tests: says who somebody is, as it is told, and keeps to the code flow with PKCE."""

import asyncio
import base64
import hashlib
import json
import secrets
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import uvicorn
from joserfc import jwk, jwt

CLIENT, SECRET = "one", "a_secret"


class OpenIdProvider:
    """What it was told to say, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.says: dict[str, object] = {}
        self.changes: dict[str, object] = {}
        self.issuer_said = url
        self.asked: list[str] = []
        self.access_token = "x"
        self._key = jwk.RSAKey.generate_key(2048, {"kid": "k"})
        self._signs = self._key
        self._codes: dict[str, dict[str, str]] = {}

    def approve(self, address: str) -> str:
        """Sign somebody in there: the address that the browser is sent back to."""
        query = dict(parse_qsl(urlsplit(address).query))
        assert (query["client_id"], query["response_type"]) == (CLIENT, "code")
        code = secrets.token_hex(8)
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def sign_with_another_key(self, *, published: bool = True) -> None:
        """From now on, another key signs; `published`: and is the one that is shown."""
        self._signs = jwk.RSAKey.generate_key(2048, {"kid": f"{self._signs.kid}k"})
        self._key = self._signs if published else self._key

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.asked.append(scope["path"])
        status, said = self._answer(scope["path"], dict(scope["headers"]), body.decode())
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    def _answer(self, path: str, headers: dict[bytes, bytes], body: str) -> tuple[int, object]:
        match path:
            case "/.well-known/openid-configuration":
                ends = {name: f"{self.url}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
                return 200, {"issuer": self.issuer_said, **ends}
            case "/jwks_uri":
                return 200, {"keys": [self._key.as_dict(private=False)]}
            case "/token_endpoint":
                return self._token(headers, {name: values[0] for name, values in parse_qs(body).items()})
            case _:
                return 404, {}

    def _token(self, headers: dict[bytes, bytes], fields: dict[str, str]) -> tuple[int, object]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode())
        query = self._codes.pop(fields["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest()).decode()
        right = query is not None and query["code_challenge"] == challenge.rstrip("=")
        if headers.get(b"authorization") != b"Basic " + basic or query is None or not right:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        times = {"exp": now + 300, "iat": now}
        claims = {"iss": self.url, "aud": CLIENT, "nonce": query["nonce"], **times, **self.says, **self.changes}
        signed = jwt.encode({"alg": "RS256", "kid": str(self._signs.kid)}, claims, self._signs)
        return 200, {"access_token": self.access_token, "token_type": "Bearer", "id_token": signed}


@asynccontextmanager
async def openid_provider() -> AsyncGenerator[OpenIdProvider]:
    """One, on the loopback network."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        provider = OpenIdProvider(f"http://127.0.0.1:{listener.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(provider, log_config=None, lifespan="off"))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
            await asyncio.sleep(0.005)
        try:
            yield provider
        finally:
            server.should_exit = True
            await running
