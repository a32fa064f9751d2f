"""`python start.py` of a lab that `gatelab new` made: one file for every lab, which finds the package, the requirements and the notebook next to it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gatelab.build import handout
from gatelab.build.checks import SOURCE
from gatelab.build.new import TEMPLATE, new_lab
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab
from helpers.start_py import begin, loaded
from helpers.tiny_lab import ROOT
from programs.first_start import serve


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kit")
    shutil.copytree(ROOT / TEMPLATE, root / TEMPLATE)
    return new_lab(root, "rnn-basics")[0]


@pytest.fixture
def folder(assignment: Path, tmp_path: Path) -> Path:
    """What its students get beside the notebook, in a folder whose name has a space in it."""
    folder = tmp_path / "my lab"
    lab = Lab.in_repository(assignment.parents[1], "rnn-basics")
    for name, path in handout.files(lab, Settings.of(lab)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    assert (folder / "start.py").read_bytes() == (SOURCE / "start.py").read_bytes()
    return folder


def wheel(folder: Path, project: str) -> None:
    """A package with nothing but 100 kB of numbers in it."""
    about = f"{project}-1.dist-info"
    with zipfile.ZipFile(folder / f"{project}-1-py3-none-any.whl", "w") as packed:
        packed.writestr(f"{project}.txt", "".join(map(str, range(20_000))))
        packed.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1\n")
        packed.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{about}/RECORD", "")


def made(folder: Path) -> Any:
    """start.py, after an environment was made: its Python is the one that runs the tests."""
    start = loaded(folder)
    python = Path(start.python_of(start.VENV))
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    Path(start.READY).write_text(start.stamp(start.read_pins()), encoding="utf-8")
    return start


def test_without_an_environment_a_message_says_what_to_do(folder: Path) -> None:
    done = begin(folder, "--check")
    assert done.returncode == 1 and done.stdout.endswith("Run `python start.py`.\n")
    for command in ("check", "submit"):
        done = begin(folder, command)
        assert done.returncode == 1
        assert done.stderr == "start.py: the environment is not made yet: run `python start.py` first.\n"
    assert not (folder / ".venv").exists()


def test_what_the_lab_has_is_what_is_offered(folder: Path) -> None:
    said = begin(folder, "--help").stdout
    assert "python start.py submit " in said and "explore" not in said
    done = begin(folder, "explore")
    assert done.returncode == 2
    assert done.stderr == "start.py: there is no `explore`; `python start.py --help` says what there is.\n"
    done = begin(folder, "chek")
    assert done.returncode == 2 and "did you mean `python start.py check`? " in done.stderr
    (folder / "rnn_basics_lab" / "explorer.html").write_text("<title>Map of the logits</title>")
    assert "    python start.py explore      open the map of the logits" in begin(folder, "--help").stdout
    shutil.rmtree(folder / "rnn_basics_lab")
    assert "python start.py check " not in begin(folder, "--help").stdout
    assert "there is no `check`" in begin(folder, "check").stderr


def test_the_packages_commands_run_in_the_environment(folder: Path) -> None:
    made(folder)
    done = begin(folder, "submit")
    assert done.returncode == 2 and done.stderr.startswith("rnn_basics_lab: ")
    assert "there is no notebook here" in done.stderr
    for name in ("lab.ipynb", "lab (1).ipynb"):
        cell = {
            "cell_type": "code",
            "metadata": {},
            "source": "def softmax(logits):\n    return 1",
            "outputs": [],
        }
        (folder / name).write_text(
            json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        )
    assert "as in `python start.py submit " in begin(folder, "submit").stderr


def test_ready_is_said_when_every_package_of_the_lab_starts(folder: Path) -> None:
    start = made(folder)
    assert (
        start.trying(start.read_pins())[2] == "import ipykernel, numpy, otter, torch, ipywidgets, jupyterlab"
    )
    done = begin(folder, "--check")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Ready."), done.stdout
    assert start.trying({"scikit-learn": "", "PyYAML": "", "no-such-package": ""})[2] == (
        "import yaml, sklearn, ipywidgets, jupyterlab"
    )


def test_the_notebook_is_the_one_of_the_lab(folder: Path) -> None:
    table = folder / "rnn_basics_lab" / "questions.json"
    table.write_text(
        table.read_text(encoding="utf-8").replace('"lab.ipynb"', '"week3.ipynb"'), encoding="utf-8"
    )
    for name in ("lab.ipynb", "week3.ipynb"):
        (folder / name).write_text("{}")
    assert "notebook    week3.ipynb" in begin(folder, "--check").stdout


def test_why_there_is_no_notebook_to_open_is_told(folder: Path) -> None:
    """None, a folder of its name, two copies under other names."""
    for path, said in (
        (None, "none in this folder: unzip the handout again, all of it"),
        (
            "lab.ipynb/lab.ipynb",
            "lab.ipynb is a folder and not the notebook: move the file that is in it here",
        ),
        ("lab (1).ipynb", "lab (1).ipynb"),
        ("lab (2).ipynb", "several in this folder, none of them lab.ipynb: open the one that you write in"),
    ):
        if path:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text("{}")
        assert f"notebook    {said}" in begin(folder, "--check").stdout


def test_only_the_lines_of_packages_are_added_up_each_package_once(folder: Path) -> None:
    start = loaded(folder)
    path = folder / "requirements.txt"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "torch==2.13.0", "torch==2.13.0  # 300 MB, 900 MB on the disk"
        )
        + "# no-such-package==1.0  # 50 MB, 200 MB on the disk\n  # 7 MB, 7 MB on the disk\n",
        encoding="utf-8",
    )
    assert start.size(start.read_pins()) == (380, 1350)


@pytest.mark.one_in(2, among="environments")
def test_a_lab_without_pytorch_asks_for_none_and_is_smaller(folder: Path) -> None:
    start = loaded(folder)
    pins = start.read_pins()
    assert start.size(pins) == (280, 1300)
    with (folder / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("no-such-package==1.0  # 50 MB, 200 MB on the disk\n")
    assert start.size(start.read_pins()) == (330, 1500)
    start.check_python((3, 12, 0), "x86_64", "darwin", 2**63, False)
    with pytest.raises(start.Stop, match=r"Python 3\.10"):
        start.check_python((3, 10, 0), "x86_64", "darwin", 2**63, False)
    (folder / "requirements.txt").write_text("numpy==2.4.6\n", encoding="utf-8")
    nothing = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    done = begin(folder, "--no-open", **nothing)
    assert done.returncode == 1 and done.stderr.startswith("start.py: pip could not install all of it (")
    assert "1/2 JupyterLab, plots and whatever else the notebook imports" in done.stdout
    assert "It downloads about 80 MB and takes" in done.stdout and "PyTorch" not in done.stdout + done.stderr


@pytest.mark.one_in(2, among="environments")
def test_a_version_of_pytorch_that_is_not_pinned_is_installed_too(folder: Path) -> None:
    path = folder / "requirements.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("torch==2.13.0", "Torch>=2.6"), encoding="utf-8")
    assert loaded(folder).read_pins()["torch"] == "Torch>=2.6"
    nothing = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    done = begin(folder, "--no-open", **nothing)
    assert done.returncode == 1 and "PyTorch could not be fetched" in done.stderr


def test_downloads_that_break_off_are_resumed_until_all_are_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that broke off at every large file made a student type the command five times; `make start` tries all packages."""
    names = ["one", "two", "three", "four"]
    for name in names:
        wheel(tmp_path, name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-cache-dir",
        "--no-deps",
        "--dest",
        str(tmp_path / "whole"),
    ]
    pip += ["--index-url", f"{serve(tmp_path, large=1)}/simple"]
    start = loaded(folder)
    start.run_pip([*pip, *names])
    assert len(list((tmp_path / "whole").iterdir())) == 4
    assert capsys.readouterr().out.count("The connection broke off; trying again.") >= 2
    with pytest.raises(start.Stop, match="No matching distribution found for absent"):
        start.run_pip([*pip, "absent"])
