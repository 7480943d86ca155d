"""A simulated vendor as a process of its own, as the command line starts it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator

import pytest

from apiinone.outbound import Lost, Outbound
from apiinone.providers.provider import Finished, Unclear
from apiinone.simulators.faults import FaultName
from providers.playing import Play

CODE = "import sys; from apiinone.simulators import run; run('recraft', '127.0.0.1', int(sys.argv[1]))"


@pytest.fixture
async def play(free_port: int) -> AsyncGenerator[Play]:
    process = subprocess.Popen([sys.executable, "-c", CODE, str(free_port)])  # noqa: S603, ASYNC220 - our own
    place = f"127.0.0.1:{free_port}"
    outbound = Outbound(allowed_private=frozenset({place}), connections_max=4, user_agent="apiinone-tests/1")
    try:
        await listening(free_port)
        yield Play("recraft", f"http://{place}", outbound)
    finally:
        await outbound.aclose()
        process.terminate()
        assert process.wait(10) is not None


async def listening(port: int) -> None:
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise AssertionError("not listening")


FAULTS: dict[FaultName, type[object] | tuple[type[object], ...]] = {
    "lost_answer": Lost,
    "reset": Lost,
    "truncated": Lost,
    "lying_content_length": (Lost, Unclear),
    "huge": Lost,
    "wrong_content_type": Finished,
}


async def test_the_process_serves_and_its_faults_below_http_work_there_too(play: Play) -> None:
    for fault, expected in FAULTS.items():
        await play.arrange(fault)
        assert isinstance(await play.submit(), expected), fault
        assert isinstance(await play.submit(), Finished)
