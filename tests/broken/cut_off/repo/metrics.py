```python
"""Metrics."""


def accuracy(predicted, expected):
    """The share of predictions that are right."""
    right = sum(p == e for p, e in zip(predicted, expec