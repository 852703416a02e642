"""E-reporting: totals of sales and money received from those who get no electronic invoice (law.md 3.3)."""
