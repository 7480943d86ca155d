"""What a page costs: our CPU time until its first byte, its bytes on the wire, and what Lighthouse thinks of it.

CPU time is that of the whole process, the site asked in process without a socket. `made anew`: each model's page is
asked for once, on a site that has kept none of them, and the dearest counts; what the very first model's page of a
process costs, whose template is compiled then, is told beside it. A first visit is the page and what it links to as
style or script, each as compressed as a browser takes it.
"""

import asyncio
import gc
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cores import measured_core, on, other_core
from lighthouse_reports import CannotJudge, install, judge, keep
from results import Figure, Findings, figure
from script import run_script
from servers import product_server
from starlette.types import ASGIApp, Message, Scope
from stores import data_folder, new_settings

from apiinone.app import open_app
from apiinone.gateway import gateway
from apiinone.settings import Settings

ADDRESS = "http://127.0.0.1:8400"
MODEL = "recraft-v4"
JUDGED = {"home": "/", "catalogue": "/models", "model": f"/models/{MODEL}"}
ASSET = re.compile(rb'<(?:script|link rel="stylesheet")[^>]*(?:src|href)="(/[^"]+)"')
KB = 1000


async def measure(rounds: int) -> Findings:
    """The process first, then the product's server under Lighthouse."""
    with data_folder() as folder:
        settings = new_settings(folder / "data")
        with on(measured_core()):
            times, first_visit = await _in_process(settings, rounds)
        judged, notes = await asyncio.to_thread(_judged, settings, folder)
    promised = (times["made anew"], first_visit, *judged)
    return Findings(promised, (times["first of all"], times["kept"]), notes)


async def _in_process(settings: Settings, rounds: int) -> tuple[Mapping[str, Figure], Figure]:
    async with open_app(settings, {}) as app:
        site = gateway(app, ADDRESS)
        opening, *pages = [f"/models/{entry.id}" for entry in app.catalogue.entries]
        await _asked(site, opening)
        times: dict[str, list[float]] = {"first of all": [], "made anew": [], "kept": []}
        for _ in range(rounds):
            site = gateway(app, ADDRESS)  # a site that has kept nothing
            await _asked(site, "/models")
            times["first of all"].append((await _asked(site, opening)).cpu_ms)
            for name in ("made anew", "kept"):  # the second pass over the same pages finds them kept
                gc.collect()
                times[name].append(max([(await _asked(site, page)).cpu_ms for page in pages]))
        first = await _asked(site, f"/models/{MODEL}")
        visited = [first, *[await _asked(site, asset.decode()) for asset in ASSET.findall(await _text(site))]]
        heavy = sum(len(one.body) + one.head_bytes for one in visited) / KB
    figures = {name: figure(f"page_cpu_{name.replace(' ', '_')}", "ms", values) for name, values in times.items()}
    return figures, figure("page_bytes", "kB", [heavy])


@dataclass(slots=True)
class _Reply:
    """What came back, and our CPU time until it began to."""

    cpu_ms: float = 0.0
    head_bytes: int = 0
    body: bytes = field(default=b"")


async def _asked(site: ASGIApp, path: str, *, packed: bool = True) -> _Reply:
    encoding = [(b"accept-encoding", b"gzip")] if packed else []
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"accept", b"text/html"), *encoding],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "http_version": "1.1",
    }
    reply = _Reply()
    began_ns = time.process_time_ns()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200, (path, message["status"])
            reply.head_bytes = sum(len(name) + len(value) + 4 for name, value in message["headers"])
            return
        reply.cpu_ms = reply.cpu_ms or (time.process_time_ns() - began_ns) / 1e6
        reply.body += message.get("body", b"")

    await site(scope, receive, send)
    return reply


async def _text(site: ASGIApp) -> bytes:
    return (await _asked(site, f"/models/{MODEL}", packed=False)).body


def _judged(settings: Settings, folder: Path) -> tuple[list[Figure], tuple[str, ...]]:
    """The worst page decides: its scores, out of a hundred."""
    try:
        program = install(folder / "lighthouse")
        with product_server(settings, folder) as running, on(other_core()):
            reports = {
                name: judge(program, f"http://127.0.0.1:{running.port}{path}", folder) for name, path in JUDGED.items()
            }
    except CannotJudge as why:
        return [_score(name, []) for name in ("performance", "accessibility")], (f"Lighthouse: {why}",)
    for name, report in reports.items():
        keep(name, report)
    scores: list[dict[str, Any]] = [report["categories"] for report in reports.values()]
    return [_score(name, [min(one[name] for one in scores) * 100]) for name in ("performance", "accessibility")], ()


def _score(name: str, values: list[float]) -> Figure:
    return figure(f"lighthouse_{name}", "of 100", values)


if __name__ == "__main__":
    run_script("site", measure)
