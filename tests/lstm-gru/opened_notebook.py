"""The lab's notebook, opened in a JupyterLab as a student opens it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatelab.build.release import make_release
from gatelab.lab.spec import Lab
from helpers.browser import Page, chromium, opened
from helpers.jupyterlab import ready, served


@contextmanager
def opened_notebook(root: Path, lab: Lab, place: Path) -> Iterator[tuple[Page, Path]]:
    """The handout as the masters give it now, unpacked, and its notebook open: the page and the folder."""
    chromium()  # without one nothing is built
    folder = make_release(lab, root, place)
    with served(place, folder) as address, opened(f"{address}lab/tree/lab.ipynb", alone=False) as page:
        ready(page)
        yield page, folder
