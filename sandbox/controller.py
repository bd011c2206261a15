"""Verify: tree in, verdict out."""
