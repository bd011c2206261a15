"""What the steps find out is kept without doubles."""

from unittest.mock import Mock

from sandbox.controller import Sandbox
from sandbox.ladder.ahead import Ahead
from sandbox.ladder.state import State
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
