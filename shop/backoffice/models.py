"""What people changed in the registers, kept version by version; and the place that the rights of the desks hang on."""

from __future__ import annotations

from django.db import models
from simple_history import register

from subscriptions.models import Issue, Magazine, Offer


class Desk(models.Model):
    """No table: the rights of `shop.backoffice.roles` are rights on this."""

    class Meta:
        managed = False
        default_permissions = ()

    def __str__(self) -> str:
        return "desk"


# The lower floor does not know that it is remembered: its rows are saved one by one from the registers only.
register(Magazine, app="shop.backoffice")
register(Issue, app="shop.backoffice")
register(Offer, app="shop.backoffice")
