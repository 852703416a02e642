"""Addresses of the reader's account. Of allauth's pages only the code is here: no password, no sign-up, no list of e-mails."""

from __future__ import annotations

from allauth.account.views import logout
from django.urls import include, path

from shop.account.card import card, returned
from shop.account.data import data, erased, exported, gone
from shop.account.devices import devices
from shop.account.email import cancel_change, change_email, confirm
from shop.account.firm_invoice import to_a_firm
from shop.account.home import home
from shop.account.invoices import invoice, invoices
from shop.account.moving import address, label
from shop.account.pausing import pausing
from shop.account.renewing import renewal
from shop.account.signing_in import AskCode, EnterCode
from shop.account.staying import staying

ask = AskCode.as_view()

rooms = [
    path("", home, name="account_home"),
    path("connexion/", ask, name="account_request_login_code"),
    # The name under which allauth looks for the entrance.
    path("connexion/", ask, name="account_login"),
    path("connexion/code/", EnterCode.as_view(), name="account_confirm_login_code"),
    path("deconnexion/", logout, name="account_logout"),
    path("factures/", invoices, name="account_invoices"),
    path("factures/<slug:reference>/societe/", to_a_firm, name="account_firm_invoice"),
    path("factures/<slug:reference>.pdf", invoice, name="account_invoice"),
    path("abonnements/<int:pk>/adresse/", address, name="account_address"),
    path("abonnements/<int:pk>/adresse/etiquette/", label, name="account_address_label"),
    path("abonnements/<int:pk>/adresse/temporaire/", staying, name="account_stay"),
    path("abonnements/<int:pk>/moyen-de-paiement/", card, name="account_card"),
    path("abonnements/<int:pk>/moyen-de-paiement/retour/<slug:reference>/", returned, name="account_card_return"),
    path("abonnements/<int:pk>/reconduction/", renewal, name="account_renewal"),
    path("abonnements/<int:pk>/pause/", pausing, name="account_pause"),
    path("courriel/", change_email, name="account_change_email"),
    path("courriel/abandon/", cancel_change, name="account_cancel_email_change"),
    path("courriel/confirmation/<str:token>/", confirm, name="account_confirm_email_change"),
    path("appareils/", devices, name="account_devices"),
    path("donnees/", data, name="account_data"),
    path("donnees/fichier/", exported, name="account_export"),
    path("donnees/effacement/", erased, name="account_erase"),
    path("effacement/", gone, name="account_erased"),
]
urlpatterns = [path("compte/", include(rooms))]
