"""Serving a simulated vendor: from the command line, or beside a test in the same process."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import uvicorn

from apiinone.simulators.bfl import BlackForestLabsSimulator
from apiinone.simulators.bytedance_ark import ByteDanceArkSimulator
from apiinone.simulators.chat_vendor import ChatVendorSimulator
from apiinone.simulators.comfyui import ComfyUISimulator
from apiinone.simulators.dashscope import DashScopeSimulator
from apiinone.simulators.elevenlabs import ElevenLabsSimulator
from apiinone.simulators.fal import FalSimulator
from apiinone.simulators.google import GoogleSimulator
from apiinone.simulators.ideogram import IdeogramSimulator
from apiinone.simulators.kie import KieSimulator
from apiinone.simulators.kling import KlingSimulator
from apiinone.simulators.minimax import MiniMaxSimulator
from apiinone.simulators.openai import OpenAISimulator
from apiinone.simulators.openai_compatible import OpenAICompatibleSimulator
from apiinone.simulators.options import Options, Simulator
from apiinone.simulators.recraft import RecraftSimulator
from apiinone.simulators.replicate import ReplicateSimulator
from apiinone.simulators.stability import StabilitySimulator
from apiinone.simulators.stripe import StripeSimulator
from apiinone.simulators.wavespeed import WaveSpeedSimulator
from apiinone.simulators.wire import Wires
from apiinone.simulators.zhipu import ZhipuSimulator

SIMULATORS: Final[Mapping[str, Callable[[Wires, Options], Simulator]]] = {
    "bfl": BlackForestLabsSimulator,
    "bytedance-ark": ByteDanceArkSimulator,
    "chat_vendor": ChatVendorSimulator,
    "comfyui": ComfyUISimulator,
    "dashscope": DashScopeSimulator,
    "elevenlabs": ElevenLabsSimulator,
    "fal": FalSimulator,
    "google": GoogleSimulator,
    "ideogram": IdeogramSimulator,
    "kie": KieSimulator,
    "kling": KlingSimulator,
    "minimax": MiniMaxSimulator,
    "openai": OpenAISimulator,
    "openai-compatible": OpenAICompatibleSimulator,
    "recraft": RecraftSimulator,
    "replicate": ReplicateSimulator,
    "stability": StabilitySimulator,
    "stripe": StripeSimulator,
    "wavespeed": WaveSpeedSimulator,
    "zhipu": ZhipuSimulator,
}
"""By name."""


def run(name: str, host: str, port: int, options: Options | None = None) -> None:
    """Serve until interrupted. Raises KeyError for an unknown name."""
    wires = Wires()
    simulator = SIMULATORS[name](wires, options or Options())
    uvicorn.Server(_config(simulator, wires, host, port)).run()


@asynccontextmanager
async def serving(name: str, options: Options | None = None) -> AsyncGenerator[str]:
    """Serve in the running loop, on a free port of 127.0.0.1, and give the server's root URL."""
    wires = Wires()
    simulator = SIMULATORS[name](wires, options or Options())
    config = _config(simulator, wires, "127.0.0.1", 0)
    config.load()
    server = uvicorn.Server(config)
    # What `Server.serve` does, without its signal handlers, its main loop and its slow goodbye.
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await server.on_tick(0)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await simulator.aclose()
        for listening in server.servers:
            listening.close()
        wires.close()
        await asyncio.gather(*server.server_state.tasks, return_exceptions=True)


def _config(simulator: Simulator, wires: Wires, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        simulator.app,
        host=host,
        port=port,
        http=wires.protocol(),
        ws="none",
        lifespan="off",
        log_level="warning",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
