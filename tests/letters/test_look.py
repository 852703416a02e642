"""Every letter in a real browser, narrow and wide, by day and by night: nothing overflows, axe finds nothing."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from subscriptions.notices import queue
from subscriptions.notices.delivering import deliver
from tests.letters.every import every
from tests.letters.people import AT

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.mark.parametrize("width", [360, 600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_letter_is_read_by_everybody(outbox: list[Any], page: Any, width: int, scheme: Any) -> None:
    drafts = every()
    queue(drafts)
    assert deliver(500, at=AT).sent == len(drafts)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    for one, letter in zip(drafts, outbox, strict=True):
        page.set_content(letter.alternatives[0][0])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, one.kind
        assert page.evaluate("document.body.offsetHeight") > 300
        found = Axe().run(page)
        assert found.violations_count == 0, f"{one.kind}: {found.generate_report()}"
        assert page.locator("h1").count() == 1
        ground = page.evaluate("getComputedStyle(document.querySelector('.paper')).backgroundColor")
        assert ground == {"light": "rgb(247, 244, 238)", "dark": "rgb(18, 20, 26)"}[scheme]
        links = page.locator("a[style*='#c9341c'], .act a")
        assert links.count() <= 1  # one button
