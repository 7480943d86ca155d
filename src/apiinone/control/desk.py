"""Where operators' commands are carried out: what they need, and what each of them is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import Struct

from apiinone.catalog.load import Catalogue
from apiinone.catalog.running import RunningCatalogue
from apiinone.core.credits import ZERO, Credits
from apiinone.core.ids import Ids
from apiinone.credentials.seals import Seals
from apiinone.db import Database
from apiinone.payments.cashier import Cashier
from apiinone.payments.refunding import Refunder
from apiinone.people.hashes import Hashes

T = TypeVar("T")


async def _in_time() -> None:
    """What follows the rows finds it by itself."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the commands work with. `actor` is who gives them, as written down with what changes."""

    database: Database
    running: RunningCatalogue
    ids: Ids
    randomness: Callable[[int], bytes]
    pepper: bytes
    test_credits_per_day: Credits
    ended: Callable[[str], None]
    """Wakes requests that wait for this task in the same process."""
    seals: Seals
    """What seals credentials."""
    providers: frozenset[str]
    """Whom credentials can be for."""
    reread_credentials: Callable[[], Awaitable[None]]
    """Has this process's keyring take what was just stored."""
    cashier: Cashier
    refunder: Refunder
    hashes: Hashes
    """What links in letters to people are hashed with."""
    base_url: str
    """Where people reach this installation."""
    actor: str = "operator"
    reread_switches: Callable[[], Awaitable[None]] = _in_time
    """Has this process follow at once what was just switched."""
    adjusted_alone_max: Credits = ZERO
    """How much an operator may move by hand on a day without a second one."""

    @property
    def catalogue(self) -> Catalogue:
        """The models and prices of this moment."""
        return self.running.now


class Command(Struct, Generic[T], frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Something an operator has done: its fields are the arguments, its tag is its name on the wire."""

    answer: ClassVar[type[Any]]
    """The type of what `run` gives, for the other end of the wire."""

    async def run(self, desk: Desk) -> T:
        """Do it, in one transaction. Raises Refusal."""
        raise AssertionError(f"{desk.actor} gave a command that does nothing")
