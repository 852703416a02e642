"""The demo's mailbox plays a return: the shop hears it over HTTP, signed, and does what follows."""

from __future__ import annotations

from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

import pytest
from django.utils import timezone

from deploy.local.letters import Letterbox
from deploy.local.mailbox import Pages
from deploy.local.mailbox_returns import provider_of
from subscriptions.models import Notice
from subscriptions.notices.delivering import deliver
from subscriptions.notices.queueing import queue
from subscriptions.returns.applying import apply_waiting
from tests.letters.conftest import outbox
from tests.letters.every import draft

__all__ = ["outbox"]
SECRET = "the-secret-of-the-mailbox"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box(tmp_path, live_server, settings, outbox):
    """A mailbox that holds the one letter that the shop has sent."""
    settings.MAIL_RETURNS = {"generic": SECRET}
    queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"}, due_at=timezone.now())])
    assert deliver(1, at=timezone.now()).sent == 1
    held = Letterbox(tmp_path / "letters")
    held.drop(
        outbox[0].as_sent(), sender="abonnements@actuia.example", recipients=["camille@example.fr"], on=timezone.now()
    )
    return held


def press(box: Letterbox, site: str, kind: str, *, secret: str = SECRET, origin: str = "") -> tuple[str, str]:
    pages = Pages(box, provider_of({"MAIL_RETURNS": f"generic={secret}", "SITE_URL": site}))
    environ = {"PATH_INFO": f"/lettre/{box.identities()[0]}/retour/{kind}", "REQUEST_METHOD": "POST"}
    setup_testing_defaults(environ)
    environ["HTTP_ORIGIN"] = origin or f"http://{environ['HTTP_HOST']}"
    seen = {}
    page = b"".join(pages(environ, lambda status, headers, exc_info=None: seen.update(status=status)))
    return seen["status"], page.decode()


def test_a_letter_comes_back_at_the_press_of_a_button(box, live_server):
    for _twice in range(2):
        status, page = press(box, live_server.url, "hard")
        assert (status, "La boutique en a pris note." in page) == ("200 OK", True)
    assert apply_waiting(10, at=timezone.now()).applied == 1
    assert Notice.objects.get().state == "bounced"


def test_a_shop_that_knows_another_secret_or_is_away_is_said_not_to_have_heard(box, live_server):
    assert "n’a pas répondu" in press(box, live_server.url, "hard", secret="another-secret-entirely")[1]
    assert "n’a pas répondu" in press(box, "http://127.0.0.1:9", "hard")[1]


def test_another_sites_form_presses_nothing(box, live_server):
    assert press(box, live_server.url, "hard", origin="https://elsewhere.example")[0] == "404 Not Found"


def test_without_a_provider_there_is_no_button(box):
    assert provider_of({}) is None
    assert (
        urlsplit(provider_of({"MAIL_RETURNS": f"generic={SECRET}", "SITE_URL": "http://x"}).url).path
        == "/courrier/retours/generic"
    )
