"""After `kill -9` of a class run the same command gives exactly the undisturbed results; `make killed` tries 100 moments."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from helpers.shares import WHOLE
from programs import kill_soak


@pytest.mark.parametrize(
    ("scene", "moments"), [(kill_soak.first_run, 1), (kill_soak.edited, 3 if WHOLE else 2)]
)
@pytest.mark.one_in(2)
def test_the_same_command_again_gives_the_undisturbed_results(
    tmp_path: Path, scene: object, moments: int
) -> None:
    found = kill_soak.Scene.of(scene(tmp_path / "class"))
    for _ in range(moments):
        moment = random.uniform(0.3, 1) * found.seconds
        assert found.disturbed(moment) == [], f"killed after {moment:.3f} s"
