"""Nothing grows for ever unless it says why."""

from apiinone.schema import metadata
from apiinone.tasks.sweep import BITE_MAX, Sweeper, SweepRules
from schema_in_use import tables_in_use
from spying import SpyDatabase
from workshop import DAY_S, RULES, Workshop

COLUMNS_OF_A_TASK_MAX = 40
WORDS_MIN = 4
KEPT_FOR_GOOD = {
    "balances",
    "disputes",
    "number_series",
    "adjustment_days",
    "adjustments",
    "house_switches",
    "orders",
    "refunds",
    "suspense",
    "top_up_crossings",
    "voucher_uses",
    "vouchers",
    "budget_periods",
    "entries",
    "facts",
    "hold_slices",
    "holds",
    "lots",
    "operator_actions",
    "settlements",
    "usage_days",
}


def test_every_table_says_how_long_it_keeps_its_rows(database_url: str) -> None:
    rules = {name: str(table.info.get("keep", "")) for name, table in metadata.tables.items()}
    assert tables_in_use(database_url).keys() == rules.keys()
    assert {name for name, rule in rules.items() if len(rule.split()) < WORDS_MIN} == set()
    assert {name for name, rule in rules.items() if rule.startswith("for good")} == KEPT_FOR_GOOD


def test_a_task_row_stays_small() -> None:
    """The catalogue's facts and the client's texts stand elsewhere; a task names the version it was priced by."""
    columns = {column.name for column in metadata.tables["tasks"].columns}
    assert "catalogue_version" in columns
    assert columns & {"request", "metadata", "prompt", "entry", "catalogue", "price"} == set()
    assert len(columns) <= COLUMNS_OF_A_TASK_MAX


async def test_old_rows_go_in_short_steps(workshop: Workshop) -> None:
    """Each step is one short transaction that removes by key and loads no row but its id."""
    spy = SpyDatabase(workshop.database)
    shop = Workshop(spy)
    caller = await shop.tenant(live=10_000)
    await shop.submit(*[shop.submission(caller, deadline_s=1) for _ in range(BITE_MAX + 10)])
    rules = SweepRules(90, RULES.test_credits_per_day)
    sweeper = Sweeper(spy, shop.only, shop.drop_nothing, dict, shop.ids, rules)
    spy.let_pass(DAY_S)
    while await sweeper.pass_limits():
        pass
    spy.let_pass(91 * DAY_S)
    spy.transactions.clear()
    assert [await sweeper.drop_tasks() for _ in range(3)] == [BITE_MAX, 10, 0]
    for statements in spy.transactions:
        assert [one for one in statements if not one.startswith(("SELECT id FROM tasks", "DELETE FROM"))] == []
        assert all("LIMIT" in one or "ANY(" in one for one in statements)
