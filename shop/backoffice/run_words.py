"""Words of mailing runs at the desks: states, kinds of runs and lines, zones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from shop.backoffice.words import BAD, GOOD, NONE, WAIT, Words

RUN: Words = {
    "asked": (pgettext_lazy("mailing run", "waits for a yes"), WAIT),
    "closed": (pgettext_lazy("mailing run", "closed"), WAIT),
    "handed_over": (pgettext_lazy("mailing run", "handed over"), WAIT),
    "posted": (pgettext_lazy("mailing run", "posted"), GOOD),
    "dropped": (pgettext_lazy("mailing run", "given up"), NONE),
}
RUN_KIND: Words = {
    "main": (gettext_lazy("main file"), NONE),
    "complement": (gettext_lazy("complement"), NONE),
    "resend": (gettext_lazy("out of the stock"), NONE),
}
KIND: Mapping[str, Any] = {
    "ABO": gettext_lazy("subscriptions"),
    "GFT": gettext_lazy("gift subscriptions"),
    "GRA": gettext_lazy("complimentary copies"),
    "JUS": gettext_lazy("voucher copies"),
    "RCL": gettext_lazy("sent again"),
    "VAN": gettext_lazy("sold one by one"),
}
ZONE: Mapping[str, Any] = {
    "METR": gettext_lazy("mainland France"),
    "CORS": gettext_lazy("Corsica"),
    "DOM": gettext_lazy("overseas departments"),
    "TOM": gettext_lazy("overseas territories"),
    "UE": gettext_lazy("European Union"),
    "MOND": gettext_lazy("rest of the world"),
}
FREE: Words = {
    "free": (gettext_lazy("complimentary copies"), NONE),
    "proof": (gettext_lazy("voucher copies"), NONE),
    "seed": (gettext_lazy("test address"), WAIT),
}
#: Tones of the marks on a run.
ALONE, MISCOUNTED = WAIT, BAD
