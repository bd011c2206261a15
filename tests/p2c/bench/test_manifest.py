"""A manifest is read as a whole, and what makes no sense in it is refused with the entry that is meant."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from p2c.bench.entry import Options, Written, kebab
from p2c.bench.manifest import read_manifest
from p2c.bench.places import refuse_overlaps
from p2c.errors import UsageError

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "bench.md").read_text("utf-8")


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder with repositories, a paper and recorded replies beside the manifest."""
    for name in ("one", "two", "set/a/code", "set/b/code", "set/.hidden/code", "papers/tex"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "main.py").write_text("print(1)\n")
    (tmp_path / "paper.md").write_text("# A paper\n")
    (tmp_path / "replies").mkdir()
    return tmp_path


def written(there: Path, text: str, name: str = "set.toml") -> Path:
    path = there / name
    path.write_text(text)
    return path


def test_entries_have_the_defaults_under_their_own_options(there: Path) -> None:
    text = """
    title = "Mine"
    [defaults]
    model = "small"
    timeout = 20
    class = "general"
    no-model = true
    [[entries]]
    repository = "one"
    [[entries]]
    repository = "two"
    name = "second"
    timeout = 5.5
    class = "special"
    tags = ["a", "b"]
    minimum = 2
    recorded = "replies"
    [[entries]]
    paper = "paper.md"
    figures = true
    """
    manifest = read_manifest(written(there, text))
    first, second, paper = manifest.entries
    assert manifest.title == "Mine"
    assert (first.name, first.kind, first.path) == ("one", "repository", there / "one")
    assert (first.options.model, first.options.timeout, first.options.class_) == ("small", 20.0, "general")
    assert (second.options.timeout, second.options.class_, second.options.tags) == (5.5, "special", ("a", "b"))
    assert (second.minimum, second.recorded, second.asks) == (2, there / "replies", False)
    assert (paper.name, paper.kind, paper.options.figures) == ("paper.md", "paper", True)
    assert (first.options.no_model, second.options.no_model) == (True, False), "recorded replies are for a model"
    assert not paper.options.no_model, "a default that papers do not have passes them over"


def test_patterns_make_an_entry_of_each_match(there: Path) -> None:
    text = '[[entries]]\nrepositories = ["set/*/code", "one"]\nclass = "g"\n'
    entries = read_manifest(written(there, text)).entries
    assert [entry.name for entry in entries] == ["a", "b", "one"]
    assert [entry.path for entry in entries] == [there / "set/a/code", there / "set/b/code", there / "one"]
    assert {entry.options.class_ for entry in entries} == {"g"}


def test_json_and_json_lines_say_the_same_as_toml(there: Path) -> None:
    entries = [{"repository": "one", "class": "x", "allow": ["little-known"]}, {"paper": "paper.md", "max-cost": 2}]
    text = (
        '[[entries]]\nrepository = "one"\nclass = "x"\nallow = ["little-known"]\n'
        '[[entries]]\npaper = "paper.md"\nmax-cost = 2\n'
    )
    toml = read_manifest(written(there, text)).entries
    plain = read_manifest(written(there, json.dumps({"entries": entries}), "set.json")).entries
    lines = read_manifest(written(there, "\n\n".join(map(json.dumps, entries)), "set.jsonl")).entries
    assert toml == plain == lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no entries"),
        ("entries = 3", "names no entries"),
        ("entries = [3]", "entry 1: it must be a table"),
        ("[[entries]\n", "is no TOML"),
        ('colour = 1\n[[entries]]\nrepository = "one"', "unknown key 'colour'"),
        ('title = 1\n[[entries]]\nrepository = "one"', "title must be a text"),
        ('[defaults]\nname = "n"\n[[entries]]\nrepository = "one"', "defaults: unknown key 'name'"),
        ('[defaults]\ntimeout = "5"\n[[entries]]\nrepository = "one"', "defaults: timeout: .* not '5'"),
        ('[[entries]]\nrepository = "one"\n\n[[entries]]\nrepositry = "two"', r"entry 2 \(line 4\): unknown key"),
        ('[[entries]]\nname = "n"', r"entry 1 'n' \(line 1\): it must have one of repository, paper"),
        ('[[entries]]\nrepository = "one"\npaper = "paper.md"', "has repository and paper"),
        ('[[entries]]\nrepository = "none"', "there is no folder .*none"),
        ('[[entries]]\nrepository = "paper.md"', "there is no folder .*paper.md"),
        ('[[entries]]\npaper = "none.pdf"', "there is no file or folder .*none.pdf"),
        ('[[entries]]\nrepository = "one"\nrecorded = "none"', "recorded: there is no file or folder"),
        ('[[entries]]\nrepositories = ["nothing/*"]', "nothing matches 'nothing/\\*'"),
        ('[[entries]]\nrepositories = []', "repositories: "),
        ('[[entries]]\nrepositories = ["set/*/code"]\nname = "n"', "2 repositories cannot share the name 'n'"),
        ('[[entries]]\nrepository = "one"\nfigures = true', "figures is no option of a repository"),
        ('[[entries]]\npaper = "paper.md"\nno-model = true', "no-model is no option of a paper"),
        ('[[entries]]\nrepository = "one"\ncandidates = 65', "candidates: .* not 65"),
        ('[[entries]]\nrepository = "one"\nno-model = true\nmodel = "m"', "neither model nor recorded belongs beside"),
        ('[[entries]]\nrepository = "one"\nmax-cost = true', "max-cost: .* not True"),
        ('[[entries]]\nrepository = "one"\nmax-cost = nan', "max-cost: "),
        ('[[entries]]\nrepository = "one"\nmax-attempts = 1.5', "max-attempts: "),
        ('[[entries]]\nrepository = "one"\nmax-minutes = 0', "max-minutes: "),
        ('[[entries]]\nrepository = "one"\nminimum = -1', "minimum: "),
        ('[[entries]]\nrepository = "one"\nallow = ["--index-url=x"]', r"allow.0: "),
        ('[[entries]]\nrepository = "one"\nallow = "numpy"', "allow: "),
        ('[[entries]]\nrepository = "one"\nexpect = "infrastructure"', "expect: "),
        ('[[entries]]\nrepository = "one"\nexpect-rung = 4', "expect-rung: "),
        ('[[entries]]\nrepository = "one"\nsmoke = "  "', "smoke: "),
        ('[[entries]]\nrepository = "one"\nedit-format = "diff"', "edit-format: "),
        ('[[entries]]\nrepository = "one"\nname = "../up"', "cannot be a name"),
        ('[[entries]]\nrepository = "one"\nname = ".."', "cannot be a name"),
        ('[[entries]]\nrepository = "one"\nname = "-o"', "cannot be a name"),
        ('[[entries]]\nrepository = "one"\nname = "a\\nb"', "cannot be a name"),
        (f'[[entries]]\nrepository = "one"\nname = "{"n" * 201}"', "cannot be a name"),
        ('[[entries]]\nrepository = "one"\n[[entries]]\nrepository = "one"', "two entries have the name 'one'"),
        ('[[entries]]\nrepository = "one"\n[[entries]]\nrepository = "two"\nname = "ONE"', "the name 'ONE'"),
        (
            '[[entries]]\nrepository = "one"\nname = "caf\\u00e9"\n'
            '[[entries]]\nrepository = "two"\nname = "cafe\\u0301"',
            "two entries have the name",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(there: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        read_manifest(written(there, text))
    assert "set.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("set.json", '{"entries": [{"repository": "one", "repository": "two"}]}', "a key stands twice"),
        ("set.jsonl", '{"repository": "one"}\n{"repository"}', "line 2 is no JSON"),
        ("set.jsonl", '{"repository": "one"}\n\n{"repository": "none"}', r"entry 2 \(line 3\)"),
        ("set.json", "[" * 100_000, "no JSON"),
        ("set.json", "[]", "names no entries"),
    ],
)
def test_what_makes_no_sense_in_json_is_refused_too(there: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_manifest(written(there, text, name))


def test_a_manifest_that_is_not_there_or_no_text_is_said(there: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_manifest(there / "none.toml")
    (there / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="UTF-8"):
        read_manifest(there / "binary.toml")


def test_the_command_line_wins_over_the_defaults_but_not_over_an_entry(there: Path) -> None:
    text = (
        '[defaults]\nno-model = true\n[[entries]]\nrepository = "one"\n[[entries]]\nrepository = "two"\nmodel = "own"\n'
    )
    path = written(there, text)
    assert [one.options.model for one in read_manifest(path, model="given").entries] == ["given", "own"]
    assert not any(one.options.no_model for one in read_manifest(path, model="given").entries)
    assert all(one.options.no_model for one in read_manifest(path, no_model=True).entries)
    with pytest.raises(UsageError, match="a paper"):
        read_manifest(written(there, '[[entries]]\npaper = "paper.md"'), no_model=True)


@pytest.mark.parametrize("at", ["one", "one/out", "link", ".", "papers/tex/out"])
def test_no_output_folder_lies_in_what_is_read_nor_holds_it(there: Path, at: str) -> None:
    (there / "link").symlink_to(there / "one")
    text = '[[entries]]\nrepository = "one"\n[[entries]]\npaper = "papers/tex"\n'
    with pytest.raises(UsageError, match="output folder"):
        refuse_overlaps(read_manifest(written(there, text)), there / at)


def test_an_output_folder_beside_a_single_file_paper_is_fine(there: Path) -> None:
    refuse_overlaps(read_manifest(written(there, '[[entries]]\npaper = "paper.md"')), there / "out")


def test_the_example_of_the_documentation_is_a_manifest(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOCS, re.S)
    for one in tomllib.loads(example)["entries"]:
        for key in ("repository", "recorded", "paper"):
            if key in one:
                (tmp_path / one[key]).mkdir(parents=True, exist_ok=True)
    (tmp_path / "generated" / "g1").mkdir(parents=True)
    names = [entry.name for entry in read_manifest(written(tmp_path, example)).entries]
    assert names == ["missing_import", "g1", "paper-1", "never-mendable"]


def test_every_key_is_documented_and_no_other() -> None:
    manifest = DOCS.partition("## The manifest")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*`) \|", manifest, re.M)
    told = {key for row in rows for key in re.findall(r"`([a-z-]+)`", row)}
    assert told == {kebab(name) for name in Written.model_fields}
    assert {kebab(name) for name in Options.model_fields} < told
