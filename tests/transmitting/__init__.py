"""Closed files on their way to the mailing house."""
