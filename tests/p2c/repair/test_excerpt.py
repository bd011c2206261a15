"""A long file is shown as the functions that matter, each of them whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from p2c.repair.excerpt import excerpt, fence_for

METHOD = (
    '    def step{n}(self, batch):\n        """Take step {n}."""\n        total = batch + {n}\n'
    + "        total += 1\n" * 12
    + "        return total\n\n"
)
SOURCE = (
    '"""A trainer."""\n\nimport math\nfrom typing import (\n    Any,\n    Sequence,\n)\n\nRATE = 0.1\n\n\n'
    'class Trainer:\n    """Trains."""\n\n    def __init__(self, model):\n        self.model = model\n\n'
    + "".join(METHOD.format(n=n) for n in range(80))
    + "\ndef helper(\n    a: int,\n    b: int = 2,\n) -> int:\n    return a + b\n"
).encode()
ROWS = SOURCE.decode().splitlines()
PLACE = ROWS.index("        total = batch + 40") + 1


def shown(limit: int = 6_000, *, lines: tuple[int, ...] = (PLACE,), names: frozenset[str] = frozenset()) -> str:
    file = excerpt("t.py", SOURCE, lines=lines, names=names, limit=limit, whole=1_000)
    assert file
    assert not file.whole
    assert len(file.text) <= limit
    return file.text


def test_the_function_around_the_place_is_whole_and_stands_in_its_class_beside_what_that_sets() -> None:
    text = shown()
    assert METHOD.format(n=40).strip("\n") in text
    assert "class Trainer:" in text
    assert "        self.model = model" in text
    assert "from typing import (\n    Any,\n    Sequence,\n)" in text
    assert "total = batch + 41" not in text


def test_of_all_other_functions_the_first_line_is_shown_and_what_is_left_out_is_counted() -> None:
    text = shown()
    assert "    def step7(self, batch):" in text
    assert "def helper(\n    a: int,\n    b: int = 2,\n) -> int:" in text
    gaps = [int(line.split()[0][1:]) for line in text.splitlines() if line.endswith("not shown]")]
    assert sum(gaps) + len(text.splitlines()) - len(gaps) == len(ROWS)


def test_a_definition_that_is_asked_for_by_name_is_shown_although_nothing_fails_in_it() -> None:
    assert "    return a + b" in shown(lines=(), names=frozenset({"helper"}))


def test_of_a_function_that_is_very_long_the_lines_around_the_place_are_shown() -> None:
    body = "".join(f"    x{n} = {n}\n" for n in range(2_000))
    file = excerpt("t.py", f"def f():\n{body}".encode(), lines=(1_000,), names=(), limit=3_000, whole=100)
    assert file
    assert "def f():" in file.text
    assert "    x998 = 998" in file.text
    assert "x100 = 100" not in file.text


def test_a_file_that_does_not_parse_and_one_that_is_no_code_are_shown_around_the_place() -> None:
    for path in ("t.py", "notes.txt"):
        text = b"".join(b"this is line %d\n" % n for n in range(2_000))
        file = excerpt(path, text, lines=(1_500,), names=(), limit=3_000, whole=100)
        assert file
        assert "this is line 1499" in file.text
        assert "this is line 0" in file.text


def test_nothing_is_shown_where_not_even_a_few_lines_fit() -> None:
    assert excerpt("t.txt", b"x" * 4_000, lines=(), names=(), limit=200, whole=100) is None


def test_a_fence_is_longer_than_every_one_in_the_text() -> None:
    file = excerpt("README.md", b"````\n```\n````\n", lines=(), names=(), limit=100, whole=100)
    assert file
    assert file.fence == "`" * 5
    assert fence_for("") == "```"


@settings(max_examples=40, deadline=None)
@given(lines=st.lists(st.integers(1, len(ROWS)), max_size=4), limit=st.integers(300, 20_000))
def test_whatever_is_shown_is_the_files_own_lines_in_their_order_within_the_limit(lines: list[int], limit: int) -> None:
    file = excerpt("t.py", SOURCE, lines=lines, names=(), limit=limit, whole=0)
    if file is None:
        return
    assert len(file.text) <= limit
    rest = iter(ROWS)
    for line in file.text.splitlines():
        if not line.endswith("not shown]"):
            assert line in rest
