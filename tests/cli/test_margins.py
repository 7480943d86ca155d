from pathlib import Path

import pytest

from apiinone.core.clock import SystemClock, day_of
from cli.command_line import Shell
from databases import run_apart
from ledger.audited_story import told

TODAY = day_of(SystemClock().now_us())


@pytest.fixture(autouse=True)
def _story(database_url: str) -> None:
    async def tell() -> None:
        await (await told(database_url)).database.close()

    run_apart(tell())


def test_margins_are_shown_in_dollars_and_as_json(shell: Shell) -> None:
    (line,) = shell("margins", "--json").data["margins"]
    assert (line["day"], line["provider"], line["attempts"]) == (TODAY, "recraft", 1)
    assert (line["sold_usd"], line["cost_usd"], line["margin_usd"], line["lost_usd"]) == (0.2, 0.08, 0.12, 0)
    assert "0.12" in shell("margins", "--provider", "recraft").out
    assert shell("margins", "--until", "2020-01-01", "--json").data["margins"] == []
    assert "after" in shell("margins", "--since", "2026-01-02", "--until", "2026-01-01", status=2).err


def test_an_export_is_held_against_our_rows(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_text(f"at,usd,job\n{TODAY},0.09,elsewhere\n")
    columns = ("--time-column", "at", "--cost-column", "usd")
    given = ("margins", "import", str(file), "--provider", "recraft", *columns)
    (day,) = shell(*given, "--job-column", "job", "--json").data["drift"]
    assert (day["charged_usd"], day["ours_usd"], day["drift_usd"], day["strange_charges"]) == (0.09, 0.08, 0.01, 1)
    assert "0.01" in shell(*given).out
    assert "no column cost" in shell(*given[:-1], "cost", status=1).err
    assert "above 0" in shell(*given, "--usd-per-unit", "0", status=2).err
