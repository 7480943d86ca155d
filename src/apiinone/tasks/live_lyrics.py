"""The vendor that made a song times its words: asked from here, or by the node that holds its credential.

One paid request. What is lost is never asked for again; what is unclear costs the client nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from msgspec import Raw

from apiinone.core.clock import US_PER_S, Clock
from apiinone.core.exchange import Request
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.providers.lyrics import LyricsOrder, LyricsRemote, LyricsReply
from apiinone.providers.provider import Finished, Linked, Reference, Rejected, Unclear
from apiinone.tasks.keyring import Credential, Keyring
from apiinone.tasks.live_chat import UNREACHABLE
from apiinone.tasks.node_wire import LYRICS_PATH, Signed, read_timed, sign, write_lyrics_order
from apiinone.tasks.vendor_exchange import Vendor, poll

NODE_TIMEOUT_S: Final = 120.0
"""Longer than the node needs for its two requests."""
NO_SUCH_TAKE: Final = Rejected("output_unavailable", "The provider no longer has this song.", retryable=False)


_MADE_BY: Final = Sql(
    "SELECT a.provider, a.upstream_id, a.poll_url, a.credential_id, a.own_key FROM tasks t"
    " JOIN attempts a ON a.id = t.attempt_id WHERE t.id = $1 AND t.account_id = $2 AND t.mode = $3"
    " AND t.state = 'succeeded' AND a.upstream_id IS NOT NULL"
)


async def order_for(tx: Tx, owner: Owner, task_id: str, take: int) -> LyricsOrder | None:
    """What is to be asked about a take of this song; None where no vendor made it."""
    row = await tx.row(_MADE_BY, task_id, *owner)
    return None if row is None else LyricsOrder(row[0], Reference(row[1], row[2]), take, row[3], bool(row[4]))


@dataclass(frozen=True, slots=True)
class LiveLyrics:
    """Vendors that can be asked from here."""

    outbound: Outbound
    keyring: Keyring
    vendors: Mapping[str, Vendor]
    remotes: Mapping[str, LyricsRemote]

    def can(self, order: LyricsOrder) -> bool:
        """Whether the credential that made the song is here."""
        return order.provider in self.remotes and self._credential(order) is not None

    async def time(self, order: LyricsOrder) -> LyricsReply:
        """The vendor's answer. It is first asked, for nothing, what it calls the take."""
        credential, remote = self._credential(order), self.remotes.get(order.provider)
        vendor = self.vendors.get(order.provider)
        if credential is None or remote is None or vendor is None:
            return UNREACHABLE
        reply, _ = await poll(self.outbound, vendor.remote, credential.secret, order.song)
        if not isinstance(reply, Finished):
            return NO_SUCH_TAKE if isinstance(reply, Rejected) else UNREACHABLE
        names = [output.upstream_id for output in reply.outputs if isinstance(output, Linked)]
        if not 0 <= order.take < len(names) or not names[order.take]:
            return NO_SUCH_TAKE
        request = remote.ask(order.song.upstream_id, names[order.take])
        try:
            response = await self.outbound.send(request, secret=credential.secret, hosts=remote.hosts)
        except NotSent:
            return UNREACHABLE
        except Lost as lost:
            return Unclear(str(lost))
        return remote.read(response)

    def _credential(self, order: LyricsOrder) -> Credential | None:
        """The one that made the song, of the same kind. An own key that its account has taken back takes no order."""
        found = self.keyring.used_by(order.provider, order.credential_id)
        if found is None or (found.account_id is not None) != order.own_key or (order.own_key and found.revoked):
            return None
        return found


@dataclass(frozen=True, slots=True)
class NodeLyrics:
    """Processes that hold credentials, by the provider's name."""

    outbound: Outbound
    urls: Mapping[str, str]
    key: bytes
    clock: Clock
    nonce: Callable[[], str]

    async def time(self, order: LyricsOrder) -> LyricsReply:
        """The vendor's answer, as the node heard it."""
        parts = urlsplit(self.urls[order.provider])
        body = write_lyrics_order(order)
        request = Request(
            method="POST",
            url=f"{parts.scheme}://{parts.netloc}{LYRICS_PATH}",
            auth="none",
            json=Raw(body),
            headers=sign(self.key, Signed("POST", LYRICS_PATH, body), self.clock.now_us() // US_PER_S, self.nonce()),
            timeout_s=NODE_TIMEOUT_S,
        )
        try:
            response = await self.outbound.send(request, secret=None, hosts=(parts.netloc.lower(),))
        except NotSent:
            return UNREACHABLE
        except Lost as lost:
            return Unclear(str(lost))
        if response.status != HTTPStatus.OK:
            return UNREACHABLE  # turned away at the door: nobody was asked
        try:
            return read_timed(response.body)
        except ValueError:
            return Unclear("unreadable answer")


@dataclass(frozen=True, slots=True)
class LyricsSources:
    """Here where the credential is here, else the node that holds it."""

    live: LiveLyrics
    nodes: NodeLyrics

    def knows(self, order: LyricsOrder) -> bool:
        """Whether who made this song can be asked: with an own key only from here, where accounts' keys are."""
        return self.live.can(order) if order.own_key else order.provider in self.providers

    @property
    def providers(self) -> frozenset[str]:
        """The vendors that time songs, where one of the house's credentials is here or at a node."""
        reached = self.live.keyring.providers() | self.nodes.urls.keys()
        return frozenset(self.live.remotes) & reached

    async def time(self, order: LyricsOrder) -> LyricsReply:
        """The answer of whoever can ask."""
        elsewhere = not order.own_key and not self.live.can(order) and order.provider in self.nodes.urls
        return await (self.nodes.time(order) if elsewhere else self.live.time(order))
