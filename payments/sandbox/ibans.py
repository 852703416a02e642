"""Stripe's documented SEPA test accounts and what each does (https://docs.stripe.com/testing#sepa-direct-debit).

The same behaviours exist per country; five countries are kept. Any other IBAN is refused on the hosted page: no real
account is ever taken.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """`failure`: why the bank returns the debit, None when it pays. `slow`: three minutes at least.

    `dispute`: paid, then contested. `refused`: cannot even be kept, with Stripe's error code.
    """

    iban: str
    label: str
    token: str = ""
    failure: str | None = None
    slow: bool = False
    dispute: bool = False
    refused: str | None = None

    @property
    def country(self) -> str:
        """The two letters of the country."""
        return self.iban[:2]

    @property
    def bank_code(self) -> str:
        """The bank's code within the IBAN."""
        length = {"FR": 5, "DE": 8, "AT": 5, "BE": 3, "IE": 4}[self.country]
        return self.iban[4 : 4 + length]

    @property
    def last4(self) -> str:
        """What may be shown."""
        return self.iban[-4:]


_COULD_NOT = "generic_could_not_process"
# Per behaviour: label, token, account settings, then the IBANs of France, Germany, Austria, Belgium and Ireland.
_BEHAVIOURS: tuple[tuple[str, str, dict[str, str | bool], str], ...] = (
    (
        "Paie",
        "success",
        {},
        "FR1420041010050500013M02606 DE89370400440532013000 AT611904300234573201 BE62510007547061 IE29AIBK93115212345678",
    ),
    (
        "Paie, après trois minutes au moins",
        "successDelayed",
        {"slow": True},
        "FR3020041010050500013M02609 DE08370400440532013003 AT321904300235473204 BE78510007547064 IE24AIBK93115212345671",
    ),
    (
        "Revient impayé",
        "failed",
        {"failure": _COULD_NOT},
        "FR8420041010050500013M02607 DE62370400440532013001 AT861904300235473202 BE68539007547034 IE02AIBK93115212345679",
    ),
    (
        "Revient impayé, après trois minutes au moins",
        "failedDelayed",
        {"failure": _COULD_NOT, "slow": True},
        "FR7920041010050500013M02600 DE78370400440532013004 AT051904300235473205 BE51510007547065 IE94AIBK93115212345672",
    ),
    (
        "Paie, puis contesté",
        "disputed",
        {"dispute": True},
        "FR5720041010050500013M02608 DE35370400440532013002 AT591904300235473203 BE08510007547063 IE51AIBK93115212345670",
    ),
    (
        "Revient impayé : plafond d'un débit",
        "exceedsWeeklyVolumeLimit",
        {"failure": "charge_exceeds_source_limit"},
        "FR9720041010050000000343434 DE65370400440000343434 AT981904300000343434 BE90510000343434 IE10AIBK93115200343434",
    ),
    (
        "Revient impayé : plafond de la semaine",
        "exceedsWeeklyTransactionLimit",
        {"failure": "charge_exceeds_weekly_limit"},
        "FR5920041010050000000121212 DE27370400440000121212 AT601904300000121212 BE52510000121212 IE69AIBK93115200121212",
    ),
    (
        "Revient impayé : provision insuffisante",
        "insufficientFunds",
        {"failure": "insufficient_funds"},
        "FR9720041010050000002222227 DE65370400440002222227 AT981904300002222227 BE90510002222227 IE10AIBK93115202222227",
    ),
    (
        "Banque sans prélèvement SEPA",
        "",
        {"refused": "sepa_debit_bank_not_supported"},
        "FR2620041010050000000055555 DE91370400440000055555 AT271904300000055555 BE19510000055555 IE36AIBK93115200055555",
    ),
    (
        "Compte qui refuse les prélèvements",
        "",
        {"refused": "sepa_debit_debits_not_supported"},
        "FR5020041010050000000066666 DE18370400440000066666 AT511904300000066666 BE43510000066666 IE60AIBK93115200066666",
    ),
)
ACCOUNTS = {
    iban: Account(iban, label, f"pm_sepaDebit_{token}_{iban[:2].lower()}" if token else "", **settings)  # type: ignore[arg-type]
    for label, token, settings, ibans in _BEHAVIOURS
    for iban in ibans.split()
}
TOKENS = {account.token: account for account in ACCOUNTS.values() if account.token}

FAILURES = {
    "generic_could_not_process": "The payment failed. The customer's bank could not process this payment.",
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "charge_exceeds_source_limit": "The payment could not be debited because it exceeds the limit of one debit.",
    "charge_exceeds_weekly_limit": "The payment could not be debited because it exceeds the limit of a week.",
    "debit_not_authorized": "The customer has notified their bank that this payment was unauthorized.",
    "account_closed": "The customer's bank account has been closed.",
    "no_account": "The customer's bank account could not be located.",
}


def is_iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616, remainder 1 modulo 97)."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", text):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1
