"""Hazard 37: callbacks are no cannon and no tar pit."""

import asyncio
from collections.abc import Mapping

from apiinone.webhooks.deliver import DeliveryRules
from webhooks.desk import Silent, deliverer_of, delivering, ended, reached
from workshop import Workshop

HOSTS = tuple(f"https://h{number}.example/" for number in range(6))


class Watched(Silent):
    """Knows how many were under way at once for one account, and what each was allowed."""

    def __init__(self) -> None:
        super().__init__(seconds=dict.fromkeys(HOSTS, 0.03))
        self.now = self.most = 0
        self.allowed: set[tuple[bool, float]] = set()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, https_only: bool, timeout_s: float
    ) -> int:
        self.allowed.add((https_only, timeout_s))
        self.now += 1
        self.most = max(self.now, self.most)
        try:
            return await super().post(url, body, headers, https_only=https_only, timeout_s=timeout_s)
        finally:
            self.now -= 1


async def test_callbacks_have_caps_for_each_host_and_each_account(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=10_000)
    ids = [one for url in HOSTS for one in await ended(workshop, caller, url, 6)]
    poster = Watched()
    async with delivering(deliverer_of(workshop, poster, per_account_max=9, per_host_max=2)):
        await reached(workshop, ids, "delivered")
    assert max(poster.most_at_once.values()) == 2
    assert 2 < poster.most <= 9


async def test_several_accounts_share_a_hosts_cap(workshop: Workshop) -> None:
    url = HOSTS[0]
    ids = [one for _ in range(4) for one in await ended(workshop, await workshop.tenant(live=100), url, 3)]
    poster = Watched()
    async with delivering(deliverer_of(workshop, poster, per_host_max=3)):
        await reached(workshop, ids, "delivered")
    assert poster.most == 3


async def test_a_callback_has_ten_seconds_and_live_ones_need_https(workshop: Workshop) -> None:
    assert DeliveryRules().timeout_s == 10.0
    assert DeliveryRules().lease_s > 2 * DeliveryRules().timeout_s
    live, test = await workshop.tenant(live=100), await workshop.tenant(mode="test")
    ids = [*await ended(workshop, live, HOSTS[0]), *await ended(workshop, test, HOSTS[0])]
    poster = Watched()
    async with delivering(deliverer_of(workshop, poster)), asyncio.timeout(20):
        await reached(workshop, ids, "delivered")
    assert poster.allowed == {(True, 10.0), (False, 10.0)}
