"""Nothing grows for ever unless it says why."""

from apiinone.schema import metadata
from schema_in_use import tables_in_use

WORDS_MIN = 4
KEPT_FOR_GOOD = {
    "balances",
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
