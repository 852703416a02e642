"""The header by which the served bench tells what Stripe's stand-in took of an answer."""

AT_STRIPE = "X-Bench-At-Stripe-Ms"
