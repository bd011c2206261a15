"""The contestants: each a program of its own, run by the interpreter of its own virtual environment."""
