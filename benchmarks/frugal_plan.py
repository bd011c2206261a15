"""The one plan that both contestants are given: twelve files, four deep, and the text of each.

The files are made by rule from a few words each: what a strong model would write in length and structure (they parse,
import from each other what is there, and are documented), not what it would write in substance. Lengths are those with
which PaperCoder comes, within one per cent, to what was measured of it before (`PUBLISHED` of `frugal.py`: tokens of
prompts, those not cached, seconds): 1,700 tokens for the overall plan and for the architecture, 2,250 for the logic
design, 450 for the configuration, 1,350 for a note, 1,490 for a file.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

OVERVIEW, ARCHITECTURE, LOGIC, CONFIG, NOTE, SOURCE = 6_800, 6_800, 9_000, 1_800, 5_400, 5_960
"""Characters of each reply."""
PAPER = 32_000
"""Characters of the paper that stands in where PaperCoder's example cannot be had."""


@dataclass(frozen=True)
class PlannedFile:
    """One file: its class, what that works on, and the paths that it imports from."""

    path: str
    name: str
    subject: str
    depends_on: tuple[str, ...]
    place: str
    """Where the paper has what it implements."""
    nouns: tuple[str, ...]
    """What the methods of its class are about, in the order in which they are written."""

    @property
    def module(self) -> str:
        """As imported."""
        return self.path.removesuffix(".py")


FILES = (
    PlannedFile(
        "settings.py", "Settings", "the experiment's settings", (),
        "Section 5.2", ("widths", "rates", "limits", "seeds"),
    ),
    PlannedFile(
        "vocabulary.py", "Vocabulary", "the shared vocabulary", (),
        "Section 5.1", ("pieces", "merges", "counts", "ranks"),
    ),
    PlannedFile(
        "layers.py", "Layers", "linear maps and normalisation", (), "Section 3.3", ("rows", "means", "scales", "sums")
    ),
    PlannedFile(
        "metrics.py", "Metrics", "the scores of the paper", (), "Section 6.1", ("overlaps", "brevity", "losses", "hits")
    ),
    PlannedFile(
        "corpus.py", "Corpus", "sentence pairs in batches", ("settings.py", "vocabulary.py"),
        "Section 5.1", ("pairs", "lengths", "batches", "masks"),
    ),
    PlannedFile(
        "attention.py", "Attention", "scaled dot-product attention in several heads", ("settings.py", "layers.py"),
        "Section 3.2.2", ("queries", "scores", "heads", "contexts"),
    ),
    PlannedFile(
        "schedule.py", "Schedule", "the learning rate over the steps", ("settings.py",),
        "Section 5.3", ("steps", "warmups", "decays", "updates"),
    ),
    PlannedFile(
        "encoder.py", "Encoder", "the stack that reads the source", ("attention.py", "layers.py"),
        "Section 3.1", ("inputs", "positions", "blocks", "outputs"),
    ),
    PlannedFile(
        "decoder.py", "Decoder", "the stack that writes the target", ("attention.py", "layers.py"),
        "Section 3.2.3", ("targets", "memories", "predictions", "beams"),
    ),
    PlannedFile(
        "evaluation.py", "Evaluation", "translations and their scores", ("corpus.py", "metrics.py"),
        "Section 6.1", ("references", "hypotheses", "comparisons", "summaries"),
    ),
    PlannedFile(
        "ablation.py", "Ablation", "the variations of Table 3", ("encoder.py", "evaluation.py"),
        "Section 6.2", ("variants", "baselines", "differences", "tables"),
    ),
    PlannedFile(
        "main.py", "Experiment", "the whole experiment from the command line",
        ("corpus.py", "schedule.py", "encoder.py", "decoder.py", "evaluation.py"),
        "Section 5.4", ("runs", "epochs", "results", "reports"),
    ),
)  # fmt: skip
"""In the order of writing."""
PACKAGES = ("numpy>=1.26", "PyYAML>=6.0")
COMMAND, METRICS_FILE = "python main.py --smoke", "results/metrics.json"
_VERBS = ("collect", "normalise", "weigh", "combine", "project", "check", "reduce", "order")
_SENTENCES = (
    "The model follows an encoder and decoder structure with stacked attention and feed-forward layers",
    "Attention weights are the softmax of scaled dot products between queries and keys",
    "Every sub-layer has a residual connection around it, followed by layer normalisation",
    "Positions enter as sine and cosine waves whose lengths form a geometric progression",
    "The learning rate rises linearly over the warm-up and then falls with the square root of the step",
    "Labels are smoothed, which costs perplexity and gains accuracy and overlap with the references",
    "Batches hold pairs of about the same length, so that little of them is padding",
    "Dropout is applied to the output of each sub-layer before it is added and normalised",
    "Translations are found by a search over several beams with a penalty for their length",
    "Masks keep positions from attending to those after them, and to padding",
    "Scores are computed over the whole test set and not averaged over its sentences",
    "Where the paper leaves a value open, the one of its base model is taken and marked as an assumption",
)


def prose(characters: int, start: int = 0) -> str:
    """Sentences about the method, `characters` long to the letter; other ones for another `start`."""
    pieces: list[str] = []
    length, number = 0, start
    while length <= characters:
        sentence = _SENTENCES[number % len(_SENTENCES)]
        pieces.append(f"{sentence} (Section {3 + number % 4}.{1 + number % 3}, step {number}). ")
        length += len(pieces[-1])
        number += 1
    return "".join(pieces)[: max(0, characters - 1)].rstrip().ljust(max(0, characters - 1), ".") + "." * (
        characters > 0
    )


def paper() -> str:
    """A paper as long as the one of PaperCoder's example, in Markdown, with the sections that the plan names.

    As there, those have about a thousand characters each; what `replies.config` quotes stands in them.
    """
    said = {
        "3.1 Stacks": "The encoder has N = 6 layers of width 512. ",
        "3.2.2 Heads": "We employ h = 8 heads. ",
        "3.3 Networks": "The inner layer has 2048 units. ",
        "5.3 Optimizer": "We used warmup_steps = 4000, with 0.9 and 0.98. ",
        "5.4 Regularization": "We use a rate of 0.1. ",
    }
    named = {*said, "3.2.3 Use", "5.1 Data", "5.2 Hardware", "6.1 Translation", "6.2 Variations"}
    others = {"1 Introduction", "2 Background", "3.4 Embeddings", "4 Reasons", "7 Conclusion"}
    size = (PAPER - 1_000 * len(named)) // len(others)
    parts = [
        f"## {title}\n\n{said.get(title, '')}{prose(1_000 if title in named else size, 5 * at)}"
        for at, title in enumerate(sorted(named | others))
    ]
    return "\n\n".join(("# A paper", "## Abstract\n\nWe translate.", *parts)) + "\n"


def file_of(path: str) -> PlannedFile:
    """Raises KeyError when the plan has no such file."""
    return {file.path: file for file in FILES}[path]


def depth() -> int:
    """Files on the longest chain of dependencies."""
    return max(map(_depth, FILES))


def _depth(file: PlannedFile) -> int:
    return 1 + max((_depth(file_of(path)) for path in file.depends_on), default=0)


@cache
def source(path: str) -> str:
    """The file: `SOURCE` characters of Python, filled up with what its docstring says of the method."""
    file = file_of(path)
    methods = ""
    for verb, noun in _methods(file):
        method = _method(verb, noun)
        if len(_head(file, "")) + len(methods) + len(method) + len(_tail(file)) > SOURCE:
            break
        methods += method
    room = SOURCE - len(_head(file, "")) - len(methods) - len(_tail(file))
    text = _head(file, textwrap.fill(prose(room, len(path)), 100)) + methods + _tail(file)
    ast.parse(text)
    return text


def signatures(path: str) -> str:
    """What the file offers to others, bodies as `...`."""
    file = file_of(path)
    lines = [f"class {file.name}:", f"    def __init__(self, {_parameters(file)}) -> None: ..."]
    for node in ast.walk(ast.parse(source(path))):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name != "main":
            lines.append(f"    def {node.name}({ast.unparse(node.args)}) -> list[float]: ...")
    if path == "main.py":
        lines += ["", "", "def main() -> None: ..."]
    return "\n".join(lines)


def _parameters(file: PlannedFile) -> str:
    own = [f"{file_of(path).module}: {file_of(path).name}" for path in file.depends_on]
    return ", ".join([*own, "momentum: float"])


def _methods(file: PlannedFile) -> Iterator[tuple[str, str]]:
    for number in range(len(_VERBS) * len(file.nouns)):
        yield _VERBS[number % len(_VERBS)], file.nouns[number % len(file.nouns)]


def _head(file: PlannedFile, more_words: str) -> str:
    imports = "".join(f"from {file_of(p).module} import {file_of(p).name}\n" for p in file.depends_on)
    extra = "import argparse\nimport json\n" if file.path == "main.py" else ""
    more = "from pathlib import Path\n" if file.path == "main.py" else ""
    kept = "".join(f"        self.{file_of(p).module} = {file_of(p).module}\n" for p in file.depends_on)
    return (
        f'"""{file.subject[0].upper()}{file.subject[1:]} (Sections 3 and 5).\n\n{more_words}\n"""\n\n'
        f"from __future__ import annotations\n\n{extra}import math\n{more}{chr(10) if imports else ''}{imports}\n\n"
        f"class {file.name}:\n"
        f'    """{file.subject[0].upper()}{file.subject[1:]}, as the paper describes it.\n\n'
        "    Attributes:\n"
        "        momentum: share of the value before that is carried on, 0 to 1.\n"
        "        history: the mean of each result so far, oldest first.\n"
        '    """\n\n'
        f"    def __init__(self, {_parameters(file)}) -> None:\n"
        "        if not 0.0 <= momentum <= 1.0:\n"
        '            raise ValueError(f"momentum must lie between 0 and 1, not {momentum}")\n'
        f"{kept}        self.momentum = momentum\n"
        "        self.history: list[float] = []\n"
    )


def _method(verb: str, noun: str) -> str:
    return f'''
    def {verb}_{noun}(self, values: list[float], scale: float = 1.0) -> list[float]:
        """{verb.capitalize()} the {noun} of one sequence (Section 3.2, equation 1).

        `values` holds one number a position, shape (n,); the result has the same shape and order, and sums
        to one before the momentum is applied. Raises ValueError for an empty sequence.
        """
        if not values:
            raise ValueError("{verb}_{noun} needs at least one value")
        # The largest value is taken off first, so that no exponential overflows.
        largest = max(values)
        weights = [math.exp(scale * (value - largest)) for value in values]
        total = sum(weights)
        {noun} = [weight / total for weight in weights]
        for position in range(1, len({noun})):
            carried = self.momentum * {noun}[position - 1]
            {noun}[position] = (1.0 - self.momentum) * {noun}[position] + carried
        self.history.append(sum({noun}) / len({noun}))
        return {noun}
'''


def _tail(file: PlannedFile) -> str:
    if file.path != "main.py":
        return ""
    return '''

def main() -> None:
    """Run the experiment, in the smoke settings with `--smoke`, and write the metrics file."""
    parser = argparse.ArgumentParser(description="Reproduce the paper's experiments.")
    parser.add_argument("--smoke", action="store_true", help="tiny data, a few steps")
    arguments = parser.parse_args()
    mode = "smoke" if arguments.smoke else "full"
    target = Path(__file__).parent / "results" / "metrics.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"mode": mode, "metrics": {}, "paper": []}), encoding="utf-8")


if __name__ == "__main__":
    main()
'''
