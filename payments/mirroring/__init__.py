"""The nightly mirror: does Stripe hold a successful charge of ours that the books do not know, or the reverse (MIRROR)?"""
