"""A vendor's callback: only well signed, and then it wakes a task and changes nothing."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.served_api import Api, Got, served_api, statement

SECRET = "whsec_a-secret-for-tests"
ENVIRON = {"WAVESPEED_API_KEY": "key-for-tests", "WAVESPEED_WEBHOOK_SECRET": SECRET}
PATH = "/api/v1/providers/wavespeed/webhook"
JOB = "a1b2c3d4"


@pytest.fixture
async def called(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    url = "https://api.example.com"
    async with served_api(database_url, tmp_path, working=False, environ=ENVIRON, public_url=url) as served:
        yield served


async def test_a_well_signed_callback_wakes_the_task_and_changes_nothing(called: Api) -> None:
    tenant = await called.tenant(mode="live")
    task_id = await called.task(tenant.key)
    await called.change(
        statement(
            "INSERT INTO attempts (id, task_id, attempt_no, state, provider, upstream_model, chosen_because,"
            " created_us, upstream_id) VALUES ($1, $2, 1, 'accepted', 'wavespeed', 'm', 'why', 1, $3)"
        ),
        called.app.ids.new(),
        task_id[3:29],
        JOB,
    )
    heard: list[str] = []
    await called.app.database.listen(heard.append)
    before = (await called.get(f"/api/v1/tasks/{task_id}", tenant.key)).data
    assert (await _call(called, JOB)).data == {"received": True}
    await asyncio.sleep(0.1)
    assert heard == [f"wake:{task_id[3:29]}"]
    assert (await called.get(f"/api/v1/tasks/{task_id}", tenant.key)).data == before


async def test_a_well_signed_callback_about_a_job_we_do_not_know_is_still_200(called: Api) -> None:
    assert (await _call(called, "someone-elses")).status == 200


async def test_a_callback_that_is_not_signed_as_it_must_be_is_401(called: Api) -> None:
    assert (await _call(called, JOB, secret="whsec_another")).status == 401
    assert (await _call(called, JOB, age_s=301)).status == 401
    assert (await called.ask("POST", PATH, data=b"{}")).status == 401
    assert (await called.ask("POST", PATH, data=b"x" * 1024 * 1024)).status == 401
    assert (await called.ask("POST", PATH, data=b"x" * (1024 * 1024 + 1))).status == 413


async def test_a_provider_without_a_secret_has_no_such_route(called: Api) -> None:
    for name in ("recraft", "local", "nobody", "wavespeed%00"):
        assert (await _call(called, JOB, path=f"/api/v1/providers/{name}/webhook")).status == 404


async def _call(api: Api, job: str, *, secret: str = SECRET, age_s: int = 0, path: str = PATH) -> Got:
    body = json.dumps({"id": job, "status": "completed", "outputs": ["https://example.com/x.png"]}).encode()
    moment = str(api.app.clock.now_us() // 1_000_000 - age_s)
    signed = f"msg-1.{moment}.".encode() + body
    signature = hmac.new(secret.removeprefix("whsec_").encode(), signed, hashlib.sha256).hexdigest()
    headers = {"webhook-id": "msg-1", "webhook-timestamp": moment, "webhook-signature": f"v3,{signature}"}
    return await api.ask("POST", path, data=body, headers=headers)
