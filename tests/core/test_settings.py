"""Settings are judged when they are read: what cannot be used is told by name, and nothing starts with it."""

import msgspec
import pytest

from apiinone.settings import PREFIX, Settings, SettingsError, read_settings

NUMBERS = [entry.name for entry in msgspec.structs.fields(Settings) if isinstance(entry.default, int | float)]
MAY_BE_NONE = {"test_credits_per_day", "adjusted_alone_max", "provider_wait_s_max"}
BAD = {
    "TRUSTED_PROXIES": "10.0.0.300",
    "ALLOWED_PRIVATE_HOSTS": "gpu.lan",
    "INTERNAL_LISTEN": "10.0.0.1",
    "PUBLIC_URL": "notaurl",
    "SECRET_KEY": "short",
    "CREDENTIALS_KEY": "short",
    "CREDENTIALS_KEY_BEFORE": "short",
    "DATABASE_URL": "mysql://user:canary@host/name",
}


@pytest.mark.parametrize("name", [name for name in NUMBERS if not isinstance(getattr(Settings(), name), bool)])
def test_no_limit_is_below_nothing_and_none_that_stops_all_work_is_nothing(name: str) -> None:
    for text in ("-1", *(() if name in MAY_BE_NONE else ("0",))):
        with pytest.raises(SettingsError, match=f"{PREFIX}{name.upper()}"):
            read_settings({f"{PREFIX}{name.upper()}": text})


@pytest.mark.parametrize(("name", "text"), BAD.items())
def test_a_text_that_cannot_be_used_is_told_by_its_settings_name(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{PREFIX}{name}") as told:
        read_settings({f"{PREFIX}{name}": text})
    assert "canary" not in str(told.value)
    assert read_settings({f"{PREFIX}{name}": ""}) == Settings()


def test_a_database_whose_port_is_no_number_is_not_asked() -> None:
    with pytest.raises(SettingsError, match=r"DATABASE_URL.*port"):
        read_settings({f"{PREFIX}DATABASE_URL": "postgresql://user:canary@host:port/name"})


def test_all_that_cannot_be_used_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match=r"JOBS_MAX.*LEASE_S.*NOPE"):
        read_settings({f"{PREFIX}JOBS_MAX": "0", f"{PREFIX}LEASE_S": "x", f"{PREFIX}NOPE": "1"})
