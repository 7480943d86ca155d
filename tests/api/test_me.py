import json

from api.served_api import Api
from apiinone.accounts.keys import KeyRules


async def test_a_key_tells_what_it_is_and_may_do(small_api: Api) -> None:
    rules = KeyRules(scopes=("generate",), models=("flux-2",), requests_per_minute_max=120, open_tasks_max=5)
    tenant = await small_api.tenant(mode="live", rules=rules)
    me = (await small_api.get("/api/v1/me", tenant.key)).data
    assert (me["account_id"], me["key_id"], me["mode"]) == (tenant.account_id, tenant.key_id, "live")
    assert (me["scopes"], me["models"], me["endpoints"]) == (["generate"], ["flux-2"], None)
    assert (me["requests_per_minute_max"], me["open_tasks_max"], me["open_tasks"]) == (120, 5, 0)
    assert (me["budget"], me["expires_at"]) == (None, None)
    assert tenant.key not in json.dumps(me)
