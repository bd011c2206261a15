"""Seals what the supervisor says, so that nobody else can say it: not even a program that reaches its descriptors.

Under Linux a process that is not dumpable keeps its descriptors to itself; a runtime may not (in some versions of
gVisor the files in /proc/1/fd can be opened by the program). So the job brings a key that only the controller and
the supervisor know, and from then on the channel carries sealed records: length, keyed digest of number and
contents, contents. A record that anybody else wrote, left out or repeated has no right digest.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from hashlib import blake2b

HEAD = struct.Struct("!I16s")
LARGEST = 1 << 20
"""Bytes of contents of one record, at most."""


class Seal:
    """One side of a sealed channel; the records are numbered from 0.

    Args:
        key: 16 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._number = 0

    def close(self, data: bytes) -> bytes:
        """`data` as records; nothing for nothing."""
        pieces = (data[at : at + LARGEST] for at in range(0, len(data), LARGEST))
        return b"".join(HEAD.pack(len(piece), self._digest(piece)) + piece for piece in pieces)

    def open(self, buffer: bytearray) -> Iterator[bytes]:
        """Take the complete records off the front of `buffer` and give their contents.

        Raises:
            ValueError: a record is not of the one who has the key.
        """
        while len(buffer) >= HEAD.size:
            length, digest = HEAD.unpack_from(buffer)
            if length > LARGEST:
                raise ValueError("a record is longer than any can be")
            if len(buffer) < HEAD.size + length:
                return
            piece = bytes(buffer[HEAD.size : HEAD.size + length])
            del buffer[: HEAD.size + length]
            if self._digest(piece) != digest:
                raise ValueError("a record has the wrong seal")
            yield piece

    def _digest(self, piece: bytes) -> bytes:
        number = self._number.to_bytes(8, "big")
        self._number += 1
        return blake2b(piece, digest_size=16, key=self._key, salt=number).digest()
