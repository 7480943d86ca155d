"""Somebody who pays: an account with a key and more credits than any measurement spends."""

import asyncio
import time

from msgspec import Struct

from apiinone.accounts.account_rows import open_account
from apiinone.accounts.callers import Caller
from apiinone.accounts.key_rows import NewKey, make_key
from apiinone.accounts.keys import KeyRules, Mode, new_secret, secret_hash, written
from apiinone.app import App, open_app
from apiinone.core.credits import whole
from apiinone.core.randomness import RandomPool
from apiinone.db import Database, Sql, Tx
from apiinone.ledger.grants import grant
from apiinone.settings import Settings
from apiinone.tasks.submission import Submission
from apiinone.webhooks.outbox import Address

CREDITS = 100_000_000
CREDITS_PER_TASK = 10
PATH = "/api/v1/images/generations"
MODEL = "recraft-v4-text-to-image"
REQUEST = f'{{"image_size":"1024x1024","model":"{MODEL}","prompt":"A minimalist line art illustration"}}'

_OPEN = Sql("SELECT open_holds FROM key_loads WHERE lineage_id = $1")


class Tenant(Struct, frozen=True):
    """An account with one key and one lot."""

    account_id: str
    mode: Mode
    key_id: str
    key: str
    lot_id: str


async def open_tenant(app: App, mode: Mode) -> Tenant:
    """Open an account with a key of this mode and grant it credits."""
    account_id, key_id, lot_id = app.ids.new(), app.ids.new(), app.ids.new()
    secret = new_secret(RandomPool())
    hashed = secret_hash(app.secret.key("pepper"), secret)

    async def work(tx: Tx) -> None:
        email = f"{account_id}@example.org"
        await open_account(tx, account_id=account_id, email=email, lot_id=app.ids.new(), test_credits=whole(1))
        await make_key(tx, NewKey(key_id, account_id, mode, hashed))
        amount = whole(CREDITS)
        await grant(tx, (account_id, mode), lot_id=lot_id, amount=amount, actor="operator", reason="a measurement")

    await app.database.transact(work)
    return Tenant(account_id, mode, key_id, written(mode, key_id, secret), lot_id)


async def new_tenant(settings: Settings, mode: Mode) -> Tenant:
    """The same on a database that no server has opened yet."""
    async with open_app(settings, {}) as app:
        return await open_tenant(app, mode)


async def open_tasks(database: Database, tenant: Tenant) -> int:
    """How many tasks of the tenant have not ended."""

    async def look(tx: Tx) -> int:
        return int((await tx.rows(_OPEN, tenant.key_id))[0][0])

    return await database.read(look)


async def all_ended(database: Database, tenant: Tenant, *, within_s: float = 120.0) -> float:
    """Wait until every task of the tenant has ended; how many seconds that took. Raises TimeoutError."""
    began_s = time.perf_counter()
    async with asyncio.timeout(within_s):
        while await open_tasks(database, tenant):  # noqa: ASYNC110 - another process ends them
            await asyncio.sleep(0.01)
    return time.perf_counter() - began_s


def new_submission(app: App, tenant: Tenant, callback: Address | None = None) -> Submission:
    """A request for one image as the API hands it to the use case."""
    task_id = app.ids.new()
    return Submission(
        task_id=task_id,
        caller=Caller(tenant.account_id, tenant.mode, tenant.key_id, tenant.key_id, KeyRules()),
        request_id=f"req_{task_id}",
        route="images",
        endpoint="images",
        model="recraft-v4",
        sub_model=MODEL,
        node=78,
        suffix="recraft",
        scenario=None,
        unit=whole(CREDITS_PER_TASK),
        units=1,
        request_json=REQUEST,
        body_hash=bytes(32),
        catalogue_version=app.catalogue.version,
        deadline_s=600,
        result_ttl_s=604_800,
        metadata={},
        max_credits=None,
        quote_id=None,
        idempotency_key=None,
        callback=callback,
    )
