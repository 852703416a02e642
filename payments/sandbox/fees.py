"""What Stripe keeps of a payment, in cents: the published French prices of 2026, and when money becomes available."""

from payments.sandbox.clock import add_business_days

# The European Economic Area (EU with Iceland, Liechtenstein, Norway).
EEA = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
CARD_FIXED = 25
# Ten-thousandths of the amount, by where the card was issued.
EEA_RATE, UK_RATE, OTHER_RATE = 150, 250, 325
SEPA_FEE = 35
DAYS_UNTIL_AVAILABLE = 3


def card_fee(amount: int, country: str) -> int:
    """Fee of a card payment, rounded half up to the cent."""
    rate = EEA_RATE if country in EEA else UK_RATE if country == "GB" else OTHER_RATE
    return (amount * rate + 5_000) // 10_000 + CARD_FIXED


def available_on(instant: int) -> int:
    """Midnight UTC of the third business day."""
    later = add_business_days(instant, DAYS_UNTIL_AVAILABLE)
    return later - later % 86_400
