"""What the shop window shows, from the shelf: plain values for the templates of `templates/storefront`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from payments.money import round_cents
from shop.storefront.covers import CoverFacts, cover_alt, cover_svg, month_and_year, season_of, share_svg
from subscriptions.calendar import DeliveryZone
from subscriptions.models import Issue
from subscriptions.offers.catalogue import Shelf, Standing
from subscriptions.offers.disclosing import blocks

PAST_SHOWN = 4
Context = dict[str, Any]


def cover_facts(issue: Issue) -> CoverFacts:
    """What is drawn on the cover of an issue."""
    return CoverFacts(
        number=issue.number,
        last_number=issue.last_number,
        cover_month=issue.cover_month,
        cover_year=issue.cover_year,
        title=settings.PUBLISHER["brand"],
        theme=issue.headline,
    )


@lru_cache(maxsize=64)
def drawn(facts: CoverFacts) -> str:
    """The cover as SVG; drawing it takes milliseconds and the same facts give the same bytes."""
    return cover_svg(facts)


def cover_url(issue: Issue) -> str:
    """The address of a cover; its hash is in it, so that browsers may keep it for a year."""
    return _stamped(reverse("cover", args=[issue.number]), drawn(cover_facts(issue)))


def share_url(issue: Issue) -> str:
    """The whole address of the picture of shared links."""
    return settings.SITE_URL + _stamped(reverse("share_image", args=[issue.number]), share_svg(cover_facts(issue)))


def _stamped(path: str, body: str) -> str:
    return f"{path}?v={hashlib.sha256(body.encode()).hexdigest()[:12]}"


def magazine_words(shelf: Shelf) -> Context:
    """Title, subtitle and the sentence that says what the magazine is."""
    publisher = settings.PUBLISHER
    return {
        "title": shelf.magazine.title if shelf.magazine else publisher["brand"],
        "subtitle": shelf.magazine.subtitle if shelf.magazine else "",
        "sentence": publisher.get("sentence") or _("A printed quarterly: four issues a year, sent by post."),
    }


def in_short(issue: Issue) -> Context:
    """An issue beside others: cover by address, month, theme."""
    facts = cover_facts(issue)
    return {
        "number": issue.printed,
        "month": month_and_year(facts),
        "season": season_of(issue.cover_month).slug,
        "theme": issue.headline,
        "pages": issue.pages,
        "cover_url": cover_url(issue),
        "alt": cover_alt(facts),
        "contents": issue.contents,
        "post_date": issue.posted_on or issue.post_on,
    }


def offer_page(shelf: Shelf) -> Context | None:
    """The context of `storefront/offer.html`; None while nothing can be sold."""
    standings = [found for offer in shelf.offers if (found := shelf.standing(offer)) is not None]
    if not standings or shelf.on_sale is None:
        return None
    first, current = standings[0], shelf.on_sale
    order_url = reverse("order")
    return {
        "here": "offer",
        "magazine": magazine_words(shelf),
        "current": in_short(current) | {"cover": mark_safe(drawn(cover_facts(current)))},  # noqa: S308 - drawn by us
        "first": first_words(first),
        "price": first.amount.amount,
        "copies": first.offer.copies,
        "copy_price": round_cents(first.amount.amount / first.offer.copies),
        "zones": dearer_zones(shelf, first),
        "formulas": [
            {
                "code": standing.offer.code,
                "renewal": standing.offer.renewal,
                "price": standing.amount.amount,
                "renewal_price": standing.amount.amount,
                "order_url": reverse("order", args=[standing.offer.code]),
            }
            for standing in standings
        ],
        "past": [in_short(issue) for issue in past_issues(shelf, but=current)[:PAST_SHOWN]],
        "disclosure": said_before(shelf, standings),
        "colophon": colophon(),
        "order_url": order_url,
        "singles_url": singles_url(shelf),
        "gift_url": reverse("gift"),
        "canonical_url": settings.SITE_URL + reverse("offer"),
        "share_url": share_url(current),
    }


def first_words(standing: Standing | Any) -> Context:
    """The first issue a subscription taken now receives."""
    return {"number": standing.first_issue.printed, "post_date": standing.first_issue.post_on}


def dearer_zones(shelf: Shelf, standing: Standing) -> list[Context]:
    """Zones with another price than France, by name."""
    return [
        {"name": str(DeliveryZone(zone).label), "price": price.amount.amount}
        for zone, price in shelf.zone_prices(standing.offer)
        if price.amount != standing.amount
    ]


def said_before(shelf: Shelf, standings: list[Standing]) -> list[Context]:
    """The blocks of the disclosure, once; what differs between the two formulas is said for each."""
    publisher = settings.PUBLISHER
    told = [blocks(standing, shelf.on, shelf=shelf, publisher=publisher) for standing in standings]
    rows: list[Context] = []
    for same in zip(*told, strict=True):
        if len({block["text"] for block in same}) == 1:
            rows.append(dict(same[0]))
        else:
            rows += [
                block | {"label": f"{block['label']} ({LABELS[standing.offer.renewal]})"}
                for standing, block in zip(standings, same, strict=True)
            ]
    return rows


# As the disclosure itself: French, because what is said before an order is evidence.
LABELS: Mapping[str, str] = {"fixed": "un an sans reconduction", "automatic": "avec reconduction automatique"}


def past_issues(shelf: Shelf, *, but: Issue | None = None) -> list[Issue]:
    """Issues already posted, newest first."""
    return [issue for issue in reversed(shelf.issues) if issue.posted_on is not None and issue is not but]


def magazine_page(shelf: Shelf) -> Context:
    """The context of `storefront/magazine.html`."""
    coming = [issue for issue in shelf.issues if issue.posted_on is None]
    return {
        "here": "magazine",
        "magazine": magazine_words(shelf),
        "issues": [in_short(issue) for issue in past_issues(shelf)],
        "coming": [in_short(issue) for issue in coming],
        "colophon": colophon(),
        "order_url": reverse("order"),
        "singles_url": singles_url(shelf),
    }


def singles_url(shelf: Shelf) -> str:
    """Where past issues are sold one by one; empty where they are not."""
    return reverse("past_issues") if shelf.single is not None and shelf.zone_prices(shelf.single) else ""


def colophon() -> list[Context]:
    """Who makes the magazine (law.md 4.9: press, and 1.1: CPPAP)."""
    publisher = settings.PUBLISHER
    rows = [
        (_("Publisher"), f"{publisher['name']}\n" + "\n".join(publisher["address"])),
        (_("Director of publication"), publisher["publication_director"]),
        (_("Editor-in-chief"), publisher.get("editor_in_chief")),
        (_("Printer"), publisher.get("printer")),
        ("ISSN", publisher.get("issn")),
        (_("Press commission (CPPAP)"), publisher.get("cppap")),
        (_("Legal deposit"), publisher.get("legal_deposit")),
    ]
    return [{"label": label, "text": text} for label, text in rows if text]


def day_after_year(on: date) -> date:
    """Three hundred days on: how long what we promise on a page about safety is good for."""
    return date.fromordinal(on.toordinal() + 300)
