"""The file that a person reviews, `plan/names.yaml`, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable

import yaml
from pydantic import ValidationError

from p2c.errors import UsageError
from p2c.names.find import Kind, with_names
from p2c.names.hub import ID, Hub
from p2c.names.resolve import Names, Resolved, digest, resolve_names
from p2c.run.folder import RunFolder

CONFIG, NAMES, OLD = "plan/config.yaml", "plan/names.yaml", "plan/names.old.yaml"
_HEAD = """\
# Names of models and data sets in config.yaml, and what the Hugging Face Hub has for them.
# `use` is the id that would stand in place of the name: change it, or write null to keep the name as it is.
# Nothing is exchanged until the same command is given with --accept-names (or you edit config.yaml by hand).
"""


def look_up(folder: RunFolder, hub: Callable[[], Hub]) -> Names:
    """The names of the run's configuration, written to `plan/names.yaml`; as reviewed, where that was done.

    The Hub is asked again only when the configuration has changed since; the file is then kept as
    `plan/names.old.yaml`.

    Args:
        hub: called when it is needed.

    Raises:
        HubError: the Hub cannot be asked; nothing is written.
        RunFolderError, UsageError: there is no plan yet, or the reviewed file cannot be read.
    """
    config = folder.read(CONFIG)
    old = folder.read(NAMES) if folder.exists(NAMES) else None
    if old is not None:
        reviewed = read_names(old)
        if reviewed.config == digest(config):
            return reviewed
    names = resolve_names(config, hub())
    if old is not None:
        folder.write(OLD, old)
        folder.journal.emit("note", message=f"names: {CONFIG} has changed, so they were looked up again; before: {OLD}")
    folder.write(NAMES, as_yaml(names))
    return names


def apply(folder: RunFolder) -> Names:
    """Put the ids of the reviewed `plan/names.yaml` into `plan/config.yaml`; returns what was applied.

    Afterwards the file says which names stood there before; to apply it again changes nothing.

    Raises:
        UsageError: there is no such file, it cannot be read, or the configuration has changed since.
        RunFolderError: the configuration cannot be written.
    """
    if not folder.exists(NAMES):
        raise UsageError(f"there is no {NAMES} to accept in {folder.path}; give --resolve-names first")
    config, names = folder.read(CONFIG), read_names(folder.read(NAMES))
    if names.config != digest(config):
        raise UsageError(
            f"{CONFIG} has changed since {NAMES} was written, so its ids were not put into it; "
            "give --resolve-names to have them looked up again"
        )
    new: dict[tuple[str, Kind], str] = {(one.name, one.kind): str(one.use) for one in names.proposed}
    if new:
        changed = with_names(config, new)
        after = names.model_copy(update={"config": digest(changed), "names": tuple(map(_applied, names.names))})
        folder.write(CONFIG, changed)
        folder.write(NAMES, as_yaml(after))
        folder.journal.emit("note", message="names: " + "; ".join(f"{a} is now {b}" for (a, _), b in new.items()))
    return names


def as_yaml(names: Names) -> str:
    """The file's content."""
    return _HEAD + yaml.safe_dump(names.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)


def read_names(text: str) -> Names:
    """The names in the file, perhaps edited. Raises UsageError when it cannot be read or an id is none."""
    try:
        names = Names.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        said = " ".join(str(error).split())[:300]
        raise UsageError(f"{NAMES} cannot be read ({said}); mend it, or delete it to have it made again") from error
    for one in names.names:
        if one.use is not None and not ID.fullmatch(one.use):
            raise UsageError(f"{NAMES}: {one.use!r} is no id of the Hub (OWNER/NAME); write null to keep {one.name!r}")
    return names


def _applied(one: Resolved) -> Resolved:
    """A name as it stands after its id was put in its place."""
    if one.use is None or one.use == one.name:
        return one
    changes = {"name": one.use, "state": "exact", "use": None, "reason": f"accepted in place of {one.name}"}
    return one.model_copy(update=changes)
