"""Which limits this engine can enforce and which it cannot, from what it says of itself (`docker info`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sandbox.setup.check import Check

GVISOR = (
    "not needed; for protection against holes in the kernel install gVisor (gvisor.dev/docs/user_guide/install), run "
    "`sudo runsc install`, restart the engine, and take --runtime runsc"
)
_CGROUP = "use a kernel and an engine with that cgroup controller"
_CONTROLLERS = {
    "memory": ("MemoryLimit", _CGROUP),
    "swap": ("SwapLimit", "on cgroup v1 boot with swapaccount=1, or switch swap off"),
    "processes": ("PidsLimit", _CGROUP),
    "CPU": ("CpuCfsQuota", _CGROUP),
}


def checks(info: Mapping[str, object]) -> Iterator[Check]:
    """One check a kind of limit.

    Args:
        info: the engine's answer to `GET /info`.
    """
    version = str(info.get("CgroupVersion") or "1")
    yield Check("cgroups", "ok", f"version {version}, driver {info.get('CgroupDriver')}")
    for name, (key, mend) in _CONTROLLERS.items():
        if info.get(key):
            yield Check(f"limit: {name}", "ok", "enforced by the kernel")
        else:
            yield Check(f"limit: {name}", "warning", "this engine cannot enforce it", mend)
    yield Check("limit: disk", "ok", "a run writes to size-limited tmpfs only; the store has no quota")
    options = _options(info)
    yield _seccomp(options)
    yield _users(options)
    yield Check("runtimes", "ok", _runtimes(info), "" if "runsc" in _names(info) else GVISOR)


def _options(info: Mapping[str, object]) -> dict[str, str]:
    """Security options by name, e.g. `name=seccomp,profile=default`."""
    listed = info.get("SecurityOptions")
    found: dict[str, str] = {}
    for option in listed if isinstance(listed, list) else []:
        fields = dict(part.partition("=")[::2] for part in str(option).split(","))
        name = fields.pop("name", str(option))
        found[name] = ", ".join(f"{key} {value}" for key, value in fields.items())
    return found


def _seccomp(options: Mapping[str, str]) -> Check:
    profile = options.get("seccomp")
    if profile is None or "unconfined" in profile:
        return Check("seccomp", "warning", "system calls are not filtered", "use an engine built with seccomp")
    return Check("seccomp", "ok", profile or "on")


def _users(options: Mapping[str, str]) -> Check:
    for name, detail in (("rootless", "the engine runs without root"), ("userns", "containers' users are remapped")):
        if name in options:
            return Check("user namespaces", "ok", detail)
    return Check("user namespaces", "ok", "not used; runs have an unprivileged user without capabilities")


def _runtimes(info: Mapping[str, object]) -> str:
    default = str(info.get("DefaultRuntime"))
    others = [name for name in _names(info) if name != default]
    return f"{default} (default)" + (f", {', '.join(others)}" if others else "; no other, such as runsc (gVisor)")


def _names(info: Mapping[str, object]) -> list[str]:
    runtimes = info.get("Runtimes")
    listed = runtimes if isinstance(runtimes, dict) else {}
    return sorted(name for name in listed if not name.startswith("io.containerd."))
