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


class ModelRefused(ModelError):
    """The model would not answer; the endpoint works, and another answer to the same question may come."""


class ContextTooLong(ModelError):
    """The prompt does not fit into the model's context window."""


class AnswerError(P2cError, ValueError):
    """The model's answer could not be used, even after it was asked again."""


class BudgetExceeded(P2cError):
    """The next step would go over `--max-cost`, `--max-minutes` or `--max-attempts`."""


class RubricError(UsageError):
    """A rubric cannot be used: it is no JSON, or a node of it lacks a field or holds one that makes no sense."""


class HubError(P2cError, RuntimeError):
    """The Hugging Face Hub could not be asked: offline, refused, or its client is not installed."""

    exit_status = 3


class RunFolderError(P2cError, OSError):
    """The run folder cannot be used: held by another process, read-only, full, or of another paper."""

    exit_status = 2


class DiskFull(RunFolderError):
    """The disk of the run folder is full, its quota is used up, or it fails."""

    exit_status = 3


class RecordingExhausted(P2cError, LookupError):
    """A run with recorded replies asked for an answer that was not recorded."""
