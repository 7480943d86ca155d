"""The composition root: settings become a database, batches, providers, a worker and duties; nothing else knows all.

`open_app` gives everything a process needs. A gateway also makes the ASGI application from it, a worker runs
`app.work`, the command line calls use cases on `app.database`.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from apiinone.accounts.callers import Callers
from apiinone.api.node_door import NodeDoor
from apiinone.assets.ingest import SVG_TARGET, Ingest
from apiinone.assets.storage import Storage
from apiinone.batching import moves_of, submissions_of
from apiinone.calling_back import Callbacks, callbacks_of
from apiinone.catalog.load import Catalogue, load_catalogue
from apiinone.catalog.running import RunningCatalogue, running_catalogue
from apiinone.connect import chat_sources, connect_vendors, follower, lyrics_sources, outbound_of, storage_of
from apiinone.core.batch import Batcher
from apiinone.core.clock import SystemClock
from apiinone.core.credits import whole
from apiinone.core.ids import Ids
from apiinone.core.randomness import RandomPool
from apiinone.core.secret import Secret
from apiinone.db import Database, open_database
from apiinone.housekeeping import housekeeping, lags_written
from apiinone.installation import InstallationSecret
from apiinone.mailing import Mailing, mailing_of
from apiinone.migrate import migrate, refuse_other_revision, revision
from apiinone.migrations import CURRENT_REVISION
from apiinone.open_policy import open_policy, with_models_kept_back
from apiinone.outbound import Outbound
from apiinone.own_secret import agree_on_secret, own_secret
from apiinone.people.ask_outside import OutsideDoor
from apiinone.providers.local.brief import TARGET as DRAW_TARGET
from apiinone.providers.local.media_briefs import MEDIA_TARGETS
from apiinone.receiving_people import outside_of, people_duties
from apiinone.sandbox import Sandbox, SandboxLimits
from apiinone.settings import Settings
from apiinone.switchboard.follow_board import BoardFollower
from apiinone.switchboard.standing import Board
from apiinone.taking_money import Payments, payments_of
from apiinone.tasks.ask import AskingRules, open_asker
from apiinone.tasks.blame import Blame
from apiinone.tasks.calls import Calls, open_calls
from apiinone.tasks.claim import bury_all
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
from apiinone.tasks.node_wire import PURPOSE
from apiinone.tasks.ordering import Orders
from apiinone.tasks.origins import Origins
from apiinone.tasks.own_outputs import OwnOutputs
from apiinone.tasks.policy import Policy
from apiinone.tasks.poll_lag import PollLag
from apiinone.tasks.read_inputs import InputReader
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Outcome as SubmitOutcome
from apiinone.tasks.sweep import Sweeper, SweepRules
from apiinone.tasks.vendor_exchange import Vendor
from apiinone.tasks.waiters import Waiters
from apiinone.tasks.watchers import Watchers
from apiinone.tasks.ways import Ways
from apiinone.tasks.worker import WAKE, Worker
from apiinone.tasks.worker_rules import WorkerRules
from apiinone.telling_payers import payers_told

BUSY_PER_S = 200
"""A process that is given so many tasks a second is busy with requests, and its worker holds back."""
SANDBOX_TARGETS = (DRAW_TARGET, SVG_TARGET, *MEDIA_TARGETS)


@dataclass(slots=True)
class App:
    """What a process is made of."""

    settings: Settings
    secret: InstallationSecret
    clock: SystemClock
    ids: Ids
    database: Database
    running: RunningCatalogue
    storage: Storage
    sandbox: Sandbox
    """Draws the pictures of pages; tasks reach it through their maker."""
    callers: Callers
    submissions: Batcher[Submission, SubmitOutcome]
    moves: Batcher[Move, MoveOutcome]
    waiters: Waiters
    watchers: Watchers
    callbacks: Callbacks
    mailing: Mailing
    payments: Payments
    outside: OutsideDoor | None
    """Whom people may sign in with, beside their password here."""
    vendors: Mapping[str, Vendor]
    keyring: Keyring
    follower: Follower
    webhook_secrets: Mapping[str, Secret]
    poll_lags: Mapping[str, PollLag]
    policy: Policy
    board: BoardFollower
    worker: Worker
    sweeper: Sweeper
    duties: Duties
    calls: Calls
    node_door: NodeDoor
    """The application of the internal address."""

    @property
    def catalogue(self) -> Catalogue:
        """The models and prices of this moment."""
        return self.running.now

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
        works = (self.worker.run(), self.duties.run(), self.callbacks.deliverer.run(), self.payments.prepare())
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
    secret = own_secret(settings)
    database = await open_database(settings.database, clock)
    sandbox = Sandbox(SANDBOX_TARGETS, SandboxLimits(children_max=settings.drawing_children_max))
    outbound = outbound_of(settings, clock)
    try:
        await refuse_other_revision(database)
        await agree_on_secret(database, secret)
        storage = storage_of(settings)
        ingest = Ingest(storage, outbound, sandbox, RandomPool())
        ground = _Ground(settings, environ, secret, clock, database, storage, ingest, outbound, sandbox)
        app = _compose(ground, maker or LocalMaker(sandbox, outbound))
        async with app.follower.following(), app.board.following():
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
    sandbox: Sandbox


def _compose(ground: _Ground, maker: Maker) -> App:
    settings, clock, database = ground.settings, ground.clock, ground.database
    ids = Ids(clock)
    overlay = Path(settings.catalogue_overlay) if settings.catalogue_overlay else None
    running = running_catalogue(
        load_catalogue(overlay), lambda found: with_models_kept_back(found, settings.live_models_off)
    )
    callers = Callers(database, clock, ground.secret.key("pepper"))
    waiters = Waiters(per_key_max=settings.waiting_requests_max)
    moves = moves_of(database)
    board = Board()
    submissions = submissions_of(database, settings, board)
    connected = connect_vendors(settings, ground.environ, clock)
    following = follower(settings, connected, ground.secret, database)
    sources, live = chat_sources(settings, ground.environ, (ground.outbound, clock), ground.secret)
    lyrics = lyrics_sources(settings, connected, (ground.outbound, clock), ground.secret)

    def apply(move: Move) -> Awaitable[MoveOutcome]:
        return app.apply(move)

    callbacks = callbacks_of(settings, ground.secret, database, clock)
    mailing = mailing_of(settings, ground.environ, ground.secret, (database, clock))
    grounded = (database, ground.outbound, clock)
    payments = payments_of(settings, ground.environ, grounded, ground.secret.key("pepper"), callbacks)
    told = payers_told(database, mailing.outbox, lambda: callbacks.show.public_url)
    others = (*callbacks.duties(), *payments.duties(), told, mailing.duty(), *people_duties(database))
    ends = Conclusions(running, ground.ingest, clock, Tries(), apply)
    reading = (InputReader(ground.outbound), Origins(database, ground.outbound, connected.keyring))
    asking = AskingRules(frozenset(settings.provider_keys_unshared), settings.provider_questions_per_s_max)
    asker = open_asker(database, ground.outbound, clock, connected.vendors, asking)
    ways = Ways(running, connected.vendors, connected.keyring, board, settings.provider_wait_s_max)
    orders = Orders(running, connected.vendors, *reading, OwnOutputs(database, ground.storage), ids)
    executor = Executor(running, ways, ground.outbound, maker, orders, clock, ends, asker, Blame(ends.say))
    rules = _worker_rules(settings, running.listed)
    others = (*others, lags_written(database, ids.new(), asker.lags))
    sweep_rules = SweepRules(settings.task_keep_days, whole(settings.test_credits_per_day))
    sweeper = Sweeper(database, apply, ground.storage.delete, callers.take_used, ids, sweep_rules)
    app = App(
        settings=settings,
        secret=ground.secret,
        clock=clock,
        ids=ids,
        database=database,
        running=running,
        storage=ground.storage,
        sandbox=ground.sandbox,
        callers=callers,
        submissions=submissions,
        moves=moves,
        waiters=waiters,
        watchers=Watchers(database, per_key_max=settings.event_streams_max),
        callbacks=callbacks,
        mailing=mailing,
        payments=payments,
        outside=outside_of(settings, ground.environ, ground.outbound, clock),
        vendors=connected.vendors,
        keyring=connected.keyring,
        follower=following,
        webhook_secrets=connected.webhook_secrets,
        poll_lags=asker.lags,
        policy=open_policy(settings, ground.environ, ground.outbound),
        board=BoardFollower(database, board, running),
        worker=Worker(database, executor, rules=rules, ids=ids, busy=lambda: submissions.per_s() > BUSY_PER_S),
        sweeper=sweeper,
        duties=Duties(housekeeping(sweeper, ground.storage, clock, *others)),
        calls=open_calls(
            database, apply, (sources, lyrics), (ids, clock, board), (settings.lease_s, settings.chat_unread_s_max)
        ),
        node_door=NodeDoor(live, lyrics.live, ground.secret.key(PURPOSE), clock),
    )
    return app


def _worker_rules(settings: Settings, catalogue: Catalogue) -> WorkerRules:
    return WorkerRules(
        nodes=settings.nodes or tuple(sorted({entry.node for entry in catalogue.entries})),
        lease_s=settings.lease_s,
        jobs_max=settings.jobs_max,
        steps_max=settings.steps_max,
    )
