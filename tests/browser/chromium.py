"""The system's own Chromium, driven by playwright."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal, cast

from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs] - it ships no types
from playwright.sync_api import Browser, Page, Request, sync_playwright

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
HERE = ("http://127.0.0.1", "data:", "blob:")
"""Where a page may ask: its own server, and itself."""
QUIET_MS = 60
Theme = Literal["light", "dark"]


@contextmanager
def browser() -> Generator[Browser]:
    """A browser. Raises AssertionError where there is none: the tests of pages are never left out."""
    program = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium")
    assert program, "there is no Chromium: run tests/browser/ensure-chromium, or set CHROMIUM_PATH"
    with sync_playwright() as playing:
        opened = playing.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield opened
        opened.close()


@contextmanager
def visit(
    opened: Browser, *, width: int = 1280, theme: Theme = "light", reduced: bool = False, state: str | None = None
) -> Generator[Page]:
    """A visitor, whose page may neither fail nor call anybody else: a fresh one, or with the cookies of this file."""
    context = opened.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        reduced_motion="reduce" if reduced else "no-preference",
        storage_state=state,
    )
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda said: failures.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda asked: None if asked.url.startswith(HERE) else failures.append(asked.url))
    yield page
    assert failures == []
    context.close()


def arrive(page: Page, address: str) -> None:
    """Open a page and wait until it asks for nothing more. (Playwright's own idle is half a second of silence.)"""
    begun: list[Request] = []
    over: list[Request] = []

    def begins(request: Request) -> None:  # playwright takes no method of a list
        begun.append(request)

    def ends(request: Request) -> None:
        over.append(request)

    page.on("request", begins)
    page.on("requestfinished", ends)
    page.on("requestfailed", ends)
    page.goto(address)
    seen = -1
    while len(over) < len(begun) or len(begun) > seen:
        seen = len(begun)
        page.wait_for_timeout(QUIET_MS)


def breaches(page: Page) -> list[str]:
    """What axe finds wrong with a page for people who cannot see, hear or point."""
    found = cast("dict[str, Any]", Axe().run(page).response)  # pyright: ignore[reportUnknownMemberType] - untyped
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


def cut_off(page: Page) -> list[str]:
    """Cells that one would have to scroll sideways to read, of tables whose rows become lists on small screens."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".stacks tbody :is(th, td)")].filter((cell) => {
            return cell.getBoundingClientRect().right > cell.closest(".scrolls").getBoundingClientRect().right + 1;
        }).map((cell) => cell.textContent.trim())"""
    )
