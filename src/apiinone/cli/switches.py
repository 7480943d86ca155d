"""`apiinone switches`: models, offers, draining, maintenance, sign-up and texts, switched while the product runs."""

from decimal import Decimal
from pathlib import Path
from typing import get_args

import click
from msgspec import Struct

from apiinone.catalog.own_prices import PERCENT_MAX
from apiinone.cli.arguments import now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import Cell, exact, json_option, print_fields, print_json, print_table
from apiinone.control.desk import Command
from apiinone.control.price_commands import SetListPrices
from apiinone.control.switch_commands import SetAccountPrice, SetText, Switched, SwitchHouse, SwitchModel, SwitchOffer
from apiinone.core.credits import parse, shown
from apiinone.core.errors import BadRequest
from apiinone.switchboard.board_rows import OFF, ON, read_standing
from apiinone.switchboard.standing import HouseSwitch, OfferName, OfferSwitch, SignUp, Standing, TextName

ON_OFF = click.Choice((ON, OFF))
REASON = click.option("--reason", required=True, help="Why; it is written down.")
TEXT_BYTES_MAX = 1_000_000


class ShownOffer(Struct, frozen=True):
    """An offer that differs from the catalogue, as `--json` prints it."""

    sub_model: str
    provider: str
    upstream_model: str
    operation: str
    off: bool
    priority: int | None


class ShownPrice(Struct, frozen=True):
    """A price of an account's own, as `--json` prints it; an empty model: all that it has no other of."""

    account_id: str
    model: str
    percent: int


class ShownListPrice(Struct, frozen=True):
    """An amount of the list that differs from the catalogue's, in credits, as `--json` prints it."""

    model: str
    operation: str
    figure: str
    credits: int | Decimal
    below_cost: bool


class ShownStanding(Struct, frozen=True):
    """What `--json` prints."""

    drain: bool
    maintenance: bool
    sign_up: str | None
    models_off: list[str]
    offers: list[ShownOffer]
    texts: dict[TextName, str]
    prices: list[ShownPrice]
    list_prices: list[ShownListPrice]


@click.group(short_help="Switch models, offers, draining, maintenance and texts while servers run.")
def switches() -> None:
    """What is switched here counts within a second in every process, without a restart."""


@switches.command("list")
@json_option
def list_command(*, as_json: bool) -> None:
    """Show everything that is switched."""
    standing = now(_standing())
    offers = [_shown(name, switch) for name, switch in standing.offers.items()]
    prices = [ShownPrice(of.account_id, of.model, percent) for of, percent in standing.prices.items()]
    if as_json:
        off, texts = sorted(standing.models_off), dict(standing.texts)
        house = (standing.drain, standing.maintenance, standing.sign_up)
        print_json(ShownStanding(*house, off, offers, texts, prices, _list_prices(standing)))
        return
    fields: list[tuple[str, Cell]] = [
        ("drain", _on_off(on=standing.drain)),
        ("maintenance", _on_off(on=standing.maintenance)),
        ("sign-up", standing.sign_up or "as the setting says"),
        ("models off", ", ".join(sorted(standing.models_off)) or None),
        ("texts", ", ".join(standing.texts) or None),
    ]
    print_fields(fields)
    if offers:
        click.echo()
        rows = [
            (one.sub_model, one.provider, one.upstream_model, one.operation, _on_off(on=not one.off), one.priority)
            for one in offers
        ]
        print_table(("sub-model", "provider", "upstream model", "operation", "new orders", "priority"), rows)
    if standing.list_prices:
        click.echo()
        rows = [(one.model, one.operation, one.figure, exact(one.credits)) for one in _list_prices(standing)]
        print_table(("model", "operation", "figure", "credits"), rows)
    if prices:
        click.echo()
        print_table(
            ("account", "model", "percent"), [(one.account_id, one.model or "all", one.percent) for one in prices]
        )


@switches.command()
@click.argument("name")
@click.argument("live", type=ON_OFF)
@REASON
@json_option
def model(name: str, live: str, *, reason: str, as_json: bool) -> None:
    """Let live keys have a model, or one version of it, or keep it from them. Test keys can use it in both cases."""
    _do(SwitchModel(name, live=live == ON, reason=reason), as_json=as_json)


@switches.command()
@click.argument("sub_model")
@click.argument("provider")
@click.argument("upstream_model")
@click.option("--operation", default="", help="The further route that the offer serves, such as music/extend.")
@click.option("--off", is_flag=True, help="Nothing new goes this way; what is under way is finished.")
@click.option("--priority", type=click.IntRange(0, 1000), help="Smaller is tried first; left out: the catalogue's.")
@REASON
@json_option
def offer(  # noqa: PLR0913 - one parameter for each option
    sub_model: str,
    provider: str,
    upstream_model: str,
    *,
    operation: str,
    off: bool,
    priority: int | None,
    reason: str,
    as_json: bool,
) -> None:
    """Switch an offer off or give it another priority; with neither it is as the catalogue says."""
    name = OfferName(sub_model, provider, upstream_model, operation)
    _do(SwitchOffer(name, reason, off, priority), as_json=as_json)


@switches.command()
@click.argument("account_id")
@click.option("--model", default="", help="The model; left out: all that the account has no other price of.")
@click.option("--percent", type=click.IntRange(1, PERCENT_MAX), help="Of the list's price; left out: the list's again.")
@REASON
@json_option
def price(account_id: str, *, model: str, percent: int | None, reason: str, as_json: bool) -> None:
    """Give an account a price of its own. Accepted tasks stay at their price."""
    _do(SetAccountPrice(account_id, model, percent, reason), as_json=as_json)


@switches.command("list-price")
@click.argument("model")
@click.argument("figure")
@click.option("--credits", "amount", help="Exact credits; left out: the catalogue's again.")
@click.option("--operation", default="", help="The model's further route that is priced, such as music/extend.")
@click.option("--below-cost", is_flag=True, help="It is meant where an offer then costs more than it brings.")
@REASON
@json_option
def list_price(  # noqa: PLR0913 - one parameter for each option
    model: str, figure: str, *, amount: str | None, operation: str, below_cost: bool, reason: str, as_json: bool
) -> None:
    """Set an amount of the price list; `apiinone catalog prices` names them. Accepted tasks stay at their price."""
    try:
        micro = None if amount is None else int(parse(amount))
    except ValueError as error:
        raise BadRequest(str(error), param="--credits") from error
    _do(SetListPrices(model, {figure: micro}, reason, operation, below_cost), as_json=as_json)


@switches.command()
@click.argument("state", type=ON_OFF)
@REASON
@json_option
def drain(state: str, *, reason: str, as_json: bool) -> None:
    """Accept no new task (503 `overloaded`), or accept them again. What was accepted is finished."""
    _do(SwitchHouse("drain", state, reason), as_json=as_json)


@switches.command()
@click.argument("state", type=ON_OFF)
@REASON
@json_option
def maintenance(state: str, *, reason: str, as_json: bool) -> None:
    """Show a page that says so and accept no new task; the API's reads go on."""
    _do(SwitchHouse("maintenance", state, reason), as_json=as_json)


@switches.command("sign-up")
@click.argument("who", type=click.Choice((*get_args(SignUp), "setting")))
@REASON
@json_option
def sign_up(who: str, *, reason: str, as_json: bool) -> None:
    """Say who may sign up; `setting`: as the setting says."""
    name: HouseSwitch = "sign_up"
    _do(SwitchHouse(name, "" if who == "setting" else who, reason), as_json=as_json)


@switches.command()
@click.argument("name", type=click.Choice(get_args(TextName)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@REASON
@json_option
def text(name: TextName, file: Path | None, *, reason: str, as_json: bool) -> None:
    """Put a Markdown file in place as a text of the site; without a file the text is taken away."""
    _do(SetText(name, "" if file is None else _read(file), reason), as_json=as_json)


def _do(command: Command[Switched], *, as_json: bool) -> None:
    switched = now(carry_out(settings_now(), command))
    if as_json:
        print_json(switched)
        return
    print_fields(((switched.subject, switched.stands),))


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(TEXT_BYTES_MAX + 1)
        words = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"the file cannot be read as text: {error}", param="FILE") from error
    if len(data) > TEXT_BYTES_MAX:
        raise BadRequest(f"the file has more than {TEXT_BYTES_MAX} bytes", param="FILE")
    return words


async def _standing() -> Standing:
    async with reading(settings_now()) as database:
        return await database.read(read_standing)


def _shown(name: OfferName, switch: OfferSwitch) -> ShownOffer:
    place = (name.sub_model, name.provider, name.upstream_model, name.operation)
    return ShownOffer(*place, switch.off, switch.priority)


def _list_prices(standing: Standing) -> list[ShownListPrice]:
    return [
        ShownListPrice(priced.model, priced.operation, figure, shown(price.amount), price.below_cost)
        for priced, figures in standing.list_prices.items()
        for figure, price in figures.items()
    ]


def _on_off(*, on: bool) -> str:
    return ON if on else OFF
