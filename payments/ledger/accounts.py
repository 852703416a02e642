"""Which accounts a key means or ever meant: for whatever reads the books again (law.md 6.2: no account number stands in code)."""

from __future__ import annotations

from payments.models import AccountMap


def accounts_of(*keys: str) -> list[str]:
    """Every account that one of the keys has ever had, in their order. One query."""
    return sorted(set(AccountMap.objects.filter(key__in=keys).values_list("account", flat=True)))


def vat_accounts() -> list[str]:
    """Every account of output VAT, due or waiting. One query."""
    return sorted(set(AccountMap.objects.filter(key__startswith="VAT_").values_list("account", flat=True)))


def revenue_accounts() -> list[str]:
    """Every account of sales. One query."""
    return sorted(set(AccountMap.objects.filter(key__startswith="REV_").values_list("account", flat=True)))
