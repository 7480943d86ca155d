"""`apiinone migrate`: the database at the revision of this program."""

from typing import assert_never

import click

from apiinone.cli.arguments import now
from apiinone.cli.opening import holding_database, make_folders, settings_now
from apiinone.cli.preparing import Current, Made, Migrated, Prepared, prepare, refuse_newer, revision_of
from apiinone.cli.printing import print_fields, say
from apiinone.control.ownership import Taken
from apiinone.core.errors import Conflict
from apiinone.migrate import planned_sql
from apiinone.migrations import CURRENT_REVISION
from apiinone.settings import Settings


@click.command("migrate")
@click.option("--dry-run", is_flag=True, help="Print the statements and change nothing.")
def migrate_command(*, dry_run: bool) -> None:
    """Bring the database to this program's revision. Every other command does that as well before it starts."""
    settings = settings_now()
    if dry_run:
        _show_plan(settings, now(_revision(settings)))
        return
    prepared = now(_prepared(settings))
    print_fields((("revision", CURRENT_REVISION),))
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
    make_folders(settings)
    return await revision_of(settings)


async def _prepared(settings: Settings) -> Prepared:
    try:
        async with holding_database(settings):
            return await prepare(settings)
    except Taken as taken:
        raise Conflict(f"{taken}; stop it before you migrate") from taken


def _show_plan(settings: Settings, found: str | None) -> None:
    if found == CURRENT_REVISION:
        say("there is nothing to do")
        return
    if found is not None:
        refuse_newer(found)
    click.echo(planned_sql(settings.database, found), nl=False)
