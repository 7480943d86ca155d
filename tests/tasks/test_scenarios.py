"""`X-Test-Scenario`: each row of the contract's table ends as the table says, with exactly the credits it says."""

from pathlib import Path

from whole_app import working
from workshop import PRICE

CHARGED = ("succeeded", None, PRICE)
FREE = 0
ROWS = {
    None: CHARGED,
    "delay=0.3": CHARGED,
    "fail=moderation": ("failed", "content_policy", FREE),
    "fail=invalid_input": ("failed", "bad_request", FREE),
    "fail=provider_error": ("failed", "provider_error", FREE),
    "fail=rate_limited": ("failed", "provider_error", FREE),
    "fail=provider_balance": ("failed", "provider_error", FREE),
    "fail=malformed": ("failed", "provider_error", FREE),
    "fail=expired_url": ("failed", "output_unavailable", FREE),
    "lost_answer": CHARGED,
    "delay=0.2;lost_answer": CHARGED,
    "delay=0.2;fail=moderation": ("failed", "content_policy", FREE),
}


async def test_every_row_of_the_table_ends_as_it_says(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path) as running:
        caller = await running.workshop.tenant(mode="test")
        tasks = {
            scenario: await running.submit(running.workshop.submission(caller, scenario=scenario)) for scenario in ROWS
        }
        ended = await running.ended(*tasks.values())
        assert {
            scenario: (task.state, task.error_type, task.captured) for scenario, task in zip(ROWS, ended, strict=True)
        } == ROWS
        await running.workshop.assert_sound()
