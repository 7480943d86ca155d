"""Storing and revoking the house's credentials of providers, and sealing all stored ones anew."""

from typing import ClassVar

from msgspec import Struct

from apiinone.accounts.account_rows import Action, record
from apiinone.control.desk import Command, Desk
from apiinone.core.clock import US_PER_S
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.core.secret import SHOWN, Secret
from apiinone.credentials.sealed_rows import SealedRow, add_row, locked_row, reseal_row, revoke_row, sealed_rows
from apiinone.credentials.seals import place_of
from apiinone.db import Tx
from apiinone.sealing import Unsealable

NAME_LENGTH_MAX = 100
NODES_MAX = 100
NODE_MAX = 10**6
SUBMITS_PER_S_MIN, SUBMITS_PER_S_MAX = 0.001, 10_000.0
CONCURRENT_MAX = 100_000


class StoredCredential(Struct, frozen=True):
    """A credential as it was stored. Its secret is never shown again."""

    credential_id: str
    provider: str


class RevokedCredential(Struct, frozen=True):
    """A credential that takes no more orders."""

    credential_id: str
    secret_destroyed: bool


class Resealed(Struct, frozen=True):
    """How many secrets are sealed under the present key now."""

    sealed_anew: int


class AddCredential(Command[StoredCredential], frozen=True, tag="credentials.add"):
    """Store a credential of the house. Raises BadRequest for what makes no sense."""

    answer: ClassVar[type[StoredCredential]] = StoredCredential
    provider: str
    secret: str
    name: str = ""
    nodes: tuple[int, ...] = ()
    submits_per_s_max: float | None = None
    concurrent_max: int | None = None

    def __repr__(self) -> str:
        """Everything but the secret."""
        return f"AddCredential({self.provider}, {SHOWN})"

    async def run(self, desk: Desk) -> StoredCredential:
        """Seal it and store it."""
        self._refuse_nonsense(desk)
        try:
            secret = Secret(self.secret)
        except ValueError as error:
            raise BadRequest(str(error), param="/secret") from None
        credential_id, per_s = desk.ids.new(), self.submits_per_s_max
        sealed = desk.seals.close(secret, place_of(None, self.provider, credential_id))
        gap_us = None if per_s is None else max(1, round(US_PER_S / per_s))
        nodes = ",".join(map(str, self.nodes))
        identity = (credential_id, None, self.provider, self.name, sealed, desk.seals.present, nodes)
        action = Action(desk.ids.new(), desk.actor, "credentials.add", credential_id, self.name or self.provider)

        async def work(tx: Tx) -> None:
            await add_row(tx, SealedRow(*identity, gap_us, self.concurrent_max, 0, tx.now_us))
            await record(tx, action)

        await desk.database.transact(work)
        await desk.reread_credentials()
        return StoredCredential(credential_id, self.provider)

    def _refuse_nonsense(self, desk: Desk) -> None:
        if self.provider not in desk.providers:
            known = ", ".join(sorted(desk.providers))
            raise BadRequest(f"there is no such provider; there are {known}", param="/provider")
        if len(self.name) > NAME_LENGTH_MAX or not self.name.isprintable():
            raise BadRequest(f"a name is printable, at most {NAME_LENGTH_MAX} characters", param="/name")
        if len(self.nodes) > NODES_MAX or not all(0 < node <= NODE_MAX for node in self.nodes):
            raise BadRequest(f"nodes are numbers up to {NODE_MAX}, at most {NODES_MAX} of them", param="/nodes")
        per_s, at_once = self.submits_per_s_max, self.concurrent_max
        if per_s is not None and not SUBMITS_PER_S_MIN <= per_s <= SUBMITS_PER_S_MAX:
            sentence = f"this is between {SUBMITS_PER_S_MIN} and {SUBMITS_PER_S_MAX:.0f}"
            raise BadRequest(sentence, param="/submits_per_s_max")
        if at_once is not None and not 0 < at_once <= CONCURRENT_MAX:
            raise BadRequest(f"this is between 1 and {CONCURRENT_MAX}", param="/concurrent_max")


class RevokeCredential(Command[RevokedCredential], frozen=True, tag="credentials.revoke"):
    """Have a stored credential take no more orders. Raises NotFound, BadRequest without a reason."""

    answer: ClassVar[type[RevokedCredential]] = RevokedCredential
    credential_id: str
    reason: str
    at_once: bool = False
    """Destroy the secret now; what is under way with it can be asked about no more."""

    async def run(self, desk: Desk) -> RevokedCredential:
        """Revoke it, an account's own as well, and write down why."""
        action = Action(desk.ids.new(), desk.actor, "credentials.revoke", self.credential_id, self.reason)

        async def work(tx: Tx) -> bool:
            row = await locked_row(tx, self.credential_id)
            if row is None or row.sealed is None:
                raise NotFound("there is no such credential")
            at_once = self.at_once or row.account_id is not None
            if not await revoke_row(tx, row.id, at_once=at_once):
                raise Conflict("it was revoked before; its secret goes within a day, or with --now at once")
            await record(tx, action)
            return at_once

        destroyed = await desk.database.transact(work)
        await desk.reread_credentials()
        return RevokedCredential(self.credential_id, destroyed)


class ResealCredentials(Command[Resealed], frozen=True, tag="credentials.rotate-key"):
    """Seal every stored secret under the present key. Raises Conflict where one cannot be opened; then none is."""

    answer: ClassVar[type[Resealed]] = Resealed

    async def run(self, desk: Desk) -> Resealed:
        """Do it, in one transaction."""
        action = Action(desk.ids.new(), desk.actor, "credentials.rotate-key", desk.seals.present, "a new key")

        async def work(tx: Tx) -> int:
            behind = [row for row in await sealed_rows(tx) if row.seal_key != desk.seals.present]
            for row in behind:
                place = place_of(row.account_id, row.provider, row.id)
                try:
                    secret = desk.seals.open(bytes(row.sealed or b""), row.seal_key, place)
                except (Unsealable, ValueError):
                    sentence = f"{row.id} cannot be opened: set APIINONE_CREDENTIALS_KEY_BEFORE, or revoke it"
                    raise Conflict(sentence) from None
                await reseal_row(tx, row.id, desk.seals.close(secret, place), desk.seals.present)
            await record(tx, action)
            return len(behind)

        count = await desk.database.transact(work)
        await desk.reread_credentials()
        return Resealed(count)
