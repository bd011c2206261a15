"""The copying task: predict the token before the present one."""

import numpy as np


def copy_batch(batch, length, vocab_size, rng):
    """Tokens and targets, both (batch, length)."""
    tokens = rng.integers(1, vocab_size, size=(batch, length))
    targets = np.concatenate([np.zeros((batch, 1), dtype=tokens.dtype), tokens[:, :-1]], axis=1)
    return tokens, targets
