"""Selects the part of long tests that `make test` runs; `make test-all` (GATELAB_ALL=1) runs everything.

`share` takes a part of a bank inside a test, `@pytest.mark.one_in(k)` (conftest.py) one in k of a test's cases. The part is drawn
anew for each run, from the seed in the run's header, so everything is tested in the end, and `--hypothesis-seed` repeats the same part.
If a test is named (`-k`, `file.py::test`), all its cases are run; a `share` is complete only with GATELAB_ALL=1.

Files that take long and test similar things take turns: `pytestmark = pytest.mark.one_in(3, at=0)` in some of them, `at=1` and `at=2`
in others, so that every run has a third of these files.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

Item = TypeVar("Item")
WHOLE = bool(os.environ.get("GATELAB_ALL"))
# Files take turns by the seed divided by this, so that the cases that are run in a file do not depend on whose turn it is.
ROUND = 12


def share(items: Sequence[Item], every: int, turn: int) -> Sequence[Item]:
    """Every k-th of them, beginning at a place that depends on the run; all of them with GATELAB_ALL."""
    return items if WHOLE else items[turn % every :: every]


def turn_of(config: pytest.Config) -> int:
    """The seed of this run, which decides whose turn it is."""
    return int(config.getoption("--hypothesis-seed"))
