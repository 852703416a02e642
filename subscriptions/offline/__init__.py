"""Orders by post and telephone, and what becomes of them when their cheques bounce (issue "money that does not come through Stripe")."""
