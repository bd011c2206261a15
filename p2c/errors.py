"""Every error of p2c, one sentence each, with the exit status that the command line gives it."""

from __future__ import annotations


class P2cError(Exception):
    """Base of all errors of p2c. The message says what failed, on what, and what to try next."""

    exit_status = 1


class UsageError(P2cError, ValueError):
    """An option or a combination of options makes no sense."""

    exit_status = 2


class PaperError(P2cError, ValueError):
    """The paper cannot be read: empty, truncated, encrypted, without text, or no paper."""

    exit_status = 2


class NoEndpoint(UsageError):
    """No model endpoint is configured."""


class ModelError(P2cError, RuntimeError):
    """The model endpoint failed, for good or after all retries."""

    exit_status = 3


class ContextTooLong(ModelError):
    """The prompt does not fit into the model's context window."""


class AnswerError(P2cError, ValueError):
    """The model's answer could not be used, even after it was asked again."""


class BudgetExceeded(P2cError):
    """The next step would go over `--max-cost`, `--max-minutes` or `--max-attempts`."""


class RunFolderError(P2cError, OSError):
    """The run folder cannot be used: held by another process, read-only, full, or of another paper."""

    exit_status = 2


class RecordingExhausted(P2cError, LookupError):
    """A run with recorded replies asked for an answer that was not recorded."""
