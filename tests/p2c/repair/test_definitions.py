"""Definitions, and whole files, that an answer gives with no more than a sentence: nothing else may go with them."""

from __future__ import annotations

import pytest

from p2c.repair.apply import Applied, apply
from p2c.repair.definitions import spliced
from p2c.repair.edits import parse
from p2c.repair.paths import Refused
from sandbox.tree import Tree


def answered(tree: Tree, answer: str) -> Applied:
    return apply(tree, parse(answer, tree.files))


def reasons(result: Applied) -> str:
    assert not result.changed
    return " ".join(refusal.reason for refusal in result.refusals)


def fenced(*code: str) -> str:
    return "\n\nSo it is:\n\n".join(f"```python\n{one}\n```" for one in code) + "\n"


# ------------------------------------------------------------------ a method beside its class

CLASS = """\
class A:
    def __init__(self):
        self.n = 1

    def g(self):
        a = 1
        b = 2
        c = 3
        return a + b + c
"""
REST = """
RATE = 0.1
SEED = 3
LIMIT = 5

print(A().g(), LIMIT)
"""
SHORT = CLASS.replace("        a = 1\n        b = 2\n        c = 3\n        return a + b + c\n", "        return 6\n")


@pytest.mark.parametrize("method", ["def g(self):\n    return 6", 'def g(self):\n    """Six."""\n    return 6  # sum'])
@pytest.mark.parametrize("first", ["method", "class"])
def test_a_method_given_by_itself_and_within_its_class_takes_nothing_below_the_class_away(
    method: str, first: str
) -> None:
    parts = [method, SHORT.rstrip()]
    result = answered(
        Tree({"main.py": (CLASS + REST).encode()}), fenced(*(parts if first == "method" else parts[::-1]))
    )
    assert not result.refusals
    assert result.tree.files["main.py"].decode() == SHORT + REST


def test_a_method_that_says_something_else_than_within_its_class_is_asked_for_once() -> None:
    result = answered(Tree({"main.py": (CLASS + REST).encode()}), fenced("def g(self):\n    return 7", SHORT.rstrip()))
    assert "`g` is given by itself and within `A`, with different content; give it once" in reasons(result)


# ------------------------------------------------------------------ strings of several lines

QUERY = '''\
class Store:
    def rows(self):
        """All rows.

        In order.
        """
        return self.run("""
            SELECT a
              FROM t
        """, 1)

    def head(self):
        return f"""
  {self.name}
---
"""
'''


def test_a_method_is_indented_and_the_text_within_its_strings_is_not() -> None:
    method = 'def head(self):\n    return f"""\n  {self.title}\n---\n"""'
    result = answered(Tree({"store.py": QUERY.encode()}), fenced(method))
    assert result.tree.files["store.py"].decode() == QUERY.replace("self.name", "self.title")


def test_a_string_and_a_docstring_that_were_moved_with_the_method_are_moved_back() -> None:
    given = QUERY.split("    def head", maxsplit=1)[0].partition("\n")[2].rstrip()
    method = "\n".join(line.removeprefix("    ") for line in given.replace("FROM t", "FROM u").splitlines())
    result = answered(Tree({"store.py": QUERY.encode()}), fenced(method))
    assert result.tree.files["store.py"].decode() == QUERY.replace("FROM t", "FROM u")


def test_the_text_of_a_new_string_stands_as_it_was_given_and_a_new_docstring_as_its_function() -> None:
    method = 'def head(self):\n    """Says it.\n\n    Twice.\n    """\n    return """\n# A\nB\n"""'
    whole = spliced(QUERY.encode(), tuple(method.split("\n")))
    assert not isinstance(whole, Refused)
    assert "\n".join(whole).endswith(
        '    def head(self):\n        """Says it.\n\n        Twice.\n        """\n        return """\n# A\nB\n"""'
    )


# ------------------------------------------------------------------ imports

GIVEN = "import os\nimport sys\n\ndef f(x):\n    return os.path.join(sys.prefix, x)"
BODY = "def f(x):\n    return x\n"


@pytest.mark.parametrize(
    "head",
    [
        "#!/usr/bin/env python\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n",
        "# By A. Author.\n# vim: set fileencoding=utf-8 :\n",
        "#!/usr/bin/env python\n# Licence: MIT.\n# By A. Author.\n",
        "# Licence: MIT.\n",
        "",
    ],
)
@pytest.mark.parametrize("gap", ["", "\n\n"])
def test_imports_stand_in_their_order_below_a_shebang_an_encoding_or_a_comment_on_the_whole_file(
    head: str, gap: str
) -> None:
    found = answered(Tree({"a.py": (head + gap + BODY).encode()}), fenced(GIVEN)).tree.files["a.py"].decode()
    assert "import os\nimport sys\n" in found
    above = found.partition("import os")[0]
    meaningful = [line for line in head.splitlines() if line.startswith("#!") or "coding" in line]
    assert all(line in above for line in meaningful)
    assert above == head or not gap


def test_a_comment_right_above_a_function_stays_there() -> None:
    tree = Tree({"a.py": b"#!/usr/bin/env python\n# Joins.\n" + BODY.encode()})
    found = answered(tree, fenced(GIVEN)).tree.files["a.py"].decode()
    assert found.startswith("#!/usr/bin/env python\nimport os\nimport sys\n# Joins.\ndef f(x):\n")


# ------------------------------------------------------------------ the file that is named

TWO = Tree({"a.py": b"import b\nb.f()\n", "b.py": b"def f():\n    return 1\n", "c.yaml": b"n: 1\nm: 2\n"})
NEW = "```python\ndef f():\n    return 2\n```\n"


@pytest.mark.parametrize("name", ["a.py", "./a.py"])
def test_a_definition_is_not_put_into_another_file_than_the_one_that_is_named(name: str) -> None:
    result = answered(TWO, f"Add to `{name}`:\n{NEW}")
    assert "`f` is defined in b.py, and not in `a.py`, which is named above; name the file" in reasons(result)


@pytest.mark.parametrize("sentence", ["Change `./b.py`:", "It is in `b.py`:", "`c.yaml` has no such key, so:", "So:"])
def test_the_file_that_is_named_is_the_one_to_be_edited_where_it_can_define_anything(sentence: str) -> None:
    result = answered(TWO, f"{sentence}\n{NEW}")
    assert not result.refusals
    assert result.changed == ("b.py",)


def test_of_several_files_that_define_it_the_one_that_is_named_is_edited() -> None:
    tree = TWO.changed({"d.py": b"def f():\n    return 3\n"})
    assert answered(tree, f"In `./d.py`:\n{NEW}").changed == ("d.py",)
    assert "`f` is defined in b.py, d.py, and no file is named" in reasons(answered(tree, NEW))


# ------------------------------------------------------------------ a file below a sentence

CONFIG = "model:\n  dim: 64\n  lr: 0.1\nseed: 1\n"
MAIN = """\
import json
import numpy as np
cfg = json.load(open('c.json'))
x = np.zeros(cfg['n'])
y = np.float(3)
z = x + y
print(z)
w = z * 2
print(w)
json.dump({'loss': float(w.sum())}, open('metrics.json', 'w'))
"""
MENDED = MAIN.replace("np.float", "float")


def below(path: str, content: str, given: str) -> Applied:
    return answered(Tree({path: content.encode()}), f"So `{path}` must read:\n\n```\n{given}```\n")


@pytest.mark.parametrize(
    ("path", "content", "given", "gone"),
    [
        ("config.yaml", CONFIG, "model:\n  dim: 8\n  lr: 0.1\n", "`seed: 1` would go"),
        ("config.yaml", CONFIG, "model:\n  dim: 64\n  lr: 0.01\n", "`seed: 1` would go"),
        ("config.yaml", "name: a\nn: 64\nlr: 1\nk: 3\n", "n: 8\nlr: 1\nk: 3\n", "`name: a` would go"),
        ("main.py", MAIN, MENDED.partition("print(z)")[0], "`print(z)` and 3 more lines would go"),
        ("main.py", MAIN, MENDED.partition("json\n")[2], "`import json` would go"),
        ("main.py", MAIN, MAIN.replace("y = np.float(3)\nz = x + y\nprint(z)\n", ""), "`y = np.float(3)` and 2 more"),
        ("main.py", MAIN + "(", MENDED.partition("w = z")[0], "`w = z * 2` and 3 more lines"),
    ],
)  # fmt: skip
def test_an_edited_part_of_a_file_is_not_the_whole_of_it(path: str, content: str, given: str, gone: str) -> None:
    said = reasons(below(path, content, given))
    assert "is taken for a part of it" in said
    assert gone in said


@pytest.mark.parametrize(
    ("path", "content", "given"),
    [
        ("main.py", MAIN, MAIN.replace("'metrics.json'", "'out/metrics.json'")),
        ("main.py", MAIN, MAIN.replace("np.float(3)\n", "3.0\n").replace("print(z)\n", "")),
        ("main.py", MAIN, MAIN.replace("import json\n", "import json, os\n") + "print('done')\n"),
        ("config.yaml", CONFIG, CONFIG.replace("model:", "net:").replace("seed: 1", "seed: 2")),
        ("main.py", f"```python\n{MAIN}```\n", MENDED),
    ],
)
def test_a_whole_file_may_change_at_its_first_and_last_line_and_lose_a_line_or_two(
    path: str, content: str, given: str
) -> None:
    result = below(path, content, given)
    assert not result.refusals
    assert result.tree.files[path].decode() == given


def test_comments_that_an_answer_leaves_out_at_the_end_make_no_part_of_it() -> None:
    result = below("main.py", MAIN + "# The end.\n", MENDED)
    assert result.tree.files["main.py"].decode() == MENDED + "# The end.\n"


def test_whoever_means_it_gives_the_file_below_its_path() -> None:
    tree = Tree({"config.yaml": CONFIG.encode()})
    given = CONFIG.replace("seed: 1\n", "")
    assert "below a line that holds its path and nothing else" in reasons(
        below("config.yaml", CONFIG, given[:-1] + "2\n")
    )
    result = answered(tree, f"config.yaml\n```yaml\n{given}```\n")
    assert result.tree.files["config.yaml"].decode() == given
