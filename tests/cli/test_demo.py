import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from apiinone.assets.media import MediaLimits
from apiinone.assets.sniff import examine
from cli.command_line import OURS
from serving import HOST, Served, environment_for

ENDS_WITHIN_S = 60.0
PNG = "recraft-v4-text-to-image.png"
SVG = "recraft-v4-text-to-vector.svg"


def _environment(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in environment_for("", folder).items() if not name.startswith(OURS)}
    return {**plain, "APIINONE_DATA_DIR": str(folder), "DEMO_EXIT": "1", **more}


def _demo(
    folder: Path, *options: str, port: int = 0, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "apiinone", "demo", "--port", str(port), *options]
    environment = _environment(folder, env or {})
    return subprocess.run(  # noqa: S603 - our own program
        command, env=environment, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False
    )


@pytest.mark.slow
def test_however_few_test_credits_a_day_brings_it_leaves_enough_for_what_it_shows_to_be_tried(tmp_path: Path) -> None:
    few = {"APIINONE_TEST_CREDITS_PER_DAY": "25"}
    first, second = (_demo(tmp_path / "data", env=few) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), (first, second)
    assert "balance   970 -> 940 credits" in second.stdout


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("no folder")
    ran = _demo(tmp_path)
    assert (ran.returncode, ran.stderr) == (1, f"apiinone: {tmp_path / 'demo'} cannot be written: File exists\n")


@pytest.mark.slow
def test_it_makes_a_picture_and_a_drawing_and_shows_what_they_cost(tmp_path: Path) -> None:
    first = _demo(tmp_path / "data")
    assert first.returncode == 0, first
    made = tmp_path / "data" / "demo"
    picture = examine((made / PNG).read_bytes(), MediaLimits("raster"))
    drawing = examine((made / SVG).read_bytes(), MediaLimits("vector"))
    assert (picture.content_type, picture.width, picture.height) == ("image/png", 1024, 1024)
    assert (drawing.content_type, drawing.width, drawing.height) == ("image/svg+xml", 1024, 1024)
    for shown in (
        "quote     10 credits",
        "hold      10 credits",
        "capture   10 credits",
        "attempt   1. local, finished",
    ):
        assert shown in first.stdout
    assert "quote     20 credits" in first.stdout
    assert "balance   1000 -> 970 credits" in first.stdout
    assert "audit     nothing wrong" in first.stdout
    assert re.search(r"^curl -s http://127\.0\.0\.1:\d+/api/v1/images/generations", first.stdout, re.MULTILINE)
    assert "test card" not in first.stdout  # its server has ended
    assert "\x1b" not in first.stdout  # stdout is no terminal here
    assert max(map(len, first.stdout.replace(str(tmp_path), "").splitlines())) <= 120

    second = _demo(tmp_path / "data")
    assert second.returncode == 0, second
    assert _key(second) == _key(first)
    assert "balance   970 -> 940 credits" in second.stdout


def _key(run: subprocess.CompletedProcess[str]) -> str:
    (line,) = (line for line in run.stdout.splitlines() if line.startswith("KEY="))
    return line


@pytest.mark.slow
def test_another_port_is_chosen_where_the_usual_one_is_taken(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        done = _demo(tmp_path / "data", port=port)
    assert done.returncode == 0, done
    assert f"http://127.0.0.1:{port}" not in done.stdout


@pytest.mark.slow
def test_it_spends_no_real_money_unasked_and_says_how_live_keys_work(tmp_path: Path) -> None:
    vendor = {"RECRAFT_API_TOKEN": "canary-1", "APIINONE_RECRAFT_BASE_URL": "http://127.0.0.1:1/v1"}
    done = _demo(tmp_path / "data", env=vendor)
    assert done.returncode == 0, done
    assert "apiinone demo --live" in done.stdout
    assert "attempt   1. local, finished" in done.stdout
    assert "canary" not in done.stdout + done.stderr


def test_live_needs_a_credential(tmp_path: Path) -> None:
    done = _demo(tmp_path / "data", "--live")
    assert done.returncode == 1
    assert "RECRAFT_API_TOKEN" in done.stderr


@pytest.fixture
def vendor(tmp_path: Path, free_port: int) -> Iterator[Served]:
    """A simulated vendor as its own process."""
    environment = _environment(tmp_path / "data", {})
    simulate = ["simulate", "recraft", "--port", str(free_port)]
    running = Served(simulate, port=free_port, environment=environment, log=tmp_path / "vendor.log")
    _wait_for(free_port)
    yield running
    running.kill()


@pytest.mark.slow
def test_asked_for_it_has_the_same_made_by_the_vendor(tmp_path: Path, vendor: Served) -> None:
    settings = {"RECRAFT_API_TOKEN": "simulated-key", "APIINONE_RECRAFT_BASE_URL": f"{vendor.url}/v1"}
    done = _demo(tmp_path / "data", "--live", env=settings)
    assert done.returncode == 0, done
    assert "attempt   1. recraft, finished" in done.stdout
    assert "balance   40 -> 10 credits" in done.stdout
    assert (tmp_path / "data" / "demo" / SVG).read_bytes().startswith(b"<?xml")


@pytest.mark.slow
def test_a_task_that_fails_makes_the_demo_fail(tmp_path: Path, vendor: Served) -> None:
    connection = http.client.HTTPConnection(HOST, vendor.port, timeout=10)
    connection.request("POST", "/_sim/faults", json.dumps([{"fault": "moderation", "times": 1, "on": "submit"}]))
    assert connection.getresponse().status == 204
    connection.close()
    settings = {"RECRAFT_API_TOKEN": "simulated-key", "APIINONE_RECRAFT_BASE_URL": f"{vendor.url}/v1"}
    done = _demo(tmp_path / "data", "--live", env=settings)
    assert done.returncode == 1, done
    assert "FAILED  recraft-v4-text-to-" in done.stdout
    assert "audit     nothing wrong" in done.stdout


@pytest.mark.slow
def test_it_goes_on_serving_until_it_is_told_to_stop(tmp_path: Path, free_port: int) -> None:
    environment = _environment(tmp_path / "data", {"DEMO_EXIT": "0"})
    arguments = ["demo", "--port", str(free_port)]
    running = Served(arguments, port=free_port, environment=environment, log=tmp_path / "demo.log")
    try:
        deadline = time.monotonic() + ENDS_WITHIN_S
        while "Serving until Ctrl-C." not in running.log:
            assert time.monotonic() < deadline, running.log
            time.sleep(0.05)
        running.wait_until_ready()
        assert running.stop() == 0
    finally:
        running.kill()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
