"""An adapter for a new vendor in a package of its own: code that runs only where the operator names it."""

import sys
from pathlib import Path

import pytest

from api.served_api import served_api
from apiinone.connect import connect_vendors
from apiinone.core.clock import SystemClock
from apiinone.providers.registry import REMOTES, remote_providers
from apiinone.settings import SettingsError, read_settings
from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY, Options
from databases import sqlite_url

MODULE = '''
"""A vendor that nobody else knows."""

import base64

import msgspec

from apiinone.core.exchange import Request
from apiinone.providers.provider import Finished, Inline, Unclear
from apiinone.providers.reading import decoded, refusal
from apiinone.providers.transports import Synchronous


class _Image(msgspec.Struct):
    b64_json: str


class _Answer(msgspec.Struct):
    data: list[_Image]


class Acme(Synchronous):
    BASE_URL = "https://api.acme.example/v1"
    name = "acme"
    credential_names = ("ACME_API_KEY",)
    submit_per_s_max = 100.0
    concurrent_max = 2

    def submit(self, order):
        fields = {**order.fields, "model": order.upstream_model, "n": order.outputs}
        return Request("POST", f"{self._url}/images/generations", "bearer", json=fields)

    def read_submit(self, response):
        answer = decoded(response.body, _Answer)
        if response.status != 200:
            return refusal(response)
        if answer is None:
            return Unclear("unreadable answer")
        return Finished(tuple(Inline(base64.b64decode(image.b64_json)) for image in answer.data))
'''
OFFERS = """provider: acme
offers:
  - serves: [flux-2]
    upstream_model: acme-one
    priority: 0
    cost_micro_usd: 1000
    cost_basis: The vendor's word.
    send: [{field: prompt}]
    drop: [type, aspect_ratio, resolution, input_urls]
    confidence: unconfirmed
    source: A test.
"""
NAMED = {"APIINONE_PROVIDER_PLUG_INS": "acme", "ACME_API_KEY": SIMULATED_KEY}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package, as an installer leaves it: the module, and beside it what it brings."""
    folder = tmp_path / "site-packages"
    told = folder / "acme_for_apiinone-1.0.dist-info"
    told.mkdir(parents=True)
    (folder / "acme_for_apiinone.py").write_text(MODULE)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-for-apiinone\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[apiinone.providers]\nacme = acme_for_apiinone:Acme\n")
    monkeypatch.syspath_prepend(str(folder))  # pyright: ignore[reportUnknownMemberType]
    monkeypatch.delitem(sys.modules, "acme_for_apiinone", raising=False)
    return folder


def loaded() -> bool:
    return "acme_for_apiinone" in sys.modules


@pytest.mark.usefixtures("installed")
def test_an_installed_adapter_is_not_even_loaded_where_nobody_names_it() -> None:
    chosen = read_settings({"ACME_API_KEY": SIMULATED_KEY})
    found = connect_vendors(chosen, {"ACME_API_KEY": SIMULATED_KEY}, SystemClock())
    assert "acme" not in found.vendors
    assert found.keyring.providers() == frozenset()
    assert remote_providers({}).keys() <= REMOTES.keys()
    assert not loaded()


@pytest.mark.usefixtures("installed")
def test_named_it_stands_beside_the_others_at_its_own_address() -> None:
    chosen = read_settings(NAMED)
    found = connect_vendors(chosen, NAMED, SystemClock())
    assert loaded()
    assert found.keyring.providers() == {"acme"}
    assert found.vendors["acme"].remote.hosts == ("api.acme.example",)


@pytest.mark.usefixtures("installed")
def test_named_without_its_credential_it_is_not_connected() -> None:
    environ = {"APIINONE_PROVIDER_PLUG_INS": "acme"}
    assert connect_vendors(read_settings(environ), environ, SystemClock()).keyring.providers() == frozenset()


def test_two_vendors_that_read_one_variable_both_have_its_credential(installed: Path) -> None:
    (installed / "acme_for_apiinone.py").write_text(MODULE.replace("ACME_API_KEY", "RECRAFT_API_TOKEN"))
    environ = {"APIINONE_PROVIDER_PLUG_INS": "acme", "RECRAFT_API_TOKEN": SIMULATED_KEY}
    keyring = connect_vendors(read_settings(environ), environ, SystemClock()).keyring
    assert keyring.providers() == {"acme", "recraft"}
    assert keyring.used_by("recraft", "env:RECRAFT_API_TOKEN") in keyring.good("recraft", None, None)
    assert len({one.id for one in keyring.everything()}) == 2


@pytest.mark.parametrize(("named", "says"), [("recraft", "named recraft already"), ("nobody", "named nobody")])
def test_a_plug_in_takes_no_vendors_place_and_must_be_installed(named: str, says: str) -> None:
    environ = {"APIINONE_PROVIDER_PLUG_INS": named}
    with pytest.raises(SettingsError, match=says):
        connect_vendors(read_settings(environ), environ, SystemClock())


async def test_a_live_task_is_made_by_a_plug_in(installed: Path, sqlite_path: Path) -> None:
    overlay = installed.parent / "overlay"
    (overlay / "offers").mkdir(parents=True)
    (overlay / "offers" / "acme.yaml").write_text(OFFERS)
    async with (
        serving("openai-compatible", Options(fast=True)) as root,
        served_api(
            sqlite_url(sqlite_path),
            installed.parent,
            environ=NAMED,
            provider_plug_ins=("acme",),
            provider_base_urls={"acme": f"{root}/v1"},
            catalogue_overlay=str(overlay),
        ) as api,
    ):
        tenant = await api.tenant(mode="live", balance=100)
        task_id = await api.task(tenant.key, {"model": "flux-2", "prompt": "a hill"})
        task = await api.ended(tenant.key, task_id)
        assert (task["status"], len(task["outputs"])) == ("SUCCESS", 1)
        receipt = (await api.get(f"/api/v1/tasks/{task_id}/receipt", tenant.key)).data
    assert [attempt["provider"] for attempt in receipt["attempts"]] == ["acme"]
