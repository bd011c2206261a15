"""Requirements: imports to distributions to a lock."""

from sandbox.requirements.environment import lock, prepare, replay
from sandbox.requirements.infer import infer
from sandbox.requirements.inference import Inference
from sandbox.requirements.prepared import Prepared
from sandbox.requirements.roots import Resolution
from sandbox.requirements.standing import trust

__all__ = ["Inference", "Prepared", "Resolution", "infer", "lock", "prepare", "replay", "trust"]
