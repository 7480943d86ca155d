import http.client
import time
from pathlib import Path

import pytest

from cli.command_line import Shell
from serving import HOST, Served, environment_for


@pytest.mark.parametrize(
    ("vendor", "path"),
    [
        ("recraft", "/v1/users/me"),
        ("wavespeed", "/api/v3/balance"),
        ("openai-compatible", "/v1/models"),
        ("bytedance-ark", "/api/v3/x"),
        ("chat_vendor", "/v1beta/x"),
    ],
)
def test_a_simulated_vendor_answers_and_says_how_to_use_it(
    vendor: str, path: str, tmp_path: Path, free_port: int
) -> None:
    environment = environment_for("", tmp_path)
    arguments = ["simulate", vendor, "--port", str(free_port), "--fast"]
    running = Served(arguments, port=free_port, environment=environment, log=tmp_path / "log")
    try:
        assert _status(free_port, path) < 500
        running.wait_until_it_speaks()
    finally:
        running.kill()
    variable = "GOOGLE_CHAT" if vendor == "chat_vendor" else vendor.upper().replace("-", "_")
    assert f"APIINONE_{variable}_BASE_URL=http://{HOST}:{free_port}/" in running.log


def test_simulated_payments_say_how_to_use_them(tmp_path: Path, free_port: int) -> None:
    arguments = ["simulate", "stripe", "--port", str(free_port)]
    running = Served(arguments, port=free_port, environment=environment_for("", tmp_path), log=tmp_path / "log")
    try:
        assert _status(free_port, "/v1/events") == 401
        running.wait_until_it_speaks()
    finally:
        running.kill()
    assert f"APIINONE_STRIPE_URL=http://{HOST}:{free_port} STRIPE_SECRET_KEY=sk_test_" in running.log


def test_only_known_vendors_can_be_simulated(fresh_shell: Shell) -> None:
    fresh_shell("simulate", "acme", status=2)


def _status(port: int, path: str) -> int:
    deadline = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection(HOST, port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        finally:
            connection.close()
