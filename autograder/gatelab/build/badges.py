"""The Open-in-Colab badge of a release, which links to where the release puts the notebook."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from gatelab.build.repository import branch_of
from gatelab.build.settings import Settings
from gatelab.lab.colab import address, is_set
from gatelab.lab.spec import Lab

GITHUB = re.compile(
    r"(?:(?:https?://)?(?:www\.)?|ssh://git@|git@)github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?$"
)
COLAB = "https://colab.research.google.com/github/{}/{}/blob/{}"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def base_of(lab: Lab, repository: str, place: Path) -> str:
    """The beginning of the notebook's address in Colab: that of the repository if it is on GitHub, otherwise lab.toml's; if that is
    not set, that of the earlier release at `place`, of this lab or another. "" if none of these is known."""
    branch = branch_of(place)
    if given := GITHUB.fullmatch(repository):
        return COLAB.format(given[1], given[2], branch)
    base = Settings.of(lab).colab_base
    return base if is_set(base) else _earlier(place, lab.name, branch)


def _earlier(place: Path, name: str, branch: str) -> str:
    """The beginning of the addresses in the badges of the earlier release."""
    begin = (
        re.escape(COLAB.format("OWNER", "LAB", branch))
        .replace("OWNER", r"[\w.-]+")
        .replace("LAB", r"[\w.-]+")
    )
    for notebook in sorted(place.glob("*/*.ipynb"), key=lambda path: (path.parent.name != name, path)):
        there = re.escape(quote(notebook.relative_to(place).as_posix()))
        found = re.search(f"({begin})/{there}", notebook.read_text(encoding="utf-8", errors="replace"))
        if found and is_set(found[1]):
            return found[1]
    return ""


def point(lab: Lab, folder: Path, base: str) -> str:
    """Make the badge in the notebook in `folder` link to the address that begins with `base`; returns the address."""
    if not base:
        return ""
    was, new = (address(each, lab.name, lab.notebook) for each in (Settings.of(lab).colab_base, base))
    path = folder / lab.notebook
    path.write_text(path.read_text(encoding="utf-8").replace(was, new), encoding="utf-8")
    return new
