"""The headers by which the served bench tells what an answer took of Stripe's stand-in and of the processor."""

AT_STRIPE = "X-Bench-At-Stripe-Ms"
PROCESSOR = "X-Bench-Processor-Ms"
