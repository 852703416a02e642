"""Which functions of this floor answer for which purpose of a payment: the one visible table (design, section 2)."""

from __future__ import annotations


def register_all() -> None:
    """Called once at start-up by the app's configuration."""
