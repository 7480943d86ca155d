"""What every response carries, how refusals look, and that defects and a lost database show nothing of our insides."""

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from api.served_api import BODY, CREATE, Api, served_api
from apiinone.accounts.keys import KeyRules
from apiinone.api import errors
from apiinone.core.errors import DatabaseUnavailable, Refusal, refusals
from apiinone.db import CommitInDoubt
from databases import sqlite_url


async def test_the_clients_own_request_id_is_taken_where_it_has_the_form_of_one(small_api: Api) -> None:
    tenant = await small_api.tenant()
    for own in ("a", "order-17_B", "x" * 64):
        assert (await small_api.get("/healthz", X_Request_Id=own)).headers["X-Request-Id"] == own
    for odd in ("", "x" * 65, "a b", "a;b", "ä", "<script>"):
        given = (await small_api.get("/api/v1/me", tenant.key, X_Request_Id=odd)).headers["X-Request-Id"]
        assert re.fullmatch("req_[0-9a-f]{24}", given)


async def test_a_keys_rate_is_told_and_kept(small_api: Api) -> None:
    tenant = await small_api.tenant(rules=KeyRules(requests_per_minute_max=3))
    left: list[str] = []
    for _ in range(3):
        got = await small_api.get("/api/v1/me", tenant.key)
        assert got.headers["RateLimit-Policy"] == '"key";q=3;w=60'
        left.append(got.headers["RateLimit"].partition(";t=")[0])
    assert left == ['"key";r=2', '"key";r=1', '"key";r=0']
    limited = await small_api.get("/api/v1/me", tenant.key)
    assert limited.refused == (429, "rate_limit_error", None)
    assert limited.error["retryable"]
    assert 1 <= int(limited.headers["Retry-After"]) <= 20
    other = await small_api.tenant(of=tenant)
    assert (await small_api.get("/api/v1/me", other.key)).status == 200


async def test_what_is_private_is_not_kept_by_caches(small_api: Api) -> None:
    tenant = await small_api.tenant()
    assert (await small_api.get("/api/v1/me", tenant.key)).headers["Cache-Control"] == "no-store"


async def test_a_defect_shows_nothing_of_our_insides(
    small_api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = await small_api.tenant()

    def broken(*_: Any) -> None:
        raise RuntimeError("the secret of the house is in /etc/passwd")

    monkeypatch.setattr(small_api.app.submissions, "enqueue", broken)
    with caplog.at_level(logging.ERROR):
        got = await small_api.create(tenant.key)
    assert got.refused == (500, "server_error", None)
    assert "house" not in got.body.decode()
    assert "RuntimeError" in caplog.text
    assert [record.__dict__["request_id"] for record in caplog.records] == [got.error["request_id"]]


async def test_a_database_that_is_away_is_503_for_everyone_and_never_401(
    small_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await small_api.tenant()
    await asyncio.sleep(0)

    async def away(_: Any) -> None:
        raise DatabaseUnavailable("no route to 10.0.0.7")

    for name in ("read", "read_long", "transact"):
        monkeypatch.setattr(small_api.app.database, name, away)
    for method, path in (("GET", "/api/v1/me"), ("POST", CREATE), ("GET", "/api/v1/usage")):
        got = await small_api.ask(method, path, key=tenant.key, body=BODY if method == "POST" else None)
        assert got.refused == (503, "database_unavailable", None)
        assert "10.0.0.7" not in got.body.decode()
        assert got.error["retryable"]


@pytest.mark.parametrize("kind", refusals())
def test_every_refusal_is_rendered_from_the_same_few_fields(kind: type[Refusal]) -> None:
    answer = errors.refused(kind("why", param="/x", retry_after_s=7), "req_1")
    assert answer.status == kind.status
    assert (b"retry-after", b"7") in answer.headers
    for field in (b'"code"', b'"type"', b'"message"', b'"param":"/x"', b'"retryable"', b'"request_id":"req_1"'):
        assert field in answer.body
    assert b"cancel_requested" not in answer.body


def test_a_commit_in_doubt_does_not_claim_that_nothing_happened() -> None:
    assert b"Idempotency-Key" in errors.refused(CommitInDoubt("x"), "r").body
    assert b"nothing was accepted" in errors.refused(DatabaseUnavailable("x"), "r").body


async def test_readiness_tries_the_real_path(small_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await small_api.get("/healthz")).json == {"status": "ok"}
    ready = await small_api.get("/readyz")
    verdicts = {"ready": True, "database": "ok", "schema": "ok", "storage": "ok", "stopping": False}
    assert (ready.status, ready.json) == (200, verdicts)

    async def full(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(small_api.app.storage, "put", full)
    assert (await small_api.get("/readyz")).status == 200, "remembered for a second"
    await asyncio.sleep(1.05)
    broken = await small_api.get("/readyz")
    assert (broken.status, broken.json) == (503, verdicts | {"ready": False, "storage": "failed"})


async def test_many_that_ask_for_readiness_cause_one_try(small_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    put = small_api.app.storage.put

    async def counted(key: str, data: bytes) -> None:
        tried.append(key)
        await put(key, data)

    monkeypatch.setattr(small_api.app.storage, "put", counted)
    await asyncio.gather(*(small_api.get("/readyz") for _ in range(20)))
    assert len(tried) == 1


async def test_metrics_are_off_without_a_token_and_name_no_tenant(sqlite_path: Path, tmp_path: Path) -> None:
    url = sqlite_url(sqlite_path)
    async with served_api(url, tmp_path) as api:
        assert (await api.get("/metrics")).refused[:2] == (404, "not_found")
    async with served_api(url, tmp_path, metrics_token="token-of-the-operator") as api:
        tenant = await api.tenant()
        task_id = await api.task(tenant.key)
        await api.ended(tenant.key, task_id)
        waiting = await api.task(tenant.key, X_Test_Scenario="delay=50")
        assert (await api.get("/metrics", tenant.key)).status == 401
        assert (await api.get("/metrics")).status == 401
        got = await api.get("/metrics", "token-of-the-operator")
        lines = got.body.decode().splitlines()
        assert got.headers["Content-Type"].startswith("text/plain")
        assert 'apiinone_requests_total{route="create_image",status="200"} 2.0' in lines
        assert 'apiinone_recent_tasks{mode="test",state="succeeded"} 1.0' in lines
        assert 'apiinone_recent_attempts{provider="local",state="finished"} 1.0' in lines
        assert "apiinone_holds_open 1.0" in lines
        assert any(line.startswith("apiinone_worker_lag_seconds") for line in lines)
        for secret in (tenant.account_id, tenant.key_id, waiting[3:29]):
            assert secret not in got.body.decode()
