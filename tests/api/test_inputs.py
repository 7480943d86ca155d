"""Files in a body are judged before anything is priced, by every route that reads one; the field at fault is named."""

import base64
import json
from types import SimpleNamespace
from typing import cast

import pytest

from api.served_api import CREATE, Api, Tenant
from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import KeyRules, Mode
from apiinone.api.call import Call
from apiinone.api.context import ApiRules, Context
from apiinone.api.creation import Creation, read_creation
from apiinone.assets.inputs import InputKind
from apiinone.assets.media import Refused
from apiinone.catalog.endpoints import CREATE_ROUTES
from apiinone.core.blocked_terms import BlockedTerms
from apiinone.core.clock import SystemClock
from apiinone.core.errors import PermissionDenied, ProviderNotConfigured
from apiinone.switchboard.standing import Board
from apiinone.tasks.breaker import BreakerRules
from apiinone.tasks.keyring import Keyring
from apiinone.tasks.policy import Policy
from assets.hostile_inputs import HOSTILE
from assets.pictures import picture
from catalog.catalogue_for_tests import BODIES, CATALOGUE

PICTURES = {name: row for name, row in HOSTILE.items() if row[0] == "image"}
GOOD = "data:image/png;base64," + base64.b64encode(picture("PNG")).decode()
FACE_SWAP = next(route for route in CREATE_ROUTES if route.endpoint_name == "face-swap")
PLACES = {
    "/image_urls/1": {"model": "seedream/4.5-edit", "prompt": "a hill", "image_urls": [GOOD, ""]},
    "/input_urls/1": {"model": "flux-2", "prompt": "a hill", "input_urls": [GOOD, ""]},
}


async def _balance(api: Api, tenant: Tenant) -> object:
    return (await api.get("/api/v1/credits", tenant.key)).data


@pytest.mark.parametrize(("of", "data", "reason"), PICTURES.values(), ids=list(PICTURES))
async def test_a_hostile_file_is_refused_with_its_field_and_nothing_is_held(
    small_api: Api, of: InputKind, data: bytes, reason: Refused
) -> None:
    tenant = await small_api.tenant()
    before = await _balance(small_api, tenant)
    url = f"data:{of}/png;base64," + base64.b64encode(data).decode()
    for pointer, body in PLACES.items():
        field = pointer.split("/")[1]
        for path in (CREATE, "/api/v1/quotes"):
            got = await small_api.ask("POST", path, key=tenant.key, body={**body, field: [GOOD, url]})
            expected = f"/{field}/1"
            assert got.refused[:2] == (400, "bad_request"), reason
            assert got.refused[2] in (expected, expected if len(url) < 13_000_000 else f"/{field}")
            assert "script" not in got.error["message"]
    assert await _balance(small_api, tenant) == before


async def test_a_good_file_is_taken(small_api: Api) -> None:
    tenant = await small_api.tenant()
    body = {"model": "seedream/4.5-edit", "prompt": "a hill", "image_urls": [GOOD, "https://example.com/a.jpg"]}
    assert (await small_api.create(tenant.key, body)).status == 200


@pytest.mark.parametrize("accepted", [False, True])
async def test_face_swaps_with_live_keys_wait_for_the_operators_word(accepted: bool) -> None:  # noqa: FBT001 - both
    rules = ApiRules(600, 3600, 60, 1_000_000, face_swap_accepted=accepted)
    parts = SimpleNamespace(
        catalogue=CATALOGUE,
        bodies=BODIES,
        rules=rules,
        keyring=Keyring(SystemClock(), BreakerRules()),
        clock=SystemClock(),
        policy=Policy(BlockedTerms(())),
        board=Board(),
    )

    async def read(mode: Mode) -> Creation:
        body = json.dumps({"model": "face-swap", "image": GOOD, "face_image": GOOD}).encode()

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        call = Call("POST", {b"content-type": b"application/json"}, b"", "", "req", receive)
        caller = Caller("a" * 26, mode, "k" * 26, "k" * 26, KeyRules())
        return await read_creation(cast("Context", parts), call, caller, FACE_SWAP)

    assert (await read("test")).price.units == 1
    with pytest.raises(ProviderNotConfigured if accepted else PermissionDenied):
        await read("live")
