"""Fulfilment: what happens to an issue between its cut-off and the reader's letter box."""
