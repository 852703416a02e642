"""Seals: chains of hashes over what may never change, and the technical journal beside them (law.md 2.4)."""
