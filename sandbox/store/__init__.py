"""The store: one volume that holds uv's cache and the environments, and the containers that write to it."""

from sandbox.store.lock import environment_key, installed_versions
from sandbox.store.session import Answer, Session
from sandbox.store.store import EnvironmentUsage, Installed, Store

__all__ = [
    "Answer",
    "EnvironmentUsage",
    "Installed",
    "Session",
    "Store",
    "environment_key",
    "installed_versions",
]
