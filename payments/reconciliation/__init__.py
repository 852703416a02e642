"""Stripe's side of the reconciliation: payouts, what they are made of, and what nobody can explain (law.md 6.4)."""
