"""The smoke run: entry points, outcomes."""
