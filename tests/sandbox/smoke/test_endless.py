"""Programs that never end by design are told from training loops by their code."""

import pytest

from sandbox.smoke.endless import find_endless
from sandbox.smoke.script import Script


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("from flask import Flask\napp = Flask(__name__)\napp.run(port=1)\n", "server"),
        ("import uvicorn\nuvicorn.run('a:app')\n", "server"),
        ("import tkinter\nroot = tkinter.Tk()\nroot.mainloop()\n", "window"),
        ("import gradio as gr\ngr.Blocks().launch()\n", "server"),
        ("import time\nwhile True:\n    poll()\n    time.sleep(1)\n", "loop"),
        ("import pygame\nwhile running:\n    for e in pygame.event.get(): pass\n    pygame.display.flip()\n", "window"),
        ("while True:\n    loss = step()\n", None),
        ("while True:\n    x = step()\n    if x < 1:\n        break\n    time.sleep(0)\n", None),
        ("app.run()\n", None),
        ("trainer.run()\nmodel.launch()\n", None),
    ],
)
def test_evidence_of_a_program_that_never_ends(source, kind):
    found = find_endless((Script("main.py", source),))
    assert (found.kind if found else None) == kind
