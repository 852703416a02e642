"""Answering a bank that disputes a payment: until when, with what, once and for all."""
