"""The list of vendors."""

from urllib.parse import urlsplit

import pytest

from apiinone.providers.registry import REMOTES, remote_providers

OWN = ("comfyui", "openai-compatible")
"""They stand at no address that anybody could know."""


def test_every_adapter_stands_under_its_own_name_at_the_vendors_address() -> None:
    providers = remote_providers(dict.fromkeys(OWN, "https://own.example"))
    assert providers.keys() == REMOTES.keys()
    for name, provider in providers.items():
        assert provider.name == name
        assert provider.credential_names
        assert provider.submit_per_s_max > 0
        assert provider.concurrent_max > 0
        assert provider.poll_interval_s > 0
        assert not any(host.endswith((".", "*")) or "*" in host[1:] for host in provider.hosts)
        assert provider.hosts
        assert provider.hosts[0] == (urlsplit(REMOTES[name][1]).netloc or "own.example")


def test_the_operator_moves_the_one_that_is_named() -> None:
    providers = remote_providers({"recraft": "http://127.0.0.1:9001/v1"})
    assert providers["recraft"].hosts == ("127.0.0.1:9001",)
    assert providers["wavespeed"].hosts == ("api.wavespeed.ai",)


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no such provider: acme"):
        remote_providers({"acme": "https://a.example"})
