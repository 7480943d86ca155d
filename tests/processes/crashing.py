"""`apiinone` as it is, but that it ends or stops itself, as by `kill -9` or `kill -STOP`, where a test says so.

`python crashing.py ORDERS serve --port …`: ORDERS is a file that the test writes while the program runs. Seams between
the product's parts are wrapped here from outside; the product itself knows of none of this.
"""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apiinone import app as product
from apiinone import batching
from apiinone.__main__ import main
from apiinone.api.answer import WHOLE_RESPONSE, Header, WriteWhole
from apiinone.assets.storage_folder import FolderStorage
from apiinone.catalog.entry import Choice
from apiinone.catalog.load import Catalogue
from apiinone.catalog.rendering import rendering
from apiinone.cli import serving
from apiinone.control import money_commands
from apiinone.core.clock import Clock
from apiinone.core.exchange import Request, Response
from apiinone.db import Database, Tx, Work, open_database
from apiinone.gateway import gateway
from apiinone.outbound import Outbound
from apiinone.payments import cashier
from apiinone.payments.method import Standing
from apiinone.payments.settle import Office, Settled, settle
from apiinone.providers.provider import Inline
from apiinone.sandbox import Sandbox
from apiinone.simulators.pictures import TINY_PNG, TINY_SVG
from apiinone.tasks import worker
from apiinone.tasks.claim import Claim, Claimed, Plan, claim
from apiinone.tasks.moves import Blamed, EndedByHand, Move, Moved, Sending, WasAccepted, WasLost, WasStored
from apiinone.tasks.moves import Outcome as MoveOutcome
from apiinone.tasks.settle import apply_moves
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Created, SubmitRules, submit_batch
from apiinone.tasks.submit import Outcome as SubmitOutcome

INSTANT = "--instant"
CATALOGUE = "catalogue"
"""A file beside the orders."""
CREATE = "/api/v1/images/generations"
KINDS: Mapping[type, str] = {
    Sending: "sending",
    WasAccepted: "accept",
    WasLost: "loss",
    WasStored: "end",
    Blamed: "blame",
    EndedByHand: "settlement by hand",
}
_written: ContextVar[list[str]] = ContextVar("written")


class Orders(Struct, frozen=True):
    """Where it happens, at which passage, how much later (seconds), and by which signal."""

    at: str
    passage: int = 1
    after_s: float = 0.0
    signal: int = signal.SIGKILL


class Trap:
    """Counts passages of the point that the orders name."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._text = b""
        self._passed = 0

    def passage(self, point: str) -> None:
        """The program comes by."""
        text = self._file.read_bytes() if self._file.exists() else b""
        if text != self._text:
            self._text, self._passed = text, 0
        orders = msgspec.json.decode(text, type=Orders) if text else None
        if orders is None or orders.at != point:
            return
        self._passed += 1
        if self._passed == orders.passage:
            _strike(orders)


def _strike(orders: Orders) -> None:
    if orders.after_s:
        threading.Timer(orders.after_s, os.kill, [os.getpid(), orders.signal]).start()
    else:
        os.kill(os.getpid(), orders.signal)


class Transactions:
    """`… written` before the COMMIT and `… committed` after it: of submit, claim, blame, sending, accept, loss, end,
    payment, and of a settlement by hand, whose reason is written down only after its `… written`.

    `claim begun`: the transaction is open and has not asked for anything.
    """

    def __init__(self, trap: Trap) -> None:
        self._trap = trap

    async def submit_batch(self, tx: Tx, submissions: Sequence[Submission], rules: SubmitRules) -> list[SubmitOutcome]:
        outcomes = await submit_batch(tx, submissions, rules)
        if any(isinstance(outcome, Created) for outcome in outcomes):
            self._come_to_commit("submit")
        return outcomes

    async def apply_moves(self, tx: Tx, moves: Sequence[Move]) -> list[MoveOutcome]:
        outcomes = await apply_moves(tx, moves)
        for move, outcome in zip(moves, outcomes, strict=True):
            if isinstance(outcome, Moved) and type(move.what) in KINDS:
                self._come_to_commit(KINDS[type(move.what)])
        return outcomes

    async def claim(self, tx: Tx, order: Claim, plan: Plan) -> Claimed:
        self._trap.passage("claim begun")
        claimed = await claim(tx, order, plan)
        if claimed.jobs:
            self._come_to_commit("claim")
        return claimed

    async def settle(self, tx: Tx, method: str, order_id: str, standing: Standing, office: Office) -> Settled:
        settled = await settle(tx, method, order_id, standing, office)
        if settled.outcome == "credited":
            self._come_to_commit("payment")
        return settled

    async def open_database(self, url: str, clock: Clock) -> Database:
        database = await open_database(url, clock)
        whole = database.transact

        async def transact(work: Work[Any]) -> Any:
            written: list[str] = []
            token = _written.set(written)
            try:
                result = await whole(work)
            finally:
                _written.reset(token)
            for kind in written:
                self._trap.passage(f"{kind} committed")
            return result

        database.transact = transact
        return database

    def _come_to_commit(self, kind: str) -> None:
        _written.get().append(kind)
        self._trap.passage(f"{kind} written")


class Edges:
    """`answered`: before a create's 200. `answer read`: of a paid request. `output made`, `output stored`.

    `callback signed`, `callback answered`: before its socket, and before its outcome is written down.
    """

    def __init__(self, trap: Trap) -> None:
        self._trap = trap

    def gateway(self, app: product.App, address: str) -> ASGIApp:
        application = gateway(app, address)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            def pass_by(status: object) -> None:
                if status == 200 and scope["path"] == CREATE:
                    self._trap.passage("answered")

            async def send_trapped(message: Message) -> None:
                pass_by(message.get("status"))
                await send(message)

            def write_trapped(status: int, headers: Iterable[Header], body: bytes) -> bool:
                pass_by(status)
                return write(status, headers, body)

            write: WriteWhole = scope["extensions"][WHOLE_RESPONSE]
            await application({**scope, "extensions": {WHOLE_RESPONSE: write_trapped}}, receive, send_trapped)

        answer.made_ready = _nothing  # pyright: ignore[reportFunctionMemberAccess] - nobody will ask for a page
        return answer

    def send(self, whole: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        async def send(outbound: Outbound, request: Request, **more: Any) -> Response:
            response = await whole(outbound, request, **more)
            if request.method == "POST":
                self._trap.passage("answer read")
            return response

        return send

    def post(self, whole: Callable[..., Awaitable[int]]) -> Callable[..., Awaitable[int]]:
        async def post(outbound: Outbound, url: str, body: bytes, headers: Mapping[str, str], **more: Any) -> int:
            self._trap.passage("callback signed")
            status = await whole(outbound, url, body, headers, **more)
            self._trap.passage("callback answered")
            return status

        return post

    def put(self, whole: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def put(storage: FolderStorage, key: str, data: bytes) -> None:
            if key.startswith("probe/"):
                await whole(storage, key, data)
                return
            self._trap.passage("output made")
            await whole(storage, key, data)
            self._trap.passage("output stored")

        return put


class InstantMaker:
    """The local provider without its drawing, where many pictures are wanted."""

    def __init__(self, sandbox: Sandbox, fetcher: object) -> None:
        del sandbox, fetcher

    async def make(
        self, choice: Choice, fields: Mapping[str, object], outputs: int, operation: str = ""
    ) -> tuple[Inline, ...]:
        pictures = choice.entry.output == "image" and not operation
        vector = pictures and rendering(choice, fields).kind == "vector"
        return (Inline(TINY_SVG if vector else TINY_PNG),) * outputs


def _nothing() -> Iterator[str]:
    """In place of what is made ready beforehand."""
    return iter(())


def read_catalogue(kept: Path) -> Callable[[Path | None], Catalogue]:
    """The packaged catalogue as its readers left it, for to read it takes a good part of a start."""

    def load(overlay: Path | None) -> Catalogue:
        assert overlay is None, "read anew, then"
        read: Catalogue = pickle.loads(kept.read_bytes())  # noqa: S301 - our own file
        return read

    return load


def put_in_place(owner: object, **replacements: object) -> None:
    """Replace what stands under these names in a module or a class."""
    for name, replacement in replacements.items():
        assert hasattr(owner, name), name
        setattr(owner, name, replacement)


def set_traps(trap: Trap) -> None:
    """Wrap the seams."""
    transactions, edges = Transactions(trap), Edges(trap)
    put_in_place(batching, submit_batch=transactions.submit_batch, apply_moves=transactions.apply_moves)
    put_in_place(money_commands, apply_moves=transactions.apply_moves)
    put_in_place(product, open_database=transactions.open_database)
    put_in_place(worker, claim=transactions.claim)
    put_in_place(cashier, settle=transactions.settle)
    put_in_place(serving, gateway=edges.gateway)
    put_in_place(Outbound, send=edges.send(Outbound.send), post=edges.post(Outbound.post))
    put_in_place(FolderStorage, put=edges.put(FolderStorage.put))


if __name__ == "__main__":
    orders = Path(sys.argv.pop(1))
    set_traps(Trap(orders))
    put_in_place(product, load_catalogue=read_catalogue(orders.with_name(CATALOGUE)))
    if INSTANT in sys.argv:
        sys.argv.remove(INSTANT)
        put_in_place(product, LocalMaker=InstantMaker)
    main()
