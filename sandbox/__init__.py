"""Code in, verdict out: runs untrusted Python repositories in hardened, one-shot containers."""
