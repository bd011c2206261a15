"""The store: one volume that holds uv's cache and the environments, and the containers that write to it."""

from sandbox.store.lock import environment_key, installed_versions
from sandbox.store.session import Answer, Session, StoreUsage
from sandbox.store.store import Cleaned, Installed, Store

__all__ = [
    "Answer",
    "Cleaned",
    "Installed",
    "Session",
    "Store",
    "StoreUsage",
    "environment_key",
    "installed_versions",
]
