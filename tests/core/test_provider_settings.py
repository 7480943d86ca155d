"""Settings for each provider."""

import pytest

from apiinone.providers.registry import REMOTES
from apiinone.settings import PROVIDER_TABLES, provider_variable, read_settings


def test_a_provider_whose_name_has_a_hyphen_is_set_with_an_underscore() -> None:
    settings = read_settings(
        {
            "APIINONE_BYTEDANCE_ARK_BASE_URL": "http://127.0.0.1:1/api/v3",
            "APIINONE_BYTEDANCE_ARK_SUBMITS_PER_S_MAX": "0.5",
            "APIINONE_BYTEDANCE_ARK_CONCURRENT_MAX": "2",
        }
    )
    assert settings.provider_base_urls == {"bytedance-ark": "http://127.0.0.1:1/api/v3"}
    assert settings.provider_submits_per_s_max == {"bytedance-ark": 0.5}
    assert settings.provider_concurrent_max == {"bytedance-ark": 2}


@pytest.mark.parametrize("name", REMOTES)
@pytest.mark.parametrize("ending", PROVIDER_TABLES)
def test_every_provider_can_be_set_by_a_variable_that_shells_take(name: str, ending: str) -> None:
    variable = provider_variable(name, ending)
    assert variable.isidentifier()
    assert name in getattr(read_settings({variable: "3"}), PROVIDER_TABLES[ending])
