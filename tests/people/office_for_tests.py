"""An office for people on a database of the test's own; letters are read out of its outbox, passwords cost little."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from apiinone.core.clock import SystemClock
from apiinone.core.credits import whole
from apiinone.core.ids import Ids
from apiinone.db import Sql, Tx
from apiinone.ledger.statements import balance_of
from apiinone.mail.letter import Letter
from apiinone.mail.outbox import Outbox
from apiinone.people.confirm import confirm_address
from apiinone.people.hashes import Hashes
from apiinone.people.office import LetterKind, Office, SignUpPolicy
from apiinone.people.passwords import Cost, Passwords
from apiinone.people.person_rows import Person, person_by_email
from apiinone.people.session_rows import Found, find_session
from apiinone.people.sign_in import SESSION, SignedIn, SignIn, sign_in
from apiinone.people.sign_up import LetterSent, SignUp, sign_up
from apiinone.sealing import Seal
from later import LaterDatabase

PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.7"
LEVEL = whole(1_000)
CHEAP = Cost(rounds=1, memory_kib=64, lanes=1)
TOKEN = re.compile(r"token=([0-9a-v]+)")
COUNT = Sql("SELECT count(*) FROM accounts")


class LettersForTests:
    """Writes the facts down as they are."""

    def write(self, kind: LetterKind, language: str, facts: Mapping[str, str]) -> tuple[str, str]:
        return f"{kind} {language}", "\n".join(f"{name}={text}" for name, text in facts.items())


class OfficeForTests:
    """The office, and what tests do in it."""

    def __init__(self, database: LaterDatabase, policy: SignUpPolicy = "open") -> None:
        self.database = database
        self.ids = Ids(SystemClock())
        self.outbox = Outbox(secrets.token_bytes(32), self.ids, secrets.token_bytes)
        self.office = Office(
            database=database,
            ids=self.ids,
            hashes=Hashes(secrets.token_bytes(32), secrets.token_bytes),
            passwords=Passwords(CHEAP),
            outbox=self.outbox,
            letters=LettersForTests(),
            seal=Seal(secrets.token_bytes(32), secrets.token_bytes),
            base_url="https://one.example",
            sign_up=policy,
            test_credits=LEVEL,
        )

    async def sign_up(self, email: str = "ada@example.com", password: str = PASSWORD, **changes: str) -> Any:
        wanted = SignUp("Ada", email, password, "en", ADDRESS)
        return await sign_up(self.office, replace(wanted, **changes))

    async def sign_in(self, email: str = "ada@example.com", password: str = PASSWORD, **changes: Any) -> Any:
        return await sign_in(self.office, replace(self.tried(email, password), **changes))

    def tried(self, email: str = "", password: str = PASSWORD) -> SignIn:
        return SignIn(email, password, ADDRESS, "a browser")

    async def letters(self) -> list[Letter]:
        """What waits to be sent, taken out."""

        async def take(tx: Tx) -> list[Letter]:
            found = await self.outbox.take(tx, 100)
            for one in found:
                await tx.run(Sql("DELETE FROM mails WHERE id = $1"), one.id)
            return [one.letter for one in found if one.letter is not None]

        return await self.database.transact(take)

    async def link(self) -> str:
        """The token of the one letter that waits."""
        (letter,) = await self.letters()
        found = TOKEN.search(letter.text)
        assert found is not None, letter.text
        return found[1]

    async def member(self, email: str = "ada@example.com", password: str = PASSWORD) -> SignedIn:
        """Somebody who signed up, confirmed their address and is signed in."""
        assert isinstance(await self.sign_up(email, password), LetterSent)
        outcome = await confirm_address(self.office, await self.link(), self.tried(password=password))
        assert isinstance(outcome, SignedIn), outcome
        return outcome

    async def person(self, email: str = "ada@example.com") -> Person | None:
        return await self.database.read(lambda tx: person_by_email(tx, email))

    async def session(self, signed_in: SignedIn) -> Found | None:
        """What the cookie of this session finds now."""
        session_id = self.office.hashes.of(SESSION, signed_in.token)
        return await self.database.read(lambda tx: find_session(tx, session_id))

    async def test_credits(self, account_id: str) -> int:
        available, _, _ = await self.database.read(lambda tx: balance_of(tx, (account_id, "test")))
        return available

    async def count_accounts(self) -> int:
        return (await self.database.rows(COUNT))[0][0]
