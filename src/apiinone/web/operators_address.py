"""An address of the operators' own: `/admin` answers there alone, and nothing else does but what it takes.

The address is a host name, told by the request's Host header. It keeps nobody out by itself: it is there so that a
network or a proxy can.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from apiinone.web.own_key_door import WITH_KEY
from apiinone.web.site import Site
from apiinone.web.static_files import PREFIX

ADMIN: Final = "/admin"
OPEN_THERE: Final = (
    *(PREFIX, "/sign-in", "/sign-out", "/forgotten", "/new-password", "/confirm-identity", "/account", "/healthz"),
    *("/readyz", "/console", "/usage", "/billing/credits"),
)
"""What operators sign in and prove themselves with, and the pages of an account that they look at."""
NOWHERE: Final = "/nothing-is-here"


class OperatorsAddress:
    """The site, each path where it belongs."""

    def __init__(self, site: Site, url: str) -> None:
        """Take the site and the operators' address, such as `https://ops.example.com`."""
        self._site = site
        self._host = urlsplit(url).netloc.lower()
        self.made_ready = site.made_ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what does not belong to its address is not there."""
        if scope["type"] == "http" and not answers(scope["path"], there=self._is_there(scope)):
            scope = {**scope, "path": NOWHERE, "raw_path": NOWHERE.encode()}
        await self._site(scope, receive, send)

    def _is_there(self, scope: Scope) -> bool:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        return headers.get(b"host", b"").decode("latin-1").lower() == self._host


def answers(path: str, *, there: bool) -> bool:
    """Whether a path is there, at the operators' address or elsewhere."""
    if path == ADMIN or path.startswith(f"{ADMIN}/"):
        return there
    return not there or (path.startswith(OPEN_THERE) and not path.startswith(WITH_KEY))
