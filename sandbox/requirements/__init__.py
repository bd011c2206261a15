"""Requirements: imports to distributions to a lock."""

from sandbox.requirements.conda import PlainLoader
from sandbox.requirements.environment import lock, prepare, replay
from sandbox.requirements.infer import Inference, infer
from sandbox.requirements.prepared import Prepared
from sandbox.requirements.resolve import Resolution
from sandbox.requirements.standing import trust

__all__ = ["Inference", "PlainLoader", "Prepared", "Resolution", "infer", "lock", "prepare", "replay", "trust"]
