"""Everything that we hold of somebody as one ZIP of JSON files: the person, and each account that they own."""

import io
import zipfile
from typing import Final, get_args

import msgspec
from msgspec import Struct

from apiinone.accounts.account_rows import Account, account_by_id
from apiinone.accounts.key_rows import keys_of
from apiinone.core.clock import iso
from apiinone.db import Database, Tx
from apiinone.ledger.history import EntryRow, read_entries
from apiinone.ledger.ledger import Mode
from apiinone.people.member_rows import memberships_of
from apiinone.people.person_rows import Person
from apiinone.people.session_rows import sessions_of
from apiinone.tasks.history import NO_ID_AFTER, Wanted, read_tasks
from apiinone.tasks.lifecycle import TaskState
from apiinone.tasks.task_view import TaskView

PAGE: Final = 500
TASKS_MAX: Final = 10_000
ENTRIES_MAX: Final = 50_000
STATES: Final[tuple[TaskState, ...]] = get_args(TaskState)
MODES: Final[tuple[Mode, ...]] = ("live", "test")
_encode: Final = msgspec.json.Encoder().encode


class _Person(Struct, frozen=True):
    email: str
    name: str
    language: str
    time_zone: str
    created_at: str
    confirmed_at: str | None
    signs_in_with_codes: bool
    browsers: list[str]
    accounts: list[tuple[str, str, str]]
    """Id, name and role."""


class _Key(Struct, frozen=True):
    id: str
    name: str
    mode: str
    created_at: str
    revoked_at: str | None


class _Task(Struct, frozen=True):
    id: str
    mode: str
    model: str
    state: str
    created_at: str
    request: msgspec.Raw | None
    metadata: msgspec.Raw | None


class _Entry(Struct, frozen=True):
    mode: str
    no: int
    kind: str
    micro_credits: int
    task_id: str | None
    reason: str | None
    at: str


class _Account(Struct, frozen=True):
    id: str
    name: str
    email: str
    created_at: str
    keys: list[_Key]
    tasks: list[_Task]
    entries: list[_Entry]
    newest_only: bool
    """There are more tasks or entries than a file takes; the API lists them all."""


async def export_of(database: Database, person: Person) -> bytes:
    """The file. Raises DatabaseUnavailable."""

    async def look(tx: Tx) -> tuple[_Person, list[_Account]]:
        memberships = await memberships_of(tx, person.id)
        sessions = await sessions_of(tx, person.id)
        owned = [one.account_id for one in memberships if one.role == "owner"]
        accounts = [account for one in owned if (account := await account_by_id(tx, one)) is not None]
        about = _Person(
            person.email,
            person.name,
            person.language,
            person.time_zone,
            iso(person.created_us),
            None if person.verified_us is None else iso(person.verified_us),
            person.has_codes,
            [session.agent for session in sessions],
            [(one.account_id, one.title, one.role) for one in memberships],
        )
        return about, [await _account(tx, account) for account in accounts]

    about, accounts = await database.read_long(look)
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("person.json", msgspec.json.format(_encode(about)))
        for account in accounts:
            packed.writestr(f"account-{account.id}.json", msgspec.json.format(_encode(account)))
    return into.getvalue()


async def _account(tx: Tx, account: Account) -> _Account:
    keys = [
        _Key(key.id, key.name, key.mode, iso(key.created_us), None if key.revoked_us is None else iso(key.revoked_us))
        for key in await keys_of(tx, account.id)
    ]
    tasks: list[_Task] = []
    entries: list[_Entry] = []
    for mode in MODES:
        tasks += [_task(mode, view) for view in await _tasks(tx, account.id, mode)]
        entries += [_entry(mode, row) for row in await _entries(tx, account.id, mode)]
    cut = len(tasks) >= TASKS_MAX or len(entries) >= ENTRIES_MAX
    return _Account(account.id, account.name, account.email, iso(account.created_us), keys, tasks, entries, cut)


async def _tasks(tx: Tx, account_id: str, mode: Mode) -> list[TaskView]:
    found: list[TaskView] = []
    before = NO_ID_AFTER
    while len(found) < TASKS_MAX:
        page = await read_tasks(tx, (account_id, mode), Wanted(PAGE, STATES, before_id=before))
        found += page
        if len(page) < PAGE:
            break
        before = page[-1].id
    return found[:TASKS_MAX]


async def _entries(tx: Tx, account_id: str, mode: Mode) -> list[EntryRow]:
    found: list[EntryRow] = []
    before = 2**62
    while len(found) < ENTRIES_MAX:
        page = await read_entries(tx, (account_id, mode), before_no=before, limit=PAGE)
        found += page
        if len(page) < PAGE:
            break
        before = page[-1].entry_no
    return found[:ENTRIES_MAX]


def _task(mode: str, view: TaskView) -> _Task:
    request = None if view.request is None else msgspec.Raw(view.request.encode())
    metadata = None if view.metadata is None else msgspec.Raw(view.metadata.encode())
    return _Task(view.id, mode, view.sub_model, view.state, iso(view.created_us), request, metadata)


def _entry(mode: str, row: EntryRow) -> _Entry:
    return _Entry(mode, row.entry_no, row.kind, int(row.amount), row.task_id, row.reason, iso(row.created_us))
