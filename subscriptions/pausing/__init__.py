"""Pausing: a reader skips up to two issues of a term; their copies come later, and the renewal waits for them."""
