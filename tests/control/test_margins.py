"""What was sold, what it cost and what was lost, from the rows; and a vendor's export held against them."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from apiinone.control import margins
from apiinone.control.margins import Charge, Drift, Margin, Span, read_drift, read_margins
from apiinone.control.usage_export import Columns, read_export
from apiinone.core.clock import US_PER_S, SystemClock, day_of
from apiinone.core.errors import BadRequest
from apiinone.providers.provider import Reference
from apiinone.tasks.moves import EndedByHand, NewAttempt, Planned, Sending, WasAccepted, WasLost, WasRejected, WasStored
from ledger.audited_story import Story, told

NOW_US = SystemClock().now_us()
TODAY = day_of(NOW_US)
SPAN = Span(NOW_US - 3600 * US_PER_S, NOW_US + 3600 * US_PER_S)
MODEL = "recraft-v4-text-to-image"


@pytest.fixture
async def story(database_url: str) -> AsyncIterator[Story]:
    story = await told(database_url)
    yield story
    await story.database.close()


async def test_what_was_sold_and_what_it_cost_stand_by_day_model_and_provider(story: Story) -> None:
    (line,) = await read_margins(story.database, SPAN)
    assert line == Margin(
        TODAY, MODEL, "recraft", attempts=1, sold=200_000, expected=80_000, actual=80_000, told=1, cost=80_000
    )
    assert line.margin == 120_000


async def test_a_lost_answer_costs_what_was_expected_and_is_a_loss_once_its_task_has_ended(story: Story) -> None:
    attempt = await _lost(story)
    (_, open_line) = await read_margins(story.database, SPAN)
    assert (open_line.cost, open_line.lost) == (40_000, 0)
    await story.moved(story.open, EndedByHand("operator"))
    (_, line) = await read_margins(story.database, SPAN)
    assert (line.provider, line.cost, line.lost, line.lost_attempts, line.margin) == (
        "wave",
        40_000,
        40_000,
        1,
        -40_000,
    )
    await story.moved(story.open, WasStored(attempt, (story.output(),), 44_000))
    (_, late) = await read_margins(story.database, SPAN)
    assert (late.sold, late.actual, late.cost, late.lost) == (0, 44_000, 44_000, 44_000)


async def test_what_was_certainly_refused_costs_nothing(story: Story) -> None:
    attempt = story.ids.new()
    await story.moved(story.open, Planned(NewAttempt(attempt, "wave", "m", "why", 40_000)))
    await story.moved(story.open, Sending(attempt))
    await story.moved(story.open, WasRejected(attempt, "content_policy", "no", None))
    (_, line) = await read_margins(story.database, SPAN)
    assert (line.attempts, line.cost, line.expected, line.lost) == (1, 0, 0, 0)


async def test_only_the_attempt_that_served_sells(story: Story) -> None:
    first, second = story.ids.new(), story.ids.new()
    await story.moved(story.open, Planned(NewAttempt(first, "wave", "m", "why", 40_000)))
    await story.moved(story.open, Sending(first))
    await story.moved(story.open, WasRejected(first, "throttled", "later", 0.0))
    await story.moved(story.open, Planned(NewAttempt(second, "zoo", "m", "why", 30_000)))
    await story.moved(story.open, Sending(second))
    await story.moved(story.open, WasStored(second, (story.output(),), None))
    _, wave, zoo = await read_margins(story.database, SPAN)
    assert (wave.sold, wave.cost) == (0, 0)
    assert (zoo.sold, zoo.cost, zoo.told, zoo.margin) == (100_000, 30_000, 0, 70_000)


async def test_chunks_filters_and_days_leave_nothing_out(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    await _lost(story)
    whole = await read_margins(story.database, SPAN)
    monkeypatch.setattr(margins, "CHUNK", 1)
    assert await read_margins(story.database, SPAN) == whole
    assert [line.provider for line in whole] == ["recraft", "wave"]
    only = Span(SPAN.since_us, SPAN.until_us, "wave", MODEL)
    assert [line.provider for line in await read_margins(story.database, only)] == ["wave"]
    assert await read_margins(story.database, Span(SPAN.since_us, SPAN.until_us, None, "another")) == []
    assert await read_margins(story.database, Span(0, SPAN.since_us)) == []


async def test_a_vendors_charges_are_held_against_our_rows_day_by_day(story: Story) -> None:
    attempt = await _lost(story)
    await story.moved(story.open, WasAccepted(attempt, Reference("job-1")))
    span = Span(SPAN.since_us, SPAN.until_us, "wave")
    charges = [Charge(TODAY, 44_000, "job-1"), Charge(TODAY, 9_000, "job-2"), Charge("2020-01-01", 5, "job-3")]
    (day,) = await read_drift(story.database, span, charges)
    assert day == Drift(TODAY, charges=2, charged=53_000, attempts=1, ours=40_000, strange=1, strange_charged=9_000)
    assert day.drift == 13_000


def test_an_export_is_read_by_the_columns_that_the_operator_names(tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_text(
        "id,when,cents\na,2026-11-23T23:30:00-01:00,4.4\nb,1795392000,0.00005\nc,2026-11-23,$1\n", encoding="utf-8-sig"
    )
    assert read_export(file, Columns("when", "cents", "id", Decimal("0.01"))) == [
        Charge("2026-11-24", 44_000, "a"),
        Charge("2026-11-23", 0, "b"),
        Charge("2026-11-23", 10_000, "c"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("when,other\n2026-11-23,1\n", "no column usd; its columns are: when, other"),
        ("when,usd\nyesterday,1\n", "line 2: 'yesterday' is no date"),
        ("when,usd\n2026-11-23,1\n2026-11-23,much\n", "line 3: 'much' is no amount"),
        ("when,usd\n2026-11-23,NaN\n", "line 2: 'NaN' is no amount"),
        ("when,usd\n2026-11-23,1e99\n", "line 2: '1e99' is no amount"),
        ("when,usd\n2026-11-23\n", "line 2: '' is no amount"),
        ("", "its columns are: none"),
    ],
)
def test_a_line_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "usage.csv"
    file.write_text(text)
    with pytest.raises(BadRequest) as refused:
        read_export(file, Columns("when", "usd"))
    assert says in refused.value.message


async def _lost(story: Story) -> str:
    attempt = story.ids.new()
    await story.moved(story.open, Planned(NewAttempt(attempt, "wave", "m", "why", 40_000)))
    await story.moved(story.open, Sending(attempt))
    await story.moved(story.open, WasLost(attempt, "answer lost: reset"))
    return attempt
