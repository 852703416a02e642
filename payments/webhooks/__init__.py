"""Events from Stripe: verified and stored, then processed, then caught up from Stripe's own list."""
