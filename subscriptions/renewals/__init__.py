"""Renewals: planned, announced, charged, told what to do, or ended (design, section 6; law.md 4.7, 5.1–5.3).

`calendar` is pure and says every day of one renewal; the other modules are sweeps over rows that are due.
"""
