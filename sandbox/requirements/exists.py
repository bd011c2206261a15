"""Whether the package index has a distribution; asked only for names that a repository declares, never for guesses."""

from __future__ import annotations

from sandbox.requirements.complaint import read_complaint
from sandbox.store import Store


def exists(store: Store, distribution: str) -> bool:
    """Whether the index of this host has `distribution`, in any version. Nothing is installed or built.

    Raises:
        InfrastructureError: the engine, the index or the disk failed.
    """
    with store.session() as session:
        answer = session.resolve(f"{distribution}\n", arguments=("--no-deps",))
    return answer.ok or read_complaint(answer.said).kind != "not_found"
