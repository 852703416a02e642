"""Addresses of the order, of what became of it, of the end of reminders, and of Stripe's webhooks."""

from __future__ import annotations

from django.urls import path

from shop.checkout.account_wanted import account_wanted
from shop.checkout.outcome import cancelled, outcome
from shop.checkout.refusing_price import refuse_price
from shop.checkout.renewal import pay_renewal, returned
from shop.checkout.unsubscribing import unsubscribe
from shop.checkout.views import give_again, label, order, renew
from shop.checkout.webhook import stripe_webhook

urlpatterns = [
    path("abonnement/", order, name="order"),
    path("abonnement/etiquette/", label, name="order_label"),
    path("abonnement/<slug:code>/", order, name="order"),
    path("offrir/", order, {"gift": True}, name="gift"),
    path("offrir/etiquette/", label, {"gift": True}, name="gift_label"),
    path("offrir/encore/<str:token>/", give_again, name="give_again"),
    path("reabonnement/<str:token>/", renew, name="renew"),
    path("commande/retour/<str:token>/", outcome, name="order_return"),
    path("commande/annulee/<str:token>/", cancelled, name="order_cancelled"),
    path("commande/suivi/<str:token>/", outcome, name="outcome"),
    path("reconduction/<str:token>/", pay_renewal, name="pay_renewal"),
    path("reconduction/<str:token>/retour/", returned, name="renewal_return"),
    path("remboursement/<str:token>/", account_wanted, name="account_wanted"),
    path("tarif/<str:token>/", refuse_price, name="refuse_price"),
    path("desinscription/<str:token>/", unsubscribe, name="unsubscribe"),
    path("webhooks/stripe/", stripe_webhook, name="stripe_webhook"),
]
