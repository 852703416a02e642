"""One plain context for each page, as its template asks for it. Made of made-up people."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.utils.safestring import mark_safe

from shop.storefront.covers import CoverFacts, cover_alt, cover_svg, month_and_year, season_of

PUBLISHER = {
    "brand": "ActuIA",
    "name": "ActuIA Éditions",
    "magazine": "ActuIA, le magazine de l’intelligence artificielle",
    "address": ["14 rue des Archives", "75004 PARIS"],
    "phone": "+33 1 84 00 00 00",
    "email": "abonnements@actuia.example",
}
FIRST = {"number": 25, "month": "mars 2027", "post_date": dt.date(2027, 3, 15)}
DISCLOSURE = [{"label": "Premier numéro", "text": "n° 25, mise en poste prévue le 15 mars 2027."}]
MAGAZINE = {
    "title": "ActuIA",
    "subtitle": "le magazine de l’intelligence artificielle",
    "sentence": "Quatre fois par an : enquêtes, entretiens, repères.",
}


class OrderForm(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="The confirmation arrives there.")
    for_organisation = forms.BooleanField(label="I order for an organisation", required=False)
    siren = forms.CharField(label="SIREN", required=False)
    country = forms.ChoiceField(label="Country", choices=[("FR", "France"), ("BE", "Belgium")])
    last_name = forms.CharField(label="Name")
    street = forms.CharField(label="Number and street")
    postcode = forms.CharField(label="Postcode")
    town = forms.CharField(label="Town")
    billing_differs = forms.BooleanField(label="Another address for the invoice", required=False)
    billing_street = forms.CharField(label="Number and street", required=False)
    renewal = forms.ChoiceField(label="Renewal", choices=[("fixed", ""), ("automatic", "")], widget=forms.RadioSelect)
    terms = forms.BooleanField(label="Terms of sale")
    similar_offers = forms.BooleanField(label="No similar offers, please", required=False)
    form_token = forms.CharField(widget=forms.HiddenInput, initial="7f0c")


class OneField(forms.Form):
    code = forms.CharField(label="Code")


class EmailForm(forms.Form):
    email = forms.EmailField(label="Email")


def issue(number: int, month: int, year: int) -> dict[str, Any]:
    facts = CoverFacts(number, month, year, theme="Les agents au travail")
    return {
        "number": number,
        "month": month_and_year(facts),
        "season": season_of(month).slug,
        "theme": facts.theme,
        "pages": 116,
        "cover_url": f"/couvertures/{number}.svg",
        "alt": cover_alt(facts),
        "cover": mark_safe(cover_svg(facts)),  # drawn by us
        "contents": [{"folio": 6, "title": "Repères", "text": "Trois mois."}, {"title": "Droit", "text": "Un an."}],
        "post_date": dt.date(year, month, 3),
    }


def offer() -> dict[str, Any]:
    return {
        "here": "offer",
        "magazine": MAGAZINE,
        "current": issue(24, 12, 2026),
        "first": FIRST,
        "price": Decimal("27.60"),
        "copy_price": Decimal("6.90"),
        "copies": 4,
        "zones": [{"name": "Union européenne", "price": Decimal("35.60")}],
        "formulas": [
            {"code": "un-an", "renewal": "fixed", "price": Decimal("27.60"), "order_url": "/commander/un-an/"},
            {"code": "reconduit", "renewal": "automatic", "price": Decimal("27.60"), "order_url": "/commander/auto/"},
        ],
        "past": [issue(23, 9, 2026), issue(22, 6, 2026)],
        "disclosure": DISCLOSURE,
        "colophon": [{"label": "ISSN", "text": "2650-1234"}],
        "order_url": "/commander/",
    }


def order(data: dict[str, str] | None = None, *, initial: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    form = OrderForm(data, label_suffix="", initial=initial)
    return {
        "here": "order",
        "form": form,
        "who": [form["email"]],
        "country": form["country"],
        "delivery": [form[name] for name in ("last_name", "street", "postcode", "town")],
        "organisation": [form["siren"]],
        "billing": [form["billing_street"]],
        "label_lines": [SimpleNamespace(text="MME CLAIRE DUBOIS"), SimpleNamespace(text="75011 PARIS")],
        "label_country": "",
        "summary": {
            "title": PUBLISHER["magazine"],
            "copies": 4,
            "amount": Decimal("27.60"),
            "vat_rate": Decimal("2.10"),
            "vat_amount": Decimal("0.57"),
            "zone_name": "France",
        },
        "first": FIRST,
        "thumb": {"cover_url": "/couvertures/25.svg"},
        "renewals": [
            {"value": str(radio.data["value"]), "tag": radio.tag(), "id": radio.id_for_label, "price": Decimal("27.60")}
            for radio in form["renewal"]
        ],
        "mandate": "J’autorise ActuIA à débiter mon moyen de paiement chaque année.",
        "disclosure": DISCLOSURE,
        "delivery_note": "Livraison en France et dans l’Union européenne.",
        "action": "/commander/",
        "label_url": "/commander/etiquette/",
        "cgv_url": "/cgv/",
        "privacy_url": "/confidentialite/",
        **more,
    }


def outcome(state: str, **more: Any) -> dict[str, Any]:
    return {
        "here": "order",
        "state": state,
        "order": {"reference": "AB-7K2M9Q", "email": "claire@example.fr", "amount": Decimal("27.60")},
        "first": FIRST,
        "renewal": "fixed",
        "settles_on": dt.date(2026, 12, 1),
        "reason": "The bank refused.",
        "pay_url": "/payer/",
        "again_url": "/commander/",
        "invoice_url": "/facture/",
        "account_url": "/mon-compte/",
        **more,
    }


def home() -> dict[str, Any]:
    subscription = {
        "number": "AB-7K2M9Q",
        "title": "ActuIA",
        "offer": "Abonnement d’un an, reconduit",
        "living": True,
        "state_word": "actif",
        "state_tone": "good",
        "season": "spring",
        "next": FIRST,
        "lines": ["MME CLAIRE DUBOIS", "8 RUE DES LILAS", "75011 PARIS"],
        "ends_on": dt.date(2028, 1, 28),
        "copies_owed": 4,
        "renews_on": dt.date(2028, 1, 29),
        "renewal_amount": Decimal("27.60"),
        "refuse_until": dt.date(2028, 1, 28),
        "means": "Visa •••• 4242",
        "withdrawal_open": True,
        "withdraw_until": dt.date(2027, 4, 12),
        "copies": [{"number": 25, "month": "mars 2027", "icon": "clock", "tone": "wait", "word": "à venir"}],
        "address_url": "/adresse/",
        "card_url": "/carte/",
        "stop_url": "/resiliation/",
    }
    waiting = {"reference": "AB-2", "amount": Decimal("27.60"), "sentence": "Non payée.", "url": "/commande/"}
    return {"tab": "subscription", "subscriptions": [subscription], "orders": [waiting], "order_url": "/commander/"}


def desk() -> dict[str, Any]:
    event = {
        "at": dt.datetime(2026, 11, 23, 9, 4, tzinfo=dt.UTC),
        "icon": "card",
        "tone": "good",
        "what": "Paiement réussi",
        "who": "Stripe",
        "why": "evt_1",
        "url": "/gestion/paiements/1/",
    }
    return {
        "desks": [{"label": "Personnes", "url": "/gestion/personnes/", "current": True, "waiting": 3}],
        "who": {"name": "Camille", "roles": "finance"},
        "search_url": "/gestion/recherche/",
        "alarms": [{"sentence": "Le balayage des lettres est en retard.", "url": "/gestion/travaux/"}],
        "events": [event],
        "messages": [SimpleNamespace(level_tag="success", __str__=lambda self: "Fait.")],
    }


def pages() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every page a reader or a member of the staff may see, by a name for the test."""
    text = {
        "title": "Conditions générales de vente",
        "version": "2026-11",
        "valid_from": dt.date(2026, 11, 1),
        "sha256": "9f86d081",
        "html": "<h2>1. Objet</h2>",
    }
    moving = {"tab": "subscription", "reaches": FIRST, "leaves": [24], "back_url": "/mon-compte/"}
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "offer": ("storefront/offer.html", offer()),
        "magazine": (
            "storefront/magazine.html",
            {"magazine": MAGAZINE, "issues": [issue(24, 12, 2026), issue(23, 9, 2026)], "coming": [issue(25, 3, 2027)]},
        ),
        "legal text": ("storefront/legal_text.html", {"text": text, "current": True, "versions": []}),
        "closed": ("storefront/closed.html", {}),
        "order": ("checkout/order.html", order()),
        "order to correct": ("checkout/order.html", order({"email": "claire@", "country": "FR"})),
        "link refused": ("checkout/link_refused.html", {}),
        "account": ("account/home.html", home()),
        "account, nothing": ("account/home.html", {"tab": "subscription", "subscriptions": [], "order_url": "/c/"}),
        "invoices": (
            "account/invoices.html",
            {
                "tab": "invoices",
                "invoices": [
                    {
                        "number": "2026-1",
                        "issued_on": dt.date(2026, 11, 23),
                        "kind": "invoice",
                        "words": "Un an",
                        "amount": Decimal("27.60"),
                        "url": "/f/",
                    }
                ],
                "orders": [
                    {
                        "reference": "CMD-1",
                        "placed_on": dt.date(2026, 11, 23),
                        "words": "Un an",
                        "word": "paid",
                        "tone": "good",
                        "amount": Decimal("27.60"),
                        "url": "/c/",
                    }
                ],
            },
        ),
        "address": ("account/address.html", order() | moving),
        "e-mail": ("account/change_email.html", {"tab": "email", "email": "claire@example.fr", "form": OneField()}),
        "card": (
            "account/card.html",
            {
                "tab": "subscription",
                "means": "Visa •••• 4242",
                "form": forms.Form(),
                "next_charge": {"on": dt.date(2028, 1, 29), "amount": Decimal("27.60")},
            },
        ),
        "e-mail, asked for": (
            "account/change_email.html",
            {
                "tab": "email",
                "email": "claire@example.fr",
                "form": OneField(),
                "pending": {"new_email": "claire@example.org", "until": "demain", "old_confirmed": True},
            },
        ),
        "devices": (
            "account/devices.html",
            {
                "tab": "devices",
                "others": 1,
                "devices": [
                    {"pk": 1, "words": "Firefox, Linux", "opened": "hier", "is_here": True},
                    {"pk": 2, "words": "Safari, iPhone", "opened": "hier", "is_here": False},
                ],
            },
        ),
        "erasure": (
            "account/erase.html",
            {"tab": "data", "copies": 3, "email": "claire@example.fr", "token": "t", "keeps": []},
        ),
        "erased": ("account/erased.html", {}),
        "invoice to come": ("account/invoice_later.html", {"tab": "invoices", "number": "F2026-000001"}),
        "invoice destroyed": (
            "account/invoice_later.html",
            {"tab": "invoices", "number": "F2010-000001", "destroyed": True},
        ),
        "data": ("account/data.html", {"tab": "data", "form": OneField(), "export_url": "/mes-donnees/"}),
        "sign in": ("account/request_login_code.html", {"form": EmailForm()}),
        "code": ("account/confirm_login_code.html", {"verify_form": OneField(), "email": "claire@example.fr"}),
        "sign out": ("account/logout.html", {}),
        "desk": ("backoffice/base.html", desk()),
    }
    for state in ("done", "open", "expired", "unknown"):
        found[f"card {state}"] = (
            "account/card_return.html",
            {"tab": "subscription", "state": state, "means": "Visa •••• 4242", "card_url": "/carte/"},
        )
    for state in ("asks", "waits_for_other", "done", "taken", "over", "no_link"):
        found[f"e-mail {state}"] = (
            "account/confirm_email.html",
            {"state": state, "new_email": "claire@example.org", "sentence": "Ce lien est coupé.", "end": "old"},
        )
    for state in ("paid", "on_its_way", "refused", "unknown", "awaiting", "expired", "cancelled"):
        found[f"outcome {state}"] = ("checkout/outcome.html", outcome(state))
    for status in ("400", "403", "403_csrf", "404", "429", "500"):
        found[f"error {status}"] = (f"{status}.html", {})
    return found
