"""A live task that goes well, from the request to the file and the bill."""

import pytest

from apiinone.simulators import stand_in
from apiinone.simulators.pictures import Motif, Picture
from scenarios.live import CREDITS, FRUGAL, PNG, SVG, Live

HOSTILE_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8" onload="steal()">
<script>steal()</script><image href="https://elsewhere.example/spy.png" width="1" height="1"/>
<a href="javascript:steal()"><path d="M0 8 4 0 8 8" onclick="steal()"/></a></svg>"""


async def test_a_picture_is_made_by_the_first_offer_copied_served_and_charged_once(both: Live) -> None:
    task_id = await both.create(PNG)
    got = await both.delivered(task_id)
    assert got.headers["Content-Type"] == "image/png"
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    (attempt,) = await both.attempts(task_id)
    assert (attempt.ended, attempt.cost) == (("recraft", "finished"), 40_000)
    assert ((await both.seen("recraft")).charges, (await both.seen("wavespeed")).submits) == (1, 0)
    assert await both.balance() == (CREDITS - 10, 0)


async def test_a_drawing_is_made_safe_before_it_is_stored(both: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def hostile(motif: Motif) -> Picture:
        return Picture(HOSTILE_SVG, "svg" if motif.kind == "vector" else "png")

    monkeypatch.setattr(stand_in, "tiny", hostile)
    got = await both.delivered(await both.create(SVG))
    assert got.headers["Content-Type"] == "image/svg+xml"
    assert b"M0 8" in got.body
    assert not any(word in got.body for word in (b"script", b"onload", b"onclick", b"elsewhere"))
    assert await both.balance() == (CREDITS - 20, 0)


async def test_a_job_is_asked_about_until_it_is_done_and_its_link_is_copied(both: Live) -> None:
    task_id = await both.create(FRUGAL)
    await both.delivered(task_id)
    (attempt,) = await both.attempts(task_id)
    assert attempt.ended == ("wavespeed", "finished")
    assert attempt.upstream_id
    seen = await both.seen("wavespeed")
    assert (seen.submits, seen.charges, seen.outputs) == (1, 1, 1)
    assert seen.polls >= 1
    assert await both.balance() == (CREDITS - 4, 0)


async def test_the_receipt_shows_who_made_it_and_why(both: Live) -> None:
    task_id = await both.create(PNG)
    await both.delivered(task_id)
    receipt = (await both.api.get(f"/api/v1/tasks/{task_id}/receipt", both.tenant.key)).data
    (attempt,) = receipt["attempts"]
    assert (attempt["provider"], attempt["outcome"]) == ("recraft", "finished")
    assert receipt["settlement"]["captured"] == 10


async def test_what_nobody_configured_here_offers_is_503_and_nothing_is_held(only_recraft: Live) -> None:
    refused = await only_recraft.api.create(only_recraft.tenant.key, FRUGAL)
    assert refused.refused[:2] == (503, "provider_not_configured")
    assert await only_recraft.balance() == (CREDITS, 0)
    assert (await only_recraft.api.get("/api/v1/tasks", only_recraft.tenant.key)).data == []
