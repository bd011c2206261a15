"""What conda's `environment.yml` declares, in the words of PEP 508."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.requirements.entries import COMMENT, Entry, Places, texts
from sandbox.requirements.plain_yaml import read_yaml

_CONDA_NAMES = {"pytorch": "torch", "pytorch-cpu": "torch", "opencv": "opencv-python-headless", "pytorch-gpu": "torch"}


def conda(text: str) -> Iterator[Entry]:
    """Conda's packages, which only say a version, and pip's. Raises UnreadableYamlError, TypeError."""
    config, places = read_yaml(text), Places(text)
    if not isinstance(config, dict):
        raise TypeError("no table")
    wanted = config.get("dependencies") or ()
    for item in [wanted] if isinstance(wanted, str) else wanted:
        if isinstance(item, dict):
            for line in filter(str.strip, texts(item.get("pip"))):
                yield COMMENT.sub("", line).strip(), places.line_of(line), True
        elif isinstance(item, str):
            # name=version=build, perhaps channel::name; what conda calls a package need not be on the index.
            found = re.fullmatch(r"(?:[\w.-]+::)?([\w.-]+)\s*(.*)", item)
            if found and found[1] not in ("python", "pip"):
                name = _CONDA_NAMES.get(found[1].lower(), found[1])
                yield name + _conda_version(found[2]), places.line_of(item), False


def _conda_version(text: str) -> str:
    text = re.sub(r"\s", "", text)
    found = re.fullmatch(r"={1,2}([\d.]+)(?:\.\*|\*)?(?:=.*)?", text)
    if found:
        return f"=={found[1].rstrip('.')}.*"
    return text if re.fullmatch(r"([<>!~]=?[\d.]+,?)+", text) else ""
