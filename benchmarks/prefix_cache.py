"""An endpoint's prefix cache, by the rules that public endpoints document.

A prompt is served from it in whole blocks of 128 tokens, as far as its beginning is known to the last character, and
not at all below 1,024 tokens (OpenAI, "Prompt caching"). A token is four characters here, for every contestant.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

CHARACTERS_PER_TOKEN = 4
BLOCK_TOKENS = 128
LEAST_TOKENS = 1024


def tokens(text: str) -> int:
    """How many tokens `text` has; a part of one counts."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


class PrefixCache:
    """The beginnings of all prompts so far. Safe for several threads."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._lock = threading.Lock()

    def served(self, prompt: str) -> int:
        """Tokens of `prompt` that need not be read again."""
        blocks = 0
        with self._lock:
            for digest in _prefixes(prompt):
                if digest not in self._known:
                    break
                blocks += 1
        found = blocks * BLOCK_TOKENS
        return found if found >= LEAST_TOKENS else 0

    def keep(self, prompt: str) -> None:
        """From now on every beginning of `prompt` is known."""
        with self._lock:
            self._known.update(_prefixes(prompt))


def _prefixes(prompt: str) -> Iterator[bytes]:
    """A digest of each beginning that is whole blocks long, the shortest first."""
    size = BLOCK_TOKENS * CHARACTERS_PER_TOKEN
    running = hashlib.sha256()
    for end in range(size, len(prompt) + 1, size):
        running.update(prompt[end - size : end].encode("utf-8", "surrogatepass"))
        yield running.digest()
