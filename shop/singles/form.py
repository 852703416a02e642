"""The order form of past issues: that of every order, without the choice of how a subscription goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from shop.checkout.form import OrderForm


class SinglesForm(OrderForm):
    """Who buys past issues, and where they go. Which ones is in the address of the page (`choosing`)."""

    def __init__(
        self,
        data: Any = None,
        *,
        zones: Iterable[str],
        allowed: Collection[str] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, renewals=(), zones=zones, allowed=allowed, initial=initial)
        del self.fields["renewal"]
        self.fields["email"].help_text = _("The confirmation and the invoice go there.")
