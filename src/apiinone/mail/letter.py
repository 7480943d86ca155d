"""A letter, and what can become of it on its way."""

from typing import Protocol

from msgspec import Struct


class Letter(Struct, frozen=True):
    """What is sent to one address. It may hold a link that lets its reader in, so it never shows itself."""

    kind: str
    """What it is about, for people who look after the outbox: `verify`, `reset` …"""
    to: str
    subject: str
    text: str

    def __repr__(self) -> str:
        """Its kind and nothing else."""
        return f"Letter({self.kind})"


class Carried(Struct, frozen=True):
    """The next server took it."""


class Refused(Struct, frozen=True):
    """It will never be taken there; trying again would change nothing. `reason` holds no address."""

    reason: str


class Delayed(Struct, frozen=True):
    """It was not taken now, or nobody knows whether it was."""

    reason: str


Outcome = Carried | Refused | Delayed


class Carrier(Protocol):
    """Takes letters to where they are delivered from."""

    async def carry(self, mail_id: str, letter: Letter) -> Outcome:
        """Hand it over; `mail_id` is the same at every try."""
        ...
