"""What the use cases about people work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from apiinone.core.credits import Credits
from apiinone.core.ids import Ids
from apiinone.db import Database
from apiinone.mail.letter import Letter
from apiinone.mail.outbox import Outbox
from apiinone.people.hashes import Hashes
from apiinone.people.passwords import Passwords
from apiinone.people.person_rows import Person
from apiinone.sealing import Seal

LetterKind = Literal[
    "verify",
    "known",
    "reset",
    "invite",
    "change_address",
    "address_changed",
    "balance_low",
    "spending_day",
    "spending_month",
    "order_paid",
    "order_disputed",
    "top_up_failed",
    "top_up_ceiling",
]
SignUpPolicy = Literal["open", "invited", "closed"]


class Letters(Protocol):
    """Words of letters, in the reader's language."""

    def write(self, kind: LetterKind, language: str, facts: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """Handed to every use case."""

    database: Database
    ids: Ids
    hashes: Hashes
    passwords: Passwords
    outbox: Outbox
    letters: Letters
    seal: Seal
    """What secrets of codes are sealed with."""
    base_url: str
    """Where people reach us: links in letters begin with it, whatever a request says of its host."""
    sign_up: SignUpPolicy
    test_credits: Credits
    """What an account's test balance is raised to each day, once its owner's address is confirmed."""
    sign_up_switched: Callable[[], SignUpPolicy | None] = lambda: None
    """What operators have switched sign-up to meanwhile; None: it is as the setting says."""

    @property
    def sign_up_now(self) -> SignUpPolicy:
        """Who can make an account at this moment."""
        return self.sign_up_switched() or self.sign_up

    def letter(self, kind: LetterKind, person: Person, facts: Mapping[str, str]) -> Letter:
        """A letter to somebody we know."""
        return self.letter_to(kind, person.email, person.language, {"name": person.name, **facts})

    def letter_to(self, kind: LetterKind, email: str, language: str, facts: Mapping[str, str]) -> Letter:
        """A letter to an address."""
        subject, text = self.letters.write(kind, language, {"base_url": self.base_url, "email": email, **facts})
        return Letter(kind, email, subject, text)

    def link(self, path: str, token: str) -> str:
        """A link for a letter."""
        return f"{self.base_url}{path}?token={token}"
