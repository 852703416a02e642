"""Who stays: renewals by the month in which readers began, and by the day of each renewal; refusals and what came of them."""
