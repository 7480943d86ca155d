"""`apiinone migrate`: the database at the revision of this program."""

from typing import assert_never

import click
from msgspec import Struct

from apiinone.cli.arguments import now
from apiinone.cli.opening import holding_database, settings_now, sqlite_file
from apiinone.cli.preparing import Current, Made, Migrated, Prepared, prepare, refuse_newer, revision_of
from apiinone.cli.printing import json_option, print_fields, print_json, say
from apiinone.control.ownership import Taken
from apiinone.core.errors import Conflict
from apiinone.migrate import planned_sql
from apiinone.migrations import CURRENT_REVISION
from apiinone.settings import Settings


class _Done(Struct, frozen=True):
    """What `--json` tells of a migration. `since`: from which revision; None: there was no schema, or no need."""

    revision: str
    changed: bool
    since: str | None = None
    copy: str | None = None


class _Plan(Struct, frozen=True):
    """What it tells of a dry run. `found`: the database's revision; None: it has no schema."""

    found: str | None
    revision: str
    statements: str


@click.command("migrate")
@click.option("--dry-run", is_flag=True, help="Print the statements and change nothing.")
@json_option
def migrate_command(*, dry_run: bool, as_json: bool) -> None:
    """Bring the database to this program's revision. Every other command does that as well before it starts."""
    settings = settings_now()
    if dry_run:
        found = now(_revision(settings))
        _show_plan(found, _planned(settings, found), as_json=as_json)
        return
    prepared = now(_prepared(settings))
    if as_json:
        print_json(_done(prepared))
    else:
        print_fields((("revision", CURRENT_REVISION),))
    _tell(prepared)


def _done(prepared: Prepared) -> _Done:
    match prepared:
        case Current():
            return _Done(CURRENT_REVISION, changed=False)
        case Made():
            return _Done(CURRENT_REVISION, changed=True)
        case Migrated(since, copy):
            return _Done(CURRENT_REVISION, changed=True, since=since, copy=None if copy is None else str(copy))
        case _:
            assert_never(prepared)


def _tell(prepared: Prepared) -> None:
    match prepared:
        case Current():
            say("there was nothing to do")
        case Made():
            say("the database was empty; its tables were made")
        case Migrated(since, copy):
            beside = "" if copy is None else f"; as it was before, it stands in {copy}"
            say(f"migrated from revision {since}{beside}")
        case _:
            assert_never(prepared)


async def _revision(settings: Settings) -> str | None:
    """The database's; None where it is empty, or not there yet."""
    path = sqlite_file(settings)
    return None if path is not None and not path.exists() else await revision_of(settings)


async def _prepared(settings: Settings) -> Prepared:
    try:
        async with holding_database(settings):
            return await prepare(settings)
    except Taken as taken:
        raise Conflict(f"{taken}; stop it before you migrate") from taken


def _planned(settings: Settings, found: str | None) -> str:
    if found is not None:
        refuse_newer(found)
    return "" if found == CURRENT_REVISION else planned_sql(settings.database, found)


def _show_plan(found: str | None, statements: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_Plan(found, CURRENT_REVISION, statements))
    else:
        click.echo(statements, nl=False)
    if not statements:
        say("there is nothing to do")
