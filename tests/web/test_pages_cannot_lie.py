"""What an operator changes in the overlay shows everywhere: page, text, schema, panel, quote and document."""

import gzip
import json
import re
from pathlib import Path

from api.served_api import CREATE, RECRAFT, Api, served_api
from apiinone.control.switch_commands import SwitchModel
from apiinone.front_desk import desk_of
from databases import sqlite_url

MODEL = "recraft-v4"
OVERLAY = """
webhook: true
price: {rule: fixed, credits: 2}
parameters:
  - {kind: text, name: prompt, about: What the picture shows., required: true, length_min: 1}
  - {kind: size, name: size, about: Width and height in pixels., default: 1024*1024, side_min: 512, side_max: 2048}
  - {kind: enum, name: quality, about: How much detail., values: [standard, hd], default: hd}
  - {kind: enum, name: mood, about: The light of the picture., values: [calm, stormy], default: calm}
example: {model: cogview-4, prompt: A quiet harbour, mood: stormy}
"""


async def read(api: Api, path: str) -> str:
    async with api.session.get(f"{api.url}{path}", headers={"Accept": "text/html"}) as answer:
        body = await answer.read()
        return (gzip.decompress(body) if answer.headers.get("content-encoding") == "gzip" else body).decode()


async def test_a_changed_price_webhook_and_parameter_show_everywhere(sqlite_path: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "cogview-4.yaml").write_text(OVERLAY)
    (overlay / "offers").mkdir()
    async with served_api(sqlite_url(sqlite_path), tmp_path, catalogue_overlay=str(overlay)) as api:
        tenant = await api.tenant()
        page, text = await read(api, "/models/cogview-4"), await read(api, "/models/cogview-4.md")
        for shown in (page, text):
            assert "2 credits" in shown
            assert "mood" in shown
            assert "stormy" in shown
            assert "Webhook" in shown
            assert "callback_url" in shown
        other = await read(api, "/models/recraft-v4")
        assert "2–70 credits" not in other  # noqa: RUF001 - as shown
        assert "2–25 credits" in other  # noqa: RUF001 - as shown
        assert "6/11" in other
        assert "$0.02" in await read(api, "/pricing")
        assert "2 credits" in await read(api, "/models?search=cogview")
        assert "$0.02" in await read(api, "/llms.txt")
        schema = (await api.get("/api/v1/models/cogview-4/schema")).json
        assert schema["properties"]["mood"]["enum"] == ["calm", "stormy"]
        assert "callback_url" in schema["properties"]
        assert "mood" in json.dumps((await api.get("/openapi.json")).json)
        told = (await api.get("/api/v1/models/recraft-v4")).data["panel"]
        assert (told["lowest"], told["webhook_models"]) == (2, 6)
        body = {"model": "cogview-4", "prompt": "A quiet harbour", "mood": "stormy"}
        quote = (await api.ask("POST", "/api/v1/quotes", key=tenant.key, body=body)).data
        assert quote["credits"] == 2
        task = (await api.ask("POST", CREATE, key=tenant.key, body=body)).data
        assert (await api.ended(tenant.key, task["task_id"]))["consumed_credits"] == 2


def badges(text: str, of: str) -> list[str]:
    """What stands in the table's row that names a variant."""
    rows = [one for one in re.findall(r"<tr.*?</tr>", text, re.DOTALL) if of in one]
    return [badge for one in rows for badge in re.findall(r'class="badge (?:on|test)">([^<]+)<', one)]


async def test_a_model_says_which_of_its_variants_are_live_here(sqlite_path: Path, tmp_path: Path) -> None:
    """Of the three that the vendor serves, an operator keeps two from live keys, one after the other."""
    async with served_api(sqlite_url(sqlite_path), tmp_path, environ=RECRAFT) as api:
        page = await read(api, f"/models/{MODEL}")
        subs = [one["id"] for one in (await api.get(f"/api/v1/models/{MODEL}")).data["sub_models"]]
        assert f"Live: {len(subs)}" not in page
        assert "Live keys can use it here." in page
        for count, off in enumerate(subs[:-1], start=1):
            await switch(api, off, live=False)
            page, text = await read(api, f"/models/{MODEL}"), await read(api, f"/models/{MODEL}.md")
            live, left = len(subs) - count, ", ".join(subs[count:])
            words = f"Live: {live} of {len(subs)} variants"
            said = f"Live keys can use {live} of its {len(subs)} variants here: {left}. The others run with test keys"
            assert words in page
            assert said in page
            assert said in text
            assert f"<td>{live} of {len(subs)} live</td>" in page
            assert words in await read(api, "/models")
            for place in (page, await read(api, "/pricing")):
                for sub in subs:
                    expected = "Test only" if sub in subs[:count] else "Live"
                    assert badges(place, f"<code>{sub}</code>") == [expected], (sub, count)
            for sub in subs:
                assert f"- `{sub}`" in text
            assert text.count("Test keys only here.") == count
        await switch(api, subs[-1], live=False)
        page = await read(api, f"/models/{MODEL}")
        assert "Here it runs with test keys only." in page
        assert "variants here" not in page


async def switch(api: Api, sub_model: str, *, live: bool) -> None:
    await SwitchModel(sub_model, live, "why").run(desk_of(api.app))
