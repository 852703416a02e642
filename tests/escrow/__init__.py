"""The escrow: what any house could post from, should this shop be gone."""
