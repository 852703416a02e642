"""What is asked of every page in a real browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds on the page as it stands once loaded: each rule with the elements that break it.

    A click returns as soon as the next page has begun: asked then, axe would look at a document without a root.
    """
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def sound(page: Page) -> None:
    """axe finds nothing, nothing runs out of the side."""
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
