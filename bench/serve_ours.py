"""The product's own server, worker and duties included, with the instant maker in place of the drawing engine."""

import argparse
from functools import partial
from unittest.mock import patch

from closed_loop import HOST
from instant import InstantMaker

from apiinone.app import open_app
from apiinone.cli import serving
from apiinone.cli.listening import listen
from apiinone.logs import configure_logs
from apiinone.settings import environment, read_settings


async def _serve(port: int) -> None:
    with (
        patch.object(serving, "open_app", partial(open_app, maker=InstantMaker())),
        listen(HOST, port) as listener,
        serving.stop_asked() as asked,
    ):
        async with serving.serving(read_settings(environment()), listener):
            await asked.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    configure_logs()
    serving.on_fast_loop(_serve(parser.parse_args().port))
