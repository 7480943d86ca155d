"""`apiinone audit`: whether every balance is what its rows make it."""

import sys

import click

from apiinone.cli.arguments import now
from apiinone.cli.opening import reading, settings_now
from apiinone.cli.printing import json_option, print_fields, print_json, print_table, say
from apiinone.ledger.breaches import BREACHES
from apiinone.tasks.audit import Report, audit


@click.command("audit")
@json_option
def audit_command(*, as_json: bool) -> int:
    """Work out every balance, lot, budget and count from the rows alone, and compare. Safe beside a running server.

    The exit status is 0 where everything agrees, else 1.
    """
    report = now(_audit())
    if as_json:
        numbers = {"owners": report.owners, "entries": report.entries, "tasks": report.tasks}
        found = {"breaches_total": report.breaches_total, "breaches": report.breaches}
        print_json({"ok": report.ok, **numbers, **found})
    else:
        _show(report)
    return 0 if report.ok else 1


async def _audit() -> Report:
    async with reading(settings_now()) as database:
        return await audit(database)


def _show(report: Report) -> None:
    read = (("balances", report.owners), ("entries", report.entries), ("tasks", report.tasks))
    print_fields((*read, ("breaches", report.breaches_total)))
    if report.ok:
        return
    sys.stdout.flush()
    kinds = {breach.kind for breach in report.breaches}
    print_table(("breach", "means"), [(kind, words) for kind, words in BREACHES.items() if kind in kinds])
    columns = ("breach", "account", "mode", "row", "what")
    print_table(columns, [(one.kind, one.account_id, one.mode, one.subject, one.what) for one in report.breaches])
    if report.breaches_total > len(report.breaches):
        say(f"{report.breaches_total - len(report.breaches)} further breaches are not shown")
