"""Readers who act at a random instant around a charge or a letter: rounds of real workers, real locks, one till inside."""
