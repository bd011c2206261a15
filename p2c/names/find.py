"""Which values of `config.yaml` name a model or a data set: by the keys that they stand under, never by guessing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import yaml

from p2c.errors import UsageError

Kind = Literal["model", "dataset"]

_MODEL = frozenset([
    "model", "models", "pretrained", "backbone", "checkpoint", "tokenizer", "encoder", "decoder", "llm", "llms",
    "teacher", "student", "embedder", "generator", "retriever", "judge",
])  # fmt: skip
_DATASET = frozenset(["dataset", "datasets", "data", "corpus", "corpora", "benchmark", "benchmarks"])
_NAME = frozenset(["name", "names", "id", "ids", "hf", "hub", "repo", "repository", "path", "or", "base", "on"])
_WHICH = frozenset([
    "train", "training", "eval", "evaluation", "test", "val", "validation", "dev", "source", "target", "main",
    "default",
])  # fmt: skip
_VALUE = re.compile(r"[A-Za-z0-9][\w.+-]*(?: [\w.+-]+){0,4}|[A-Za-z0-9][\w.-]*/[\w.-]+")
_FILE = re.compile(
    r"\.(csv|tsv|jsonl?|txt|ya?ml|pt|pth|ckpt|bin|npy|npz|pkl|h5|hdf5|parquet|tar|gz|zip|safetensors|onnx|py|arrow)\Z",
    re.IGNORECASE,
)
_OWN = re.compile(r"synthetic|dummy|random|generated|simulated|artificial|(?<![a-z])toy(?![a-z])", re.IGNORECASE)
"""Made on the spot."""
_COMMON = frozenset([
    "auto", "none", "null", "na", "tbd", "todo", "unknown", "true", "false", "yes", "no", "cpu", "cuda",
    "local", "custom", "default", "baseline", "ours", "proposed", "human", "gaussian",
    "tiny", "small", "base", "medium", "large", "best", "last", "latest", "final",
    "train", "training", "test", "val", "valid", "validation", "dev",
    "linear", "logistic", "identity", "mlp", "cnn", "rnn", "lstm", "bilstm", "gru", "bigru", "gan", "vae", "unet",
    "autoencoder", "attention", "transformer", "greedy", "beam", "beamsearch",
    "word", "words", "char", "chars", "character", "whitespace", "subword", "bpe", "wordpiece", "byte", "bytes",
])  # fmt: skip
"""No name at all, or of a kind, a part or a size that the repository makes itself; letters and digits alone."""
_FOLDERS = frozenset([
    "data", "dataset", "datasets", "model", "models", "saved_models", "pretrained", "weights", "checkpoint",
    "checkpoints", "ckpt", "ckpts", "artifacts", "cache", "out", "output", "outputs", "result", "results", "run",
    "runs", "exp", "experiments", "log", "logs", "tmp",
])  # fmt: skip
"""`checkpoints/best` is a path of the repository, not an id."""


@dataclass(frozen=True)
class Place:
    """A value in the file.

    Attributes:
        path: as `data.sets[0].name`.
        start: index of its first character in the text, quotes included.
        end: index behind its last.
        quote: how it is quoted, or nothing.
    """

    path: str
    start: int
    end: int
    quote: str = ""


@dataclass(frozen=True)
class Name:
    """A name of a model or a data set, with every place where it stands."""

    name: str
    kind: Kind
    places: tuple[Place, ...]


def find_names(config: str) -> tuple[Name, ...]:
    """The names in a configuration, in the order of the file.

    A value counts when the last key on the way to it is one for models or data sets (`backbone`, `train_dataset`,
    `model_name_or_path`), or says that it is a name (`name`, `id`) below such a key. Values that are paths, numbers, or
    say that the data is made on the spot do not.

    Args:
        config: YAML.

    Raises:
        UsageError: it is not YAML.
    """
    try:
        root = yaml.compose(config, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"config.yaml cannot be read: {' '.join(str(error).split())[:300]}; mend it") from error
    found: dict[tuple[str, Kind], list[Place]] = {}
    for keys, path, node in _scalars(root):
        kind = _kind(keys)
        if kind is None or not _is_name(node):
            continue
        place = Place(path, node.start_mark.index, node.end_mark.index, node.style or "")
        found.setdefault((node.value.strip(), kind), []).append(place)
    return tuple(Name(name, kind, tuple(places)) for (name, kind), places in found.items())


def with_names(config: str, new: dict[tuple[str, Kind], str]) -> str:
    """`config` with other names; comments and layout stay as they are.

    Args:
        new: name and kind -> what stands in its place.
    """
    changes = [
        (place, new[name.name, name.kind])
        for name in find_names(config)
        if (name.name, name.kind) in new
        for place in name.places
    ]
    for place, value in sorted(changes, key=lambda change: -change[0].start):
        config = config[: place.start] + _written(value, place.quote) + config[place.end :]
    return config


def _scalars(root: yaml.Node | None) -> Iterator[tuple[tuple[str, ...], str, yaml.ScalarNode]]:
    """Every value with the keys on the way to it, once: what an alias repeats is seen where it is defined."""
    waiting: list[tuple[tuple[str, ...], str, yaml.Node | None]] = [((), "", root)]
    seen: set[int] = set()
    while waiting:
        keys, path, node = waiting.pop(0)
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        below: list[tuple[tuple[str, ...], str, yaml.Node | None]] = []
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
                below.append(((*keys, name), f"{path}.{name}" if path else name, value))
        elif isinstance(node, yaml.SequenceNode):
            below = [(keys, f"{path}[{index}]", value) for index, value in enumerate(node.value)]
        elif isinstance(node, yaml.ScalarNode):
            yield keys, path, node
        waiting[:0] = below


def _kind(keys: tuple[str, ...]) -> Kind | None:
    """What a value under `keys` names."""
    last = _words(keys[-1]) if keys else frozenset()
    if last & (_MODEL | _DATASET):
        is_path = "path" in last and "or" not in last
        return _said(last) if last <= _MODEL | _DATASET | _NAME | _WHICH and not is_path else None
    if not last or not last <= _NAME - {"path"}:
        return None
    for key in reversed(keys[:-1]):  # `name` says of what only with what it stands below
        kind = _said(_words(key))
        if kind or not _words(key) <= _NAME | _WHICH:
            return kind
    return None


def _said(words: frozenset[str]) -> Kind | None:
    """A key with both words (`model_data`) says neither."""
    is_model, is_data = bool(words & _MODEL), bool(words & _DATASET)
    if is_model == is_data:
        return None
    return "model" if is_model else "dataset"


def _words(key: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[^a-z0-9]+", key.lower()) if word)


def _is_name(node: yaml.ScalarNode) -> bool:
    value = node.value.strip()
    is_text = node.tag == "tag:yaml.org,2002:str" and node.style in (None, "'", '"')
    is_plausible = 2 <= len(value) <= 96 and _VALUE.fullmatch(value) is not None
    return is_text and is_plausible and not (_FILE.search(value) or _OWN.search(value) or _is_common(value))


def _is_common(value: str) -> bool:
    """Whether it is a word that names nothing, or a path into a folder that repositories have."""
    folder, slash, _ = value.casefold().partition("/")
    return (bool(slash) and folder in _FOLDERS) or re.sub(r"[\W_]", "", value.casefold()) in _COMMON


def _written(value: str, quote: str) -> str:
    """An id as YAML; ids hold neither quotes nor backslashes."""
    if quote:
        return f"{quote}{value}{quote}"
    return value if isinstance(yaml.safe_load(value), str) else f'"{value}"'
