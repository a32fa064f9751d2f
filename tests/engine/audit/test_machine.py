"""`gatelab doctor`: does it find what a machine lacks, say what that means and what to do, and not touch what is in use?"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from gatelab.audit import machine, machine_leftovers, machine_pieces
from gatelab.sandbox.confine import CONSEQUENCES, PIECES, REQUIRED
from gatelab.sandbox.forkserver import ForkServer
from helpers.tiny_class import gatelab

A_DAY_AGO = time.time() - 86_400


@pytest.fixture(scope="module")
def doctor(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    """Exit code and output of the command, run with its own temporary folder."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    os.chmod(tempfile.tempdir, 0o755)
    try:
        done = gatelab("doctor")
    finally:
        tempfile.tempdir = before
    return done.exit_code, done.output


def test_every_piece_of_confinement_is_tried_and_explained(doctor: tuple[int, str]) -> None:
    for piece in PIECES:
        line = next(line for line in doctor[1].splitlines() if line[2:].startswith(f"{piece} "))
        assert any(sentence in line for sentence in CONSEQUENCES[piece])


def test_every_part_of_the_machine_is_listed(doctor: tuple[int, str]) -> None:
    for what in ("Python", "torch", "packages", "otter", "nbgrader", "jupyter", "kernel", "libseccomp", "disk space",
                 "memory", "temporary folder", "ports", "stray fork servers", "left temporary folders"):  # fmt: skip
        assert f" {what} " in doctor[1]


def test_the_exit_code_says_whether_there_is_something_to_do(doctor: tuple[int, str]) -> None:
    code, text = doctor
    assert (code, "All is well." in text, "→" in text) in {(0, True, False), (1, False, True)}


def test_the_pieces_match_the_security_page(root: Path) -> None:
    page = (root / "SECURITY.md").read_text(encoding="utf-8")
    assert set(CONSEQUENCES) == set(PIECES) and all(f"| `{piece}` |" in page for piece in PIECES)


def a_package(folder: Path, name: str, version: str) -> None:
    """Another version of a package, as pip's records say it, where Python looks first."""
    record = folder / f"{name}-{version}.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_a_version_other_than_the_pinned_one_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.torch().do == ""
    a_package(tmp_path, "torch", "2.0.0")
    a_package(tmp_path, "nbformat", "4.0.0")
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "version.py").write_text("cuda: Optional[str] = '12.8'\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = machine.torch()
    assert (
        "2.0.0, build for CUDA 12.8, in the pins 2.13.0" in found.says
        and "pip install torch==2.13.0" in found.do
    )
    packages = next(machine.packages())
    assert (
        "nbformat is 4.0.0 and not 5.11.1" in packages.says and "torch" not in packages.says and packages.do
    )


@pytest.mark.parametrize("piece", PIECES)
def test_a_missing_piece_says_what_a_submission_could_do(piece: str) -> None:
    on = {name: name != piece for name in PIECES}
    found = next(
        finding
        for finding in machine_pieces.confinement({"protection": on, "lacks": ["the kernel has no Landlock"]})
        if finding.what == piece
    )
    assert CONSEQUENCES[piece][1] in found.says and "the kernel has no Landlock" in found.says
    assert (f"--accept-missing {piece}" in found.do) == (piece in REQUIRED)


def test_a_worker_that_does_not_start_is_reported_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("/bin/false", "/nowhere/python"):
        monkeypatch.setattr(sys, "executable", program)
        (found,) = machine_pieces.confinement(machine_pieces.trial())
        assert found.do and "Traceback" not in found.says and "Errno" not in found.says


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty temporary folder, the only one that the command looks into."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(machine_leftovers, "PLACES", ())
    return tmp_path


def left(path: Path, age: float = A_DAY_AGO) -> Path:
    path.mkdir(parents=True)
    (path / "library").mkdir()
    for each in (path / "library", path):
        os.utime(each, (age, age))
    return path


def test_only_old_unused_folders_are_removed(temporary: Path) -> None:
    old, kits = left(temporary / "gatelab-old"), left(temporary / "kit" / ".gatelab-build-old")
    new, other = left(temporary / "gatelab-new", time.time()), left(temporary / "another-old")
    used = left(temporary / "gatelab-used")
    link = temporary / "gatelab-link"
    link.symlink_to(other)
    keeper = subprocess.Popen(
        ["sh", "-c", "echo; read -r _", "sh", str(used)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    keeper.stdout.readline()  # before it runs, a process has no words
    try:
        assert machine_leftovers.unused_folders(temporary / "kit") == sorted([old, kits])
        found = list(machine_leftovers.leftovers(temporary / "kit"))[1]
        assert str(old) in found.says and "--tidy" in found.do
        assert machine_leftovers.tidy(temporary / "kit") == 2
    finally:
        keeper.communicate()
    assert all(path.exists() for path in (new, other, used, link)) and not (old.exists() or kits.exists())


def a_process(folder: Path, pid: int, parent: int, *words: str) -> None:
    """The entry of a process in /proc."""
    (folder / str(pid)).mkdir(parents=True)
    for name, text in {
        "cmdline": "\0".join([*words, ""]),
        "comm": Path(words[0]).name,
        "stat": f"{pid} (a) b) S {parent} 1",
    }.items():
        (folder / str(pid) / name).write_text(text, encoding="utf-8")


def test_a_fork_server_is_stray_when_its_command_is_gone(tmp_path: Path) -> None:
    server = ("/venv/bin/python", "-I", "-m", machine_leftovers.SERVER, "5")
    a_process(tmp_path, 1, 0, "/sbin/init")
    a_process(tmp_path, 9, 1, "systemd", "--user")
    a_process(tmp_path, 20, 1, "/venv/bin/python", "/venv/bin/gatelab", "grade")
    a_process(tmp_path, 21, 20, *server)  # at work
    a_process(tmp_path, 22, 21, *server)  # a worker of that
    for pid, parent in ((30, 1), (31, 30), (32, 9), (33, 4711)):  # 31 is a worker of 30; 4711 is not there
        a_process(tmp_path, pid, parent, *server)
    assert machine_leftovers.stray_servers(tmp_path) == [30, 32, 33]
    assert next(machine_leftovers.leftovers(tmp_path, tmp_path)).do == "kill 30 32 33"


def test_a_command_that_is_process_1_of_its_container_counts_as_running(tmp_path: Path) -> None:
    a_process(tmp_path, 1, 0, "/usr/bin/python3", "/venv/bin/gatelab", "grade")
    a_process(tmp_path, 21, 1, "/venv/bin/python", "-I", "-m", machine_leftovers.SERVER, "5")
    assert machine_leftovers.stray_servers(tmp_path) == []


def test_a_running_fork_server_and_its_folder_are_left_alone(temporary: Path) -> None:
    temporary.chmod(0o755)
    for above in list(temporary.parents)[:2]:
        above.chmod(0o755)
    with ForkServer(None) as server:
        assert server.folder is not None
        for path in (*server.folder.iterdir(), server.folder):
            os.utime(path, (A_DAY_AGO, A_DAY_AGO))
        assert server.process.pid not in machine_leftovers.stray_servers()
        assert server.folder.name.startswith("gatelab-")
        assert server.folder not in machine_leftovers.unused_folders(temporary)
