"""The books: double entry, inserted only, one source per entry."""
