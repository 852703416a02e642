"""Institutions: orders on paper, invoiced before they are paid; from the purchase order to the transfer (law.md 3.4, 7.6)."""
