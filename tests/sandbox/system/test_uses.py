"""Which programs code starts by name, and which Debian packages that implies."""

from __future__ import annotations

import re

import pytest

from sandbox.requirements import infer
from sandbox.system import command_uses, infer_system
from sandbox.system.table import all_packages, groups_of
from sandbox.tree import Tree


def commands(source: str, path: str = "main.py") -> list[tuple[str, int | None]]:
    return [(use.name, use.line) for use in command_uses(path, source.encode()) if use.kind == "command"]


def needed(**files: str) -> dict[str, str]:
    """Group -> the place that implies it."""
    tree = Tree({name.replace("__", "/").replace("_py", ".py"): text.encode() for name, text in files.items()})
    return {need.group: f"{need.use.file}:{need.use.line}" for need in infer_system(infer(tree).uses, tree).needs}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('import subprocess\nsubprocess.run(["ffmpeg", "-i", path])\n', [("ffmpeg", 2)]),
        ('import subprocess\ncmd = ["ffmpeg",\n  "-y"]\nsubprocess.check_call(cmd)\n', [("ffmpeg", 2)]),
        ('import os\nos.system("dot -Tpng graph.dot -o graph.png")\n', [("dot", 2)]),
        ('import os\nos.system(f"dot -T{kind} x")\n', [("dot", 2)]),
        ('import shutil\nif shutil.which("tesseract") is None: raise SystemExit\n', [("tesseract", 2)]),
        ('import subprocess\nsubprocess.Popen("java -jar " + jar, shell=True)\n', [("java", 2)]),
        ('import subprocess\nprint("please install ffmpeg first")\n', []),
        ('import numpy as np\nx = np.dot(a, b)\nkind = {"dot": 1, "git": 2}\n', []),
        ('import subprocess\nkind = {"dot": 1}\nx.method("gitlab", "ffmpegs")\n', []),
    ],
)
def test_a_program_is_found_where_it_is_started_and_not_where_it_is_spoken_of(
    source: str, found: list[tuple[str, int]]
) -> None:
    assert commands(source) == found


def test_shell_scripts_are_read_too() -> None:
    assert commands("set -e\nffmpeg -i a.mp4 b.wav\nsudo git clone x && sox a b\n", "run.sh") == [
        ("ffmpeg", 2), ("git", 3), ("sox", 3),
    ]  # fmt: skip


def test_a_backend_that_opens_windows_needs_a_display() -> None:
    assert needed(main_py='import matplotlib\nmatplotlib.use("TkAgg")\n') == {"display": "main.py:2"}
    assert "qt" in needed(main_py='import matplotlib.pyplot as plt\nplt.switch_backend("QtAgg")\n')
    assert needed(main_py='import matplotlib\nmatplotlib.use("Agg")\nimport matplotlib.pyplot\n') == {}


@pytest.mark.parametrize(
    ("source", "groups"),
    [
        ("import tkinter as tk\n", {"display"}),
        ("from turtle import *\n", {"display"}),
        ("import pygame\n", {"display", "sdl"}),
        ("from PyQt5.QtWidgets import QApplication\n", {"display", "qt"}),
        ("from PySide6 import QtWidgets\n", {"display", "qt"}),
        ("import pyglet\n", {"display", "opengl"}),
        ("import open3d\n", {"display", "opengl"}),
        ("import graphviz\n", {"graphviz"}),
        ("from torchviz import make_dot\n", {"graphviz"}),
        ("import sounddevice\n", {"portaudio"}),
        ("import pyaudio\n", {"portaudio"}),
        ("from pydub import AudioSegment\n", {"ffmpeg"}),
        ("import pytesseract\n", {"tesseract"}),
        ("from weasyprint import HTML\n", {"pango"}),
        ("import cairosvg\n", {"cairo"}),
        ("from git import Repo\n", {"git"}),
        ("from pyspark.sql import SparkSession\n", {"java"}),
        # the image, or their own wheels, have all that these need
        ("import cv2\n", set()),
        ("import cv2\ncv2.imwrite('a.png', 1)\n", set()),
        ("import cv2\ncv2.imshow('a', 1)\n", {"display", "qt"}),
        ("import cv2 as cv\nif x: cv.namedWindow('a')\n", {"display", "qt"}),
        ("import cv2\n# cv2.imshow('a', 1)\nplt.imshow(cv2.imread('a'))\n", set()),
        ("import soundfile, librosa\n", set()),
        ("import moviepy.editor, imageio\n", set()),
    ],
)
def test_an_import_implies_packages(source: str, groups: set[str]) -> None:
    assert set(needed(main_py=source)) == groups


def test_an_own_module_or_a_test_implies_nothing() -> None:
    assert needed(main_py="import graphics\n", graphics_py="x = 1\n") == {}
    assert needed(main_py="import os\n", tests__test_main_py="import pygame\n") == {}


def test_a_need_says_where_it_comes_from_and_a_required_use_is_named_before_an_optional_one() -> None:
    tree = Tree(
        {
            "a.py": b"try:\n    import pygame\nexcept ImportError:\n    pygame = None\n",
            "b.py": b"import os\nimport pygame\n",
        }
    )
    sdl = next(need for need in infer_system(infer(tree).uses).needs if need.group == "sdl")
    assert (sdl.use.file, sdl.use.line, sdl.use.optional) == ("b.py", 2, False)
    assert "(import pygame, b.py:2)" in sdl.sentence()


def test_only_the_table_names_packages_and_every_name_is_one_of_debian() -> None:
    evil = 'import subprocess\nsubprocess.run(["apt-get", "install", "netcat"])\n'
    tree = Tree({"main.py": evil.encode(), "packages.txt": b"netcat\n", "README.md": b"sudo apt install -y netcat\n"})
    found = infer_system(infer(tree).uses, tree)
    assert found.packages == ()
    assert list(found.notes) == [
        "README.md asks for Debian packages: netcat",
        "packages.txt asks for Debian packages: netcat",
    ]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) for name in all_packages())


def test_what_is_too_large_is_said_and_never_installed() -> None:
    tree = Tree({"plot.py": b'import matplotlib\nmatplotlib.rcParams["text.usetex"] = True\n'})
    found = infer_system(infer(tree).uses)
    assert found.packages == ()
    assert found.notes == ("plot.py:2 uses latex, which needs LaTeX: the sandbox does not have it",)


def test_a_part_of_a_module_has_what_the_module_has() -> None:
    assert groups_of("import", "pygame.mixer.music") == groups_of("import", "pygame")
    assert groups_of("import", "matplotlib.pyplot") == ()
