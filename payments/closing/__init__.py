"""Closing days, months and years: numbers, totals and figures that never change afterwards."""
