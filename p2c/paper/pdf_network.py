"""PyMuPDF's layout network, loaded so that its threads sleep while they have nothing to do.

ONNX Runtime lets them spin: a third of the time that a page takes, and more where two processes share two cores.
PyMuPDF makes its sessions when it is imported and has no setting for them, so this comes before the import.

`python -m p2c.paper.pdf_network FIRST STOP < PDF` writes the layout of those pages: the second process of `pdf_layout`.
"""

from __future__ import annotations

import sys
from typing import Any

import onnxruntime  # type: ignore[import-untyped]


class _Calm(onnxruntime.InferenceSession):  # type: ignore[misc]
    """A session whose threads do not spin, by an option of ONNX Runtime's own."""

    def __init__(self, model: Any, sess_options: Any = None, **options: Any) -> None:
        chosen = onnxruntime.SessionOptions() if sess_options is None else sess_options
        chosen.add_session_config_entry("session.intra_op.allow_spinning", "0")
        super().__init__(model, sess_options=chosen, **options)


def load() -> None:
    """Import PyMuPDF with its network; where it is imported already, it stays as it is."""
    usual = onnxruntime.InferenceSession
    onnxruntime.InferenceSession = _Calm
    try:
        import pymupdf.layout  # noqa: F401, PLC0415 - its sessions are made on import
    finally:
        onnxruntime.InferenceSession = usual


def main() -> None:
    """The layout of some pages; see `pdf_layout.main`."""
    load()
    from p2c.paper import pdf_layout  # noqa: PLC0415 - imports PyMuPDF

    pdf_layout.main(*map(int, sys.argv[1:]))


if __name__ == "__main__":
    main()
