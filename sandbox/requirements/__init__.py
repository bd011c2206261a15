"""Requirements: imports to distributions to a lock."""

from sandbox.requirements.environment import prepare, replay
from sandbox.requirements.exists import exists
from sandbox.requirements.infer import Inference, infer
from sandbox.requirements.prepared import Prepared

__all__ = ["Inference", "Prepared", "exists", "infer", "prepare", "replay"]
