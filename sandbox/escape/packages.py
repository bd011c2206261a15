"""What a package brings, payloads and build scripts, runs only where code runs: never where it is installed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sandbox.engine import guard
from sandbox.errors import InfrastructureError
from sandbox.escape.case import Place, cases_of, ended, must
from sandbox.escape.need import Need
from sandbox.escape.verifying import store_of
from sandbox.escape.wheelhouse import Wheelhouse, wheel_bytes
from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.store import Installed, Store
from sandbox.store.container import InstallingContainer
from sandbox.store.wheel import why_no_wheel
from sandbox.tree import Tree
from sandbox.verdict import Ended

PACKAGES, case = cases_of("packages")

BACKEND = """
import json, os, pathlib, socket, zipfile

def seen():
    status = pathlib.Path("/proc/self/status").read_text()
    first = pathlib.Path("/proc/1/environ")
    def may_write(path):
        try:
            open(path, "w").close()
        except OSError:
            return False
        return True
    return {
        "uid": os.getuid(),
        "capabilities": [l.split()[1] for l in status.splitlines() if l.startswith(("CapEff", "CapBnd"))],
        "environment": dict(os.environ),
        "first_environment": first.read_text(errors="replace") if os.access(first, os.R_OK) else "",
        "writable": [p for p in ("/store/x", "/opt/p2c/x", "/usr/x", "/etc/x") if may_write(p)],
        "store": os.listdir("/store") if os.path.isdir("/store") else [],
        "engine": os.path.exists("/var/run/docker.sock"),
    }

def wheel(folder, name, version, files):
    file = f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as z:
        for path, text in files.items():
            z.writestr(path, text)
        z.writestr(info + "METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        z.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        z.writestr(info + "RECORD", "")
    return file
"""
_FORGED = b'{"name": "forged-1.0-py3-none-any.whl", "size": 0, "said": ""}\n'
"""The answer of a builder, as a build script may print it."""


def _install(store: Store, *names: str) -> str:
    """The key of an environment with these."""
    with store.session() as session:
        answer = session.resolve("".join(f"{name}\n" for name in names))
        must(answer.ok, f"{names} cannot be resolved: {answer.said}")
        installed = store.install(answer.lock, modules=names, session=session)
    if not isinstance(installed, Installed):
        raise InfrastructureError(f"{names} cannot be installed: {installed.said}")
    return installed.key


def _printed(place: Place, key: str | None, code: str) -> str:
    """What code prints in an environment."""
    with DockerRunner(place.client, place.image.tag, place.volume, place.runtime, 0) as runner:
        result = runner.run(Job(("python", "-c", code), Tree({"a": b""}), key, Limits(wall_seconds=20)))
    ended(result, Ended.exited, status=0)
    return result.stdout.text().strip()


@case(Need.local)
def sdist_is_built_apart(place: Place) -> None:
    """A build script runs in a throwaway container alone: nobody there, no store, none of the host's variables."""
    packages = Wheelhouse(place.folder())
    build = "def build_wheel(folder, config=None, metadata=None):\n"
    build += "    return wheel(folder, 'hostile_sdist', '1.0', {'hostile_sdist.py': f'SEEN = {seen()!r}'})\n"
    packages.sdist("hostile-sdist", "1.0", BACKEND + build)
    store = store_of(place, packages)
    with store.session() as session:
        must(not session.resolve("hostile-sdist\n").ok, "the installer itself would build it")
        why = store.build("hostile-sdist", "hostile-sdist", session)
        must(why is None, f"it was not built: {why}")
    key = _install(store, "hostile-sdist")
    seen = json.loads(_printed(place, key, "import json, hostile_sdist; print(json.dumps(hostile_sdist.SEEN))"))
    must(seen["uid"] == 1000, f"it was user {seen['uid']}")
    must(all(int(mask, 16) == 0 for mask in seen["capabilities"]), f"its capabilities were {seen['capabilities']}")
    must(not seen["writable"] and not seen["store"], f"it could write to {seen['writable']}, saw {seen['store']}")
    must(not seen["engine"], "it saw the engine's socket")
    must(place.canary not in json.dumps(seen), "it saw a variable of the host")


@case(Need.local)
def sdist_that_hands_out_another_package(place: Place) -> None:
    """A build that hands out a wheel of another name, with files outside of itself, or none, is not kept."""
    builds = {
        "other": "    return wheel(folder, 'numpy', '99.0', {})\n",
        "forged": f"    os.write(1, {_FORGED!r})\n    os._exit(0)\n",
        "outside": "    return wheel(folder, 'outside', '1.0', {'../../escape.py': '', '/abs/escape.py': ''})\n",
    }
    packages = Wheelhouse(place.folder())
    for name, body in builds.items():
        packages.sdist(name, "1.0", f"{BACKEND}\ndef build_wheel(folder, config=None, metadata=None):\n{body}")
    store = store_of(place, packages)
    with store.session() as session:
        for name in builds:
            must(store.build(name, name, session), f"what the build of {name} handed out was kept")
        must(not session.resolve("numpy==99.0\n").ok, "a build could pass for numpy")


@case()
def wheel_with_a_pth_payload(place: Place) -> None:
    """A wheel's `.pth` payload runs in the runs of its own environment, not in the installer, and writes no store."""
    payload = "import os; os.environ['PWNED'] = '1'; os.path.isdir('/store') and os.system('touch /store/pwned 2>&-')\n"
    wheel = Wheelhouse(place.folder()).wheel("hostile-pth", "1.0", files={"hostile_pth.py": "", "evil.pth": payload})
    store = store_of(place)
    with store.session() as session:
        session.keep_wheel(wheel.name, wheel.read_bytes())
    key = _install(store, "hostile-pth")
    must("pwned" not in _printed(place, None, "import os; print(os.listdir('/store'))"), "the installer ran it")
    must(_printed(place, key, "import os; print(os.environ.get('PWNED'))") == "1", "this case tries nothing")
    must("pwned" not in _printed(place, key, "import os; print(os.listdir('/store'))"), "a run wrote to the store")
    must(_printed(place, None, "import os; print(os.environ.get('PWNED'))") == "None", "it runs in other environments")


@case()
def wheel_that_replaces_tools(place: Place) -> None:
    """A wheel with a `uv`, `sitecustomize` and `typing` of its own disturbs no installer and no other run."""
    evil = "raise SystemExit('pwned')\n"
    files = {f"{name}.py": evil for name in ("sitecustomize", "usercustomize", "typing", "encodings")}
    files |= {"hostile_tools.py": "", "hostile_tools-1.0.data/scripts/uv": "#!/bin/sh\nexit 1\n"}
    wheel = Wheelhouse(place.folder()).wheel("hostile-tools", "1.0", files=files)
    other = Wheelhouse(place.folder()).wheel("harmless", "1.0")
    store = store_of(place)
    with store.session() as session:
        for one in (wheel, other):
            session.keep_wheel(one.name, one.read_bytes())
    _install(store, "hostile-tools")
    key = _install(store, "harmless")
    must(_printed(place, key, "import harmless; print(harmless.VERSION)") == "1.0", "another environment is disturbed")


@case()
def wheels_that_lead_out(_place: Place) -> None:
    """A wheel with absolute names or `..`, of another name or version, or no archive at all, is refused."""
    good = wheel_bytes("mu", "1.0", (), {"mu.py": ""}, "py3-none-any")
    must(why_no_wheel("mu-1.0-py3-none-any.whl", good, "mu") is None, "a good wheel is refused")
    hostile: Mapping[str, tuple[str, bytes, str]] = {
        "dots": ("mu-1.0-py3-none-any.whl", wheel_bytes("mu", "1.0", (), {"../../x.py": ""}, "py3-none-any"), "mu"),
        "absolute": ("mu-1.0-py3-none-any.whl", wheel_bytes("mu", "1.0", (), {"/etc/x": ""}, "py3-none-any"), "mu"),
        "backslash": ("mu-1.0-py3-none-any.whl", wheel_bytes("mu", "1.0", (), {"..\\x": ""}, "py3-none-any"), "mu"),
        "other name": ("nu-1.0-py3-none-any.whl", good, "mu"),
        "other version": ("mu-2.0-py3-none-any.whl", good, "mu"),
        "no archive": ("mu-1.0-py3-none-any.whl", b"PK\x03\x04", "mu"),
        "path for a name": ("../mu-1.0-py3-none-any.whl", good, "mu"),
    }
    for what, (name, content, distribution) in hostile.items():
        must(why_no_wheel(name, content, distribution), f"a wheel with {what} is kept")


@case()
def installer_is_hardened(place: Place) -> None:
    """The installer is nobody too: no capability, read-only root, and none of the host's variables."""
    store = store_of(place)
    container = InstallingContainer(
        place.client, place.image, store.host, module="installer", store=place.volume, scratch=1 << 26
    )
    try:
        with guard("looking at an installer"):
            seen = place.client.api.inspect_container(container.id)
    finally:
        container.discard()
    host = seen["HostConfig"]
    must(host["CapDrop"] == ["ALL"] and not host["CapAdd"], "it has capabilities")
    must("no-new-privileges" in "".join(host["SecurityOpt"]), "it may have new privileges")
    must(host["ReadonlyRootfs"] and not host["Privileged"], "it may write to its root")
    must(seen["Config"]["User"] == "1000:1000", f"it is user {seen['Config']['User']}")
    must(host["PidsLimit"] and host["Memory"], "it has no limits")
    must({m["Destination"] for m in seen["Mounts"] if m["RW"]} <= {"/store"}, f"it may write to {seen['Mounts']}")
    must(place.canary not in json.dumps(seen), "it has a variable of the host")
