"""An account with every kind of money row: tasks that were paid, given back, are open, and lots that came and went."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from apiinone.accounts.account_rows import open_account
from apiinone.accounts.callers import Caller
from apiinone.accounts.key_rows import NewKey, make_key
from apiinone.accounts.keys import KeyRules
from apiinone.assets.ingest import StoredOutput
from apiinone.core.clock import US_PER_S, SystemClock
from apiinone.core.credits import whole
from apiinone.core.ids import Ids
from apiinone.db import Database, Tx, open_database
from apiinone.ledger.grants import grant
from apiinone.ledger.ledger import Owner
from apiinone.tasks.moves import Move, NewAttempt, Planned, Sending, WasRejected, WasStored, What
from apiinone.tasks.settle import apply_moves
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Created, SubmitRules, submit_batch

PRICE = whole(10)
RULES = SubmitRules(open_tasks_max=100, test_credits_per_day=whole(1000), unknown_max_s=3600)


@dataclass
class Story:
    """One account, told on a database. `paid` has two outputs, `released` none, `open` is queued."""

    database: Database
    ids: Ids = field(default_factory=lambda: Ids(SystemClock()))
    account: str = ""
    key: str = ""
    lot: str = ""
    paid: str = ""
    released: str = ""
    open: str = ""

    @property
    def owner(self) -> Owner:
        """Whose live money it is."""
        return (self.account, "live")

    async def tell(self) -> None:
        """Open the account, fill it, and let three tasks come to their different ends."""
        self.account, self.key = self.ids.new(), self.ids.new()
        await self.database.transact(self._open)
        self.lot = await self.granted(100)
        self.paid, self.released, self.open = [await self.submitted(units) for units in (2, 1, 1)]
        attempt = self.ids.new()
        await self.moved(self.paid, Planned(NewAttempt(attempt, "recraft", "recraftv4", "it is the only one", 80_000)))
        await self.moved(self.paid, Sending(attempt))
        await self.moved(self.paid, WasStored(attempt, (self.output(), self.output()), 80_000))
        await self.moved(self.released, WasRejected(None, "content_policy", "refused", None))

    async def granted(self, count: int, *, expires_us: int | None = None) -> str:
        """Give the live balance a lot."""
        lot_id = self.ids.new()

        async def give(tx: Tx) -> None:
            await grant(
                tx,
                self.owner,
                lot_id=lot_id,
                amount=whole(count),
                actor="operator",
                reason="a purchase",
                expires_us=expires_us,
            )

        await self.database.transact(give)
        return lot_id

    async def submitted(self, units: int) -> str:
        """Have a task accepted."""
        submission = self._submission(units)

        async def submit(tx: Tx) -> Sequence[object]:
            return await submit_batch(tx, [submission], RULES)

        (outcome,) = await self.database.transact(submit)
        assert isinstance(outcome, Created)
        return submission.task_id

    async def moved(self, task_id: str, what: What) -> None:
        """Have something happen to a task."""

        async def apply(tx: Tx) -> None:
            await apply_moves(tx, [Move(task_id, self.owner, what)])

        await self.database.transact(apply)

    async def _open(self, tx: Tx) -> None:
        email = f"{self.account}@example.com"
        await open_account(tx, account_id=self.account, email=email, lot_id=self.ids.new(), test_credits=whole(1000))
        await make_key(tx, NewKey(self.key, self.account, "live", b"hash", budget=(whole(500), "total")))

    def _submission(self, units: int) -> Submission:
        return Submission(
            task_id=self.ids.new(),
            caller=Caller(self.account, "live", self.key, self.key, KeyRules()),
            request_id="req",
            route="images/generations",
            endpoint="images",
            model="recraft-v4",
            sub_model="recraft-v4-text-to-image",
            node=78,
            suffix="recraft",
            scenario=None,
            unit=PRICE,
            units=units,
            request_json='{"prompt":"a hill"}',
            body_hash=b"body",
            catalogue_version="1",
            deadline_s=600,
            result_ttl_s=3600,
            metadata={},
            max_credits=None,
            quote_id=None,
            idempotency_key=None,
        )

    def output(self) -> StoredOutput:
        """One stored output; nothing is in the storage."""
        return StoredOutput(f"live/{self.ids.new()}", "image/png", 3, 1, 1, "00")


async def told(database_url: str) -> Story:
    """The story on a fresh database, which the caller closes."""
    story = Story(await open_database(database_url, SystemClock()))
    await story.tell()
    return story


SOON_US = US_PER_S // 4
"""Long enough for a lot to be held before it expires."""
