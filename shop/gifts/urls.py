"""Addresses of gifts: the recipient's page, without an account and with one; the card."""

from __future__ import annotations

from django.urls import path

from shop.gifts.address import address, label
from shop.gifts.card_pages import given_card, ordered_card
from shop.gifts.changing import change
from shop.gifts.claiming import OpenAccount, claim
from shop.gifts.receiving import by_code, email, gift, stop_reminders

urlpatterns = [
    path("cadeau/", by_code, name="gift_code"),
    path("cadeau/<str:token>/", gift, name="gift_page"),
    path("cadeau/<str:token>/adresse/", address, name="gift_address"),
    path("cadeau/<str:token>/adresse/etiquette/", label, name="gift_address_label"),
    path("cadeau/<str:token>/courriel/", email, name="gift_email"),
    path("cadeau/<str:token>/compte/", OpenAccount.as_view(), name="gift_account"),
    path("cadeau/<str:token>/rappels/", stop_reminders, name="gift_stop"),
    path("compte/cadeaux/<str:token>/", claim, name="gift_claim"),
    path("compte/offerts/<int:pk>/", change, name="account_gift"),
    path("compte/offerts/<int:pk>/carte.pdf", given_card, name="account_gift_card"),
    path("commande/suivi/<str:token>/carte.pdf", ordered_card, name="order_card"),
]
