"""What `make test` looks at in part and `make test-all` (GATELAB_ALL=1) looks at whole.

`share` takes part of a bank inside a test, `@pytest.mark.one_in(k)` (conftest.py) one in k of a test's cases. Which part is drawn
anew for each run, from the seed in the run's head: in the end all of it is looked at, and `--hypothesis-seed` gives the same part
again. Whoever names a test (`-k`, `file.py::test`) gets all cases of it; a `share` is whole with GATELAB_ALL=1.

Files that take long and look at the kit from a similar side take turns: `pytestmark = pytest.mark.one_in(3, at=0)` in some of
them, `at=1` and `at=2` in others, so that every run has a third of these files.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

Item = TypeVar("Item")
WHOLE = bool(os.environ.get("GATELAB_ALL"))
# Files take turns by the seed divided by this: so which cases of a file run does not depend on whose turn it is.
ROUND = 12


def share(items: Sequence[Item], every: int, turn: int) -> Sequence[Item]:
    """Every so many of them, from the place where it is this run's turn to begin; all with GATELAB_ALL."""
    return items if WHOLE else items[turn % every :: every]


def turn_of(config: pytest.Config) -> int:
    """Whose turn it is: the seed of this run."""
    return int(config.getoption("--hypothesis-seed"))
