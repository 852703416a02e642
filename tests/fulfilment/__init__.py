"""Fulfilment: closing an issue, its file, handing it over, posting it; and what follows each copy."""
