"""A repository folder is read by the controller itself, on the host: nothing in it may lead out, hang or fill it."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from functools import partial
from pathlib import Path

from sandbox.errors import InputError
from sandbox.escape.case import Place, cases_of, must
from sandbox.escape.flood import flat_memory
from sandbox.escape.need import Need
from sandbox.tree import IGNORED_FOLDERS, MAX_FILES, Tree, check_path

TREES, case = cases_of("tree")
SECRET = b"a secret of the host"


def _repository(place: Place) -> Path:
    folder = place.folder()
    (folder / "main.py").write_text("print(1)\n")
    return folder


def _read(folder: Path, *absent: str) -> Tree:
    """The tree, read within seconds; none of `absent` is in it, each has its reason."""
    began = time.monotonic()
    tree = Tree.read(folder)
    must(time.monotonic() - began < 10, f"it took {time.monotonic() - began:.1f} s to read")
    must("main.py" in tree.files, "the true files are lost")
    must(not any(SECRET in content for content in tree.files.values()), "a secret of the host was read")
    for name in absent:
        must(name not in tree.files, f"{name} was read")
        must(name in tree.skipped, f"nobody says that {name} was left out")
    return tree


@case()
def tree_link_to_the_host(place: Place) -> None:
    """Links to files and folders outside are not followed, be they absolute, relative or in a row."""
    folder, outside = _repository(place), place.folder()
    (outside / "key").write_bytes(SECRET)
    (folder / "absolute").symlink_to(outside / "key")
    (folder / "relative").symlink_to(Path("..") / outside.name / "key")
    (folder / "row").symlink_to("absolute")
    (folder / "folder").symlink_to(outside)
    (folder / "loop").symlink_to("loop")
    _read(folder, "absolute", "relative", "row", "folder", "loop")


@case()
def tree_fifo(place: Place) -> None:
    """A FIFO is not opened, so reading does not hang."""
    folder = _repository(place)
    os.mkfifo(folder / "data.py")
    _read(folder, "data.py")


@case()
def tree_socket(place: Place) -> None:
    """A socket is left out."""
    folder = _repository(place)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "s"))
        _read(folder, "s")


@case(Need.devices)
def tree_device(place: Place) -> None:
    """A device that never ends is not read."""
    folder = _repository(place)
    os.mknod(folder / "zero", 0o020666, os.makedev(1, 5))
    _read(folder, "zero")


@case()
def tree_hard_link(place: Place) -> None:
    """A hard link is read as the file that it is, once for each name."""
    folder = _repository(place)
    (folder / "twin.py").hardlink_to(folder / "main.py")
    tree = _read(folder)
    must(tree.files["twin.py"] == tree.files["main.py"], "its content differs")


@case()
def tree_million_files(place: Place) -> None:
    """More files than a repository may have are refused as input, before they are all read."""
    folder = _repository(place)
    count = MAX_FILES + 10
    (folder / "many").mkdir()
    (folder / "many" / "one").write_bytes(b"")
    for number in range(count):
        _link(folder / "many" / "one", folder / "many" / str(number))
    with flat_memory(), contextlib.suppress(InputError):
        Tree.read(folder)
        must(False, f"{count} files were taken")


def _link(source: Path, target: Path) -> None:
    """A hard link, or, when the source has as many as it can, a file of its own."""
    try:
        os.link(source, target)
    except OSError:
        target.touch()


@case()
def tree_folders_deep(place: Place) -> None:
    """Folders thousands deep, also deeper than a path can be long, are left out with a reason, and break nothing."""
    for name, depth in (("d" * 200, 1000), ("d", 1900), ("d", 3000)):
        folder = _repository(place)
        here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        for _ in range(depth):
            os.mkdir(name, dir_fd=here)
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("deep.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.close(here)
        tree = _read(folder)
        must(tree.digest(), "its digest cannot be had")
        must(tree.skipped, "nobody says that something was left out")


@case()
def tree_setuid_bits(place: Place) -> None:
    """Set-user-id bits are not carried on: a file is executable or it is not."""
    folder = _repository(place)
    (folder / "suid").write_bytes(b"#!/bin/sh\n")
    (folder / "suid").chmod(0o6755)
    tree = _read(folder)
    copy = place.folder()
    tree.write(copy)
    must((copy / "suid").stat().st_mode & 0o7777 == 0o755, "the copy carries the bits")


@case()
def tree_absolute_names(place: Place) -> None:
    """A tree with names that lead out is neither written to the host nor unpacked in a container."""
    target = place.folder()
    for name in (
        "/etc/p2c-escape",
        "../p2c-escape",
        "a/../../p2c-escape",
        ".git/hooks/post-checkout",
        "a\\..\\b",
        "a\0b",
    ):
        for act in (partial(check_path, name), partial(Tree({name: b""}).write, target / "x")):
            try:
                act()
            except ValueError:
                continue
            must(False, f"{name!r} was taken")
    must(not list(target.rglob("*escape*")) and not Path("/etc/p2c-escape").exists(), "something was written")


@case()
def tree_huge_file(place: Place) -> None:
    """A sparse file of a petabyte is refused by its size, not read."""
    folder = _repository(place)
    for size in (1 << 50, 1 << 42, 1 << 33):
        try:
            with (folder / "sparse").open("wb") as file:
                file.truncate(size)
        except OSError:  # the file system has a smaller limit
            continue
        break
    with flat_memory(), contextlib.suppress(InputError):
        Tree.read(folder)
        must(False, "it was read")


@case()
def tree_names_that_are_no_text(place: Place) -> None:
    """Names that are no text, or hold line breaks, neither break nor hide anything."""
    folder = _repository(place)
    for name in (b"\xff.py", b"new\nline.py", b"-rf", b"\x1b[2J.py"):
        (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(b"x = 1\n")
    tree = _read(folder)
    must(tree.digest(), "its digest cannot be had")
    must(all(name.isprintable() or name in tree.files or name in tree.skipped for name in tree.files), "a name is lost")


@case()
def tree_ignored_folders(place: Place) -> None:
    """Hooks and settings of version control and virtual environments do not come along."""
    folder = _repository(place)
    for name in sorted(IGNORED_FOLDERS):
        (folder / name).mkdir()
        (folder / name / "config").write_bytes(SECRET)
    tree = _read(folder)
    must(set(tree.files) == {"main.py"}, f"read: {sorted(tree.files)}")
