"""From a tree to its requirements."""

from __future__ import annotations

import gc
import socket
import subprocess
import time
from pathlib import Path

import pytest

from sandbox.requirements.infer import infer
from sandbox.requirements.inference import FOREIGN, MISSING_LOCAL, NOT_WELL_KNOWN, UNKNOWN, Inference
from sandbox.tree import Tree


def of(files: dict[str, str], allow: frozenset[str] = frozenset()) -> Inference:
    return infer(Tree({path: text.encode() for path, text in files.items()}), allow)


def required(found: Inference) -> set[str]:
    return {need.distribution for need in found.requirements if not need.optional}


def optional(found: Inference) -> set[str]:
    return {need.distribution for need in found.requirements if need.optional}


def refused(found: Inference) -> dict[str, str]:
    return {item.name: item.reason for item in found.refused}


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("cv2", "opencv-python-headless"),
        ("skimage.metrics", "scikit-image"),
        ("sklearn", "scikit-learn"),
        ("PIL.Image", "pillow"),
        ("yaml", "pyyaml"),
        ("bs4", "beautifulsoup4"),
        ("dotenv", "python-dotenv"),
        ("attr", "attrs"),
        ("docx", "python-docx"),
        ("fitz", "pymupdf"),
        ("jwt", "pyjwt"),
        ("serial", "pyserial"),
        ("whisper", "openai-whisper"),
        ("umap", "umap-learn"),
        ("hydra", "hydra-core"),
        ("pytorch_lightning", "pytorch-lightning"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
        ("google.protobuf", "protobuf"),
        ("ruamel.yaml", "ruamel-yaml"),
        ("faiss", "faiss-cpu"),
        ("ot", "pot"),
        ("Bio.Seq", "biopython"),
        ("community", "python-louvain"),
        ("igraph", "igraph"),
        ("datasets", "datasets"),
        ("torch.nn.functional", "torch"),
        ("absl.flags", "absl-py"),
        ("einops", "einops"),
    ],
)
def test_an_import_name_leads_to_its_distribution(module: str, distribution: str) -> None:
    assert required(of({"main.py": f"import {module}"})) == {distribution}


@pytest.mark.parametrize(
    ("source", "distributions"),
    [
        ("from google import genai", {"google-genai"}),
        ("from google.cloud import storage, bigquery", {"google-cloud-storage", "google-cloud-bigquery"}),
        ("from google.protobuf import text_format", {"protobuf"}),
        ("import azure.storage.blob", {"azure-storage-blob"}),
        ("from azure.storage import blob", {"azure-storage-blob"}),
        ("from zope import interface", {"zope-interface"}),
        ("import backports.zoneinfo", {"backports-zoneinfo"}),
        ("from ruamel import yaml", {"ruamel-yaml"}),
        ("import llama_index.core", {"llama-index-core"}),
        ("from opentelemetry import trace", {"opentelemetry-api"}),
        ("from tensorflow import keras", {"tensorflow"}),
        ("from mpl_toolkits import mplot3d", {"matplotlib"}),
    ],
)
def test_a_name_that_distributions_share_leads_to_the_part_that_is_imported(
    source: str, distributions: set[str]
) -> None:
    assert required(of({"main.py": source})) == distributions


@pytest.mark.parametrize("source", ["import google", "from google import colab", "from sphinxcontrib import x9"])
def test_a_shared_name_alone_is_nobodys_package(source: str) -> None:
    found = of({"main.py": source})
    assert not found.requirements
    assert len(found.refused) == 1


@pytest.mark.parametrize("module", ["apex", "detectron2", "dmc2gym", "panopticapi", "Image", "tests", "npeet"])
def test_a_project_of_the_same_name_on_the_index_is_something_else(module: str) -> None:
    found = of({"main.py": f"import {module}"})
    assert not found.requirements
    assert [item.name for item in found.refused] == [module]


def test_clip_is_the_one_that_has_openais_modules() -> None:
    assert required(of({"main.py": "import clip"})) == {"clip-anytorch"}


def test_nothing_of_the_repository_runs_and_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a socket or a process")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(subprocess, "Popen", forbidden)
    mark = tmp_path / "ran"
    bad = f"open({str(mark)!r}, 'w')\nimport unheard_of_q9\nsetup(install_requires=[open({str(mark)!r}, 'w').name])\n"
    found = of({"setup.py": "from setuptools import setup\n" + bad, "main.py": bad, "conftest.py": bad})
    assert refused(found) == {"unheard_of_q9": UNKNOWN}
    assert not mark.exists()


def test_the_garbage_collector_is_left_as_it_was() -> None:
    gc.disable()
    of({"main.py": "import os"})
    was = gc.isenabled()
    gc.enable()
    of({"main.py": "import os"})
    assert (was, gc.isenabled()) == (False, True)


def test_a_hundred_thousand_lines_take_a_second() -> None:
    body = (
        "import numpy as np\n\ndef f{0}(x, y=1):\n    if x > y:\n        x = np.exp(-x) * [y, 2][0]\n    return x\n\n\n"
    )
    text = "".join(body.format(number) for number in range(125))
    files = {f"pkg/m{number}.py": text for number in range(100)}
    began = time.process_time()
    assert required(of(files)) == {"numpy"}
    assert time.process_time() - began < 2  # about 0.6 s of a free core; a busy one is slower


@pytest.mark.parametrize("module", ["os", "distutils.core", "imp", "tomllib", "asyncore", "__future__"])
def test_the_standard_library_needs_nothing(module: str) -> None:
    found = of({"main.py": f"import {module}"})
    assert not found.requirements
    assert not found.refused


@pytest.mark.parametrize("module", ["utils", "models", "config", "src", "tests", "data", "helpers.io", "train"])
def test_a_generic_name_is_a_missing_file_and_never_a_package(module: str) -> None:
    found = of({"main.py": f"from {module} import thing"})
    assert not found.requirements
    assert set(refused(found).values()) == {MISSING_LOCAL}


def test_what_no_rule_explains_is_refused_and_the_user_can_allow_it() -> None:
    files = {"main.py": "import torch_magic_helper_pro"}
    assert refused(of(files)) == {"torch_magic_helper_pro": UNKNOWN}
    allowed = of(files, frozenset({"Torch_Magic.helper-pro"}))
    assert [(n.distribution, n.rule) for n in allowed.requirements] == [("torch-magic-helper-pro", "allowed")]
    assert not allowed.refused


def test_declaring_a_hallucinated_name_does_not_make_it_trusted() -> None:
    found = of(
        {"main.py": "import flashy_attn_x9", "requirements.txt": "flashy-attn-x9==1.0\nother-made-up-q7\nnumpy\n"}
    )
    assert "flashy-attn-x9" not in required(found) | optional(found)
    assert refused(found) == {"flashy-attn-x9": NOT_WELL_KNOWN, "other-made-up-q7": NOT_WELL_KNOWN}


def test_what_is_declared_and_imported_and_only_refused_as_little_known_is_told_apart() -> None:
    files = {"main.py": "import Flashy_X9\ntry:\n    import spare_x9\nexcept ImportError:\n    spare_x9 = None\n"}
    found = of({**files, "requirements.txt": "spare-x9\nflashy-x9==1.0\nother-made-up-q7\n"})
    assert [(n.distribution, n.modules, n.file, n.line) for n in found.little_known] == [
        ("flashy-x9", ("Flashy_X9",), "requirements.txt", 2)
    ]


@pytest.mark.parametrize("module", ["ruamel_yaml", "cPickle", "urllib2", "google.colab"])
def test_a_name_of_another_world_is_refused(module: str) -> None:
    assert set(refused(of({"main.py": f"import {module}"})).values()) == {FOREIGN}


def test_a_relative_import_of_nothing_is_a_missing_local_module() -> None:
    found = of({"pkg/__init__.py": "", "pkg/a.py": "from .numpy import x\nfrom . import b\nfrom ...up import y"})
    assert not found.requirements
    assert refused(found) == {".numpy": MISSING_LOCAL, ".b": MISSING_LOCAL, "...up": MISSING_LOCAL}
    assert [(i.file, i.line) for i in found.refused if i.name == ".b"] == [("pkg/a.py", 2)]


def test_a_missing_submodule_of_an_own_package_is_found() -> None:
    found = of(
        {"main.py": "from pkg.gone import x\nfrom pkg.here import y", "pkg/__init__.py": "", "pkg/here.py": "y = 1"}
    )
    assert refused(found) == {"pkg.gone": MISSING_LOCAL}
    assert found.local == {"pkg"}


def test_names_that_an_init_file_binds_are_no_missing_modules() -> None:
    files = {"pkg/__init__.py": "from .a import f\nVERSION = 1\n", "pkg/a.py": "f = 1\nfrom . import VERSION, f\n"}
    assert not of(files).refused


@pytest.mark.parametrize(
    "files",
    [
        {"main.py": "import jax_utils", "jax_utils.py": ""},
        {"main.py": "import engine2.core", "engine2/core.py": ""},
        {"src/mylib/a.py": "import mylib.b", "src/mylib/b.py": "", "src/mylib/__init__.py": ""},
        {"tools2/run.py": "import helper2", "tools2/helper2.py": ""},
        {"exp/run.py": "import sys\nsys.path.append('../shared2')\nimport thing2", "shared2/thing2.py": ""},
        {"a/b/run.py": "import top2", "top2.py": ""},
        {"a/run.py": "import deep2", "z/y/deep2.py": ""},
        {"env/core2.py": "", "lib/x2.py": "", "build/y2.py": "", "main.py": "import env.core2, x2, build.y2"},
        {"main.py": "import fast2", "fast2.pyx": ""},
    ],
)
def test_own_modules_need_nothing(files: dict[str, str]) -> None:
    found = of(files)
    assert not found.requirements
    assert not found.refused


def test_an_own_module_shadows_a_distribution_of_the_same_name() -> None:
    files = {"main.py": "from datasets import MyData\nimport datasets", "datasets.py": "class MyData: pass"}
    found = of(files)
    assert not found.requirements
    assert found.local == {"datasets"}


def test_a_folder_named_like_a_package_does_not_hide_the_package() -> None:
    files = {
        "main.py": "import docker\nimport jax\nimport jax.numpy as jnp",
        "docker/Dockerfile": "FROM x",
        "backend/__init__.py": "",
        "backend/jax/__init__.py": "",
        "backend/jax/ops.py": "import jax\nimport jax.numpy as jnp",
        "scripts/rdkit.py": "from rdkit import Chem",
    }
    assert required(of(files)) == {"docker", "jax", "rdkit"}


def test_a_local_file_that_lacks_what_is_imported_does_not_hide_the_package() -> None:
    files = {"main.py": "from datasets import load_dataset", "datasets.py": "class Mine: pass"}
    assert required(of(files)) == {"datasets"}


def test_a_folder_without_init_gives_way_to_a_package_but_not_for_its_own_files() -> None:
    files = {
        "main.py": "import evaluate\nfrom datasets.mine import D",
        "evaluate/scores.json": "{}",
        "datasets/mine.py": "class D: pass",
    }
    assert required(of(files)) == {"evaluate"}


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("from torch.utils.tensorboard import SummaryWriter", {"torch", "tensorboard"}),
        ("import pkg_resources", {"setuptools"}),
        ("import keras", {"keras", "tensorflow"}),
    ],
)
def test_a_submodule_may_imply_another_distribution(source: str, needs: set[str]) -> None:
    assert required(of({"main.py": source})) == needs


@pytest.mark.parametrize(
    ("source", "need"),
    [
        ("from transformers import Trainer", "accelerate"),
        ("from torch.utils import tensorboard", "tensorboard"),
        ("from pytorch_lightning.loggers import WandbLogger", "wandb"),
    ],
)
def test_what_is_taken_of_a_module_may_imply_an_optional_distribution(source: str, need: str) -> None:
    assert need in optional(of({"main.py": source}))


def test_pkg_resources_needs_a_setuptools_that_still_has_it() -> None:
    assert of({"main.py": "import pkg_resources"}).requirements[0].specifier == "<82"


def test_a_method_may_imply_an_optional_distribution() -> None:
    found = of({"main.py": "import pandas as pd\npd.read_excel('x.xlsx')"})
    assert required(found) == {"pandas"}
    assert optional(found) == {"openpyxl"}
    assert not optional(of({"main.py": "import mine\nmine.read_excel('x')", "mine.py": ""}))


def test_guarded_imports_are_optional_unless_they_are_needed_elsewhere() -> None:
    guarded = "try:\n    import wandb\nexcept ImportError:\n    wandb = None\n"
    assert optional(of({"main.py": guarded})) == {"wandb"}
    assert required(of({"main.py": guarded, "other.py": "import wandb"})) == {"wandb"}


def test_declared_versions_are_honoured_and_say_where_the_need_is() -> None:
    found = of(
        {"main.py": "\nimport numpy\nimport sklearn", "requirements.txt": "numpy==1.26.4\nscikit_learn>=1.2,<2\n"}
    )
    needs = {need.distribution: need for need in found.requirements}
    assert needs["numpy"].specifier == "==1.26.4"
    assert needs["scikit-learn"].specifier == "<2,>=1.2"
    assert (needs["numpy"].file, needs["numpy"].line, needs["numpy"].rule) == ("main.py", 2, "declared")
    assert needs["numpy"].modules == ("numpy",)


def test_the_repository_chooses_between_providers_of_one_module() -> None:
    found = of({"main.py": "import cv2", "requirements.txt": "opencv-contrib-python==4.8.0.76"})
    assert [(n.distribution, n.specifier) for n in found.requirements] == [("opencv-contrib-python", "==4.8.0.76")]


def test_what_is_declared_and_not_imported_is_optional_and_noted() -> None:
    found = of({"main.py": "import pandas", "requirements.txt": "pandas\nopenpyxl\n"})
    assert optional(found) == {"openpyxl"}
    assert found.notes == ("declared but not imported: openpyxl",)


def test_what_is_imported_and_not_declared_is_noted_where_something_is_declared() -> None:
    files = {"main.py": "import pandas\nimport cv2\nimport scipy", "requirements.txt": "pandas\nopencv-python\n"}
    assert of(files).notes == ("imported but not declared: scipy (main.py:3)",)
    assert not of({"main.py": "import scipy"}).notes


def test_parts_of_one_distribution_come_from_the_build_that_is_declared() -> None:
    source = "import tensorflow as tf\nimport tensorflow.compat.v1 as tf1\nfrom tensorflow.keras import layers"
    assert required(of({"main.py": source, "requirements.txt": "tensorflow-cpu==2.15\n"})) == {"tensorflow-cpu"}


def test_one_unreadable_file_does_not_hide_the_others() -> None:
    found = of({"old.py": 'print "x"\nimport scipy', "main.py": "import numpy", "bad.py": "def ("})
    assert required(found) == {"numpy", "scipy"}
    assert "bad.py, old.py" in found.notes[0]


def test_a_requirement_carries_every_module_that_it_explains() -> None:
    found = of({"main.py": "import sklearn.svm\nfrom sklearn import tree"})
    assert found.requirements[0].modules == ("sklearn", "sklearn.svm")
