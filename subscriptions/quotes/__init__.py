"""Renewal quotes: who gets one, what it states, its number, its paper (law.md 3.4, 7.6)."""
