"""The composition root: settings become a database, batches, providers, a worker and duties; nothing else knows all.

`open_app` gives everything a process needs. A gateway also makes the ASGI application from it, a worker runs
`app.work`, the command line calls use cases on `app.database`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from apiinone import __version__
from apiinone.accounts.account_rows import agree
from apiinone.accounts.callers import Callers
from apiinone.assets.ingest import SVG_TARGET, Ingest
from apiinone.assets.storage import Storage, open_storage
from apiinone.calling_back import Callbacks, callbacks_of
from apiinone.catalog.load import Catalogue, load_catalogue
from apiinone.connect import connect_vendors, follower, own_hosts
from apiinone.core.batch import Batcher
from apiinone.core.clock import SystemClock
from apiinone.core.credits import whole
from apiinone.core.ids import Ids
from apiinone.core.randomness import RandomPool
from apiinone.core.secret import Secret
from apiinone.db import Database, Tx, open_database
from apiinone.housekeeping import forgetting, housekeeping
from apiinone.installation import InstallationSecret, installation_secret
from apiinone.migrate import migrate, refuse_other_revision, revision
from apiinone.migrations import CURRENT_REVISION
from apiinone.outbound import Outbound
from apiinone.providers.local.brief import TARGET as DRAW_TARGET
from apiinone.providers.local.media_briefs import MEDIA_TARGETS
from apiinone.providers.provider import Reference, Rejected
from apiinone.sandbox import Sandbox, SandboxLimits
from apiinone.settings import Settings, SettingsError
from apiinone.tasks.calls import Calls, open_calls
from apiinone.tasks.claim import bury_all, evidence_of
from apiinone.tasks.conclude import Conclusions, Tries
from apiinone.tasks.duties import Duties
from apiinone.tasks.execute import Executor
from apiinone.tasks.follow_credentials import Follower
from apiinone.tasks.keyring import Keyring
from apiinone.tasks.lifecycle import FINAL
from apiinone.tasks.make_local import LocalMaker
from apiinone.tasks.maker import Maker
from apiinone.tasks.moves import Move, Moved, Stale
from apiinone.tasks.moves import Outcome as MoveOutcome
from apiinone.tasks.read_inputs import InputReader
from apiinone.tasks.settle import apply_moves
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Outcome as SubmitOutcome
from apiinone.tasks.submit import SubmitRules, submit_batch
from apiinone.tasks.sweep import Sweeper, SweepRules
from apiinone.tasks.vendor_exchange import Vendor
from apiinone.tasks.waiters import Waiters
from apiinone.tasks.watchers import Watchers
from apiinone.tasks.ways import Ways
from apiinone.tasks.worker import WAKE, Worker, WorkerRules

BATCH_MAX = 256
BUSY_PER_S = 200
"""A process that is given so many tasks a second is busy with requests, and its worker holds back."""
MOVES_WAITING_MAX = 100_000
SANDBOX_TARGETS = (DRAW_TARGET, SVG_TARGET, *MEDIA_TARGETS)
FINGERPRINT = "secret_fingerprint"


@dataclass(slots=True)
class App:
    """What a process is made of."""

    settings: Settings
    secret: InstallationSecret
    clock: SystemClock
    ids: Ids
    database: Database
    catalogue: Catalogue
    storage: Storage
    callers: Callers
    submissions: Batcher[Submission, SubmitOutcome]
    moves: Batcher[Move, MoveOutcome]
    waiters: Waiters
    watchers: Watchers
    callbacks: Callbacks
    vendors: Mapping[str, Vendor]
    keyring: Keyring
    follower: Follower
    webhook_secrets: Mapping[str, Secret]
    worker: Worker
    sweeper: Sweeper
    duties: Duties
    calls: Calls

    async def apply(self, move: Move) -> MoveOutcome:
        """Make a move in the next batch, and wake who waits for it: for the task's end, or for a late word on it."""
        outcome = await self.moves.do(move)
        self.watchers.moved(move.task_id)
        match outcome:
            case Moved(state=state) if state in FINAL:
                self.waiters.ended(move.task_id)
                if outcome.calls_back:
                    self.callbacks.deliverer.wake()
            case Stale(state=str(state), held=False) if state not in FINAL and move.fence is not None:
                await self.database.hint(WAKE + move.task_id)  # its new holder may have use for what is now noted
            case _:
                pass
        return outcome

    @asynccontextmanager
    async def work(self) -> AsyncGenerator[None]:
        """Run the worker and the duties for the length of the block, then hand open tasks back to others."""
        if self.database.engine == "sqlite":
            await self.database.transact(bury_all)
        await self.follower.begin_anew()
        works = (self.worker.run(), self.duties.run(), self.callbacks.deliverer.run())
        running = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            await self.worker.stop()
            await self.callbacks.stop()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self.submissions.drain()
            await self.moves.drain()


@asynccontextmanager
async def open_app(
    settings: Settings, environ: Mapping[str, str], *, maker: Maker | None = None
) -> AsyncGenerator[App]:
    """Open everything; the database must be at this program's revision (`prepare_database`).

    `maker` takes the drawing engine's place where drawing is not what is tried. Raises SettingsError,
    DatabaseUnavailable, CatalogueInvalid, StorageFailed.
    """
    clock = SystemClock()
    secret = _secret(settings)
    database = await open_database(settings.database, clock)
    sandbox = Sandbox(SANDBOX_TARGETS, SandboxLimits(children_max=settings.drawing_children_max))
    outbound = Outbound(
        allowed_private=frozenset(settings.allowed_private_hosts) | own_hosts(settings),
        connections_max=settings.steps_max,
        user_agent=f"apiinone/{__version__}",
    )
    try:
        await refuse_other_revision(database)
        await _agree_on_secret(database, secret)
        storage = open_storage(settings.storage, {})
        ingest = Ingest(storage, outbound, sandbox, RandomPool())
        ground = _Ground(settings, environ, secret, clock, database, storage, ingest, outbound)
        app = _compose(ground, maker or LocalMaker(sandbox, outbound))
        async with app.follower.following():
            try:
                yield app
            finally:
                await app.calls.stop()
                await app.moves.drain()
    finally:
        await sandbox.aclose()
        await outbound.aclose()
        await database.close()


async def prepare_database(settings: Settings) -> None:
    """Bring the database to this program's revision where it is empty or older. Raises DatabaseUnavailable."""
    database = await open_database(settings.database, SystemClock())
    try:
        found = await revision(database)
    finally:
        await database.close()
    if found != CURRENT_REVISION:
        await migrate(settings.database)


@dataclass(slots=True)
class _Ground:
    """What has to be opened and closed, and what everything is made from."""

    settings: Settings
    environ: Mapping[str, str]
    secret: InstallationSecret
    clock: SystemClock
    database: Database
    storage: Storage
    ingest: Ingest
    outbound: Outbound


def _compose(ground: _Ground, maker: Maker) -> App:
    settings, clock, database = ground.settings, ground.clock, ground.database
    ids = Ids(clock)
    overlay = Path(settings.catalogue_overlay) if settings.catalogue_overlay else None
    catalogue = load_catalogue(overlay)
    callers = Callers(database, clock, ground.secret.key("pepper"))
    waiters = Waiters(per_key_max=settings.waiting_requests_max)
    moves = _moves(database)
    submissions = _submissions(database, settings)
    connected = connect_vendors(settings, ground.environ, clock)
    following = follower(settings, connected, ground.secret, database)

    async def apply(move: Move) -> MoveOutcome:
        return await app.apply(move)

    async def evidence(attempt_id: str) -> Reference | Rejected | None:
        async def look(tx: Tx) -> Reference | Rejected | None:
            return await evidence_of(tx, attempt_id)

        return await database.read(look)

    callbacks = callbacks_of(settings, ground.secret, database, clock)
    ends = Conclusions(catalogue, ground.ingest, clock, Tries(), apply)
    inputs = InputReader(ground.outbound)
    ways = Ways(catalogue, connected.vendors, connected.keyring, settings.provider_wait_s_max)
    executor = Executor(catalogue, ways, ground.outbound, maker, inputs, clock, ids, ends, evidence)
    sweep_rules = SweepRules(settings.task_keep_days, whole(settings.test_credits_per_day))
    sweeper = Sweeper(database, apply, ground.storage.delete, callers.take_used, ids, sweep_rules)
    app = App(
        settings=settings,
        secret=ground.secret,
        clock=clock,
        ids=ids,
        database=database,
        catalogue=catalogue,
        storage=ground.storage,
        callers=callers,
        submissions=submissions,
        moves=moves,
        waiters=waiters,
        watchers=Watchers(database, per_key_max=settings.event_streams_max),
        callbacks=callbacks,
        vendors=connected.vendors,
        keyring=connected.keyring,
        follower=following,
        webhook_secrets=connected.webhook_secrets,
        worker=Worker(
            database,
            executor,
            rules=_worker_rules(settings, catalogue),
            ids=ids,
            busy=lambda: submissions.per_s() > BUSY_PER_S,
        ),
        sweeper=sweeper,
        duties=Duties([*housekeeping(sweeper, ground.storage, clock), *callbacks.duties(), forgetting(database)]),
        calls=open_calls(database, apply, ids, clock, (settings.lease_s, settings.chat_unread_s_max)),
    )
    return app


def _submissions(database: Database, settings: Settings) -> Batcher[Submission, SubmitOutcome]:
    rules = SubmitRules(settings.open_tasks_max, whole(settings.test_credits_per_day), settings.unknown_max_s)

    async def run(batch: Sequence[Submission]) -> Sequence[SubmitOutcome]:
        async def work(tx: Tx) -> list[SubmitOutcome]:
            return await submit_batch(tx, batch, rules)

        return await database.transact(work)

    share_of: Callable[[Submission], str] = lambda submission: submission.caller.account_id  # noqa: E731
    return Batcher(run, share_of=share_of, size_max=BATCH_MAX, queue_max=settings.queue_max)


def _moves(database: Database) -> Batcher[Move, MoveOutcome]:
    async def run(batch: Sequence[Move]) -> Sequence[MoveOutcome]:
        async def work(tx: Tx) -> list[MoveOutcome]:
            return await apply_moves(tx, batch)

        return await database.transact(work)

    share_of: Callable[[Move], str] = lambda move: move.owner[0]  # noqa: E731
    return Batcher(run, share_of=share_of, size_max=BATCH_MAX, queue_max=MOVES_WAITING_MAX)


def _worker_rules(settings: Settings, catalogue: Catalogue) -> WorkerRules:
    return WorkerRules(
        nodes=settings.nodes or tuple(sorted({entry.node for entry in catalogue.entries})),
        lease_s=settings.lease_s,
        jobs_max=settings.jobs_max,
        steps_max=settings.steps_max,
    )


def _secret(settings: Settings) -> InstallationSecret:
    try:
        return installation_secret(settings.secret_key, settings.data_path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"APIINONE_SECRET_KEY or the data folder's secret cannot be used: {error}") from error


async def _agree_on_secret(database: Database, secret: InstallationSecret) -> None:
    """Refuse a secret other than the one the database's keys were hashed with: no key would work."""

    async def look(tx: Tx) -> str:
        return await agree(tx, FINGERPRINT, secret.fingerprint())

    if await database.transact(look) != secret.fingerprint():
        raise SettingsError("the database belongs to an installation with another secret: set APIINONE_SECRET_KEY")
