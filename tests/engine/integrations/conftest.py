"""What several tests of this folder share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.zips import unpacked


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder for a Dask cluster: its path is short, since it holds sockets, and open to the workers' own user."""
    folder = Path(tempfile.mkdtemp(prefix="dask-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def source(autograder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of a module's `autograder`, unpacked where otter looks for it."""
    return unpacked(autograder, tmp_path_factory.mktemp("source"))
