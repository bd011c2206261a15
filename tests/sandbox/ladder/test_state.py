"""What the steps find out is kept without doubles."""

from unittest.mock import Mock

from sandbox.controller import Sandbox
from sandbox.ladder.ahead import Ahead
from sandbox.ladder.state import State
from sandbox.ladder.steps import infer_step
from sandbox.requirements import Inference
from sandbox.settings import Settings
from sandbox.smoke.outcome import Judged
from sandbox.tree import Tree
from sandbox.verdict import Missing, Outcome, Requirement


def test_a_package_that_is_missed_twice_is_listed_once_with_both_evidences():
    state = State(Tree({}), Settings(), Mock(spec=Sandbox), Ahead(None))
    need = Requirement(distribution="scikit-image", modules=("skimage.io",), rule="map")
    state.inference = Inference((need,))
    state.missing = (Missing(kind="package", what="scikit-image", evidence="no wheel"),)
    state.stop(Judged(Outcome.blocked, None, (Missing(kind="package", what="skimage", evidence="No module"),)))
    assert [(one.what, one.evidence) for one in state.missing] == [("scikit-image", "No module\nno wheel")]


def test_an_own_module_that_is_missing_is_no_distribution_that_was_refused():
    files = {"main.py": b"import numpy\nfrom .utils import save\nimport quantum_flux_zz\n"}
    state = State(Tree(files), Settings(smoke="python main.py"), Mock(spec=Sandbox), Ahead(None))
    report = infer_step(state)
    assert report.detail == "1 distribution, 1 refused: quantum_flux_zz, 1 own module missing: .utils"


def test_who_waits_for_a_later_step_says_so():
    told: list[str] = []
    state = State(Tree({}), Settings(), Mock(spec=Sandbox), Ahead(None), tell=told.append)
    assert state.foresee("smoke", state.ahead.start(lambda _off: 7)) == 7
    assert told == ["smoke"]
