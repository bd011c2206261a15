"""Deterministic fixers: they cost nothing, are tried before the model is asked, and are counted apart.

A fixer knows one cause, from the failure's own words; where it is in doubt it returns None. What it does is
judged like every other edit: it must get the repository further, or it is taken back.
"""

from __future__ import annotations

from p2c.repair.fixers.absent import moved_name, unused_import
from p2c.repair.fixers.calls import removed_argument, removed_method, removed_value
from p2c.repair.fixers.case import Case, Fix, Fixer
from p2c.repair.fixers.device import hard_coded_cuda
from p2c.repair.fixers.distribution import missing_distribution
from p2c.repair.fixers.encoding import text_encoding
from p2c.repair.fixers.files import misplaced_file, output_folder
from p2c.repair.fixers.misplaced_module import misplaced_module
from p2c.repair.fixers.missing_import import missing_import
from p2c.repair.fixers.mistyped import bare_walrus, print_statements, stray_quotes, typographic_characters
from p2c.repair.fixers.never_code import code_fences, literal_newlines, source_encoding
from p2c.repair.fixers.packages import package_init, relative_import
from p2c.repair.fixers.removed import removed_name
from p2c.repair.fixers.ruffed import collections_abc, numpy_alias
from p2c.repair.fixers.shadowing import shadowing_module
from p2c.repair.fixers.versions import dependent_conflict, old_library, version_conflict
from p2c.repair.fixers.yaml_floats import yaml_floats

FIXERS: tuple[Fixer, ...] = (
    code_fences,
    literal_newlines,
    source_encoding,
    stray_quotes,
    typographic_characters,
    print_statements,
    bare_walrus,
    shadowing_module,
    misplaced_module,
    package_init,
    relative_import,
    unused_import,
    moved_name,
    version_conflict,
    dependent_conflict,
    old_library,
    numpy_alias,
    collections_abc,
    removed_name,
    removed_method,
    removed_argument,
    removed_value,
    missing_distribution,
    missing_import,
    yaml_floats,
    text_encoding,
    hard_coded_cuda,
    misplaced_file,
    output_folder,
)


__all__ = ["FIXERS", "Case", "Fix", "Fixer"]
