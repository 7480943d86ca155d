"""Each offer of the catalogue, as it is loaded, serves its model in live mode: from the request to files and the bill.

An offer that anybody adds is tried here without another line. So that a certain offer is the one that is chosen, the
product runs several times on the same books: each time every sub-model has only its next offer.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import msgspec
import pytest

import apiinone.app
from api.served_api import Got, Tenant
from apiinone.api.task_ids import read_task_id
from apiinone.catalog.conditions import serves
from apiinone.catalog.costs import cost_of
from apiinone.catalog.load import Catalogue, catalogue_of
from apiinone.catalog.parameters import TaskReference
from apiinone.catalog.pricing import Price, price, route_price
from apiinone.catalog.rendering import rendering
from apiinone.catalog.schema import Bodies, Parsed
from apiinone.core.credits import shown
from apiinone.db import Sql
from catalog.catalogue_for_tests import CATALOGUE
from scenarios.live import Live, hurried, live_at, simulated
from scenarios.offer_bodies import Served, body_for, served

BALANCE: Final = 1_000_000
LAST: Final = 1_000
"""The round of those that work on a picture."""
OFFERS: Final = tuple(served(CATALOGUE))
SETTINGS: Final[Mapping[str, Any]] = {"face_swap_accepted": True}
SAFE_MEDIA: Final[Mapping[str, tuple[str, ...]]] = {
    "raster": ("image/png", "image/jpeg", "image/webp"),
    "vector": ("image/svg+xml",),
    "video": ("video/mp4", "video/webm"),
    "audio": ("audio/mpeg", "audio/wav", "audio/mp4", "audio/flac", "audio/ogg"),
}
_COSTS = Sql("SELECT provider, upstream_model, state, expected_cost_micro_usd FROM attempts WHERE task_id = $1")


def on_a_picture(one: Served) -> bool:
    """Whether it works on a picture of an earlier task."""
    earlier = {field.name for field in one.entry.parameters if isinstance(field, TaskReference)}
    return any(send.form == "file" and send.field in earlier for send in one.offer.send)


def rounds() -> Iterator[tuple[Served, ...]]:
    """The offers, at most one for each sub-model at a time; those that work on what was made before come last."""
    places = Counter[str]()
    rows: dict[int, list[Served]] = {}
    for one in sorted(OFFERS, key=lambda one: bool(one.offer.operation)):
        number = LAST if on_a_picture(one) else places[one.sub_model.id]
        rows.setdefault(number, []).append(one)
        places[one.sub_model.id] += 1
    yield from (tuple(rows[number]) for number in sorted(rows))


def with_only(wanted: Iterable[Served]) -> Catalogue:
    """The catalogue in which a sub-model has only the offer wanted of it."""
    offers = {one.sub_model.id: (one.offer,) for one in wanted}
    entries = [
        msgspec.structs.replace(
            entry,
            sub_models=tuple(msgspec.structs.replace(sub, offers=offers.get(sub.id, ())) for sub in entry.sub_models),
        )
        for entry in CATALOGUE.entries
    ]
    return catalogue_of(entries)


def parsed(one: Served, body: Mapping[str, object]) -> Parsed:
    return Bodies().parse(one.choice, body, one.entry.route_of(one.made_by.operation))


def price_of(one: Served, fields: Mapping[str, object]) -> Price:
    route = one.entry.route_of(one.made_by.operation)
    return price(one.choice, fields) if route is None else route_price(one.choice, route, fields)


def retired(one: Served) -> bool:
    return one.sub_model.lifecycle.state_on(datetime.now(UTC).date()) == "retired"


class Trial:
    """The rounds' common memory: who asks, where the vendors stand, and what was made for others to work on."""

    def __init__(self, roots: Mapping[str, str]) -> None:
        self.roots = roots
        self.tenant: Tenant | None = None
        self.songs: dict[tuple[str, str], str] = {}
        self.picture = f"n48{'0' * 26}_recraft"
        """A task that made a picture of pixels, once there is one."""
        self.submits = Counter[str]()

    def song_for(self, one: Served) -> str:
        """A song of the same version, made by the same vendor where there is one."""
        if on_a_picture(one):
            return self.picture
        same = self.songs.get((one.sub_model.id, one.offer.provider))
        return same or next((song for (sub, _), song in self.songs.items() if sub == one.sub_model.id), "")

    async def play(self, running: Live, wanted: Sequence[Served]) -> None:
        """Order everything of a round at once, and look at each that ended."""
        bodies = [body_for(one, song=self.song_for(one)) for one in wanted]
        for one, body in zip(wanted, bodies, strict=True):
            fields = parsed(one, body).fields
            assert serves(one.offer, one.sub_model, fields, one.made_by.operation), f"{one}: {body}"
        key = running.tenant.key
        answers = await asyncio.gather(
            *(
                running.api.ask("POST", one.made_by.path, key=key, body=body)
                for one, body in zip(wanted, bodies, strict=True)
            )
        )
        made = list(zip(wanted, bodies, answers, strict=True))
        for one, _, got in made:
            if retired(one):
                assert got.refused[:2] == (503, "provider_not_configured"), one
            else:
                assert got.status == 200, (str(one), got.body)
                self.submits[one.offer.provider] += 1
        live_ones = [(one, body, got) for one, body, got in made if not retired(one)]
        await asyncio.gather(*(self.look(running, one, body, got) for one, body, got in live_ones))
        for name in {one.offer.provider for one in wanted}:
            assert (await running.seen(name)).submits == self.submits[name], f"{name} was asked once for each task"

    async def look(self, running: Live, one: Served, body: Mapping[str, object], got: Got) -> None:
        """That it ended well: the files, the price, the receipt, the cost."""
        fields = parsed(one, body).fields
        expected = price_of(one, fields)
        task = await running.ended(got.data["task_id"])
        assert (task["status"], task["error"]) == ("SUCCESS", None), (str(one), task)
        assert task["consumed_credits"] == got.data["credits"] == shown(expected.total), str(one)
        _, per_price = one.entry.makes(one.made_by.operation)
        assert len(task["outputs"]) == expected.units * per_price, str(one)
        kind = rendering(one.choice, fields, one.made_by.operation).kind
        for output in task["outputs"]:
            assert output["content_type"] in SAFE_MEDIA[kind], (str(one), output)
        receipt = (await running.api.get(f"/api/v1/tasks/{task['task_id']}/receipt", running.tenant.key)).data
        assert_receipt(one, receipt)
        named = read_task_id(task["task_id"])
        assert named is not None
        (row,) = await running.api.rows(_COSTS, named.id)
        cost = cost_of(one.offer.cost_micro_usd, fields) * expected.units
        assert row == (one.offer.provider, one.offer.upstream_model, "finished", cost), str(one)
        if kind == "raster":
            self.picture = task["task_id"]
        if one.entry.output == "audio" and not one.made_by.operation:
            self.songs[one.sub_model.id, one.offer.provider] = task["task_id"]


def assert_receipt(one: Served, receipt: Any) -> None:
    (attempt,) = receipt["attempts"]
    offer = one.offer
    assert (attempt["provider"], attempt["upstream_model"], attempt["outcome"]) == (
        offer.provider,
        offer.upstream_model,
        "finished",
    ), str(one)
    assert attempt["chosen_because"]
    assert attempt["sent_at"] <= attempt["ended_at"]
    assert receipt["settlement"]["kind"] == "capture"
    assert receipt["settlement"]["captured"] == receipt["hold"]["credits"]


@pytest.mark.parametrize("one", [one for one in OFFERS if not one.made_by.operation], ids=str)
def test_there_is_a_body_for_every_offer_that_it_alone_may_serve(one: Served) -> None:
    fields = parsed(one, body_for(one, song=Trial({}).song_for(one))).fields
    assert serves(one.offer, one.sub_model, fields, one.made_by.operation)


def test_every_offer_of_a_task_has_its_round() -> None:
    tried = [one for wanted in rounds() for one in wanted]
    asynchronous = {entry.id for entry in CATALOGUE.entries if entry.endpoint.asynchronous}
    listed = [
        (sub.id, offer)
        for entry in CATALOGUE.entries
        if entry.id in asynchronous
        for sub in entry.sub_models
        for offer in sub.offers
        if not (route := entry.route_of(offer.operation)) or not route.direct
    ]
    assert len(tried) == len(listed) > 0


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_every_offer_makes_its_model_live_for_the_catalogues_price(database_url: str, tmp_path: Path) -> None:
    vendors = sorted({one.offer.provider for one in OFFERS})
    async with simulated(*vendors) as roots:
        trial = Trial(roots)
        for wanted in rounds():
            with hurried(), patch.object(apiinone.app, "load_catalogue", return_value=with_only(wanted)):
                live = live_at(database_url, tmp_path, roots, tenant=trial.tenant, balance=BALANCE, **SETTINGS)
                async with live as running:
                    trial.tenant = running.tenant
                    await trial.play(running, wanted)
