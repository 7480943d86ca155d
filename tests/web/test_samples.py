"""Every sample of every page works against the server that shows it, with nothing changed but the key."""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import playwright
import pytest

from api.served_api import Api, served_api
from apiinone.web.code_samples import KEY_HERE, Sample, create_samples
from catalog.catalogue_for_tests import CATALOGUE
from databases import sqlite_url
from web.test_pages import page

NODE = Path(playwright.__file__).parent / "driver" / "node"
"""The JavaScript engine that the browser's driver brings along."""
AT_ONCE = 2


def samples(url: str) -> Iterator[tuple[str, Sample]]:
    for entry in CATALOGUE.entries:
        direct = not entry.endpoint.asynchronous
        for sample in create_samples(url, entry.endpoint.path, entry.example, direct=direct):
            yield entry.id, sample


def run(sample: Sample, key: str, folder: Path) -> str:
    """What the sample prints. Raises AssertionError where it fails."""
    code = sample.code.replace(KEY_HERE, key)
    match sample.key:
        case "curl":
            command = ["sh", "-c", code]
        case "python":
            command = [sys.executable, "-c", code]
        case _:
            script = folder / f"{abs(hash(code))}.mjs"
            script.write_text(code)
            command = [str(NODE), str(script)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)  # noqa: S603 - our own samples
    assert done.returncode == 0, (sample.language, done.stderr[-2000:], code)
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
async def test_every_sample_does_what_it_says(language: str, sqlite_path: Path, tmp_path: Path) -> None:
    assert shutil.which("curl")
    async with served_api(sqlite_url(sqlite_path), tmp_path) as api:
        tenant = await api.tenant(balance=100_000)
        turns = asyncio.Semaphore(AT_ONCE)

        async def tried(model: str, sample: Sample) -> None:
            async with turns:
                printed = await asyncio.to_thread(run, sample, tenant.key, tmp_path)
            if model == "gemini":
                assert "API in One" in printed, printed
            elif language == "curl":
                assert json.loads(printed)["data"]["status"] == "IN_PROGRESS", printed
            else:
                assert printed.startswith("SUCCESS"), printed

        await asyncio.gather(*(tried(model, one) for model, one in samples(api.url) if one.key == language))


def test_a_quote_in_a_body_does_not_end_the_shells_word() -> None:
    body = {"prompt": "it's a fox"}
    code = create_samples("http://api.example", "/x", body, direct=False)[0].code
    words = shlex.split(code.replace("\\\n", " "))
    assert json.loads(words[-1]) == body


def test_the_go_sample_sends_the_same_body_to_the_same_address() -> None:
    """There is no Go compiler where this is tested; what can be read of the source must be right."""
    for model, sample in samples("http://api.example"):
        if sample.key != "go":
            continue
        entry = CATALOGUE.entry(model)
        assert entry is not None
        raw = "".join(re.findall(r"`([^`]*)`", sample.code.partition("const body = ")[2].partition("\n\nfunc main")[0]))
        assert json.loads(raw) == entry.example, model
        assert f'"http://api.example{entry.endpoint.path}"' in sample.code
        assert sample.code.count("{") == sample.code.count("}")


async def test_pages_show_exactly_these_samples(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path) as api:
        shown: Api = api
        for entry in CATALOGUE.entries:
            _, _, body = await page(shown, f"/models/{entry.id}")
            text = unescape(body.decode())
            direct = not entry.endpoint.asynchronous
            for sample in create_samples(api.url, entry.endpoint.path, entry.example, direct=direct):
                assert sample.code in text, (entry.id, sample.language)
