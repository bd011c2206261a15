"""The Docker engine: a connection that rides out its small troubles, its errors as ours, and who owns what."""

from sandbox.engine.connection import connect, is_local
from sandbox.engine.faults import causes, guard, is_transient
from sandbox.engine.owners import LABEL, MAKER, TEMPORARY, is_dead, labels
from sandbox.engine.reaping import LateReaper, Reaped, is_there, reap_dead

STORE_VOLUME = "p2c-store"
"""The one volume that stays: uv's cache and the environments."""

__all__ = [
    "LABEL",
    "MAKER",
    "STORE_VOLUME",
    "TEMPORARY",
    "LateReaper",
    "Reaped",
    "causes",
    "connect",
    "guard",
    "is_dead",
    "is_local",
    "is_there",
    "is_transient",
    "labels",
    "reap_dead",
]
