"""Orders: quoting, placing, following, and what a payment makes of them."""
