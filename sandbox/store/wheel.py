"""Is this what it says: a wheel of one distribution and version? Builders are not trusted."""

from __future__ import annotations

import io
import zipfile
from email.parser import HeaderParser

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

MAX_BYTES = 512 * 1024 * 1024
MAX_UNPACKED = 4 * MAX_BYTES


def why_no_wheel(file_name: str, content: bytes, distribution: str) -> str | None:
    """Why `content` is not a wheel of `distribution` that may be kept as `file_name`; None when it is."""
    try:
        name, version, _, _ = parse_wheel_filename(file_name)
    except (InvalidWheelFilename, InvalidVersion) as error:
        return f"its file name is no wheel's: {error}"
    if canonicalize_name(name) != canonicalize_name(distribution):
        return f"it is a wheel of {name}"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _why_no_archive(archive, distribution, version)
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, NotImplementedError, RuntimeError, OSError) as error:
        return f"it is no readable archive: {error}"


def _why_no_archive(archive: zipfile.ZipFile, distribution: str, version: Version) -> str | None:
    members = archive.infolist()
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        return f"it unpacks to more than {MAX_UNPACKED >> 20} MiB"
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if member.filename.startswith("/") or ".." in parts or "\\" in member.filename:
            return f"it holds a file outside of itself: {member.filename!r}"
    metadata = [m for m in members if m.filename.count("/") == 1 and m.filename.endswith(".dist-info/METADATA")]
    if len(metadata) != 1:
        return "it holds no single METADATA"
    headers = HeaderParser().parsestr(archive.read(metadata[0]).decode("utf-8"))
    if canonicalize_name(headers["Name"] or "") != canonicalize_name(distribution):
        return f"its metadata name {headers['Name']!r}"
    try:
        stated = Version(headers["Version"] or "")
    except InvalidVersion:
        return f"its metadata give the version {headers['Version']!r}"
    return None if stated == version else f"its metadata give version {stated}, its file name {version}"
