"""Chorus Pro: which invoices of public bodies are to be deposited, and what became of each (law.md 3.4)."""
