"""The steps of the ladder, and what they know."""
