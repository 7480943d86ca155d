"""The database and the storage: whether they keep what they are given, and are at the right revision."""

import secrets
from collections.abc import AsyncIterator

from apiinone.assets.storage import StorageFailed, check
from apiinone.cli.checks.finding import Finding, error, ok, warning
from apiinone.cli.opening import reading, sqlite_file
from apiinone.connect import storage_of
from apiinone.control.ownership import Taken, take
from apiinone.core.clock import US_PER_S, SystemClock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Database, Sql, Tx
from apiinone.installation import installation_secret
from apiinone.migrations import CURRENT_REVISION
from apiinone.own_secret import FINGERPRINT
from apiinone.settings import Settings, SettingsError

POSTGRESQL_MIN = 14
SKEW_S_MAX = 2.0
_SETTINGS = Sql("SELECT name, setting FROM pg_settings WHERE name = ANY($1::text[])")
_FACT = Sql("SELECT value FROM facts WHERE name = $1")
_SAFE = {"fsync": {"on"}, "synchronous_commit": {"on", "local", "remote_write", "remote_apply"}}
"""PostgreSQL's settings under which a commit that was answered survives a power cut."""


async def database_findings(settings: Settings) -> AsyncIterator[Finding]:
    """All of the database's; one error where it cannot be opened at all."""
    try:
        async with reading(settings) as database:
            yield ok("schema", f"at revision {CURRENT_REVISION}, as this program needs it")
            if sqlite_file(settings) is None:
                async for finding in _postgresql(database):
                    yield finding
            else:
                yield _sqlite()
                yield _holder(settings)
            yield await _fingerprint(database, settings)
    except DatabaseUnavailable as failure:
        yield error(
            "database", failure.message, _fix(settings.database_url, "APIINONE_DATABASE_URL", "whether it runs")
        )


async def storage_finding(settings: Settings) -> Finding:
    """Whether bytes can be stored, read and deleted."""
    try:
        await check(storage_of(settings), secrets.token_bytes(16))
    except (StorageFailed, SettingsError) as failure:
        return error("storage", str(failure), _fix(settings.storage_url, "APIINONE_STORAGE_URL", "its credentials"))
    return ok("storage", f"{_without_query(settings.storage)}: written, read and deleted")


def _sqlite() -> Finding:
    from apiinone.db_sqlite_connection import is_fixed, sqlite_release  # noqa: PLC0415 - one driver is loaded, not both

    release = sqlite_release()
    version = f"SQLite {'.'.join(map(str, release))}"
    if is_fixed(release):
        return ok("database", version)
    says = f"{version} can damage a database that two connections write; so one process at a time may write"
    return warning("database", says, "install apsw from its wheel, which carries its own SQLite, or use PostgreSQL")


def _holder(settings: Settings) -> Finding:
    path = sqlite_file(settings)
    try:
        if path is not None:
            take(path).release()
    except Taken as taken:
        return ok("server", f"process {taken.owner.pid} runs on this database")
    return ok("server", "none runs on this database")


async def _postgresql(database: Database) -> AsyncIterator[Finding]:
    async def look(tx: Tx) -> tuple[dict[str, str], int]:
        rows = await tx.rows(_SETTINGS, ["server_version_num", "server_version", *_SAFE])
        return {row[0]: row[1] for row in rows}, tx.now_us

    found, database_us = await database.read(look)
    version = f"PostgreSQL {found['server_version']}"
    if int(found["server_version_num"]) // 10_000 < POSTGRESQL_MIN:
        yield warning("database", version, f"use PostgreSQL {POSTGRESQL_MIN} or newer")
    else:
        yield ok("database", version)
    for name, safe in _SAFE.items():
        if found[name] in safe:
            yield ok(name, found[name])
        else:
            says = f"{name} is {found[name]}: tasks that were accepted can be lost in a power cut"
            yield error(name, says, f"ALTER SYSTEM SET {name} = 'on'; SELECT pg_reload_conf();")
    yield _skew((SystemClock().now_us() - database_us) / US_PER_S)


def _skew(seconds: float) -> Finding:
    says = f"this machine's clock is {seconds:+.1f} s from the database's"
    if abs(seconds) > SKEW_S_MAX:
        return warning("clock", says, "have both machines keep time by NTP")
    return ok("clock", says)


async def _fingerprint(database: Database, settings: Settings) -> Finding:
    async def look(tx: Tx) -> str | None:
        row = await tx.row(_FACT, FINGERPRINT)
        return None if row is None else str(row[0])

    stored = await database.read(look)
    if stored is None:
        return ok("keys", "no process has used this database yet")
    try:
        same = installation_secret(settings.secret_key, settings.data_path).fingerprint() == stored
    except (OSError, ValueError) as failure:
        return error("keys", f"the secret cannot be used: {failure}", "see APIINONE_SECRET_KEY")
    if same:
        return ok("keys", "they were made with this installation's secret")
    says = "the database belongs to an installation with another secret: none of its keys works here"
    return error("keys", says, "set APIINONE_SECRET_KEY to that secret")


def _fix(url: str, setting: str, further: str) -> str:
    return f"check {setting} and {further}" if url else "see that the data folder is this installation's, and writable"


def _without_query(url: str) -> str:
    return url.partition("?")[0]
