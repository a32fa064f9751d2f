"""A disk that is full, or read-only, while a class is written out: nothing is lost, and nothing untrue is said last."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.command import gatelab
from helpers.marked_class import Class, class_of
from helpers.notebooks import write_notebook
from helpers.tiny_lab import RIGHT, SETUP

pytestmark = pytest.mark.one_in(3, at=0)

COMMAND = str(Path(sys.executable).with_name("gatelab"))
FULL = "could not be written (No space left on device); free some space or fix its permissions, and run the command again."


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Class:
    base = tmp_path_factory.mktemp("marked")
    marked = Class(base, class_of(base)[0])
    marked.run()
    marked.give(ada=1.5, bob=2)
    marked.run()
    return marked


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Mounts something below the test's folder; skips where that is not allowed."""
    mounted: list[str] = []

    def mount(*arguments: str) -> None:
        try:
            done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
        except FileNotFoundError:
            pytest.skip("no mount here, so no small disk to fill")
        if done.returncode:
            pytest.skip(
                f"nothing can be mounted here, so there is no small disk to fill: {done.stderr.strip()}"
            )
        mounted.append(arguments[-1])

    yield mount
    for place in reversed(mounted):
        subprocess.run(["umount", "-l", place], check=False)


def fill(folder: Path) -> Path:
    """Take the last byte of a small disk."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return path


def on_a_small_disk(marked: Class, base: Path, mount: Callable[..., None]) -> Class:
    """A copy of the class whose output folder is a disk of 1 MB."""
    (base / "out").mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(base / "out"))
    again = Class(base, marked.kit)
    subprocess.run(["cp", "-r", f"{marked.out}/.", str(again.out)], check=True)
    subprocess.run(["cp", "-r", str(marked.folder), str(again.folder)], check=True)
    return again


def named_last(said: object) -> str:
    return said.stdout.rstrip("\n").rpartition("\n")[2]


class TestAFullDisk:
    def test_a_full_disk_loses_no_mark_and_the_report_says_what_matters_first(
        self, marked: Class, tmp_path: Path, mount: Callable[..., None]
    ) -> None:
        again = on_a_small_disk(marked, tmp_path, mount)
        again.give(ada=1)
        saved = again.grades.read_bytes()
        (again.folder / "bob.ipynb").unlink()
        write_notebook(again.folder / "zoe.ipynb", SETUP, RIGHT["q2"])
        filler = fill(again.out)

        said = again.run()
        assert said.exit_code == 1 and "Traceback" not in said.output
        failures = [line for line in said.stderr.splitlines() if "could not be written" in line]
        assert failures[0] == f"{again.grades}: {FULL}" and failures[1].startswith(
            f"{again.out / 'class.json'}: "
        )
        assert "grades: " not in named_last(said) and str(again.grades) not in said.stdout
        assert "Class report: " not in said.stdout
        assert again.grades.read_bytes() == saved
        assert not list(again.out.rglob(".writing-*"))
        if (again.out / "marks.csv").read_bytes() == (marked.out / "marks.csv").read_bytes():
            assert "ada q3 1.5 → 1" in said.stderr

        filler.unlink()
        said = again.run()
        assert said.exit_code == 1 and "could not be written" not in said.output
        assert again.rows()["ada"]["q3"] == "1" and again.marks()[("ada", "q3")] == 1.0
        assert again.marks()[("bob", "q3")] == 2.0 and again.rows()["zoe"]["status"] == "graded"
        assert named_last(said) == f"Class report: {again.out / 'index.html'}   grades: {again.grades}"

    @pytest.mark.parametrize("room", [1, 6, 9, 16, 24])
    def test_no_mark_is_lost_however_much_room_was_left(
        self, marked: Class, tmp_path: Path, mount: Callable[..., None], room: int
    ) -> None:
        """Some files fit and some do not; the file named last exists and is new."""
        again = on_a_small_disk(marked, tmp_path, mount)
        again.give(**{"ada": 1, "007": 2})
        (again.folder / "bob.ipynb").unlink()
        saved = again.grades.read_bytes()
        filler = fill(again.out)
        with open(filler, "r+b") as file:
            file.truncate(filler.stat().st_size - (room << 12))
        said = again.run()
        assert said.exit_code == 1
        for path, what in ((again.grades, "grades"), (again.out / "index.html", "Class report")):
            failed = f"{path}: could not be written" in said.stderr
            assert (f"{what}: {path}" in named_last(said)) == (not failed)
        failures = [line for line in said.stderr.splitlines() if "could not be written" in line]
        assert not any(f"{again.grades}: could" in line for line in failures[1:])
        kept = [path.read_bytes() for path in again.out.rglob("*.csv")]
        assert saved in kept and (marked.out / "marks.csv").read_bytes() in kept
        filler.unlink()
        again.run()
        assert again.marks() == {("ada", "q3"): 1.0, ("007", "q3"): 2.0, ("bob", "q3"): 2.0}


def test_a_table_that_cannot_be_replaced_is_reported_first(
    marked: Class, tmp_path: Path, mount: Callable[..., None]
) -> None:
    again = marked.copy(tmp_path)
    again.give(ada=1)
    mount("--bind", str(again.grades), str(again.grades))
    for path in (again.out / "feedback").iterdir():
        path.unlink()
        path.mkdir()
    said = again.run()
    lines = [line for line in said.stderr.splitlines() if "could not be written" in line]
    assert lines[0].startswith(f"{again.grades}: could not be written (Device or resource busy)")
    assert lines[-1] == "2 more files could not be written."
    assert named_last(said) == f"Class report: {again.out / 'index.html'}"
    assert again.marks()[("ada", "q3")] == 1.0


def test_a_limit_on_the_size_of_files_costs_no_mark(marked: Class, tmp_path: Path) -> None:
    """The same without mounting anything: no file may be larger than 400 bytes."""
    again = marked.copy(tmp_path)
    again.give(ada=1)
    saved = again.grades.read_bytes()
    said = subprocess.run(
        [COMMAND, "grade", again.folder, "-o", again.out, "--root", again.kit, "--jobs", "1"],
        capture_output=True,
        text=True,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400)),
    )
    assert said.returncode == 1 and "Traceback" not in said.stderr
    lines = [line for line in said.stderr.splitlines() if "could not be written" in line]
    assert lines[0].startswith(f"{again.grades}: could not be written (File too large)")
    assert said.stdout.endswith("\nNeither the class report nor the grades could be written.\n")
    assert again.grades.read_bytes() == saved
    again.run()
    assert again.rows()["ada"]["q3"] == "1"


def test_a_folder_on_a_read_only_disk_is_refused(
    marked: Class, tmp_path: Path, mount: Callable[..., None]
) -> None:
    again = marked.copy(tmp_path)
    mount("--bind", str(again.out), str(again.out))
    mount("-o", "remount,ro,bind", str(again.out))
    said = again.run()
    assert said.exit_code == 2 and said.stderr == (
        f"{again.out}: cannot be written to (Read-only file system); choose another -o.\n"
    )


def test_a_read_only_place_for_earlier_versions_loses_nothing(
    marked: Class, tmp_path: Path, mount: Callable[..., None]
) -> None:
    """Where the old table cannot be kept, it is not replaced."""
    again = marked.copy(tmp_path)
    again.give(ada=1)
    saved = again.grades.read_bytes()
    mount("--bind", str(again.out / "earlier"), str(again.out / "earlier"))
    mount("-o", "remount,ro,bind", str(again.out / "earlier"))
    said = again.run()
    assert said.exit_code == 1 and again.grades.read_bytes() == saved
    assert f"{again.grades}: could not be written (Read-only file system)" in said.stderr
    assert str(again.grades) not in named_last(said)


def test_a_mark_that_only_the_tables_lack_is_said_to_be_saved(marked: Class, tmp_path: Path) -> None:
    again = marked.copy(tmp_path)
    page = again.out / "index.html"
    page.unlink()
    (page / "in the way").mkdir(parents=True)
    said = gatelab("mark", "ada", "q3", "1", "-o", again.out, "--root", again.kit)
    assert said.exit_code == 1 and f"{page}: could not be written" in said.stderr
    assert said.stderr.splitlines()[-1] == (
        "What was given or taken back is saved all the same, and counts: the next gatelab mark, comment, late or grade here writes these files."
    )
    assert again.marks()[("ada", "q3")] == 1.0
