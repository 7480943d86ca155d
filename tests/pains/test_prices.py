"""Pains 16, 20 to 22 and 35: a price comes from the catalogue, is whole before the work, and stays."""

from pathlib import Path

import msgspec.yaml
import pytest

from apiinone.catalog.check import check
from apiinone.catalog.entry import Choice
from apiinone.catalog.fact import CatalogueInvalid
from apiinone.catalog.load import load_catalogue
from apiinone.catalog.price_rules import PerOutput
from apiinone.catalog.pricing import price
from apiinone.catalog.schema import Bodies
from apiinone.core.credits import whole
from apiinone.db import Sql
from apiinone.providers.provider import Reference
from apiinone.tasks.moves import WasAccepted, WasStored
from whole_app import opened, working
from workshop import PRICE, Workshop

COST = Sql("SELECT expected_cost_micro_usd, actual_cost_micro_usd FROM attempts WHERE task_id = $1")
DEARER = {"rule": "fixed", "credits": 99}


async def test_what_a_vendor_says_it_charged_changes_no_price(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["recraft"]) as running:
        caller = await running.workshop.tenant(live=100)
        for unit in (whole(3), PRICE):
            task_id = await running.submit(running.workshop.submission(caller, unit=unit))
            (seen,) = await running.ended(task_id)
            assert seen.captured == unit
            assert await running.workshop.row(COST, task_id) == (40_000, 40_000)


async def test_a_cost_that_a_vendor_tells_with_the_order_is_kept_until_it_tells_another(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    for told_at_the_end, kept in ((None, 30_000), (31_000, 31_000)):
        task_id = await workshop.task(caller)
        attempt_id = await workshop.sending(task_id, caller)
        await workshop.move(task_id, caller, WasAccepted(attempt_id, Reference("up"), 30_000))
        assert await workshop.row(COST, task_id) == (40_000, 30_000)
        await workshop.move(task_id, caller, WasStored(attempt_id, (workshop.output(),), told_at_the_end))
        assert await workshop.row(COST, task_id) == (40_000, kept)


@pytest.mark.parametrize("rule", ["price: {}", "price: {rule: nothing}", "price: {rule: fixed}"])
def test_a_model_without_a_price_for_every_choice_does_not_load(tmp_path: Path, rule: str) -> None:
    body = f"sub_models:\n  - id: recraft-v4-text-to-image\n    default: true\n    {rule}\n"
    (tmp_path / "recraft-v4.yaml").write_text(body)
    with pytest.raises(CatalogueInvalid, match=r"recraft-v4\.yaml"):
        load_catalogue(tmp_path)
    assert [finding for finding in check(load_catalogue()) if finding.severity == "error"] == []


def test_media_is_priced_by_its_outputs() -> None:
    counted = [
        (Choice(entry, sub), sub.price.field)
        for entry in load_catalogue().on("images")
        for sub in entry.sub_models
        if isinstance(sub.price, PerOutput)
    ]
    assert counted
    for choice, field in counted:
        fields = Bodies().parse(choice, {**choice.entry.example, "model": choice.sub_model.id}).fields
        one, three = (price(choice, {**fields, field: count}) for count in (1, 3))
        assert (one.units, three.units, three.total) == (1, 3, 3 * one.total)


async def test_the_price_is_the_one_frozen_at_submit(database_url: str, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    async with opened(database_url, tmp_path) as running:
        caller = await running.workshop.tenant(mode="test")
        await running.workshop.grant((caller.account_id, "test"), 100)
        task_id = await running.workshop.task(caller, units=2, scenario="partial=1")
    packaged = load_catalogue()
    entry = packaged.entry("recraft-v4")
    assert entry is not None
    (overlay / "recraft-v4.yaml").write_bytes(
        msgspec.yaml.encode({"sub_models": [{"id": sub.id, "price": DEARER} for sub in entry.sub_models]})
    )
    async with working(database_url, tmp_path, catalogue_overlay=str(overlay)) as running:
        choice = running.app.catalogue.resolve("recraft-v4")
        assert choice is not None
        assert price(choice, {}).total == whole(99)
        (seen,) = await running.ended(task_id)
        assert seen.captured == PRICE
        assert await running.workshop.balance(caller) == (9 * PRICE, 0)
