"""Pages about lost copies, without an account: what did not arrive, and where it should go."""
