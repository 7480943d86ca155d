"""Chats relayed to one upstream on the other core: ours with its billing, against LiteLLM's chat route and Portkey.

The upstream (`chat_upstream.py`) answers at once, or streams a hundred chunks one by one. LiteLLM and Portkey relay
a call and account for nothing; ours checks a live key, holds, writes the attempt down before the socket, notes a stream
before its first word reaches the client, and settles by the upstream's count. All CPU time of a stream is divided by
its chunks, the request's own share with it. Added latency is the median at one connection less the upstream's own.
"""

import msgspec
from chat_upstream import CHUNKS
from closed_loop import HOST, Stop, drive, request
from cores import on, other_core
from litellm_server import MASTER_KEY, litellm_server, release
from portkey_server import headers, portkey_release, portkey_server
from results import Findings, figure, ratios
from script import run_script
from servers import Server, product_server, script, served
from stores import data_folder, new_settings
from stream_loop import drive_streams
from tenants import new_tenant

from apiinone.settings import PREFIX

SECONDS = 4.0
WARM_UP = 100
ALONE = 400
STREAMS = 128
"""With its pauses the upstream gives 64 clients less than 320 streams a second, to which every relay would be held."""
CHAT_PATH = "/v1/chat/completions"
OUR_PATH = "/api/v1/chat/completions"
MODEL = "measured-chat"
KEY = "key-of-the-upstream"
Table = dict[tuple[str, str], list[float]]


class Peer(msgspec.Struct, frozen=True):
    """A relay under measurement, and how it is asked."""

    name: str
    server: Server
    path: str
    key: str
    model: str
    more: str = ""
    """Further header lines."""

    def post(self, *, streams: bool) -> bytes:
        """One request."""
        body: dict[str, object] = {
            "model": self.model,
            "messages": [{"role": "user", "content": "Why is the sky blue?"}],
        }
        if streams:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return request("POST", self.path, key=self.key, body=msgspec.json.encode(body), more=self.more)


async def measure(rounds: int) -> Findings:
    """Alternate the peers and ours, whole and streamed; then each alone, one call at a time."""
    table: Table = {}
    with (
        data_folder() as folder,
        on(other_core()),
        served(script("chat_upstream.py"), {}, folder / "upstream.log", ready="/ready", core=other_core()) as upstream,
    ):
        url = f"http://{HOST}:{upstream.port}/v1"
        settings = new_settings(folder / "ours")
        tenant = await new_tenant(settings, "live")
        more = {
            f"{PREFIX}GOOGLE_CHAT_BASE_URL": url,
            f"{PREFIX}GOOGLE_SUBMITS_PER_S_MAX": "1000000",
            f"{PREFIX}STEPS_MAX": "1024",
            "GEMINI_API_KEY": KEY,
        }
        for name in ("litellm", "portkey"):
            (folder / name).mkdir()
        with (
            litellm_server(folder / "litellm", upstream=url, upstream_key=KEY, names=(MODEL, "openai/m")) as litellm,
            portkey_server(folder / "portkey") as portkey,
            product_server(settings, folder, more) as product,
        ):
            peers = (
                Peer("LiteLLM", litellm, CHAT_PATH, MASTER_KEY, MODEL),
                Peer("Portkey", portkey, CHAT_PATH, KEY, "m", headers(url)),
                Peer("ours", product, OUR_PATH, tenant.key, "gemini"),
            )
            bare = Peer("upstream", upstream, CHAT_PATH, KEY, "m")
            streaming = tuple(peer for peer in peers if peer.server is not portkey)  # it fails at streams of so many
            for peer in peers:
                await _whole(peer, Stop(requests=WARM_UP), {})
            for peer in streaming:
                await _streamed(peer, Stop(requests=WARM_UP), {})
            for _ in range(rounds):
                for peer in peers:
                    await _whole(peer, Stop(seconds=SECONDS), table)
                for peer in streaming:
                    await _streamed(peer, Stop(seconds=SECONDS), table)
                await _streamed(bare, Stop(seconds=SECONDS), table)
                own_ms = await _alone(bare)
                for peer in peers:
                    table.setdefault((f"{peer.name}, added alone", "ms"), []).append(await _alone(peer) - own_ms)
    figures = {name: figure(name, unit, values) for (name, unit), values in table.items()}
    promised = (
        ratios("chat", "times LiteLLM", figures["ours"], figures["LiteLLM"]),
        ratios("chat_streamed", "times LiteLLM", figures["ours, streams"], figures["LiteLLM, streams"]),
        ratios("chat_portkey", "times Portkey", figures["ours"], figures["Portkey"]),
        figure("chat_added", "ms", figures["ours, added alone"].values),
        figure("chat_chunk", "µs", figures["ours, CPU of a chunk"].values),
    )
    notes = (
        f"LiteLLM {release()}, one worker, production settings; Portkey {portkey_release()}",
        "not measured beside it, of another day: TensorZero 3,921 req/s, 61 µs a chunk; SMG 3,804 req/s, 44 µs",
    )
    return Findings(promised, tuple(figures.values()), notes)


async def _whole(peer: Peer, stop: Stop, table: Table) -> None:
    post = peer.post(streams=False)
    cpu_s = peer.server.cpu_s()
    driven = (await drive(peer.server.port, lambda: post, stop)).all_good()
    table.setdefault((peer.name, "req/s"), []).append(driven.per_s)
    cpu_us = (peer.server.cpu_s() - cpu_s) / driven.requests * 1e6
    table.setdefault((f"{peer.name}, CPU", "µs per request"), []).append(cpu_us)


async def _streamed(peer: Peer, stop: Stop, table: Table) -> None:
    cpu_s = peer.server.cpu_s()
    streams, took_s = await drive_streams(peer.server.port, peer.post(streams=True), stop, connections=STREAMS)
    table.setdefault((f"{peer.name}, streams", "streams/s"), []).append(streams / took_s)
    cpu_us = (peer.server.cpu_s() - cpu_s) / (streams * CHUNKS) * 1e6
    table.setdefault((f"{peer.name}, CPU of a chunk", "µs"), []).append(cpu_us)


async def _alone(peer: Peer) -> float:
    """The median of one call at a time, ms."""
    post = peer.post(streams=False)
    return (await drive(peer.server.port, lambda: post, Stop(requests=ALONE, seconds=SECONDS), connections=1)).p50_ms


if __name__ == "__main__":
    run_script("chat", measure)
