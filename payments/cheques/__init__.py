"""Cheques: received, deposited with a slip, credited by the bank, or bounced and paid again (law.md 1.5, 6.3)."""
