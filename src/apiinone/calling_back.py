"""Callbacks of a process, put together: what signs, what sends, what shows a task, and what time does to deliveries.

They have a sender of their own, so that no foreign receiver takes a connection or a name lookup from providers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from apiinone import __version__
from apiinone.api.answer import encode
from apiinone.api.output_links import OutputLinks
from apiinone.api.task_page import task_page
from apiinone.core.clock import Clock
from apiinone.core.ids import Ids
from apiinone.core.randomness import RandomPool
from apiinone.db import Database, Tx
from apiinone.installation import InstallationSecret
from apiinone.ledger.ledger import Owner
from apiinone.outbound import Outbound
from apiinone.outbound.lookups import lookups_apart
from apiinone.sealing import Seal
from apiinone.settings import Settings
from apiinone.tasks.duties import SLOW_S, Duty
from apiinone.tasks.sweep import BITE_MAX
from apiinone.tasks.task_view import read_tasks_of
from apiinone.webhooks.deliver import Deliverer, DeliveryRules
from apiinone.webhooks.outbox import drop_old
from apiinone.webhooks.vault import Vault

LINK_KEY_ID = "1"
LOOKUPS_AT_ONCE_MAX = 64


@dataclass(slots=True)
class TaskShow:
    """Shows tasks as GET does, once it is known under which address clients reach us."""

    database: Database
    clock: Clock
    secret: InstallationSecret
    public_url: str

    @property
    def ready(self) -> bool:
        """Whether the address is known."""
        return bool(self.public_url)

    def links(self) -> OutputLinks:
        """What signs links to outputs."""
        return OutputLinks(self.public_url, LINK_KEY_ID, {LINK_KEY_ID: self.secret.links()})

    async def data(self, owners: Mapping[str, Owner]) -> Mapping[str, bytes]:
        """These tasks in JSON, by their ids; those that were deleted are left out."""
        links, now_us = self.links(), self.clock.now_us()
        views = await read_tasks_of(self.database, owners)
        return {view.id: encode(task_page(view, links, now_us)) for view in views if view.request is not None}


@dataclass(slots=True)
class Callbacks:
    """Everything about callbacks that a process runs or asks."""

    vault: Vault
    deliverer: Deliverer
    show: TaskShow
    outbound: Outbound

    async def stop(self) -> None:
        """Send no more, and close the connections."""
        await self.deliverer.stop()
        await self.outbound.aclose()

    def duties(self) -> list[Duty]:
        """What is to be forgotten in time."""
        database = self.vault.database

        async def drop(tx: Tx) -> int:
            return await drop_old(tx, BITE_MAX)

        async def drop_deliveries() -> int:
            return await database.transact(drop)

        return [
            Duty("deliveries dropped", SLOW_S, drop_deliveries),
            Duty("callback secrets dropped", SLOW_S, self.vault.drop_old),
        ]


def callbacks_of(settings: Settings, secret: InstallationSecret, database: Database, clock: Clock) -> Callbacks:
    """Put them together; nothing is opened yet. Raises ValueError for an allowed host without a port."""
    rules, randomness = DeliveryRules(), RandomPool()
    vault = Vault(database, Seal(secret.key("webhooks"), randomness), Ids(clock), randomness)
    show = TaskShow(database, clock, secret, settings.public_url.rstrip("/"))
    outbound = Outbound(
        allowed_private=frozenset(settings.allowed_private_hosts),
        connections_max=rules.at_once_max,
        user_agent=f"apiinone/{__version__} (callbacks)",
        lookup=lookups_apart(LOOKUPS_AT_ONCE_MAX),
    )
    return Callbacks(vault, Deliverer(vault, outbound, show, clock=clock, rules=rules), show, outbound)
