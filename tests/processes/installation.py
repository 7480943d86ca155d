"""One installation as processes that come, die and come again: its database, folder, accounts and simulated vendors."""

import pickle
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec
import psutil
from msgspec import Struct

from apiinone.accounts.account_rows import open_account
from apiinone.accounts.key_rows import NewKey, make_key
from apiinone.accounts.keys import KeyRules, Mode, new_secret, secret_hash, written
from apiinone.core.clock import SystemClock
from apiinone.core.credits import whole
from apiinone.core.ids import Ids
from apiinone.db import Database, Tx, open_database
from apiinone.installation import InstallationSecret
from apiinone.ledger.grants import grant
from apiinone.simulators.options import SIMULATED_KEY
from catalog.catalogue_for_tests import CATALOGUE
from processes import crashing
from processes.crashing import INSTANT, Orders
from serving import HOST, Served, environment_for

T = TypeVar("T")
CRASHING: Final = Path(__file__).with_name("crashing.py")
SECRET: Final = "the secret that all processes of this installation share"
CREDITS: Final = 100_000
LEASE_S: Final = 2.0
NODES: Final = "78,48"
PLAIN: Final[Mapping[str, str]] = MappingProxyType({})
PLAIN_RULES: Final = KeyRules()
DIED_WITHIN_S: Final = 20.0
LOOK_EVERY_S: Final = 0.01


class Tenant(Struct, frozen=True):
    """An account, with one key."""

    account_id: str
    mode: Mode
    key: str


class Manner(Struct, frozen=True):
    """How a process is started: with which settings, with which orders from the start, without drawing."""

    settings: Mapping[str, str]
    orders: Orders | None
    instant: bool


class Process(Served):
    """A server or a worker that a test may have end or stop itself at a named point (see crashing.py)."""

    def __init__(
        self, arguments: list[str], *, port: int, environment: Mapping[str, str], log: Path, manner: Manner
    ) -> None:
        self._orders = log.with_suffix(".orders")
        if manner.orders is not None:
            self.order(manner.orders)
        program = ("-P", str(CRASHING), str(self._orders), *((INSTANT,) if manner.instant else ()))
        super().__init__(arguments, port=port, environment=environment, log=log, program=program)

    def order(self, orders: Orders) -> None:
        """Say where it is to end or to stop."""
        draft = self._orders.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(orders))
        draft.rename(self._orders)

    def wait_until_working(self) -> None:
        """Wait until a worker says that it works."""
        self._wait("it worked", lambda: "working on nodes" in self.log)

    def wait_until_dead(self) -> None:
        """Wait until it has ended itself."""
        self._wait("it died", self.ended)
        assert self.process.returncode == -signal.SIGKILL, self.log

    def wait_until_stopped(self) -> None:
        """Wait until it has stopped itself."""
        self._wait("it stopped", lambda: psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED)

    def freeze(self) -> None:
        """Stop it from outside."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it stopped."""
        self.process.send_signal(signal.SIGCONT)

    def _wait(self, what: str, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DIED_WITHIN_S
        while not happened():
            assert time.monotonic() < deadline, f"not within {DIED_WITHIN_S} s: {what}\n{self.log}"
            time.sleep(LOOK_EVERY_S)


class Installation:
    """Everything that outlives the processes."""

    def __init__(self, database_url: str, folder: Path, vendors: Mapping[str, str]) -> None:
        """Take where the simulated vendors' APIs stand, by name."""
        self.database_url = database_url
        self.processes: list[Process] = []
        self.live = self.test = Tenant("", "live", "")
        self._folder = folder
        (folder / crashing.CATALOGUE).write_bytes(pickle.dumps(CATALOGUE))
        self._environment = environment_for(
            database_url,
            folder / "data",
            {
                "APIINONE_SECRET_KEY": SECRET,
                "APIINONE_LEASE_S": str(LEASE_S),
                "APIINONE_RECRAFT_SUBMITS_PER_S_MAX": "1000",
                "APIINONE_WAVESPEED_SUBMITS_PER_S_MAX": "1000",
                **{f"APIINONE_{name.upper()}_BASE_URL": url for name, url in vendors.items()},
                "RECRAFT_API_TOKEN": SIMULATED_KEY,
                "WAVESPEED_API_KEY": SIMULATED_KEY,
            },
        )

    async def open_accounts(self, amount: int = CREDITS) -> None:
        """Make an account that spends live credits and one that spends test credits."""
        self.live, self.test = await self.tenant("live", amount), await self.tenant("test", amount)

    async def tenant(self, mode: Mode, amount: int, rules: KeyRules = PLAIN_RULES) -> Tenant:
        """Make an account with so many credits, and a key."""
        ids, secret = Ids(SystemClock()), new_secret(secrets.token_bytes)
        account, key = ids.new(), ids.new()
        hashed = secret_hash(InstallationSecret(SECRET).key("pepper"), secret)

        async def make(tx: Tx) -> None:
            email = f"{account}@example.com"
            await open_account(tx, account_id=account, email=email, lot_id=ids.new(), test_credits=whole(1))
            lot = whole(amount)
            await grant(tx, (account, mode), lot_id=ids.new(), amount=lot, actor="operator", reason="a test")
            await make_key(tx, NewKey(key, account, mode, hashed, rules=rules))

        await self.with_database(lambda database: database.transact(make))
        return Tenant(account, mode, written(mode, key, secret))

    def serve(
        self,
        port: int,
        *,
        instant: bool = False,
        settings: Mapping[str, str] = PLAIN,
        orders: Orders | None = None,
        ready: bool = True,
    ) -> Process:
        """Start a server, and wait until it is ready to answer."""
        arguments = ["serve", "--host", HOST, "--port", str(port)]
        process = self._start(arguments, port, Manner(settings, orders, instant=instant))
        if ready:
            process.wait_until_ready()
        return process

    def work(self, *, instant: bool = False, settings: Mapping[str, str] = PLAIN) -> Process:
        """Start a worker, and wait until it works."""
        process = self._start(["worker", "--nodes", NODES], 0, Manner(settings, None, instant=instant))
        process.wait_until_working()
        return process

    def settle(self, task_id: str, reason: str, orders: Orders | None = None) -> Process:
        """Start an operator's command that ends a task by hand."""
        return self._start(["tasks", "settle", task_id, "--reason", reason], 0, Manner(PLAIN, orders, instant=False))

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            if not process.ended():
                process.kill()

    def command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """A command line on this installation, and its environment."""
        return [sys.executable, "-m", "apiinone", *arguments], self._environment

    async def with_database(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Do something with the database behind the processes' backs."""
        database = await open_database(self.database_url, SystemClock())
        try:
            return await work(database)
        finally:
            await database.close()

    def _start(self, arguments: list[str], port: int, manner: Manner) -> Process:
        environment = {**self._environment, **manner.settings}
        log = self._folder / f"{arguments[0]}-{len(self.processes)}.log"
        process = Process(arguments, port=port, environment=environment, log=log, manner=manner)
        self.processes.append(process)
        return process
