"""The yardstick for requests: Starlette checks a key, decodes JSON, answers a constant; no database, nothing else.

It is served with the product's own uvicorn settings, on the same event loop, but by uvicorn's own protocol.
"""

import argparse
import hashlib
import hmac
from unittest.mock import patch

import msgspec
from closed_loop import HOST
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from apiinone.cli import listening, serving

KEY = "aio_test_0123456789abcdefghijklmnop_0123456789abcdefghijklmnopqrstuv0123456789abcdefghij"
PEPPER = b"p" * 32
ANSWER = (
    b'{"code":200,"message":"success","data":{"task_id":"n78_06asv1o2k8e6f5p0g1t8k5d8c0_recraft",'
    b'"status":"IN_PROGRESS","model":"recraft-v4-text-to-image","mode":"test","credits":10,"poll_after_s":1,'
    b'"created_at":"2026-11-23T01:02:03.456Z"}}'
)


class Body(Struct):
    """What is decoded."""

    model: str
    prompt: str
    image_size: str


def _hashed(secret: str) -> bytes:
    return hmac.digest(PEPPER, secret.encode(), hashlib.sha256)


_KNOWN = {KEY.split("_")[2]: _hashed(KEY.split("_")[3])}
_decode = msgspec.json.Decoder(Body).decode


def _refuse_unknown(request: Request) -> None:
    _, _, key_id, secret = request.headers["authorization"].partition(" ")[2].split("_")
    assert hmac.compare_digest(_KNOWN[key_id], _hashed(secret))


async def _create(request: Request) -> Response:
    _refuse_unknown(request)
    _decode(await request.body())
    return Response(ANSWER, media_type="application/json")


async def _look(request: Request) -> Response:
    _refuse_unknown(request)
    return Response(ANSWER, media_type="application/json")


async def _live(request: Request) -> Response:
    del request
    return Response(b"ok")


def bare() -> Starlette:
    """The application."""
    return Starlette(
        routes=[
            Route("/api/v1/images/generations", _create, methods=["POST"]),
            Route("/api/v1/tasks/{task_id}", _look, methods=["GET"]),
            Route("/healthz", _live, methods=["GET"]),
        ]
    )


async def _serve(port: int) -> None:
    with (
        patch.object(listening, "whole_responses", lambda: "httptools"),
        listening.listen(HOST, port) as listener,
        serving.stop_asked() as asked,
    ):
        async with listening.answering(bare(), listener):
            await asked.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    serving.on_fast_loop(_serve(parser.parse_args().port))
