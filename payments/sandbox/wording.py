"""What the hosted pages say of money, in French typography."""

NARROW = "\u202f"
HARD = "\u00a0"


def euros(cents: int) -> str:
    """`2760` → « 27,60 € », with the spaces French typography wants."""
    whole = f"{cents // 100:,}".replace(",", NARROW)
    return f"{whole},{cents % 100:02d}{HARD}€"
