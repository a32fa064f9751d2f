"""What several tests of this folder share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder for a Dask cluster: its path is short, since it holds sockets, and open to the workers' own user."""
    folder = Path(tempfile.mkdtemp(prefix="dask-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
