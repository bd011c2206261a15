"""Requirements to a lock: uv decides, and what it complains about is mended where a rule says how.

A version that no wheel for this Python satisfies is loosened, a distribution that has no wheel at all is built
apart, a GPU build is replaced; a conflict that the repository itself wrote down is its failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from sandbox.requirements.build import build
from sandbox.requirements.complaint import Complaint, names_in, read_complaint
from sandbox.requirements.cpu import NEVER, companions, cpu_torch, is_cuda, is_needless, substitute
from sandbox.requirements.relax import looser
from sandbox.requirements.roots import Resolution, Root, held_back, yanked
from sandbox.requirements.windows import WINDOW
from sandbox.store import Answer, Session, Store, installed_versions
from sandbox.verdict import Missing, Requirement

MAX_ROUNDS = 150
_TORCH_CPU = ("--torch-backend", "cpu")


def resolve(store: Store, session: Session, requirements: tuple[Requirement, ...]) -> Resolution:
    """Resolve `requirements` for the sandbox's Python, without a GPU.

    Raises:
        InfrastructureError: the engine, the index or the disk failed.
    """
    return _Resolving(store, session, requirements).run()


@dataclass
class _Resolving:
    store: Store
    session: Session
    requirements: tuple[Requirement, ...]
    roots: dict[str, Root] = field(default_factory=dict)
    excluded: dict[str, None] = field(default_factory=dict)
    built: set[str] = field(default_factory=set)
    arguments: tuple[str, ...] = ()
    torch: Version | None = None
    loosened: bool = False
    backend_tried: bool = False
    held_checked: bool = False
    missing: list[Missing] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Resolution:
        for need in self.requirements:
            self._add(need)
        self._choose_torch()
        for _ in range(MAX_ROUNDS):
            answer = self._ask(self.roots.values())
            if not answer.ok:
                complaint = read_complaint(answer.said)
                if not self._mended(complaint, answer.said):
                    return self._result(complaint=complaint, evidence=answer.said)
            elif not self._improved(installed_versions(answer.lock)):
                self.notes += yanked(answer.said)
                return self._result(lock=answer.lock)
        return self._result(complaint=complaint, evidence=answer.said)

    def _result(self, lock: str = "", complaint: Complaint | None = None, evidence: str = "") -> Resolution:
        return Resolution(lock, complaint, evidence, tuple(self.missing), tuple(dict.fromkeys(self.notes)))

    def _add(self, need: Requirement) -> None:
        name = need.distribution
        if is_cuda(name) or is_needless(need):
            self._leave_to_gpus(need)
            return
        instead = None if need.rule == WINDOW else substitute(name)
        if instead:
            self.notes.append(f"{instead} is installed in place of {name}: the sandbox has no GPU and no screen")
        name = instead or name
        self.roots[name] = Root.of(need, name, self.roots.get(name))

    def _leave_to_gpus(self, need: Requirement) -> None:
        reason = f"{need.distribution} is not installed: the sandbox has no GPU"
        if need.modules and not need.optional:
            self.missing.append(Missing(kind="package", what=need.distribution, evidence=reason))
        else:
            self.notes.append(reason)

    def _choose_torch(self) -> None:
        """The CPU build of torch that this host has, which any requirement on torch then means."""
        versions = cpu_torch(self.store.host, self.store.image.python)
        if not versions:
            self.arguments, self.backend_tried = _TORCH_CPU, False
            return
        root = self.roots.get("torch")
        fitting = [v for v in versions if root is None or v in SpecifierSet(root.specifier, prereleases=True)]
        self.torch = fitting[0] if fitting else versions[0]
        if root and not fitting:
            self._loosen(root, "", f"{self.torch} is the CPU build of torch that can be had here")
        for name in companions() & self.roots.keys():
            self.roots[name] = replace(self.roots[name], specifier="")

    def _ask(self, roots: Iterable[Root], arguments: tuple[str, ...] = ()) -> Answer:
        lines = "\n".join(root.line() for root in roots)
        constraints = f"torch=={self.torch}\n" if self.torch else ""
        overrides = "".join(f"{name} ; {NEVER}\n" for name in self.excluded)
        soft = self.arguments == _TORCH_CPU and not self.backend_tried
        answer = self.session.resolve(
            lines + "\n",
            constraints=constraints,
            overrides=overrides,
            arguments=(*self.arguments, *arguments),
            may_be_unreachable=soft,
        )
        if soft and not answer.ok and "No solution found" not in answer.said:
            # The index of CPU builds cannot be reached from here: go on without it.
            self.arguments, self.backend_tried = (), True
            return self._ask(roots, arguments)
        return answer

    def _mended(self, complaint: Complaint, said: str) -> bool:
        """Whether something was changed that may answer the complaint."""
        root = self.roots.get(complaint.name)
        match complaint.kind:
            case "not_found":
                return root is not None and root.optional and self._do_without(root.name, "the index does not have it")
            case "no_wheel" | "python" if root and root.specifier:
                reason = f"no wheel of it is for Python {self.store.image.python}"
                return self._loosen(root, looser(root.specifier) or "", reason)
            case "no_wheel":
                return self._build(complaint, said)
            case "python":
                return self._do_without(complaint.name, complaint.sentence)
        return self._settled(complaint, names_in(said))

    def _settled(self, complaint: Complaint, names: frozenset[str]) -> bool:
        """Whether a conflict can be settled without changing what the repository says it must have."""
        named = names & self.roots.keys()
        spare = sorted(name for name in named if self.roots[name].optional)
        if spare:
            return self._do_without(spare[0], complaint.sentence)
        if self.loosened and self._loosen_all(named):
            return True
        needing = sorted(named - {"torch"}) if self.torch and "torch" in names else []
        reason = f"no CPU build of torch that suits it can be had here, only {self.torch}"
        return bool(needing) and self._do_without(needing[0], reason)

    def _loosen_all(self, named: frozenset[str]) -> bool:
        """Loosen what conflicts with what had to be loosened before."""
        pinned = [self.roots[name] for name in sorted(named) if self.roots[name].specifier]
        for root in pinned:
            self._loosen(root, looser(root.specifier) or "", "it does not go with what had to be loosened before")
        return bool(pinned)

    def _loosen(self, root: Root, specifier: str, reason: str) -> bool:
        self.roots[root.name] = replace(root, specifier=specifier)
        self.loosened = True
        start = f"{root.name}{root.wanted} was loosened to"
        self.notes = [note for note in self.notes if not note.startswith(start)]
        self.notes.append(f"{start} {root.name}{specifier or ' (any version)'}: {reason}")
        return True

    def _build(self, complaint: Complaint, said: str) -> bool:
        """Build a wheel of a distribution that has none for this Python, else loosen whoever asks for it."""
        name = complaint.name
        root = self.roots.get(name)
        asking = (names_in(said) & self.roots.keys()) - {name}
        if name in self.built:
            again = f"it has no wheel for Python {self.store.image.python}"
            return self._loosen_all(asking) or self._do_without(name, again)
        self.built.add(name)
        wanted = (root.wanted if root else "") or complaint.specifier
        reasons = []
        for specifier in dict.fromkeys((wanted, "")) if root else (wanted,):
            reason = build(self.store, self.session, f"{name}{specifier}", name)
            if reason is None:
                self.notes.append(f"{name}{specifier} has no wheel; one was built from its source distribution")
                if root:
                    self.roots[name] = replace(root, specifier=specifier)
                return True
            reasons.append(reason)
        failed = f"it has no wheel, and its source distribution could not be built: {reasons[0]}"
        return self._loosen_all(asking) or self._do_without(name, failed)

    def _do_without(self, name: str, reason: str) -> bool:
        """Leave a distribution out; said as missing unless the program can do without."""
        root = self.roots.pop(name, None)
        if root is None and name in self.excluded:
            return False
        self.excluded[name] = None
        if root and root.optional:
            self.notes.append(f"{name} is optional and was left out: {reason.splitlines()[0][:200]}")
        else:
            self.missing.append(Missing(kind="package", what=name, evidence=reason[-2000:]))
        return True

    def _improved(self, versions: dict[str, str]) -> bool:
        """Whether the lock is not what is wanted yet, and the next one may be."""
        meant = self.excluded.keys() | {need.distribution for need in self.requirements if need.rule == WINDOW}
        swapped = [name for name in versions if substitute(name) and name not in meant]
        for name in swapped:
            instead = str(substitute(name))
            self.excluded[name] = None
            self.roots.setdefault(instead, Root(instead, "", (), optional=True, wanted=""))
            self.notes.append(f"{instead} is installed in place of {name}: the sandbox has no GPU and no screen")
        return bool(swapped) or self._improved_torch(versions) or self._improved_held_back(versions)

    def _improved_torch(self, versions: dict[str, str]) -> bool:
        cuda = [name for name in versions if is_cuda(name)]
        torch = versions.get("torch", "")
        if torch and cuda and not torch.endswith("+cpu"):
            return self._do_without("torch", "no CPU build of torch can be had here; the index has only CUDA builds")
        if cuda:
            self.excluded |= dict.fromkeys(cuda)
            self.notes.append(f"left out, for the sandbox has no GPU: {', '.join(sorted(cuda))}")
            return True
        if not torch.endswith("+cpu"):
            return False
        unmatched = sorted(n for n in companions() & versions.keys() if not versions[n].endswith("+cpu"))
        if unmatched and not self.backend_tried:
            self.arguments = _TORCH_CPU
            if self._backend_answers():
                return True
        for name in unmatched:
            self._do_without(name, f"no CPU build of {name} to match torch {torch} can be had here")
        return bool(unmatched)

    def _backend_answers(self) -> bool:
        """Whether the index of CPU builds can be reached; asked once, `_ask` then knows."""
        answer = self._ask([Root("torch", "", (), optional=False, wanted="")])
        reached = answer.ok and self.arguments == _TORCH_CPU
        self.backend_tried = True
        if not reached:
            self.arguments = ()
        return reached

    def _improved_held_back(self, versions: dict[str, str]) -> bool:
        """Build what holds an unpinned distribution back at an old version because it has no wheel.

        Without this, hydra-core would silently become a version of years ago: the newer ones need a
        distribution that exists only as a source distribution, and uv may not build.
        """
        free = [root for root in self.roots.values() if not root.specifier and root.name != "torch"]
        if self.held_checked or not free:
            return False
        newest = self._ask(free, ("--no-deps",))
        self.held_checked = True
        if not newest.ok:
            return False
        for root in held_back(free, versions, installed_versions(newest.lock)):
            answer = self._ask([root])
            complaint = read_complaint(answer.said)
            blamed = complaint.kind == "no_wheel" and complaint.name != root.name
            if not answer.ok and blamed and complaint.name not in self.built:
                self.built.add(complaint.name)
                wanted = f"{complaint.name}{complaint.specifier}"
                if build(self.store, self.session, wanted, complaint.name) is None:
                    self.notes.append(f"{complaint.name} has no wheel; one was built from its source distribution")
                    self.held_checked = False
                    return True
        return False
