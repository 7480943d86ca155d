"""`apiinone simulate`: vendors to play with on this machine."""

from urllib.parse import urlsplit

import click

from apiinone.cli.printing import say
from apiinone.cli.serve import PORT as SERVED_PORT
from apiinone.cli.serving import listen
from apiinone.providers.registry import CHAT_ADDRESS, CHATS, REMOTES, chat_remotes, remote_providers
from apiinone.settings import provider_variable
from apiinone.simulators import SIMULATORS, run
from apiinone.simulators.options import SIMULATED_KEY, SIMULATED_WEBHOOK_SECRET, Options
from apiinone.simulators.stripe import SANDBOX

HOST = "127.0.0.1"
PORT = 8500
PAYMENTS = "stripe"
CALLBACK = f"http://{HOST}:{SERVED_PORT}/api/v1/payments/stripe/callback"
"""Where a server that runs beside it with usual settings hears of payments."""
CHATTING = "google"
"""The vendor in whose place the simulator of chat is shown."""


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
    url, variables = _use(vendor, f"http://{host}:{port}")
    click.echo(f"a simulated {vendor} answers at {url}")
    say(f"to use it: {variables} apiinone serve")
    run(vendor, host, port, Options(seconds=seconds, fast=fast, callback_url=CALLBACK if vendor == PAYMENTS else ""))


def _use(vendor: str, root: str) -> tuple[str, str]:
    """Where it answers, and the variables that lead there."""
    if vendor == PAYMENTS:
        keys = f"STRIPE_SECRET_KEY={SANDBOX}{SIMULATED_KEY} STRIPE_WEBHOOK_SECRET={SIMULATED_WEBHOOK_SECRET}"
        return root, f"APIINONE_STRIPE_URL={root} {keys}"
    if vendor in REMOTES:
        url = f"{root}{urlsplit(REMOTES[vendor][1]).path}"
        credential = remote_providers({vendor: url})[vendor].credential_names[0]
        return url, f"{provider_variable(vendor, '_BASE_URL')}={url} {credential}={SIMULATED_KEY}"
    url = f"{root}{urlsplit(CHATS[CHATTING][1]).path}"
    credential = chat_remotes({})[CHATTING].credential_names[0]
    return url, f"{provider_variable(f'{CHATTING}{CHAT_ADDRESS}', '_BASE_URL')}={url} {credential}={SIMULATED_KEY}"
