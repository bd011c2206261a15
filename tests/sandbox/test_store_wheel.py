"""What a builder hands out is believed only where it is true."""

from __future__ import annotations

import io
import zipfile

import pytest

from sandbox.store.wheel import why_no_wheel

FILE = "good-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: good\nVersion: 1.0\n"


def archive(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, text in files.items():
            made.writestr(name, text)
    return stream.getvalue()


GOOD = {"good.py": "", "good-1.0.dist-info/METADATA": METADATA}


def test_a_wheel_of_the_distribution_is_accepted() -> None:
    assert why_no_wheel(FILE, archive(GOOD), "good") is None


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("other-1.0-py3-none-any.whl", archive(GOOD), "wheel of other"),
        ("good-2.0-py3-none-any.whl", archive(GOOD), "version"),
        ("good.zip", archive(GOOD), "file name"),
        ("../good-1.0-py3-none-any.whl", archive(GOOD), ""),
        (FILE, b"no zip", "archive"),
        (FILE, archive(GOOD)[:-30], "archive"),
        (FILE, archive({"good.py": ""}), "METADATA"),
        (FILE, archive(GOOD | {"../evil.py": ""}), "outside"),
        (FILE, archive(GOOD | {"/etc/evil": ""}), "outside"),
        (FILE, archive(GOOD | {"x-1.0.dist-info/METADATA": METADATA}), "METADATA"),
        (FILE, archive({"good-1.0.dist-info/METADATA": METADATA.replace("good", "numpy")}), "numpy"),
        (FILE, archive({"good-1.0.dist-info/METADATA": METADATA.replace("1.0", "nonsense")}), "nonsense"),
    ],
)
def test_anything_else_is_refused_with_the_reason(file: str, content: bytes, said: str) -> None:
    reason = why_no_wheel(file, content, "good")
    assert reason
    assert said in reason
