"""Files in a body are judged before anything is priced, by every route that reads one; the field at fault is named."""

import base64

import pytest

from api.served_api import CREATE, Api, Tenant
from apiinone.assets.inputs import InputKind
from apiinone.assets.media import Refused
from assets.hostile_inputs import HOSTILE
from assets.pictures import picture

PICTURES = {name: row for name, row in HOSTILE.items() if row[0] == "image"}
GOOD = "data:image/png;base64," + base64.b64encode(picture("PNG")).decode()
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
