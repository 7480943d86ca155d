"""How vendors are talked to, each way once: an answer at once, or an id and a later question.

`Synchronous`: one request answers with the outputs, as links, base64 or raw bytes. `Polled`: the answer is an id, and
the question goes to a path made of it, or to an address that the vendor gave. An adapter derives from one of them and
adds what is its vendor's own.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

from apiinone.core.exchange import Auth, Request, Response
from apiinone.providers.provider import FindReply, LostOrder, PollReply, Reference, Running, Unclear
from apiinone.providers.reading import is_upstream_id, linked, read_base, retry_after_s

POLL_TIMEOUT_S: Final = 30.0
TURNED_AWAY: Final = (429, 503)
TURNED_AWAY_POLL_S: Final = 5.0
"""When to ask again where the vendor turns a question away without saying when: our choice."""


class _Reached:
    """Where a vendor's API stands."""

    auth: Auth = "bearer"
    credential_optional = False
    questions_per_s_max = 200.0
    questions_at_once_max = 32
    """Our choice for both: no vendor read here publishes a limit for questions."""
    webhook_secret_name: str | None = None
    extra_hosts: tuple[str, ...] = ()
    """Further hosts of the vendor that our credential may go to, ``*.host`` for all below one; not where the operator
    has put another address."""

    def __init__(self, base_url: str) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        base = read_base(base_url)
        self._url = base.url
        self._scheme = urlsplit(base.url).scheme
        at_vendor = self._scheme == "https"
        self.hosts: tuple[str, ...] = (base.host, *(self.extra_hosts if at_vendor else ()))
        self.output_hosts: tuple[str, ...] = base.output_hosts

    def cancel(self, reference: Reference) -> Request | None:
        """The vendor has no cancellation."""
        del reference

    def find(self, lost: LostOrder) -> Request | None:
        """The vendor lists no jobs, or nobody has read that it does."""
        del lost

    def read_find(self, response: Response, lost: LostOrder) -> FindReply:
        """Never asked."""
        del response, lost
        return Unclear("the vendor lists no jobs")

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str | None:
        """The vendor calls nobody."""
        del headers, body, secret, now_s

    def given(self, url: str | None) -> str | None:
        """An address that the vendor gave, where our credential may go there; else None."""
        if not url or linked(url) is None:
            return None
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        ours = parts.scheme == self._scheme and any(_names(entry, parts.netloc.lower()) for entry in self.hosts)
        return url if ours else None


class Synchronous(_Reached):
    """A vendor that keeps no jobs: the answer to the order is all there is."""

    poll_interval_s = 1.0

    def poll(self, reference: Reference) -> Request:
        """Never asked, since nothing is ever `Accepted`. Describes a question that costs nothing."""
        del reference
        return Request(method="GET", url=self._url, auth="none")

    def read_poll(self, response: Response) -> PollReply:
        """Says nothing about any order."""
        del response
        return Unclear("the vendor keeps no jobs")


class Polled(_Reached, ABC):
    """A vendor that takes an order and is asked later."""

    poll_path: str = ""
    """Where the question goes: `/jobs/{id}`, below the API's address. Not used where the vendor gave an address."""
    poll_interval_s = 1.0

    def poll(self, reference: Reference) -> Request:
        """The address that came with the job, or the templated path."""
        return Request(method="GET", url=self._address(reference), auth=self.auth, timeout_s=POLL_TIMEOUT_S)

    def read_poll(self, response: Response) -> PollReply:
        """The job's state. A question that fails says nothing about the job, so it never ends one.

        Queues answer 202 while they are at work; what they say counts, not that number.
        """
        if response.status in TURNED_AWAY:
            return Running(retry_after_s(response.headers) or TURNED_AWAY_POLL_S)
        if response.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            return Unclear(f"status {response.status}")
        return self.read_state(response)

    @abstractmethod
    def read_state(self, response: Response) -> PollReply:
        """What a good answer to the question says. Vendors differ here."""

    def _address(self, reference: Reference) -> str:
        path = self.poll_path.format(id=quote(reference.upstream_id, safe=""))
        return reference.poll_url or f"{self._url}{path}"

    def reference(self, upstream_id: str, poll_url: str | None = None) -> Reference | None:
        """The job, where its id is one."""
        return Reference(upstream_id, self.given(poll_url)) if is_upstream_id(upstream_id) else None


def _names(entry: str, place: str) -> bool:
    """Whether an entry of `hosts` names this host, or host and port. The sender judges once more, and more strictly."""
    if not entry.startswith("*."):
        return entry == place
    return place.endswith(entry[1:]) and _PLAIN_HOST.fullmatch(place) is not None


_PLAIN_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
