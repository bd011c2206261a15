"""What the supervisor and the controller say to each other; both sides import this module.

Controller to supervisor, once: length of the header (`LENGTH`), header (JSON), then the contents of the
files that the header lists, one after the other. Supervisor to controller: frames of kind, length, payload.
The code under test has no descriptor of this channel, so nothing that it prints can be a frame.
"""

from __future__ import annotations

import struct
from enum import IntEnum

LENGTH = struct.Struct("!I")
HEAD = struct.Struct("!BI")
LARGEST = 1 << 20
"""Bytes of payload of one frame, at most; longer payloads are cut into several frames of their kind."""


class Kind(IntEnum):
    """What a frame carries."""

    ready = 1
    """The supervisor waits for its job."""
    started = 2
    """The job is unpacked and its program starts; from here on a loss may be the program's doing."""
    stdout_head = 3
    stderr_head = 4
    stdout_tail = 5
    stderr_tail = 6
    report = 7
    """JSON, cut into frames; ends with the first frame of another kind."""
    file = 8
    """Contents of the collected files that the report lists, one after the other."""
    end = 9
    """Everything has been said."""


def frames(kind: Kind, payload: bytes | bytearray | memoryview) -> bytes:
    """`payload` as frames of `kind`; one empty frame when it is empty."""
    if len(payload) <= LARGEST:
        return HEAD.pack(kind, len(payload)) + payload
    view = memoryview(payload)
    cuts = (view[at : at + LARGEST] for at in range(0, len(view), LARGEST))
    return b"".join(part for cut in cuts for part in (HEAD.pack(kind, len(cut)), cut))
