"""Wheels of distributions that have none, built in throwaway containers with the Debian packages that they need."""

from __future__ import annotations

from sandbox.setup.layers import ensure_layer
from sandbox.store import Session, Store
from sandbox.system import build_packages


def build(store: Store, session: Session, requirement: str, distribution: str) -> str | None:
    """Build a wheel of `requirement` (PEP 508) and keep it in the store; returns None, or why there is none.

    Raises:
        InfrastructureError: the engine or the index failed.
    """
    packages, image = build_packages(distribution), None
    if packages:
        layer = ensure_layer(store.client, store.image, packages, lambda _: None)
        if layer.tag is None:
            return f"its build needs {', '.join(packages)} of Debian, which cannot be had here: {layer.reason}"
        image = layer.tag
    return store.build(requirement, distribution, session, image=image)
