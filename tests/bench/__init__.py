"""Benches (design, section 10): `make bench`, or one of them by `make bench ONLY=offer-page`."""
