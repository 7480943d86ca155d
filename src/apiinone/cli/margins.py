"""`apiinone margins`: what was sold, what it cost, and what a vendor's own figures say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from msgspec import Struct

from apiinone.cli.arguments import now
from apiinone.cli.opening import reading, settings_now
from apiinone.cli.printing import Cell, json_option, print_json, print_table
from apiinone.control.margins import Drift, Margin, Span, read_drift, read_margins
from apiinone.control.usage_export import Columns, read_export
from apiinone.core.clock import US_PER_S

DAY = click.DateTime(formats=("%Y-%m-%d",))
DAYS = 7
MICRO = 1_000_000


class ShownMargin(Struct, frozen=True):
    """A line as `--json` prints it, in US dollars."""

    day: str
    model: str
    provider: str
    attempts: int
    sold_usd: Decimal
    expected_cost_usd: Decimal
    actual_cost_usd: Decimal
    actual_cost_known: int
    cost_usd: Decimal
    cost_unknown: int
    margin_usd: Decimal
    lost_usd: Decimal
    lost_attempts: int


class ShownDrift(Struct, frozen=True):
    """A day as `--json` prints it, in US dollars."""

    day: str
    charges: int
    charged_usd: Decimal
    attempts: int
    ours_usd: Decimal
    drift_usd: Decimal
    strange_charges: int
    strange_usd: Decimal


@click.group(invoke_without_command=True)
@click.option("--since", type=DAY, help=f"First day, UTC; else {DAYS} days up to today.")
@click.option("--until", type=DAY, help="Last day, UTC; else today.")
@click.option("--provider", help="Only this provider's.")
@click.option("--model", help="Only this model's, by the id of its version.")
@json_option
@click.pass_context
def margins(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    since: datetime | None,
    until: datetime | None,
    provider: str | None,
    model: str | None,
    as_json: bool,
) -> None:
    """What live tasks sold and cost, by day, model and provider, in US dollars.

    A cost is the vendor's word where it gives one, else what the offer expects. Lost is what cost something and brought
    nothing: answers that came late or never.
    """
    if ctx.invoked_subcommand is not None:
        return
    found = now(_margins(_span(since, until, provider, model)))
    if as_json:
        print_json({"margins": [_shown(one) for one in found]})
        return
    columns = ("day", "model", "provider", "attempts", "sold", "expected", "actual", "margin", "lost")
    print_table(columns, [_row(one) for one in found])


@margins.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--provider", required=True, help="Whose export it is.")
@click.option("--time-column", required=True, help="Heading of the column with the day or the moment.")
@click.option("--cost-column", required=True, help="Heading of the column with the charge.")
@click.option("--job-column", default="", help="Heading of the column with the vendor's ids of jobs, if any.")
@click.option("--usd-per-unit", default="1", show_default=True, help="What one unit of the charge is in dollars.")
@click.option("--since", type=DAY, help=f"First day, UTC; else {DAYS} days up to today.")
@click.option("--until", type=DAY, help="Last day, UTC; else today.")
@json_option
def import_command(  # noqa: PLR0913 - one parameter for each option
    file: Path,
    *,
    provider: str,
    time_column: str,
    cost_column: str,
    job_column: str,
    usd_per_unit: str,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Hold a vendor's usage export (CSV) against our own rows, and show the drift day by day. Nothing is stored."""
    columns = Columns(time_column, cost_column, job_column, _usd(usd_per_unit))
    found = now(_drift(_span(since, until, provider, None), file, columns))
    if as_json:
        print_json({"drift": [_shown_drift(one) for one in found]})
        return
    names = ("day", "charges", "charged", "attempts", "ours", "drift", "strange", "strange charged")
    print_table(names, [_drift_row(one) for one in found])


async def _margins(span: Span) -> list[Margin]:
    async with reading(settings_now()) as database:
        return await read_margins(database, span)


async def _drift(span: Span, file: Path, columns: Columns) -> list[Drift]:
    charges = read_export(file, columns)
    async with reading(settings_now()) as database:
        return await read_drift(database, span, charges)


def _span(since: datetime | None, until: datetime | None, provider: str | None, model: str | None) -> Span:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = today if until is None else until.replace(tzinfo=UTC)
    first = last - timedelta(days=DAYS - 1) if since is None else since.replace(tzinfo=UTC)
    if first > last:
        raise click.UsageError("--since is after --until")
    ends = last + timedelta(days=1)
    return Span(int(first.timestamp()) * US_PER_S, int(ends.timestamp()) * US_PER_S, provider, model)


def _usd(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise click.UsageError("--usd-per-unit must be a number above 0")
    return value


def _dollars(micro_usd: int) -> Decimal:
    return Decimal(micro_usd) / MICRO


def _row(one: Margin) -> tuple[Cell, ...]:
    actual = _dollars(one.actual) if one.told else None
    money = (_dollars(one.sold), _dollars(one.expected), actual, _dollars(one.margin), _dollars(one.lost))
    return (one.day, one.model, one.provider, one.attempts, *money)


def _drift_row(one: Drift) -> tuple[Cell, ...]:
    ours = (one.attempts, _dollars(one.ours), _dollars(one.drift))
    return (one.day, one.charges, _dollars(one.charged), *ours, one.strange, _dollars(one.strange_charged))


def _shown(one: Margin) -> ShownMargin:
    return ShownMargin(
        day=one.day,
        model=one.model,
        provider=one.provider,
        attempts=one.attempts,
        sold_usd=_dollars(one.sold),
        expected_cost_usd=_dollars(one.expected),
        actual_cost_usd=_dollars(one.actual),
        actual_cost_known=one.told,
        cost_usd=_dollars(one.cost),
        cost_unknown=one.uncosted,
        margin_usd=_dollars(one.margin),
        lost_usd=_dollars(one.lost),
        lost_attempts=one.lost_attempts,
    )


def _shown_drift(one: Drift) -> ShownDrift:
    ours = (one.attempts, _dollars(one.ours), _dollars(one.drift))
    return ShownDrift(one.day, one.charges, _dollars(one.charged), *ours, one.strange, _dollars(one.strange_charged))
