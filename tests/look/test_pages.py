"""The pages as HTML: what the policy, the law and people who listen ask of each, whatever view fills it."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import override_settings
from django.utils import translation

from tests.look import samples

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
PAGES = samples.pages()


@pytest.fixture(autouse=True)
def names_of_pages():
    with override_settings(ROOT_URLCONF="tests.look.urls"), translation.override("en"):
        yield


class Page(HTMLParser):
    """The elements of a page in their order, with their attributes and text; refuses tags that do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[SimpleNamespace] = []
        self._open: list[SimpleNamespace] = []
        self.feed(html)
        assert not self._open, f"left open: {[element.tag for element in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = SimpleNamespace(tag=tag, attrs=dict(attrs), text="", inside=[other.tag for other in self._open])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, *tags: str) -> list[SimpleNamespace]:
        return [element for element in self.elements if element.tag in tags]

    def by_class(self, name: str) -> list[SimpleNamespace]:
        return [element for element in self.elements if name in (element.attrs.get("class") or "").split()]


def draw(template: str, context: dict[str, Any]) -> str:
    return render_to_string(template, {"publisher": samples.PUBLISHER, "csrf_token": "token"} | context)


def words(element: SimpleNamespace) -> str:
    return re.sub(r"[ \n\t]+", " ", element.text).strip()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_sound(name: str) -> None:
    page = Page(draw(*PAGES[name]))
    (html,) = page.all("html")
    assert html.attrs["lang"]
    (title,) = page.all("title")[:1]
    assert words(title).strip(" ·")
    assert len(page.all("main")) == 1
    assert len(page.all("h1")) == 1
    ids = Counter(element.attrs["id"] for element in page.elements if "id" in element.attrs)
    assert [one for one, times in ids.items() if times > 1] == []
    for element in page.elements:
        for reference in ("aria-labelledby", "aria-describedby", "for"):
            assert set((element.attrs.get(reference) or "").split()) <= set(ids), f"{element.tag} {reference}"
        if (href := element.attrs.get("href") or "").startswith("#"):
            assert href[1:] in ids
    labelled = {element.attrs.get("for") for element in page.all("label")}
    for control in page.all("input", "select", "textarea"):
        if control.attrs.get("type") != "hidden":
            assert control.attrs.get("id") in labelled, control.attrs
    for image in page.all("img"):
        assert "alt" in image.attrs
        assert image.attrs.get("width"), "its place is kept while it loads"
    for form in page.all("form"):
        inside = [e for e in page.elements if e.attrs.get("name") == "csrfmiddlewaretoken"]
        if form.attrs.get("method") == "post":
            assert inside


@pytest.mark.parametrize("name", PAGES)
def test_every_page_obeys_the_strict_policy(name: str) -> None:
    page = Page(draw(*PAGES[name]))
    assert page.all("style") == []
    for element in page.elements:
        assert not [key for key in element.attrs if key == "style" or key.startswith("on")], element.tag
        assert not (element.attrs.get("href") or "").startswith("javascript:")
    for script in page.all("script"):
        assert script.attrs["src"].startswith(settings.STATIC_URL)
        assert script.text == ""
    for link in page.all("link"):
        assert not (link.attrs["href"] or "").startswith("http")


def test_no_template_holds_style_or_script_of_its_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son(click|change|load|submit|input)=|<script(?![^>]*\ssrc=)", text), (
            path
        )


def test_pages_kept_whole_ask_nothing_of_the_visitor() -> None:
    """Drawn without a request: nothing of a session, a token or a person can be in them."""
    for name in ("offer", "magazine", "legal text"):
        html = render_to_string(PAGES[name][0], {"publisher": samples.PUBLISHER} | PAGES[name][1])
        assert "csrf" not in html
        assert Page(html).all("form") == []


def test_first_screen_of_the_offer() -> None:
    """In this order: cover, title, sentence, price, price of a copy, first issue, button, two certainties."""
    html = draw("storefront/offer.html", samples.offer())
    said = [
        'class="hero-cover"><svg',
        "<h1>ActuIA, le magazine de l’intelligence artificielle</h1>",
        '<p class="lead">Quatre fois par an\u00a0: enquêtes',
        "1 year · 4 issues · 27,60\u00a0€",
        "That is 6,90\u00a0€ a copy",
        "Your first issue: n°\u00a025, posted about 15\u00a0mars\u00a02027",
        '<a class="button main" href="/commander/">Subscribe</a>',
        "a renewal that you stop whenever you like",
        "Secure payment by Stripe",
        "In issue n°\u00a024",
    ]
    places = [html.index(sentence) for sentence in said]
    assert places == sorted(places)
    assert html.count("button main") == 1


def test_the_offer_and_its_cover_are_light() -> None:
    sheet = (TEMPLATES.parent / "shop/static/shop/site.css").read_bytes()
    assert len(draw("storefront/offer.html", samples.offer()).encode()) + len(sheet) < 60_000


def test_the_order_button_and_what_is_not_chosen_for_the_buyer() -> None:
    page = Page(draw("checkout/order.html", samples.order()))
    (button,) = page.by_class("main")
    assert words(button) == "Order with obligation to pay — 27,60\u00a0€ incl. VAT"
    ticked = [e.attrs["name"] for e in page.all("input") if "checked" in e.attrs]
    assert ticked == [], "neither renewal nor terms nor offers are chosen beforehand"
    assert {e.attrs["name"] for e in page.all("input") if e.attrs.get("type") in {"radio", "checkbox"}} == {
        "for_organisation",
        "billing_differs",
        "renewal",
        "terms",
        "similar_offers",
    }


def test_an_offer_link_that_asks_for_a_renewal_gets_it_chosen() -> None:
    page = Page(draw("checkout/order.html", samples.order(initial={"renewal": "automatic"})))
    assert [e.attrs["value"] for e in page.all("input") if "checked" in e.attrs] == ["automatic"]


def test_what_is_wrong_is_said_above_and_beside_and_gets_the_focus() -> None:
    page = Page(draw("checkout/order.html", samples.order({"email": "claire@", "country": "FR", "town": "Paris"})))
    (summary,) = page.by_class("summary-errors")
    assert (summary.attrs["role"], summary.attrs["tabindex"]) == ("alert", "-1")
    assert "autofocus" in summary.attrs
    (email,) = [e for e in page.all("input") if e.attrs.get("name") == "email"]
    assert email.attrs["value"] == "claire@", "what was typed stays"
    assert email.attrs["aria-invalid"] == "true"
    described = {e.attrs.get("id"): words(e) for e in page.elements}
    help_id, error_id = email.attrs["aria-describedby"].split()
    assert described[help_id] == "The confirmation arrives there."
    assert described[error_id] == "Enter a valid email address."
    targets = [e.attrs["href"] for e in page.all("a") if e.attrs.get("href", "").startswith("#id_")]
    assert targets[0] == "#id_email"
    assert "#id_town" not in targets


@pytest.mark.parametrize(("length", "flagged"), [(38, False), (39, True)])
def test_the_label_counts_its_characters(length: int, flagged: bool) -> None:
    lines = [SimpleNamespace(text="A" * length)]
    page = Page(draw("partials/postal_label.html", {"label_lines": lines, "first": samples.FIRST}))
    assert words(page.by_class("count")[0]) == f"{length}/38"
    assert bool(page.by_class("too-long")) is flagged
    assert ("This line is too long." in page.elements[0].text) is flagged


def test_the_parts_that_typing_changes_are_on_the_page_once_each_kind() -> None:
    """label.js puts each part of the answer in the place of those on the page: all must be there."""
    answered = {
        e.attrs["data-part"]
        for e in Page(draw("checkout/parts.html", samples.order())).elements
        if "data-part" in e.attrs
    }
    on_page = {
        e.attrs["data-part"]
        for e in Page(draw("checkout/order.html", samples.order())).elements
        if "data-part" in e.attrs
    }
    assert answered == on_page == {"label", "bill", "address", "renewal", "said", "button"}


@pytest.mark.parametrize(
    ("state", "sentence", "main"),
    [
        ("paid", "It is paid. Welcome.", "/mon-compte/"),
        ("on_its_way", "Your order is placed; the debit is under way.", None),
        ("refused", "The payment was refused.", "/payer/"),
        ("unknown", "We do not know yet whether the payment went through.", None),
        ("awaiting", "Your order is waiting for its payment.", "/payer/"),
        ("expired", "The time to pay has run out.", "/commander/"),
        ("cancelled", "The order is cancelled.", "/commander/"),
    ],
)
def test_an_order_is_told_in_seven_states(state: str, sentence: str, main: str | None) -> None:
    page = Page(draw("checkout/outcome.html", samples.outcome(state)))
    assert words(page.all("h1")[0]) == sentence
    assert [e.attrs["href"] for e in page.by_class("main")] == ([main] if main else [])
    assert [e for e in page.all("meta") if "http-equiv" in e.attrs] == []


def test_nobody_is_asked_to_pay_again_while_the_payment_is_unknown() -> None:
    html = draw("checkout/outcome.html", samples.outcome("unknown", refresh=8))
    assert "/payer/" not in html
    assert "/commander/" not in re.sub(r"<header.*?</header>", "", html, flags=re.DOTALL)
    assert "Please do not pay again" in html


def test_the_page_asks_again_without_script_and_quietly_with_it() -> None:
    page = Page(draw("checkout/outcome.html", samples.outcome("unknown", refresh=8)))
    (meta,) = [e for e in page.all("meta") if "http-equiv" in e.attrs]
    assert meta.attrs == {"http-equiv": "refresh", "content": "8"}
    assert meta.inside[-1] == "noscript"
    (watched,) = [e for e in page.elements if "data-state" in e.attrs]
    assert (watched.attrs["data-state"], watched.attrs["data-refresh"]) == ("unknown", "8")


def test_the_two_functions_of_the_law_stand_in_every_foot_once_they_exist() -> None:
    without = draw("storefront/offer.html", samples.offer())
    assert "Withdraw from the contract here" not in without
    with override_settings(ROOT_URLCONF="tests.look.urls_with_functions"):
        page = Page(draw("storefront/offer.html", samples.offer()))
    (foot,) = page.by_class("functions")
    assert [words(e) for e in page.all("a") if e.attrs["href"] in {"/retractation/", "/resiliation/"}] == [
        "Withdraw from the contract here",
        "Terminate your contract",
    ]
    assert foot.inside[-2:] == ["footer", "div"]


def test_an_empty_desk_says_so_with_pride() -> None:
    assert words(Page(draw("backoffice/parts/timeline.html", {"events": []})).elements[0]) == "Nothing to explain."


def test_a_status_is_a_word_and_a_sign() -> None:
    for tone in ("good", "wait", "bad", ""):
        page = Page(draw("backoffice/parts/chip.html", {"word": "paid", "tone": tone}))
        assert words(page.elements[0]) == "paid"
        assert len(page.all("svg")) == 1


def test_money_in_a_bill() -> None:
    summary = samples.order()["summary"] | {"amount": Decimal("35.60"), "vat_rate": None, "vat_amount": Decimal("0")}
    page = Page(draw("checkout/bill.html", {"summary": summary, "first": samples.FIRST}))
    assert [words(e) for e in page.by_class("total")] == ["Total incl. VAT35,60\u00a0€"]
