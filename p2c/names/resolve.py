"""Names to ids: what is certain is proposed, what is not is listed; nothing is exchanged here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

from p2c.names.find import Kind, Name, find_names
from p2c.names.hub import MOST, Candidate, Hub
from p2c.types import Value
from sandbox.words import counted

CLEAR = 10
"""Of several repositories of one name, the first is meant where it has so many times the next one's downloads; none is
where one that is called alike has so many times its own."""
RARE = 100
"""Downloads in a month; what has fewer may be anybody's, and is for a person to choose."""

State = Literal["exact", "renamed", "match", "ambiguous", "unknown"]


class Resolved(Value):
    """What the Hub has for one name."""

    name: str
    kind: Kind
    places: tuple[str, ...]
    """Where it stands in the configuration, as `data.name`."""
    state: State
    """`exact`: it is an id; `renamed`: the Hub gives another id for it; `match`: one repository is called so;
    `ambiguous`: several could be meant, or none is called exactly so; `unknown`: nothing is found."""
    use: str | None
    """The id that is proposed in its place; None: the name stays."""
    reason: str
    candidates: tuple[Candidate, ...] = ()


class Names(Value):
    """Every name of a configuration."""

    schema_version: Literal["1"] = "1"
    config: str
    """SHA-256 (hex) of the configuration that this is about."""
    endpoint: str
    names: tuple[Resolved, ...]

    @property
    def proposed(self) -> tuple[Resolved, ...]:
        """Those for which an id would stand in place of the name."""
        return tuple(one for one in self.names if one.use is not None and one.use != one.name)

    @property
    def open(self) -> tuple[Resolved, ...]:
        """Those that a person must decide."""
        return tuple(one for one in self.names if one.use is None and one.state in ("ambiguous", "unknown"))


def resolve_names(config: str, hub: Hub) -> Names:
    """What the Hub has for every name of a model or a data set in `config`.

    Args:
        config: the text of `config.yaml`.
        hub: who is asked; four times a name at most.

    Raises:
        HubError: the Hub cannot be asked.
    """
    found = tuple(_resolve(name, hub) for name in find_names(config))
    return Names(config=digest(config), endpoint=hub.endpoint, names=found)


def digest(config: str) -> str:
    """SHA-256 (hex) of a configuration's text."""
    return hashlib.sha256(config.encode("utf-8", "surrogatepass")).hexdigest()


def _resolve(name: Name, hub: Hub) -> Resolved:
    given = hub.get(name.name, name.kind)
    if given is not None and given.id == name.name:
        return _made(name, "exact", None, "it is an id on the Hub", (given,))
    if given is not None:
        return _made(name, "renamed", given.id, "the Hub gives this id for the name", (given,))
    candidates = _search(name, hub)
    if not candidates:
        return _made(name, "unknown", None, "the Hub has nothing that is called so", ())
    same = [one for one in candidates if _bare(one.id) == _bare(name.name)]
    if not same:
        return _made(name, "ambiguous", None, "nothing is called exactly so; these are called alike", candidates)
    doubt = _doubt(same, candidates)
    if doubt:
        return _made(name, "ambiguous", None, doubt, candidates)
    stands_out = f"called so, with {CLEAR} times the next one's downloads"
    why = "the only one that is called so" if len(same) == 1 else stands_out
    return _made(name, "match", same[0].id, why, candidates)


def _doubt(same: Sequence[Candidate], candidates: Sequence[Candidate]) -> str:
    """Why the first that is called so may not be meant; empty where it is. Both with most downloads first."""
    downloads = same[0].downloads
    if len(same) > 1 and downloads < CLEAR * max(1, same[1].downloads):
        return f"{len(same)} are called so, and none stands out"
    if downloads < RARE:
        return f"hardly anybody uses what is called so: {counted(downloads, 'download')} in a month"
    if candidates[0].downloads >= CLEAR * downloads:
        return f"what is called so has less than a tenth of the downloads of {candidates[0].id}"
    return ""


def _search(name: Name, hub: Hub) -> tuple[Candidate, ...]:
    """What is called so in any spelling, most downloads first: a paper's `CIFAR-10` is `cifar10` on the Hub."""
    hyphened = "-".join(name.name.split())
    joined = name.name if "/" in name.name else "".join(char for char in name.name if char.isalnum())
    spellings = dict.fromkeys((name.name, hyphened, joined))
    found = {one.id: one for spelling in spellings for one in hub.search(spelling, name.kind)}
    return tuple(sorted(found.values(), key=lambda one: -one.downloads)[:MOST])


def _bare(name: str) -> str:
    """The last part of an id, letters and digits alone: `BERT base` and `x/bert-base` are called the same."""
    return "".join(char for char in name.rpartition("/")[2].casefold() if char.isalnum())


def _made(name: Name, state: State, use: str | None, reason: str, candidates: Sequence[Candidate]) -> Resolved:
    return Resolved(
        name=name.name,
        kind=name.kind,
        places=tuple(place.path for place in name.places),
        state=state,
        use=use,
        reason=reason,
        candidates=tuple(candidates),
    )
