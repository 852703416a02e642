"""The two public functions, apart: « Renoncer au contrat ici », « Résilier votre contrat ». Letters promise these addresses."""

from __future__ import annotations

from django.urls import path

from shop.stopping.views import pages
from subscriptions.models import Declaration

withdraw, withdrawn = pages(Declaration.Kind.WITHDRAWAL)
terminate, terminated = pages(Declaration.Kind.TERMINATION)

urlpatterns = [
    path("retractation/", withdraw, name="withdraw"),
    path("retractation/recue/<str:token>/", withdrawn, name="withdraw_done"),
    path("resiliation/", terminate, name="terminate"),
    path("resiliation/recue/<str:token>/", terminated, name="terminate_done"),
]
