"""Gifts: one gives, pays and keeps the contract; another receives. What each is told, and what each may change."""
