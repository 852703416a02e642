"""In a real browser a letter shows, its links open, and nothing in it runs or reaches outside."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from wsgiref.simple_server import make_server

import pytest

from deploy.local.letters import Letterbox
from deploy.local.mailbox import Pages, _Quiet, _Server
from tests.browsing import sound

pytestmark = pytest.mark.browser

SPY = "http://127.0.0.1:1/spy.gif"
HTML = """<!doctype html><html lang="fr"><head><title>Courrier</title></head><body>
<h1>Bonjour Léa</h1>
<script>document.body.dataset.ran = 'yes'; parent.document.title = 'pwned'</script>
<img id="spy" src="{spy}" alt="" onerror="document.body.dataset.ran = 'yes'">
<a href="{there}">Voir mon abonnement</a></body></html>"""


@pytest.fixture
def mailbox(tmp_path):
    box = Letterbox(tmp_path)
    server = make_server("127.0.0.1", 0, Pages(box), server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield box, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("width", [1200, 360])
def test_a_letter_is_read_and_cannot_act(mailbox, page, width):
    box, address = mailbox
    message = EmailMessage()
    message["Subject"], message["To"] = "Votre abonnement est confirmé", "lea@example.fr"
    message.set_content("Bonjour Léa")
    message.add_alternative(HTML.format(there=f"{address}/lettres.json", spy=SPY), subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="facture.pdf")
    box.drop(message.as_bytes(), sender="x", recipients=["lea@example.fr"], on=datetime(2026, 11, 23, tzinfo=UTC))
    failed = {}
    page.on("requestfailed", lambda request: failed.update({request.url: request.failure}))
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(address)
    sound(page)
    page.get_by_role("link", name="Votre abonnement est confirmé").click()
    frame = page.frame_locator("iframe")
    assert frame.get_by_role("heading", name="Bonjour Léa").is_visible()
    assert frame.locator("body").get_attribute("data-ran") is None
    assert page.title().startswith("Votre abonnement est confirmé")
    sound(page)
    assert failed == {SPY: "csp"}  # stopped by the policy, not by an address that does not answer

    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Voir mon abonnement").click()
    assert opened.value.url == f"{address}/lettres.json"
    with page.expect_download() as saved:
        page.get_by_role("link", name="facture.pdf").click()
    assert saved.value.suggested_filename == "facture.pdf"
    assert saved.value.path().read_bytes() == b"%PDF-1.7"
