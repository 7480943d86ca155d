import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvloop

from apiinone import sandbox_child
from apiinone.core.errors import Overloaded
from apiinone.sandbox import Sandbox, SandboxFailed, SandboxLimits
from sandbox_targets import TARGETS, Note, Seen

MIB = 1024 * 1024
LIMITS = SandboxLimits(memory_bytes_max=256 * MIB, cpu_s=20, idle_s=20, frame_bytes_max=4 * MIB, waiting_max=2)

Scenario = Callable[[Sandbox], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest) -> Play:
    """Runs a scenario against a fresh sandbox on either event loop, and checks that nothing is left behind."""

    def run(scenario: Scenario, limits: SandboxLimits = LIMITS) -> None:
        async def whole() -> None:
            assert children() == set()
            sandbox = Sandbox(TARGETS, limits)
            try:
                await scenario(sandbox)
            finally:
                await sandbox.aclose()
            assert children() == set()

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(whole())

    return run


def children() -> set[int]:
    """The sandboxes' children. The process that runs the tests may have others, such as simulated vendors."""
    return {child.pid for child in psutil.Process().children(recursive=True) if _is_ours(child)}


def _is_ours(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE and sandbox_child.__name__ in " ".join(child.cmdline())
    except psutil.NoSuchProcess:
        return False


async def ask(sandbox: Sandbox, name: str, note: Note | None = None, timeout_s: float = 20) -> Note:
    return await sandbox.call(f"sandbox_targets:{name}", note or Note(), Note, timeout_s=timeout_s)


async def look(sandbox: Sandbox) -> Seen:
    return await sandbox.call("sandbox_targets:look_around", Note(), Seen, timeout_s=20)


async def failure(call: Awaitable[Any]) -> SandboxFailed:
    with pytest.raises(SandboxFailed) as caught:
        await call
    return caught.value


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)


def test_a_call_returns_the_typed_result(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        assert await ask(sandbox, "echo", Note("héllo ☃", 7)) == Note("héllo ☃", 7)

    play(scenario)


def test_nothing_is_started_before_the_first_call(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        await asyncio.sleep(0.05)
        assert children() == set()
        await ask(sandbox, "echo")
        assert len(children()) == 1

    play(scenario)


def test_one_child_answers_many_calls(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        assert len({(await look(sandbox)).pid for _ in range(5)}) == 1

    play(scenario)


def test_large_frames_pass_both_ways(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        assert await ask(sandbox, "count_bytes", Note("x" * 3 * MIB)) == Note(number=3 * MIB)
        assert len((await ask(sandbox, "make_text", Note(number=3 * MIB))).text) == 3 * MIB

    play(scenario)


def test_frames_above_the_limit_are_refused_both_ways(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        pid = (await look(sandbox)).pid
        assert (await failure(ask(sandbox, "count_bytes", Note("x" * 5 * MIB)))).reason == "too_large"
        assert (await failure(ask(sandbox, "make_text", Note(number=5 * MIB)))).reason == "too_large"
        assert (await look(sandbox)).pid == pid

    play(scenario)


def test_only_targets_of_the_table_can_be_called(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        with pytest.raises(ValueError, match="not a target"):
            await ask(sandbox, "not_in_the_table")
        assert children() == set()

    play(scenario)


def test_a_memory_hog_fails_alone_and_the_next_call_gets_a_new_child(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        pid = (await look(sandbox)).pid
        assert (await failure(ask(sandbox, "hoard_memory"))).reason == "memory_spent"
        assert (await look(sandbox)).pid != pid

    play(scenario)


def test_native_code_cannot_take_more_memory_than_allowed(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        assert await ask(sandbox, "abort_on_memory", Note(number=64 * MIB)) == Note(number=64 * MIB)
        failed = await failure(ask(sandbox, "abort_on_memory", Note(number=512 * MIB)))
        assert (failed.reason, failed.detail) == ("crashed", f"exit status {-signal.SIGABRT}")

    play(scenario)


def test_an_endless_loop_is_killed_at_the_time_limit(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        await ask(sandbox, "echo")
        began = time.monotonic()
        assert (await failure(ask(sandbox, "loop_forever", timeout_s=0.3))).reason == "timed_out"
        assert time.monotonic() - began < 15  # its processor limit is 20 s
        assert await ask(sandbox, "echo", Note("next")) == Note("next")
        await until(lambda: len(children()) == 1)

    play(scenario)


def test_a_sleeping_target_is_killed_at_the_time_limit(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        assert (await failure(ask(sandbox, "sleep", Note(number=60), timeout_s=0.3))).reason == "timed_out"

    play(scenario)


def test_an_endless_loop_is_killed_at_the_processor_limit(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        assert (await failure(ask(sandbox, "loop_forever"))).reason == "cpu_spent"
        assert await ask(sandbox, "echo", Note("next")) == Note("next")

    play(scenario, SandboxLimits(cpu_s=0.2))


def test_the_processor_limit_counts_each_call_anew(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        pid = (await look(sandbox)).pid
        for _ in range(4):
            await ask(sandbox, "burn_cpu_ms", Note(number=200))
        assert (await look(sandbox)).pid == pid

    play(scenario, SandboxLimits(cpu_s=0.5))


@pytest.mark.parametrize("name", ["crash", "leave"])
def test_a_crash_fails_only_its_own_call(play: Play, name: str) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        await ask(sandbox, "echo")
        assert (await failure(ask(sandbox, name))).reason == "crashed"
        assert await ask(sandbox, "echo", Note("next")) == Note("next")

    play(scenario)


def test_calls_beside_a_crash_are_not_touched(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        slow = asyncio.ensure_future(ask(sandbox, "sleep", Note(number=1)))
        assert (await failure(ask(sandbox, "crash"))).reason == "crashed"
        assert await slow == Note(number=1)

    play(scenario, SandboxLimits(children_max=2))


def test_a_child_killed_from_outside_while_idle_is_replaced_unseen(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        os.kill((await look(sandbox)).pid, signal.SIGKILL)
        await until(lambda: children() == set())
        await asyncio.sleep(0.05)
        assert await ask(sandbox, "echo", Note("next")) == Note("next")

    play(scenario)


def test_an_exception_names_its_place_and_never_its_words(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        pid = (await look(sandbox)).pid
        failed = await failure(ask(sandbox, "fail", Note("a client's words")))
        assert failed.reason == "raised"
        assert failed.detail.startswith("ValueError at sandbox_targets.py:")
        assert "client" not in str(failed)
        assert (await look(sandbox)).pid == pid

    play(scenario)


def test_a_target_that_prints_does_not_break_the_frames(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        assert await ask(sandbox, "print_loudly", Note("noise")) == Note("noise")
        assert await ask(sandbox, "echo", Note("next")) == Note("next")

    play(scenario)


def test_an_answer_of_another_type_is_a_failure(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        call = sandbox.call("sandbox_targets:answer_nonsense", Note(), int, timeout_s=20)
        assert (await failure(call)).reason == "unreadable"

    play(scenario)


def test_a_child_has_no_environment_no_descriptor_and_no_module_of_ours(
    play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RECRAFT_API_TOKEN", "canary")

    async def scenario(sandbox: Sandbox) -> None:
        with (tmp_path / "secret").open("w") as secret:
            os.set_inheritable(secret.fileno(), True)  # noqa: FBT003 - positional only
            seen = await look(sandbox)
        assert set(seen.environment) <= {"LC_CTYPE"}  # written by the interpreter itself (PEP 538)
        assert not [name for name in seen.descriptors if str(tmp_path) in name]
        assert len([name for name in seen.descriptors if name.startswith(("pipe:", "socket:"))]) == 2
        ours = {name for name in seen.modules if name.startswith("apiinone")}
        assert ours == {"apiinone", "apiinone.sandbox_child"}
        assert seen.directory == "/"

    play(scenario)


def test_a_child_is_out_of_reach_of_the_terminal(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        seen = await look(sandbox)
        assert seen.session == seen.pid != os.getsid(0)

    play(scenario)


def test_a_child_cannot_write_files(play: Play, tmp_path: Path) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        failed = await failure(ask(sandbox, "write_file", Note(str(tmp_path / "kept"))))
        assert (failed.reason, failed.detail.split()[0]) == ("raised", "OSError")

    play(scenario)


def test_an_idle_child_ends(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        await ask(sandbox, "echo")
        assert len(children()) == 1
        await until(lambda: children() == set())
        assert await ask(sandbox, "echo", Note("next")) == Note("next")

    play(scenario, SandboxLimits(idle_s=0.5))


def test_a_child_at_work_is_not_ended_as_idle(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        await ask(sandbox, "echo")
        assert await ask(sandbox, "sleep", Note(number=1)) == Note(number=1)

    play(scenario, SandboxLimits(idle_s=0.2))


def test_never_more_children_than_allowed_and_a_bounded_queue(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        calls = [asyncio.ensure_future(ask(sandbox, "sleep", Note(number=1))) for _ in range(3)]
        await until(lambda: len(children()) == 1)
        with pytest.raises(Overloaded):
            await ask(sandbox, "echo")
        calls[2].cancel()
        await asyncio.sleep(0)
        last = asyncio.ensure_future(ask(sandbox, "echo", Note("last")))
        assert await calls[0] == await calls[1] == Note(number=1)
        assert len(children()) == 1
        assert await last == Note("last")

    play(scenario)


def test_a_cancelled_call_takes_its_child_with_it(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        pid = (await look(sandbox)).pid
        call = asyncio.ensure_future(ask(sandbox, "sleep", Note(number=60)))
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await until(lambda: pid not in children())
        assert await ask(sandbox, "echo", Note("next")) == Note("next")

    play(scenario)


def test_closing_fails_calls_in_hand_and_waiting_and_leaves_no_process(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        calls = [asyncio.ensure_future(ask(sandbox, "sleep", Note(number=60))) for _ in range(3)]
        await until(lambda: len(children()) == 1)
        await sandbox.aclose()
        assert children() == set()
        assert [(await failure(call)).reason for call in calls] == ["closed"] * 3
        assert (await failure(ask(sandbox, "echo"))).reason == "closed"

    play(scenario)


def test_closing_twice_at_once_is_closing_once(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        await asyncio.gather(ask(sandbox, "echo"), ask(sandbox, "echo"))
        await asyncio.wait_for(asyncio.gather(sandbox.aclose(), sandbox.aclose()), 5)
        await asyncio.wait_for(sandbox.aclose(), 5)

    play(scenario, SandboxLimits(children_max=2))


def test_closing_while_a_child_starts_leaves_no_process(play: Play) -> None:
    async def scenario(sandbox: Sandbox) -> None:
        call = asyncio.ensure_future(ask(sandbox, "echo"))
        await asyncio.sleep(0)
        await sandbox.aclose()
        assert children() == set()
        assert (await failure(call)).reason == "closed"

    play(scenario)


PARENT = """
import asyncio, sys, uvloop
from sandbox_targets import Note, Seen
from apiinone.sandbox import Sandbox
async def main():
    sandbox = Sandbox(["sandbox_targets:look_around", "sandbox_targets:" + sys.argv[1]])
    seen = await sandbox.call("sandbox_targets:look_around", Note(), Seen, timeout_s=20)
    work = asyncio.ensure_future(sandbox.call("sandbox_targets:" + sys.argv[1], Note(number=60), Note, timeout_s=60))
    await asyncio.sleep(0.1)
    print(seen.pid, flush=True)
    await work if sys.argv[1] != "echo" else await asyncio.sleep(60)
asyncio.Runner(loop_factory=getattr(sys.modules[sys.argv[2]], "new_event_loop")).run(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("work", ["echo", "sleep", "loop_forever"])
async def test_a_parent_killed_outright_takes_its_child_with_it(work: str, loop: str) -> None:
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    arguments = [sys.executable, "-c", PARENT, work, loop]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as parent:  # noqa: ASYNC220, S603 - ours
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    await until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie")
