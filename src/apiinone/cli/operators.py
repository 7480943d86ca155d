"""`apiinone operators`: who may run this installation from its pages."""

import click

from apiinone.cli.arguments import now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import json_option, moment, print_fields, print_json, print_table
from apiinone.control.operator_commands import EndOperator, MakeOperator
from apiinone.db import Tx
from apiinone.people.operators import OperatorRow
from apiinone.people.operators import operators as all_operators

email_option = click.option("--email", required=True, help="The operator's address.")
reason_option = click.option("--reason", default="by command", show_default=True, help="Why; it is written down.")


@click.group(short_help="Make, list and remove operators.")
def operators() -> None:
    """Operators look after accounts, models and providers from the pages below /admin."""


@operators.command()
@email_option
@reason_option
@json_option
def create(email: str, reason: str, *, as_json: bool) -> None:
    """Make somebody an operator. They choose a password by the link that is printed, then set codes up."""
    made = now(carry_out(settings_now(), MakeOperator(email, reason)))
    if as_json:
        print_json(made)
        return
    print_fields((("operator", made.email), ("person", made.person_id)))
    if made.link is not None:
        print_fields((("password", f"chosen within an hour at {made.link}"),))


@operators.command("list")
@json_option
def list_operators(*, as_json: bool) -> None:
    """List operators."""
    found = now(_operators())
    if as_json:
        print_json({"operators": found})
        return
    rows = [(one.person_id, one.email, "yes" if one.has_codes else "no", moment(one.created_us)) for one in found]
    print_table(("person", "e-mail", "codes", "since"), rows)


@operators.command()
@email_option
@reason_option
@json_option
def remove(email: str, reason: str, *, as_json: bool) -> None:
    """Let somebody be an operator no more; they stay a member of their accounts."""
    ended = now(carry_out(settings_now(), EndOperator(email, reason)))
    if as_json:
        print_json(ended)
        return
    print_fields((("no operator any more", ended.email),))


async def _operators() -> list[OperatorRow]:
    async def look(tx: Tx) -> list[OperatorRow]:
        return await all_operators(tx)

    async with reading(settings_now()) as database:
        return await database.read(look)
