"""Every error of the sandbox, one sentence each; docker's exceptions are mapped in `engine.py`.

None of these is ever a verdict about the code under test: what the code did is a value
(`sandbox.verdict`), what we could not do is an exception.
"""


class SandboxError(Exception):
    """Base of all errors of the sandbox. The message says what failed, on what, and what to try next."""


class InputError(SandboxError, ValueError):
    """What the user gave cannot be used (no such folder, a bad option); exit status 2."""


class InfrastructureError(SandboxError, RuntimeError):
    """The daemon, the index or the host's disk failed; never the fault of the code; exit status 3."""


class EngineUnavailable(InfrastructureError, ConnectionError):
    """No Docker engine answers, or it refuses us."""


class ImageUnavailable(InfrastructureError):
    """The sandbox image, or its base, can be neither found nor made."""


class IndexUnavailable(InfrastructureError, ConnectionError):
    """The package index did not answer."""


class RunnerLost(InfrastructureError):
    """A container ended, or was removed, before it reported; the run can be tried again."""


class CalledOff(InfrastructureError):
    """A run was ended because its result is not needed any more; says nothing about it."""


class CheckFailed(SandboxError, RuntimeError):
    """A static check crashed or ran out of its limits on this tree; its findings are unknown."""
