"""What an engine can and cannot enforce is read from what it says of itself."""

from sandbox.setup.check import Check
from sandbox.setup.limits import checks

GOOD: dict[str, object] = {
    "MemoryLimit": True, "SwapLimit": True, "PidsLimit": True, "CpuCfsQuota": True, "CgroupVersion": "2",
    "CgroupDriver": "systemd", "DefaultRuntime": "runc",
    "Runtimes": {"runc": {}, "runsc": {}, "io.containerd.runc.v2": {}},
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
}  # fmt: skip


def look(**changes: object) -> dict[str, Check]:
    return {check.name: check for check in checks(GOOD | changes)}


def test_an_engine_that_enforces_everything_is_green_throughout() -> None:
    found = look()
    assert {check.state for check in found.values()} == {"ok"}
    assert found["cgroups"].detail == "version 2, driver systemd"
    assert found["runtimes"].detail == "runc (default), runsc"
    assert found["seccomp"].detail == "profile builtin"
    assert "without root" in found["user namespaces"].detail


def test_each_limit_that_cannot_be_enforced_is_a_warning_with_its_mend() -> None:
    found = look(MemoryLimit=False, SwapLimit=False, PidsLimit=None, CpuCfsQuota=False)
    for name in ("memory", "swap", "processes", "CPU"):
        assert found[f"limit: {name}"].state == "warning"
        assert found[f"limit: {name}"].mend
    assert "swapaccount" in found["limit: swap"].mend


def test_an_engine_without_seccomp_is_a_warning() -> None:
    assert look(SecurityOptions=["name=seccomp,profile=unconfined"])["seccomp"].state == "warning"
    assert look(SecurityOptions=[])["seccomp"].state == "warning"


def test_an_old_engine_that_says_little_is_still_read() -> None:
    found = {check.name: check for check in checks({})}
    assert found["cgroups"].detail.startswith("version 1")
    assert found["limit: memory"].state == "warning"
