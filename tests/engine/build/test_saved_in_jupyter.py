"""A master opened as a notebook in JupyterLab and saved as it is: does git see nothing?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

ROOT = Path(__file__).resolve().parents[3]
MASTERS = [
    *sorted(ROOT.glob("assignment/*/*.py")),
    *sorted(ROOT.glob("tests/engine/tiny-lab/assignment/*/*.py")),
]


@pytest.mark.parametrize("master", MASTERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_save_without_a_change_leaves_no_diff(master: Path, tmp_path: Path) -> None:
    files = pytest.importorskip("jupyter_server.services.contents.filemanager")  # what JupyterLab saves with
    shutil.copy(master, tmp_path)
    server = build_sync_jupytext_contents_manager_class(files.FileContentsManager)(root_dir=str(tmp_path))
    opened = server.get(master.name, type="notebook", content=True)
    server.save({"type": "notebook", "format": "json", "content": opened["content"]}, master.name)
    assert (tmp_path / master.name).read_text(encoding="utf-8") == master.read_text(encoding="utf-8")
