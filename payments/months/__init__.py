"""The figures of each month, frozen once when it is over, and what has changed since."""
