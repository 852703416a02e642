"""Circulation figures: copies by class as they were posted, how near the limits of the press they are, and how many to print."""
