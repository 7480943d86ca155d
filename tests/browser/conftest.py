"""What browser tests share: for each module one server as anybody starts it, and one browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from browser.chromium import browser, visit
from browser.test_console import Ada, made_key, signed_up
from serving import HOST, Served, environment_for, free_port_now


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a folder of its own; its log is where letters are shown."""
    folder, port = tmp_path_factory.mktemp("site"), free_port_now()
    arguments = ["serve", "--host", HOST, "--port", str(port)]
    served = Served(arguments, port=port, environment=environment_for("", folder), log=folder / "log")
    served.wait_until_ready()
    yield served
    served.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; each test has its own visits."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def ada(site: Served, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Ada:
    """Somebody with an account and a key."""
    state = tmp_path_factory.mktemp("state") / "ada.json"
    with visit(chromium) as page:
        signed_up(page, site, "ada@example.com")
        key = made_key(page, site, "first")
        page.context.storage_state(path=state)
    return Ada(str(state), key)
