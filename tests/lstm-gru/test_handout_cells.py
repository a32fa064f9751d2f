"""The notebooks' first cell on Colab, and a notebook under another name: does the handout open?"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from kit_lab import kit_lab

from gatelab.build import handout
from gatelab.build.release import make_release
from gatelab.build.settings import Settings

pytestmark = pytest.mark.one_in(3, at=1)

ROOT = Path(__file__).resolve().parents[2]
LAB = kit_lab()
MASTERS = ("lab", "demo", "practice")


def cells_of(master: str) -> list[str]:
    return re.split(
        r"^# %%.*$", (LAB.assignment / f"{master}.py").read_text(encoding="utf-8"), flags=re.MULTILINE
    )


CELLS = cells_of("lab")
FIRST = {master: next(cell for cell in cells_of(master) if "google.colab" in cell) for master in MASTERS}
GRADER = next(line for cell in CELLS for line in cell.splitlines() if line.startswith("grader = "))

PYTHON = sys.executable  # before a test puts another in its place
Open = Callable[..., Path]


def zipped(place: Path, **changed: str) -> Path:
    """The handout as a zip with its notebook, as students download it; `changed`: file name → other text."""
    path = place / "lstm-gru.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lstm-gru/lab.ipynb", "{}")
        for name, file in handout.files(LAB, Settings.of(LAB)).items():
            archive.writestr(f"lstm-gru/{name}", changed.get(name, file.read_text(encoding="utf-8")))
    return path


@pytest.fixture(params=MASTERS)
def on_colab(request, tmp_path: Path, monkeypatch) -> Open:
    """Runs the cell as Colab would, in an empty folder; `address` is the setting's value, `upload` was uploaded to the file pane."""

    def opened(address: str = "file:///nowhere/lstm-gru.zip", upload: Path | None = None) -> Path:
        folder = tmp_path / "content"
        folder.mkdir(exist_ok=True)
        if upload:
            (folder / "lstm-gru.zip").write_bytes(upload.read_bytes())
        monkeypatch.chdir(folder)
        monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
        monkeypatch.setattr(sys, "executable", "/bin/true")  # nothing is installed here
        settings = replace(Settings.of(LAB), handout_url=address)
        exec(compile(handout.filled(FIRST[request.param], LAB, settings), "first cell", "exec"), {})
        return folder

    return opened


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_cell_fetches_the_handout_and_leaves_no_notebook_in_the_file_pane(on_colab, tmp_path):
    """Students hand in by mistake a blank copy in the folder of the open notebook."""
    folder = on_colab(zipped(tmp_path).as_uri())
    assert names(folder) == set(handout.files(LAB, Settings.of(LAB)))
    assert not list(folder.rglob("*.ipynb"))


def test_an_uploaded_handout_serves_where_the_address_does_not(on_colab, tmp_path):
    folder = on_colab(upload=zipped(tmp_path))
    assert {"seqlab/tasks.py", "tests/q1.py"} <= names(folder)
    assert not list(folder.rglob("*.ipynb"))


def test_the_sum_is_over_what_the_build_releases(tmp_path):
    """Name by name and byte by byte, all but the notebook."""
    release = make_release(LAB, ROOT, tmp_path)
    released = {
        path.relative_to(release).as_posix(): path.read_bytes()
        for path in release.rglob("*")
        if path.is_file()
    }
    del released[LAB.notebook]
    assert released == {
        name: path.read_bytes() for name, path in handout.files(LAB, Settings.of(LAB)).items()
    }


def test_running_the_cell_again_changes_nothing(on_colab, tmp_path):
    folder = on_colab(zipped(tmp_path).as_uri())
    (folder / "seqlab" / "mine.txt").write_text("kept")
    assert on_colab("file:///gone.zip") == folder and (folder / "seqlab" / "mine.txt").is_file()


def said(opened: Callable[[], object]) -> str:
    with pytest.raises(SystemExit) as stopped:
        opened()
    return str(stopped.value)


def test_without_a_handout_one_sentence_says_what_to_do(on_colab):
    assert "upload it in the file pane" in said(on_colab)


def test_a_page_in_place_of_the_zip_is_reported_like_a_missing_one(on_colab, tmp_path):
    page = tmp_path / "lstm-gru.zip"
    page.write_text("<html>Please log in</html>")
    assert "upload it in the file pane" in said(lambda: on_colab(page.as_uri()))


@pytest.mark.parametrize("master", MASTERS)
@pytest.mark.parametrize("beside", [False, True])
def test_on_ones_own_machine_the_cell_only_says_that_the_package_is_not_beside_the_notebook(
    tmp_path, master, beside
):
    """`No module named 'seqlab'`, which comes next, does not say that the notebook is in the wrong folder."""
    if beside:
        (tmp_path / "seqlab").mkdir()
        (tmp_path / "seqlab" / "__init__.py").touch()
    ran = subprocess.run(
        [PYTHON, "-c", handout.filled(FIRST[master], LAB, Settings.of(LAB))],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stderr == ""
    assert ran.stdout.startswith("The folder seqlab is not beside this notebook") is not beside
    assert len(ran.stdout.splitlines()) == (not beside)


@pytest.mark.parametrize(
    ("kernel", "why"),
    [
        ("sys.modules['torch'] = None", "has no torch"),
        ("sys.version_info = (3, 10, 12)", "is older than 3.11"),
    ],
)
def test_a_kernel_that_cannot_run_the_lab_is_reported_with_the_way_to_one_that_can(tmp_path, kernel, why):
    """And not by the error of an import further down."""
    (tmp_path / "seqlab").mkdir()
    (tmp_path / "seqlab" / "__init__.py").touch()
    other = (
        "import sys, importlib.util as util\nfind = util.find_spec\n"
        f"util.find_spec = lambda name: None if sys.modules.get(name, 0) is None else find(name)\n{kernel}\n"
    )
    ran = subprocess.run(
        [PYTHON, "-c", other + handout.filled(FIRST["lab"], LAB, Settings.of(LAB))],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f") {why}. Close the notebook and type `python start.py` in its folder" in ran.stdout
    assert len(ran.stdout.splitlines()) == 1 and ran.stderr == ""


@pytest.mark.parametrize(
    "change", [{"seqlab/tasks.py": "STORE = None\n"}, {"../evil.py": "x"}, {"more.txt": "x"}]
)
def test_a_handout_with_another_sum_is_refused_and_not_unpacked(on_colab, tmp_path, change):
    path = zipped(tmp_path, **change)
    with zipfile.ZipFile(path, "a") as archive:
        for name, text in change.items():
            if f"lstm-gru/{name}" not in archive.namelist():
                archive.writestr(name, text)
    assert "does not belong to this notebook" in said(lambda: on_colab(path.as_uri()))
    assert names(tmp_path / "content") == set() and not (tmp_path / "evil.py").exists()


@pytest.mark.parametrize("master", MASTERS)
def test_elsewhere_the_cell_does_nothing(tmp_path, monkeypatch, master):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    exec(compile(FIRST[master], "first cell", "exec"), {})
    assert names(tmp_path) == set()


@pytest.mark.parametrize("master", ["demo", "practice"])
@pytest.mark.one_in(3)
def test_the_class_notebooks_find_what_colab_unpacked(on_colab, tmp_path, master):
    """Their set-up runs in a folder with only the handout's files."""
    folder = on_colab(zipped(tmp_path).as_uri())
    cells = cells_of(master)
    setup = next(cell for cell in cells if "places = (" in cell)
    code = "LIVE = True\n" + setup + "\nprint(HERE.resolve() / 'seqlab', tasks.STORE.K)"
    done = subprocess.run([PYTHON, "-W", "ignore", "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.stdout.split() == [str((folder / "seqlab").resolve()), "8"], done.stderr[-500:]


def test_without_the_recorded_run_the_demo_says_what_to_do(on_colab, tmp_path):
    """It is not part of the handout."""
    folder = on_colab(zipped(tmp_path).as_uri())
    setup = next(cell for cell in cells_of("demo") if "places = (" in cell)
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", "LIVE = False\n" + setup], cwd=folder, capture_output=True, text=True
    )
    assert "set LIVE = True" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "files", [["lab (1).ipynb"], ["lab_maria.ipynb", "lab.ipynb", "Kopie von lab.ipynb"], []]
)
@pytest.mark.one_in(3)
def test_a_notebook_under_any_name_can_check(tmp_path, files):
    """On Colab there is no notebook in the folder."""
    for name in ("seqlab", "tests"):
        (tmp_path / name).symlink_to(LAB.assignment / name)
    for name in files:
        (tmp_path / name).write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    code = f"import otter\n{GRADER}\nprint(grader.check('q5'))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert "q5 is not written yet" in done.stdout, done.stderr[-500:]


def test_the_last_cell_says_how_to_hand_in_from_colab_and_from_jupyter():
    last = CELLS[-1]
    for word in (
        "Restart and run all",
        "Save",
        "In Colab",
        "Download .ipynb",
        "In Jupyter",
        "name does not matter",
    ):
        assert word in last


QUESTIONS = re.compile(r"^# #### (q\d+[ab]?): .*?(?=^# %%|\Z)", re.MULTILINE | re.DOTALL)


def test_every_task_says_what_its_check_cannot_see():
    """And the two written answers that no check reads them."""
    tasks = {found[1]: found[0] for cell in CELLS for found in QUESTIONS.finditer(cell)}
    assert tasks.keys() == LAB.questions.keys()
    for id, text in tasks.items():
        assert ("No check reads them" if LAB.questions[id].by_hand else "*The check cannot see*") in text, id


@pytest.mark.parametrize("master", MASTERS)
def test_headings_go_down_one_level_at_a_time(master):
    """So that a screen reader's list of headings is the page's outline."""
    text = (LAB.assignment / f"{master}.py").read_text(encoding="utf-8")
    levels = [(len(found[1]), found[2]) for found in re.finditer(r"^# (#{1,6}) (.+)$", text, re.MULTILINE)]
    assert levels[0][0] == 1 and len(levels) > 5
    for (above, _), (below, heading) in itertools.pairwise(levels):
        assert below <= above + 1, heading


def answers_with(code: str) -> str:
    """What the cell of the challenges prints when a student has written this."""
    challenges = next(cell for cell in CELLS if "def challenges" in cell)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec("import math, torch\nfrom torch import nn\n" + code + challenges, {})
    return printed.getvalue()


def test_the_mean_over_the_valid_steps_is_a_challenge_with_a_check_of_its_own():
    mean = "def masked_mean(outputs, lengths):\n    return torch.stack([o[:n].mean(dim=0) for o, n in zip(outputs, lengths)])\n"
    assert answers_with("") == ""
    assert "masked_mean agrees" in answers_with(mean)
    for wrong in ("o.mean(dim=0)", "o.nan_to_num().mean(dim=0)", "o[:n].sum(dim=0)"):
        with pytest.raises(AssertionError):
            answers_with(mean.replace("o[:n].mean(dim=0)", wrong))
