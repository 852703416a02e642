"""The escrow: a nightly file from which any house can post the next issue, should this shop be gone."""
