"""POST /quotes: a price promised once, for a while, for one body and one owner."""

from api.served_api import BODY, Api, statement
from apiinone.core.clock import parse_iso


async def test_a_quote_is_good_once_for_its_own_body_and_owner(idle_api: Api) -> None:
    tenant, stranger = await idle_api.tenant(), await idle_api.tenant()
    body = {**BODY, "metadata": {"a": "b"}}
    quote = (await idle_api.ask("POST", "/api/v1/quotes", key=tenant.key, body=body)).data
    assert (quote["credits"], quote["model"], quote["mode"]) == (10, "recraft-v4-text-to-image", "test")
    assert quote["lines"] == [{"label": "recraft-v4-text-to-image", "units": 1, "unit": 10, "total": 10}]
    lasts_s = (parse_iso(quote["expires_at"]) - idle_api.app.clock.now_us()) / 1_000_000
    assert 14 * 60 < lasts_s <= 15 * 60
    priced = {**body, "quote_id": quote["quote_id"]}
    assert (await idle_api.create(stranger.key, priced)).refused == (400, "bad_request", "/quote_id")
    assert (await idle_api.create(tenant.key, {**priced, "prompt": "x"})).refused == (409, "conflict", "/quote_id")
    assert (await idle_api.create(tenant.key, priced)).data["credits"] == 10
    assert (await idle_api.create(tenant.key, priced)).refused == (409, "conflict", "/quote_id")
    nested = await idle_api.ask("POST", "/api/v1/quotes", key=tenant.key, body=priced)
    assert nested.refused == (400, "bad_request", "/quote_id")


async def test_a_quote_holds_nothing_and_expires(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    quote = (await idle_api.ask("POST", "/api/v1/quotes", key=tenant.key, body=BODY)).data
    assert (await idle_api.get("/api/v1/credits", tenant.key)).data["held"] == 0
    await idle_api.change(statement("UPDATE quotes SET expires_us = 1 WHERE id = $1"), quote["quote_id"])
    refused = await idle_api.create(tenant.key, {**BODY, "quote_id": quote["quote_id"]})
    assert refused.refused == (409, "conflict", "/quote_id")
