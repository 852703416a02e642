"""Gifts: one gives, another receives."""
