"""Requirements: imports to distributions to a lock."""

from sandbox.requirements.environment import lock, prepare, replay
from sandbox.requirements.exists import exists
from sandbox.requirements.infer import Inference, infer
from sandbox.requirements.prepared import Prepared
from sandbox.requirements.resolve import Resolution

__all__ = ["Inference", "Prepared", "Resolution", "exists", "infer", "lock", "prepare", "replay"]
