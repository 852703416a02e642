"""Stopping: what readers declare, what it does to their contract, and what they get back."""
