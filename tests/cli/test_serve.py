import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apiinone.cli import opening
from apiinone.cli.serving import THREAD_TURN_S, on_fast_loop, url_of
from apiinone.control.ownership import take
from cli.command_line import Shell
from conftest import Serve
from serving import HOST, Served, environment_for

HEAVY = {"alembic", "sqlalchemy", "rich", "PIL", "resvg", "asyncpg", "obstore"}
WISH = {"model": "recraft-v4-text-to-vector", "prompt": "a quiet harbour"}


@pytest.fixture
def on_server(shell: Shell, server: Served) -> Shell:
    """Commands beside a server that runs on the same database and data folder."""
    assert not server.ended()
    return shell


def call(server: Served, method: str, path: str, key: str, *, body: object = None, **headers: str) -> Any:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=30)
    sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), sent)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_it_says_where_it_answers_in_one_line_and_ends_well_when_told_to(serve: Serve, database_url: str) -> None:
    server = serve(database_url)
    server.wait_until_it_speaks(5.0)
    assert server.log.splitlines() == [f"API in One answers at {server.url}"]
    assert server.stop() == 0
    assert "stopping" in server.log


def test_a_thread_may_compute_for_a_tenth_of_the_time_that_python_lets_it() -> None:
    async def turn_s() -> float:
        return sys.getswitchinterval()

    before_s = sys.getswitchinterval()
    try:
        assert on_fast_loop(turn_s()) == pytest.approx(THREAD_TURN_S) == pytest.approx(0.005 / 10)
    finally:
        sys.setswitchinterval(before_s)


def test_what_is_accepted_is_made_and_the_books_are_right(server: Served, on_server: Shell) -> None:
    key = on_server.key(on_server.account(), "--test")["key"]
    made = call(server, "POST", "/images/generations", key, body=WISH, Prefer="wait=20")["data"]
    assert made["status"] == "SUCCESS"
    assert on_server("audit", "--json").data["ok"] is True
    assert on_server("tasks", "show", made["task_id"], "--json").data["settlement"]["captured"] == 20


def test_commands_beside_a_server_take_effect_in_it_at_once(server: Served, on_server: Shell) -> None:
    account = on_server.account()
    key = on_server.key(account)
    assert call(server, "GET", "/me", key["key"])["data"]["account_id"] == account
    on_server("credits", "grant", "--account", account, "12", "--mode", "live", "--reason", "x")
    assert call(server, "GET", "/credits", key["key"])["data"]["available"] == 12
    assert on_server("credits", "balance", "--account", account, "--json").data["balances"][0]["available"] == 12
    on_server("keys", "revoke", key["key_id"])
    time.sleep(1.1)  # what a server remembers of a key it remembers for a second
    assert call(server, "GET", "/me", key["key"])["error"]["type"] == "authentication_error"
    assert on_server("accounts", "create", "--email", "someone@example.com", status=1).out == ""


def test_a_link_that_a_command_writes_leads_to_the_server_that_runs(
    serve: Serve, fresh_shell: Shell, sqlite_path: Path
) -> None:
    server = serve(f"sqlite:///{sqlite_path}")
    fresh_shell.set({"APIINONE_DATABASE_URL": f"sqlite:///{sqlite_path}"})
    made = fresh_shell("operators", "create", "--email", "ada@example.com", "--json").data
    assert made["link"].startswith(f"{server.url}/new-password?token=")


def test_a_server_says_where_the_operators_overlay_is_wrong_and_starts(
    serve: Serve, sqlite_path: Path, tmp_path: Path
) -> None:
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "recraft-v4.yaml").write_text("seconds: [9, 3]\n")
    server = serve(f"sqlite:///{sqlite_path}", env={"APIINONE_CATALOGUE_OVERLAY": str(tmp_path / "overlay")})
    assert "the catalogue has errors (1): `apiinone catalog check` names them" in server.log


def test_a_copy_is_taken_while_a_server_writes(
    serve: Serve, fresh_shell: Shell, data_folder: Path, tmp_path: Path
) -> None:
    serve(f"sqlite:///{data_folder / 'apiinone.sqlite'}")
    account = fresh_shell.account()
    fresh_shell("backup", str(tmp_path / "copy"))
    fresh_shell.set({"APIINONE_DATABASE_URL": f"sqlite:///{tmp_path / 'copy'}"})
    assert fresh_shell("accounts", "list", "--json").data["accounts"][0]["account_id"] == account


def test_a_second_server_on_the_same_file_is_refused_and_the_first_goes_on(
    serve: Serve, sqlite_path: Path, fresh_shell: Shell
) -> None:
    url = f"sqlite:///{sqlite_path}"
    first = serve(url)
    second = serve(url, ready=False)
    assert second.process.wait(15) == 1
    assert f"process {first.process.pid} is using the database" in second.log
    fresh_shell.set({"APIINONE_DATABASE_URL": url})
    assert "stop it before you migrate" in fresh_shell("migrate", status=1).err
    fresh_shell.account()
    assert first.stop() == 0


def test_a_server_that_was_killed_stands_in_nobodys_way(serve: Serve, sqlite_path: Path, fresh_shell: Shell) -> None:
    url = f"sqlite:///{sqlite_path}"
    fresh_shell.set({"APIINONE_DATABASE_URL": url})
    serve(url).kill()
    assert Path(f"{sqlite_path}.sock").exists()
    fresh_shell.account()
    assert serve(url).stop() == 0
    assert not Path(f"{sqlite_path}.sock").exists()


def test_a_process_that_holds_the_database_and_takes_no_commands_is_waited_for(
    fresh_shell: Shell, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_shell("migrate")
    held = take(data_folder / "apiinone.sqlite")
    monkeypatch.setattr(opening, "LOCK_WAIT_S", 0.2)
    said = fresh_shell("accounts", "create", "--email", "a@example.com", status=1)
    assert f"process {os.getpid()} is using the database" in said.err
    threading.Timer(0.3, held.release).start()
    monkeypatch.setattr(opening, "LOCK_WAIT_S", 10.0)
    fresh_shell("accounts", "create", "--email", "a@example.com")


def test_ctrl_c_ends_a_server_as_well_as_a_signal_to_terminate(serve: Serve, sqlite_path: Path) -> None:
    server = serve(f"sqlite:///{sqlite_path}")
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(15) == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_ends_it_at_once(
    serve: Serve, sqlite_path: Path, fresh_shell: Shell, number: signal.Signals
) -> None:
    url = f"sqlite:///{sqlite_path}"
    fresh_shell.set({"APIINONE_DATABASE_URL": url})
    server = serve(url)
    key = fresh_shell.key(fresh_shell.account(), "--test")["key"]
    connection = http.client.HTTPConnection(HOST, server.port, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    headers |= {"Prefer": "wait=30", "X-Test-Scenario": "delay=30"}
    connection.request("POST", "/api/v1/images/generations", json.dumps(WISH), headers)
    time.sleep(0.3)
    server.process.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        server.process.wait(1)  # it waits for the request that is under way
    server.process.send_signal(number)
    assert server.process.wait(2) == -number
    connection.close()


@pytest.mark.slow
def test_a_server_that_ends_hands_its_open_tasks_back(serve: Serve, database_url: str, shell: Shell) -> None:
    first = serve(database_url)
    key = shell.key(shell.account(), "--test")["key"]
    made = call(first, "POST", "/images/generations", key, body=WISH, **{"X-Test-Scenario": "delay=2"})["data"]
    assert made["status"] == "IN_PROGRESS"
    assert first.stop() == 0
    second = serve(database_url)
    task = call(second, "GET", f"/tasks/{made['task_id']}?wait=20", key)["data"]
    assert task["status"] == "SUCCESS"
    assert shell("audit", "--json").data["ok"] is True


def test_a_port_that_is_taken_is_told_in_words(server: Served, fresh_shell: Shell, tmp_path: Path) -> None:
    fresh_shell.set({"APIINONE_DATA_DIR": str(tmp_path / "another")})
    said = fresh_shell("serve", "--port", str(server.port), status=1)
    assert f"port {server.port} is taken" in said.err


def test_a_server_loads_nothing_that_it_may_never_need() -> None:
    program = "import sys, apiinone.cli.serve; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()  # noqa: S603
    assert HEAVY & set(loaded) == set()


def test_separate_workers_need_postgresql_and_it_is_said(fresh_shell: Shell) -> None:
    assert "separate workers need PostgreSQL" in fresh_shell("worker", "--nodes", "78,48", status=1).err
    fresh_shell("worker", "--nodes", "seventy", status=2)
    fresh_shell("worker", status=2)


@pytest.mark.slow
def test_a_worker_does_the_work_that_a_server_leaves_to_it(
    serve: Serve, postgres_url: str, fresh_shell: Shell, tmp_path: Path, data_folder: Path
) -> None:
    fresh_shell.set({"APIINONE_DATABASE_URL": postgres_url})
    server = serve(postgres_url, env={"APIINONE_NODES": "1"})
    key = fresh_shell.key(fresh_shell.account(), "--test")["key"]
    made = call(server, "POST", "/images/generations", key, body=WISH)["data"]
    environment = environment_for(postgres_url, data_folder)
    worker = Served(["worker", "--nodes", "78,48"], port=0, environment=environment, log=tmp_path / "worker.log")
    try:
        task = call(server, "GET", f"/tasks/{made['task_id']}?wait=20", key)["data"]
        assert task["status"] == "SUCCESS", worker.log
        assert "working on nodes 78, 48" in worker.log
        assert worker.stop() == 0
    finally:
        worker.kill()


class Listener:
    """A socket that says where it listens."""

    def __init__(self, name: tuple[Any, ...]) -> None:
        self.getsockname: Callable[[], tuple[Any, ...]] = lambda: name


@pytest.mark.parametrize(
    ("name", "url"),
    [
        (("127.0.0.1", 8400), "http://127.0.0.1:8400"),
        (("0.0.0.0", 80), "http://127.0.0.1:80"),  # noqa: S104 - not bound
        (("::1", 8400, 0, 0), "http://[::1]:8400"),
        (("::", 8400, 0, 0), "http://127.0.0.1:8400"),
        (("192.0.2.7", 8400), "http://192.0.2.7:8400"),
    ],
)
def test_an_address_is_written_as_clients_on_this_machine_need_it(name: tuple[Any, ...], url: str) -> None:
    assert url_of(Listener(name)) == url  # pyright: ignore[reportArgumentType] - as much of a socket as is asked
