"""All commands in one table; each module is imported when its command is called."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from apiinone import __version__
from apiinone.cli.printing import say
from apiinone.core.errors import Refusal

DONE, FAILED, MISUSED = 0, 1, 2
INTERRUPTED = 130
"""What shells report for a program that Ctrl-C ended."""

COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("serve:serve", "Run the server: API, worker and background duties."),
    "worker": ("serve:worker", "Run a worker for some nodes, beside servers on the same PostgreSQL."),
    "demo": ("demo:demo", "Make one picture and one drawing on a server of its own, and show what they cost."),
    "accounts": ("accounts:accounts", "Open, list and suspend accounts."),
    "operators": ("operators:operators", "Make, list and remove those who run this installation from its pages."),
    "keys": ("keys:keys", "Make, list, rotate and revoke keys."),
    "credentials": ("credentials:credentials", "Store, list and revoke credentials of providers."),
    "credits": ("credits:credits_group", "Grant credits and see balances."),
    "budgets": ("budgets:budgets", "See and set what accounts and members may spend."),
    "packs": ("packs:packs", "See what is sold, and by whom."),
    "orders": ("orders:orders", "See what was bought; confirm payments; send money back."),
    "documents": ("documents:documents", "List receipts, invoices and credit notes; export books."),
    "vouchers": ("vouchers:vouchers", "Make, list and revoke codes that are worth credits."),
    "suspense": ("suspense:suspense", "See money that fits nothing, and decide about it."),
    "tasks": ("tasks:tasks", "See tasks and their receipts; end those whose outcome nobody knows."),
    "margins": ("margins:margins", "See what was sold, what it cost, and what a vendor's own figures say."),
    "catalog": ("catalog:catalog", "See the models, and check the catalogue's data."),
    "switches": ("switches:switches", "Switch models, offers, draining, maintenance and texts while servers run."),
    "audit": ("audit:audit_command", "Prove every balance from the rows alone."),
    "doctor": ("doctor:doctor", "Say what is configured, what is missing, and how to put it right."),
    "migrate": ("migrate:migrate_command", "Bring the database to this program's revision."),
    "backup": ("backup:backup", "Copy the embedded database to a file, also while a server runs."),
    "simulate": ("simulate:simulate", "Run a stand-in for a vendor on this machine, to try things out."),
}
"""Name → where it is, as `module:attribute` below this package, and what the help says of it."""


class Program(click.Group):
    """The root: looks commands up in the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the table's order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None for an unknown name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        found: Any = getattr(importlib.import_module(f"apiinone.cli.{module}"), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands for the help, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.command(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="apiinone", message="%(prog)s %(version)s")
def program() -> None:
    """API in One: one key, one contract, every generative-media model.

    Settings come from APIINONE_… variables or the TOML file that APIINONE_CONFIG names; `apiinone doctor` shows them.
    """


def run(arguments: Sequence[str]) -> int:
    """Run a command line. What it prints goes to stdout, what it has to say beside that to stderr."""
    try:
        status = program.main(list(arguments), prog_name="apiinone", standalone_mode=False)
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    except Refusal as refusal:
        say(f"{refusal.message} ({refusal.param})" if refusal.param else refusal.message)
        return FAILED
    except BrokenPipeError:
        return FAILED
    except Exception as error:
        status = _misused(error)
        if status is None:
            raise
    return status if isinstance(status, int) else DONE


def _misused(error: Exception) -> int | None:
    """The status for settings and data that cannot be used; None for what should never happen."""
    from apiinone.assets.storage import StorageFailed  # noqa: PLC0415 - costs start-up time
    from apiinone.catalog.fact import CatalogueInvalid  # noqa: PLC0415 - as above
    from apiinone.settings import SettingsError  # noqa: PLC0415 - as above

    match error:
        case SettingsError() | CatalogueInvalid():
            say(str(error))
            return MISUSED
        case StorageFailed():
            say(str(error))
            return FAILED
        case _:
            return None
