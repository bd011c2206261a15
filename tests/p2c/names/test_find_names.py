"""Names are found by the keys that they stand under; numbers, paths, optimizers and made-up data are none."""

from __future__ import annotations

import pytest

from p2c.errors import UsageError
from p2c.names.find import find_names, with_names


def found(config: str) -> list[tuple[str, str]]:
    return [(name.kind, name.name) for name in find_names(config)]


def test_models_and_data_sets_are_found_where_they_stand(config):
    names = find_names(config)
    assert [(name.kind, name.name, [place.path for place in name.places]) for name in names] == [
        ("model", "bert-base-uncased", ["model.name"]),
        ("model", "google-bert/bert-base-uncased", ["tokenizer"]),
        ("dataset", "SQuAD", ["data.train_dataset"]),
    ]


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ("backbone: resnet50\n", [("model", "resnet50")]),
        ("model_name_or_path: gpt2\n", [("model", "gpt2")]),
        ("models:\n  teacher: {name: LLaMA 2 7B}\n", [("model", "LLaMA 2 7B")]),
        ("datasets: [CIFAR-10, SVHN]\n", [("dataset", "CIFAR-10"), ("dataset", "SVHN")]),
        ("datasets:\n- {name: MNIST, size: 60000}\n", [("dataset", "MNIST")]),
        ("evaluation:\n  benchmark: GSM8K\n", [("dataset", "GSM8K")]),
        ("models: [t5-small, Llama-2-7b]\n", [("model", "t5-small"), ("model", "Llama-2-7b")]),
        ("encoder: BERT base\n", [("model", "BERT base")]),
        ("backbone: transformers/deit\n", [("model", "transformers/deit")]),
    ],
)
def test_the_usual_ways_to_name_them(config: str, names: list[tuple[str, str]]):
    assert found(config) == names


@pytest.mark.parametrize(
    "config",
    [
        "model: {dim: 512, dropout: 0.1}\n",
        "model: {optimizer: {name: adam}}\n",
        "data: {path: data/train}\n",
        "dataset: ./data/x\n",
        "dataset: /data/x\n",
        "dataset: data/train.csv\n",
        "checkpoint: out/best.pt\n",
        "dataset: synthetic_gaussians\n",
        "dataset: 42\n",
        "model_data: x1\n",
        "training: {name: run-1}\n",
        "dataset: null\n",
        "model: |\n  a text\n  of lines\n",
        "name: p2c\n",
        "checkpoint: checkpoints/best\n",
        "checkpoint: outputs/run1\n",
        "dataset: datasets/squad\n",
        "model: {name: Transformer, d_model: 512}\n",
        "encoder: BiLSTM\n",
        "decoder: beam_search\n",
        "tokenizer: whitespace\n",
        "model: small\n",
        "checkpoint: latest\n",
        "pretrained: 'false'\n",
        "dataset: n/a\n",
        "dataset: {name: None}\n",
        "models: [ours, baseline]\n",
    ],
)
def test_what_is_no_name(config: str):
    assert found(config) == []


def test_what_an_alias_repeats_is_found_once(config):
    assert len(find_names("a: {dataset: &d MNIST}\nb: {dataset: *d}\n")[0].places) == 1


def test_a_name_that_stands_twice_is_one_with_two_places():
    (name,) = find_names("train_dataset: MNIST\ntest_dataset: MNIST\n")
    assert [place.path for place in name.places] == ["train_dataset", "test_dataset"]


def test_names_are_put_in_place_and_everything_else_stays_as_it_is(config):
    new = {("bert-base-uncased", "model"): "google-bert/bert-base-uncased", ("SQuAD", "dataset"): "rajpurkar/squad"}
    changed = with_names(config, new)
    expected = config.replace("name: bert-base", "name: google-bert/bert-base")
    assert changed == expected.replace("SQuAD ", "rajpurkar/squad ")


def test_quotes_stay_and_an_id_that_looks_like_a_number_gets_them():
    changed = with_names('model: "a b"\ndataset: MNIST\n', {("a b", "model"): "x/y", ("MNIST", "dataset"): "1234"})
    assert changed == 'model: "x/y"\ndataset: "1234"\n'


@pytest.mark.parametrize("config", ["a: [", "a: " + "[" * 3_000 + "]" * 3_000, "a: 1\n---\na: 2\n"])
def test_what_is_no_yaml_is_a_usage_error(config: str):
    with pytest.raises(UsageError, match=r"config\.yaml"):
        find_names(config)


def test_a_key_that_is_no_word_has_a_place_all_the_same():
    (name,) = find_names("? [a, b]\n: {model: gpt2}\n")
    assert [place.path for place in name.places] == ["?.model"]
