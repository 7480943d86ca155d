"""`apiinone simulate`: vendors to play with on this machine."""

from urllib.parse import urlsplit

import click

from apiinone.cli.printing import say
from apiinone.cli.serving import listen
from apiinone.providers.registry import REMOTES, remote_providers
from apiinone.settings import provider_variable
from apiinone.simulators import SIMULATORS, run
from apiinone.simulators.options import SIMULATED_KEY, Options

HOST = "127.0.0.1"
PORT = 8500


@click.command()
@click.argument("vendor", type=click.Choice(sorted(SIMULATORS)))
@click.option("--host", default=HOST, show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0), default=1.0, show_default=True, help="How long a job takes.")
@click.option("--fast", is_flag=True, help="Tiny constant outputs, for benchmarks.")
def simulate(vendor: str, host: str, port: int, *, seconds: float, fast: bool) -> None:
    """Run a stand-in for a vendor on this machine, to try things out.

    It speaks the vendor's published contract and draws something. Faults are ordered by POST /_sim/faults.
    """
    listen(host, port).close()  # says in words that the port is taken
    url = f"http://{host}:{port}{urlsplit(REMOTES[vendor][1]).path}"
    credential = remote_providers({vendor: url})[vendor].credential_names[0]
    click.echo(f"a simulated {vendor} answers at {url}")
    variable = provider_variable(vendor, "_BASE_URL")
    say(f"to use it: {variable}={url} {credential}={SIMULATED_KEY} apiinone serve")
    run(vendor, host, port, Options(seconds=seconds, fast=fast))
