"""Repair: the loop that makes a failing repository run with the fewest lines."""
