"""A whole file is taken out of an answer, whatever its fences."""

import pytest

from p2c.model.code import NotCode, Truncated, extract_code

MODULE = "import os\n\n\ndef f(x):\n    return x + 1\n"


@pytest.mark.parametrize(
    "answer",
    [
        MODULE,
        f"```python\n{MODULE}```",
        f"```python\n{MODULE}```\nThis file defines `f`.\n",
        f"Here is the file:\n\n```javascript\n{MODULE}```\n",
        f"```\n{MODULE}```",
        f"~~~python\n{MODULE}~~~",
        f"````python\n{MODULE}````",
        "  ```py\n" + "".join(f"  {line}" if line.strip() else line for line in MODULE.splitlines(True)) + "  ```",
        f"```python:src/model.py\n{MODULE}```",
        f"```python\n{MODULE.rstrip()}```",
        f"```python\n{MODULE}```\n\nRun it:\n\n```bash\n" + "python model.py --epochs 1\n" * 20 + "```\n",
        f"First a sketch:\n```python\nx = 1\n```\nNow the whole file:\n```python\n{MODULE}```\n",
        "```python\n# utils.py\n" + "y = 2\n" * 40 + f"```\n\n`src/model.py`:\n```python\n{MODULE}```\n",
        f"Here is the implementation of the model:\n\n{MODULE}",
        f"Sure!\n{MODULE}\nThis code defines the function that was asked for.\n",
        f"\n\n```python\n\n{MODULE}\n\n```",
        f"```python\n```python\n{MODULE}```\n```",
        f"Here it is:\n````\n```python\n{MODULE}```\n````\nDone.",
    ],
)
def test_python_comes_out_verbatim(answer: str) -> None:
    assert extract_code(answer, "src/model.py") == MODULE


def test_a_fence_inside_a_docstring_belongs_to_the_file() -> None:
    module = '"""A module.\n\n```python\nf(1)\n```\n\n```\nplain\n```\n"""\n\n\ndef f(x):\n    return x\n'
    assert extract_code(f"```python\n{module}```", "a.py") == module


def test_windows_line_ends_stay() -> None:
    assert extract_code("```python\r\nx = 1\r\ny = 2\r\n```\r\n", "a.py") == "x = 1\r\ny = 2\r\n"


README = "# Title\n\n```bash\npip install -r requirements.txt\n```\n\nThen:\n\n```\npython main.py\n```\n\nDone.\n"


@pytest.mark.parametrize(
    "answer",
    [
        README,
        f"```markdown\n{README}```",
        f"````markdown\n{README}````\n",
        f"```\n{README}```",
        f"Here is the README:\n\n```md\n{README}```",
        f"~~~markdown\n{README}~~~\nHope this helps.\n",
    ],
)
def test_a_readme_keeps_its_own_fences(answer: str) -> None:
    assert extract_code(answer, "README.md") == README


@pytest.mark.parametrize("path", ["a.py", "config.yaml", "README.md"])
def test_an_open_fence_at_the_end_is_a_truncation(path: str) -> None:
    language = {"a.py": "python", "config.yaml": "yaml", "README.md": "markdown"}[path]
    with pytest.raises(Truncated, match=f"{path} was cut off") as caught:
        extract_code(f"```{language}\na: 1\nb: [1, 2", path)
    assert caught.value.partial == "a: 1\nb: [1, 2"


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ("", "a.py"),
        ("```python\n```", "a.py"),
        ("Sorry", "a.py"),
        ("I cannot write this file because the paper does not describe it well enough.", "a.py"),
        ("```python\nThis module would load the data and train the model on it.\n```", "a.py"),
        ("The configuration should hold the learning rate and the number of epochs.", "config.yaml"),
        ("Here are the requirements that the project would need to run.", "requirements.txt"),
        (r"import os\nimport sys\n\ndef main():\n    pass\n", "a.py"),
        (r"training:\n  epochs: 3\n  lr: 0.1\n", "config.yaml"),
    ],
)
def test_what_is_no_content_is_refused(answer: str, path: str) -> None:
    with pytest.raises(NotCode, match=path):
        extract_code(answer, path)


@pytest.mark.parametrize(
    ("answer", "path", "content"),
    [
        ("training:\n  epochs: 3", "config.yaml", "training:\n  epochs: 3\n"),
        ("```yaml\nlr: 0.1\n```", "config.yaml", "lr: 0.1\n"),
        ("numpy>=1.26\nscipy", "requirements.txt", "numpy>=1.26\nscipy\n"),
        ('{"a": "x\\ny\\nz"}', "a.json", '{"a": "x\\ny\\nz"}\n'),
        ("```sh\npython main.py\n```", "run.sh", "python main.py\n"),
        ("", "pkg/__init__.py", ""),
        ("```python\n```", "pkg/__init__.py", ""),
        ('```python\n"""The package."""\n```', "pkg/__init__.py", '"""The package."""\n'),
        ("```python\nx = (1,\n```", "a.py", "x = (1,\n"),
        ('```python\nprint("a\\nb\\nc")\n```', "a.py", 'print("a\\nb\\nc")\n'),
        ('```python\nRE = "\\d+"\n```', "a.py", 'RE = "\\d+"\n'),
    ],
)
def test_other_files(answer: str, path: str, content: str) -> None:
    assert extract_code(answer, path) == content
