"""VIES: whether a VAT number of another state is valid, asked at the Commission's register and kept (law.md 1.3, 1.4)."""
