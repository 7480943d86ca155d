"""Vendors to play with on loopback: they speak the published wire contract, draw something, and fail on command.

They exist for tests, benchmarks and trying things out (``apiinone simulate recraft``); nothing else imports them.
"""

from apiinone.simulators.serving import SIMULATORS, run, serving

__all__ = ["SIMULATORS", "run", "serving"]
