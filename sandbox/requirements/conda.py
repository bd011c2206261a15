"""What conda's `environment.yml` declares, in the words of PEP 508."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from sandbox.requirements.entries import COMMENT, Entry, line_of, texts

_CONDA_NAMES = {"pytorch": "torch", "pytorch-cpu": "torch", "opencv": "opencv-python-headless", "pytorch-gpu": "torch"}


class PlainLoader(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can mean billions of values."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """As the loader's. Raises yaml.YAMLError for an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


def conda(text: str) -> Iterator[Entry]:
    """Conda's packages, which only say a version, and pip's. Raises yaml.YAMLError, AttributeError, TypeError."""
    wanted = yaml.load(text, PlainLoader).get("dependencies") or ()  # noqa: S506 - a SafeLoader
    for item in [wanted] if isinstance(wanted, str) else wanted:
        if isinstance(item, dict):
            for line in texts(item.get("pip")):
                yield COMMENT.sub("", line).strip(), line_of(text, line), True
        elif isinstance(item, str):
            # name=version=build, perhaps channel::name; what conda calls a package need not be on the index.
            found = re.fullmatch(r"(?:[\w.-]+::)?([\w.-]+)\s*(.*)", item)
            if found and found[1] not in ("python", "pip"):
                name = _CONDA_NAMES.get(found[1].lower(), found[1])
                yield name + _conda_version(found[2]), line_of(text, item), False


def _conda_version(text: str) -> str:
    text = re.sub(r"\s", "", text)
    found = re.fullmatch(r"={1,2}([\d.]+)(?:\.\*|\*)?(?:=.*)?", text)
    if found:
        return f"=={found[1].rstrip('.')}.*"
    return text if re.fullmatch(r"([<>!~]=?[\d.]+,?)+", text) else ""
