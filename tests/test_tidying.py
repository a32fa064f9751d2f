"""What a submission leaves in its folder goes with it."""

from __future__ import annotations

import os
from pathlib import Path

from gatelab.examiner.forkserver import remove

DEEP = 3000  # more than Python's recursion and a process's descriptors


def test_a_folder_goes_however_deep_it_was_made(tmp_path: Path) -> None:
    folder, here = tmp_path / "worker", os.getcwd()
    folder.mkdir()
    os.chdir(folder)
    try:
        for _ in range(DEEP):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    remove(folder)
    assert not folder.exists()


def test_what_a_link_in_it_leads_to_stays(tmp_path: Path) -> None:
    folder, other = tmp_path / "worker", tmp_path / "other"
    for each in (folder, other):
        each.mkdir()
        (each / "file").write_text("x")
    (folder / "link").symlink_to(other)
    remove(folder)
    assert not folder.exists() and (other / "file").read_text() == "x"
