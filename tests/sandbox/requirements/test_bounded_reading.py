"""Declarations of a hostile tree: strange values are no error of ours, and reading them takes bounded time."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import pytest

from sandbox.requirements import explain, infer
from sandbox.requirements.declared import MAX_ENTRIES, Declarations, Declared, read_declared
from sandbox.requirements.differences import unused
from sandbox.requirements.dotted import MAX_PARTS, dotted, last_part
from sandbox.requirements.entries import Places
from sandbox.requirements.names import Named, lookup
from sandbox.requirements.plain_yaml import MAX_CHARACTERS, UnreadableYamlError, read_yaml
from sandbox.tree import Tree
from sandbox.verdict import Refused, Requirement


def _read(path: str, text: str) -> Declarations:
    return read_declared(Tree({path: text.encode()}))


def _names(found: Declarations) -> list[str]:
    return [one.distribution for one in found.declared]


# ------------------------------------------------------------------ YAML


def test_every_value_of_a_yaml_file_is_text() -> None:
    text = "a: 1:1:1\nb: !!bool x\nc: !!int ''\nd: !!timestamp x\ne: [1, null]\nf:\n"
    assert read_yaml(text) == {"a": "1:1:1", "b": "x", "c": "", "d": "x", "e": ["1", "null"], "f": ""}
    assert read_yaml("") is None


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n",
        'a: "\\UFFFFFFFF"\n',
        pytest.param(f"%YAML 1.{'1' * 5000}\n---\na: 1\n", id="a version of thousands of digits"),
        pytest.param("[" * 3000, id="too deep"),
        "a: [\n",
        "a: 1\n---\nb: 2\n",
        "[1]: 2\n",
        pytest.param("#" * (MAX_CHARACTERS + 1), id="too long"),
    ],
)
def test_what_cannot_be_read_is_one_error_whatever_the_library_raises(text: str) -> None:
    with pytest.raises(UnreadableYamlError):
        read_yaml(text)


@pytest.mark.parametrize(
    "value",
    ["!!bool x", "!!int ''", "!!timestamp x", "!own x", pytest.param(":".join("1" * 50_000), id="base 60")],
)
def test_a_strange_value_hides_no_declaration_of_a_conda_environment(value: str) -> None:
    assert _names(_read("environment.yml", f"x: {value}\ndependencies:\n  - numpy\n  - pip:\n")) == ["numpy"]


# ------------------------------------------------------------------ lines and entries


def test_the_entries_of_one_file_are_capped_and_the_reader_is_told() -> None:
    found = _read("requirements.txt", "".join(f"some-name-{n}\n" for n in range(MAX_ENTRIES + 5)))
    assert (len(found.declared), found.declared[-1].line) == (MAX_ENTRIES, MAX_ENTRIES)
    assert found.notes == (f"requirements.txt has more than {MAX_ENTRIES} entries; the first {MAX_ENTRIES} were read",)


def test_a_file_that_is_no_declaration_by_its_size_is_left_out_and_the_reader_is_told() -> None:
    found = _read("pyproject.toml", "[project]\ndependencies = ['numpy']\n" + "# no more\n" * 120_000)
    assert (found.declared, len(found.notes)) == ((), 1)
    assert found.notes[0].startswith("pyproject.toml is larger than 1 MiB")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("x; " + "(" * 3000, id="too deep"),
        "x; sys_platform ~= 'linux'",
        "x; python_version in 3",
        pytest.param("a" * 20_000, id="too long"),
        pytest.param("x" + " \\\n" * 20_000 + "y", id="continued for too long"),
    ],
)
def test_a_line_that_cannot_be_read_or_judged_is_refused_and_the_next_is_read(line: str) -> None:
    found = _read("requirements.txt", f"{line}\nsix\nrich\n")
    assert _names(found)[-2:] == ["six", "rich"]
    assert len(found.declared) + len(found.refused) <= 3


def test_prose_is_passed_over_without_comparing_each_line_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    def compared(one: Refused, other: object) -> bool:
        raise AssertionError(f"{one} was compared with {other}")

    monkeypatch.setattr(Refused, "__eq__", compared)
    found = _read("requirements.txt", "these are words\n" * 50 + "six\n")
    assert (_names(found), found.refused) == (["six"], ())


@pytest.mark.parametrize(
    ("wanted", "line"),
    [("torch", 4), ("torch>=2", 5), ("torchvision", 1), ("-e .", 6), ("..", 7), ("absent", None), ("tor", None)],
)
def test_a_place_is_that_of_the_whole_words(wanted: str, line: int | None) -> None:
    text = "torchvision\npytorch-torch\ntorch-audio\nxtorch torch\n'torch>=2'\n-e .\n'..'\n"
    assert Places(text).line_of(wanted) == line


def test_each_module_is_looked_up_once_however_much_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(module: str) -> Named | None:
        asked.append(module)
        return lookup(module)

    monkeypatch.setattr("sandbox.requirements.differences.lookup", counted)
    known = lookup("cv2")
    assert known is not None
    needs = {f"d{n}": Requirement(distribution=f"d{n}", modules=("cv2",), rule="map") for n in range(20)}
    names = (known.candidates[0], *(f"e{n}" for n in range(20)))
    listed = [Declared(name, "", (), "requirements.txt", 1) for name in names]
    assert [one.distribution for one in unused(listed, needs)] == [f"e{n}" for n in range(20)]
    assert len(asked) == 20


class _Counted(Mapping[str, Declared]):
    """Declarations that count how often all of them are gone through."""

    def __init__(self, declared: Mapping[str, Declared]) -> None:
        self.declared, self.times = declared, 0

    def __getitem__(self, name: str) -> Declared:
        return self.declared[name]

    def __iter__(self) -> Iterator[str]:
        self.times += 1
        return iter(self.declared)

    def __len__(self) -> int:
        return len(self.declared)


def test_declarations_are_gone_through_once_however_many_imports_are_unknown() -> None:
    names = ("tirex-ts", "py-quux-tools", "twice-one", "twice-two")
    declared = _Counted({name: Declared(name, "", (), "requirements.txt", 1) for name in names})
    explainer = explain.Explainer(declared)
    found = [explainer.declared_like(top) for top in ("tirex", "quux", "twice", "nothing", "abc")]
    assert [one.distribution if one else None for one in found] == ["tirex-ts", "py-quux-tools", None, None, None]
    assert declared.times == 1


# ------------------------------------------------------------------ dotted names


def test_a_dotted_name_is_read_through_calls_and_however_long_it_is() -> None:
    def of(text: str) -> str:
        node = ast.parse(text, mode="eval").body
        assert isinstance(node, ast.Call)
        return dotted(node.func)

    assert of("a.b.c(1)") == "a.b.c"
    assert of("a.b(1).c()") == "a.b().c"
    assert of("f()") == "f"
    assert of("'x'.join(y)") == ".join"
    assert of("a[0].b()") == ".b"
    assert of("x" + ".y" * 500 + "()") == ".".join("y" * MAX_PARTS)
    assert last_part(ast.parse("a.b[0]", mode="eval").body) == ""


def test_a_setup_file_with_a_long_chain_declares_what_it_declares() -> None:
    chain = "x" + ".y()" * 300
    found = infer(Tree({"setup.py": f"{chain}\nsetup(install_requires=['numpy'])\n".encode()}))
    assert [one.distribution for one in found.requirements] == ["numpy"]
