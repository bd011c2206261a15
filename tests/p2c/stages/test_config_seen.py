"""What a changed `config.yaml` makes anew: what names a setting that is gone."""

from __future__ import annotations

import pytest

from p2c.stages.config_file import outline
from p2c.stages.config_seen import added, gone, named

BEFORE = outline("data: {source: kodak, n: 9}\npicture: {gap: 4, sizes: [1, 2]}\nsmoke: {data: {n: 3}}\n")


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        ("data: {source: kodak, n: 7}\npicture: {gap: 5, sizes: [3, 4], path: x}\nsmoke: {data: {n: 1}}\n", {}),
        (
            "data: {source: own, n: 9}\npicture: {gap: 4, sizes: [1]}\nsmoke: {data: {n: 3}}\n",
            {"data.source": ("source",), "picture.sizes": ("sizes",)},
        ),
        (
            "data: {source: kodak, n: 9}\nsmoke: {data: {n: 3}}\n",
            {"picture.gap": ("picture", "gap"), "picture.sizes": ("picture", "sizes")},
        ),
        (
            "data: {source: kodak, number: 9}\npicture: {gap: {x: 1}, sizes: [1, 2]}\nsmoke: {data: {n: 3}}\n",
            {"data.n": ("n",), "picture.gap": ("gap",)},
        ),
        (
            "data: {source: kodak, n: 9}\npicture: {gap: 4, sizes: [1, 2]}\nsmoke: {picture: {gap: 1}}\n",
            {"smoke.data.n": ("data", "n")},
        ),
    ],
)
def test_a_setting_is_gone_when_it_has_no_value_or_another_kind_of_it(now: str, lost: dict[str, tuple[str, ...]]):
    assert gone(BEFORE, outline(now)) == lost


def test_what_is_new_is_told_by_its_whole_name():
    assert added(BEFORE, outline("data: {source: kodak, n: 9, folder: x}\nseed: 0\n")) == ("data.folder", "seed")
    assert added(BEFORE, BEFORE) == ()


def test_a_setting_is_named_by_a_word_of_its_own():
    assert named('config["picture"]["gap"]', ("gap",))
    assert named("`picture.gap`", ("gap",))
    assert not named("gap_width = gaps", ("gap",))
    assert named('config["lr-decay"]', ("lr-decay",))
