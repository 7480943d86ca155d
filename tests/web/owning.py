"""Things of an account that tests of pages need, made for whoever is signed in with a browser."""

import json
import re
from collections.abc import Mapping

from api.served_api import BODY, CREATE
from apiinone.db import Sql, Tx
from web.browsing import Browser

KEY = re.compile(r"aio_(?:test|live)_([0-9a-v]{26})_[0-9a-v]{52}")
TASK = re.compile(r"n[0-9]{1,3}([0-9a-v]{26})_[a-z0-9]+")
DELIVERY = Sql(
    "INSERT INTO deliveries (id, task_id, account_id, mode, type, url, host, state, due_us, claims, tries,"
    " tries_before, created_us) SELECT 'evt_' || id, id, account_id, mode, 'task.succeeded', 'https://example.com/x',"
    " 'example.com:443', 'failed', NULL, 1, 1, 0, created_us FROM tasks WHERE id = $1"
)


async def made_key(browser: Browser, **fields: str) -> str:
    """A key as its page shows it, this once."""
    await browser.get("/console/keys/new")
    seen = await browser.post("/console/keys", **{"mode": "test", "name": "a key", "scopes": "generate", **fields})
    found = KEY.search(seen.text)
    assert found is not None, seen.text
    return found[0]


async def own_key(browser: Browser) -> str:
    found = KEY.search(await made_key(browser))
    assert found is not None
    return found[1]


async def run(
    browser: Browser, key_id: str, body: Mapping[str, object] = BODY, path: str = CREATE, **headers: str
) -> tuple[int, str]:
    """A request of the playground: the API's own, with a key of the account by its id."""
    sent = {
        "X-CSRF-Token": browser.csrf,
        "Content-Type": "application/json",
        "Sec-Fetch-Site": "same-origin",
        **headers,
    }
    url = f"/console/with/{key_id}{path}"
    seen = await browser.ask("POST", url, headers=sent, body=json.dumps(body).encode())
    return seen.status, seen.text


async def own_task(browser: Browser) -> str:
    status, text = await run(browser, await own_key(browser))
    assert status == 200, text
    task_id: str = json.loads(text)["data"]["task_id"]
    return task_id


async def own_delivery(browser: Browser) -> str:
    found = TASK.fullmatch(await own_task(browser))
    assert found is not None
    task_id = found[1]

    async def add(tx: Tx) -> None:
        await tx.run(DELIVERY, task_id)

    await browser.site.app.database.transact(add)
    return f"evt_{task_id}"
