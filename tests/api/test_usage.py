"""GET /usage: by day, model and key, and never anybody else's."""

from api.served_api import BODY, Api
from apiinone.core.clock import day_of


async def test_usage_adds_up_by_day_model_and_key(api: Api) -> None:
    tenant = await api.tenant()
    second = await api.tenant(of=tenant)
    made = [
        (tenant, BODY, ""),
        (tenant, {**BODY, "model": "recraft-v4-text-to-vector"}, ""),
        (tenant, BODY, "fail=moderation"),
        (second, {"model": "imagen4-fast", "prompt": "x"}, ""),
    ]
    for who, body, scenario in made:
        task_id = await api.task(who.key, body, **({"X_Test_Scenario": scenario} if scenario else {}))
        await api.ended(who.key, task_id)

    async def rows(query: str = "") -> list[tuple[str, str, int, int, int]]:
        data = (await api.get(f"/api/v1/usage?{query}", tenant.key)).data
        found = [
            (row["model"], row["key_id"], row["tasks_succeeded"], row["tasks_not_charged"], row["credits"])
            for row in data["rows"]
        ]
        if "limit" not in query:
            assert data["total"]["credits"] == sum(row[4] for row in found)
            assert data["total"]["tasks_succeeded"] == sum(row[2] for row in found)
        return found

    recraft = ("recraft-v4", tenant.key_id, 2, 1, 30)
    imagen = ("imagen-4", second.key_id, 1, 0, 4)
    assert await rows() == [recraft, imagen]
    assert await rows("model=recraft-v4-text-to-vector") == [recraft]
    assert await rows(f"key_id={second.key_id}") == [imagen]
    assert await rows("last_day=2020-01-01") == []
    today = day_of(api.app.clock.now_us())
    assert await rows(f"first_day={today}&last_day={today}") == [recraft, imagen]
    page = (await api.get("/api/v1/usage?limit=1", tenant.key)).data
    assert await rows(f"limit=1&cursor={page['next_cursor']}") == [imagen]
    stranger = await api.tenant()
    assert (await api.get(f"/api/v1/usage?key_id={tenant.key_id}", stranger.key)).data["rows"] == []
