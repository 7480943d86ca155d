"""Outputs behind signed links: for whoever holds one, until it expires or the row is gone; inert in a browser."""

from typing import Any

from api.served_api import PNG, Api, Tenant, statement
from apiinone.assets.links import OutputPath, sign
from apiinone.core.clock import US_PER_S


async def _made(api: Api) -> tuple[Tenant, str, str]:
    """A tenant, a task with one output, and the output's path with its query."""
    tenant = await api.tenant()
    task_id = await api.task(tenant.key)
    url: str = (await api.ended(tenant.key, task_id))["response"][0]
    assert url.startswith(api.url)
    return tenant, task_id, url.removeprefix(api.url)


async def test_whoever_holds_the_link_reads_the_output_and_nothing_in_it_runs(api: Api) -> None:
    _, task_id, path = await _made(api)
    got = await api.get(path)
    assert (got.status, got.body) == (200, PNG)
    assert got.headers["Content-Type"] == "image/png"
    assert got.headers["Content-Length"] == str(len(PNG))
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got.headers["Referrer-Policy"] == "no-referrer"
    assert got.headers["Cache-Control"] == "private, no-store"
    assert got.headers["Content-Disposition"] == f'inline; filename="{task_id}-0.png"'
    head = await api.ask("HEAD", path)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(PNG)))


async def test_a_link_that_was_changed_in_any_part_leads_nowhere(api: Api) -> None:
    _, task_id, path = await _made(api)
    _, other_id, other_path = await _made(api)
    address, _, query = path.partition("?")
    signature = query.rpartition("=")[2]
    wrong = (
        address,
        f"{address}?signature={signature}",
        path.replace("expires=1", "expires=2"),
        path.replace("expires=", "expires=9"),
        path.replace("key=1", "key=2"),
        path.replace("key=1", "key="),
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        path.replace(signature, signature.upper()),
        path.replace(f"{task_id}/0", f"{task_id}/1"),
        path.replace(f"{task_id}/0", f"{task_id}/00"),
        path.replace(f"{task_id}/0", f"{task_id}/-0"),
        path.replace(f"{task_id}/0", f"{task_id}/x"),
        path.replace(task_id, other_id),
        other_path.replace(other_id, task_id),
        path.replace("n78", "n79"),
        path.replace("_recraft", "_flux2"),
        path.replace(task_id, "n1"),
    )
    for link in wrong:
        assert (await api.get(link)).refused[:2] == (404, "not_found"), link
    assert (await api.get(f"{path}&x=1")).refused == (400, "bad_request", "x")


async def test_a_link_is_good_for_an_hour_at_most_and_never_beyond_the_output(api: Api) -> None:
    tenant, task_id, path = await _made(api)
    now_s = api.app.clock.now_us() // US_PER_S
    until_s = int(path.partition("expires=")[2].partition("&")[0])
    assert 3_590 <= until_s - now_s <= 3_600
    soon = statement("UPDATE outputs SET expires_us = $1 WHERE task_id = $2")
    await api.change(soon, (now_s + 100) * US_PER_S, task_id[3:29])
    renewed = (await api.get(f"/api/v1/tasks/{task_id}", tenant.key)).data["response"][0]
    assert int(renewed.partition("expires=")[2].partition("&")[0]) == now_s + 100
    await api.change(soon, (now_s - 1) * US_PER_S, task_id[3:29])
    assert (await api.get(f"/api/v1/tasks/{task_id}", tenant.key)).data["response"] == []
    assert (await api.get(path)).refused[:2] == (404, "not_found")


async def test_a_link_whose_time_is_over_says_so(api: Api) -> None:
    tenant, task_id, path = await _made(api)
    now_s = api.app.clock.now_us() // US_PER_S
    target = OutputPath("test", tenant.account_id, task_id[3:29], 0)
    links = api.app.secret.links()
    late = sign("1", links, path=target, expires_at_s=now_s - 5, now_s=now_s - 10)
    got = await api.get(f"{path.partition('?')[0]}?{late}")
    assert got.refused == (403, "permission_denied", "expires")
    good = sign("1", links, path=target, expires_at_s=now_s + 60, now_s=now_s)
    assert (await api.get(f"{path.partition('?')[0]}?{good}")).status == 200


async def test_a_file_that_is_gone_is_not_found_before_anything_is_sent(api: Api) -> None:
    _, _, path = await _made(api)
    keys: list[Any] = [stored.key async for stored in api.app.storage.list("test")]
    await api.app.storage.delete(keys)
    assert (await api.get(path)).refused[:2] == (404, "not_found")
