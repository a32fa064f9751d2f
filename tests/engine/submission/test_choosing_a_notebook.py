"""Of several notebooks in a hand-in the lab's is chosen, the same one through every interface."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.grading.engine import Engine
from gatelab.integrations.otter.intake import take_in
from gatelab.integrations.otter.run import grade_apart
from gatelab.limits import HAND_IN_ENTRIES, LOOKED_INTO
from gatelab.sandbox.confine import REQUIRED
from gatelab.submission.collect import Submission, collect, one
from helpers.command import gatelab
from helpers.hand_ins import BROKEN, HAND_INS, OTHER_WORK, RELEASE, WORK, HandIn, contents, write
from helpers.notebooks import write_notebook
from helpers.otter_in_process import use_engine
from helpers.released_lab import released_lab, released_notebook
from helpers.tables import rows_of
from helpers.tiny_lab import RIGHT, SETUP, tiny_lab
from helpers.zips import unpacked, zipped_folder

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=0)]

WAIVED = [word for piece in REQUIRED for word in ("--accept-missing", piece)]

ROOT = Path(__file__).resolve().parents[3]
LAB, RELEASED = released_lab(), released_notebook()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The release, and the same with something written in."""
    solved = json.loads(json.dumps(RELEASED))
    for cell in solved["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "q1-solution":
            cell["source"] = "def softmax(*args):\n    return 1\n"
    return contents(solved, RELEASED)


def of_class(folder: Path) -> Submission:
    """The row of this folder in a class."""
    [row] = [row for row in collect(folder.parent, LAB) if row.name == folder.name]
    return row


@pytest.mark.parametrize("hand_in", HAND_INS.values(), ids=HAND_INS.keys())
def test_every_interface_takes_the_lab_and_lists_the_others(
    hand_in: HandIn, files: dict[str, bytes], tmp_path: Path
) -> None:
    folder = write(tmp_path / "ada", hand_in, files)
    flat = of_class(folder)
    assert flat.path == folder / hand_in.right and sorted(flat.others) == sorted(hand_in.others)
    tree = write(tmp_path / "class" / "ada" / LAB.name, hand_in, files)
    assert of_class(tree.parent).path == tree / hand_in.right  # gatelab grade submitted/
    assert one(tree, LAB).path == tree / hand_in.right  # nbgrader, and pytest --submission FOLDER
    for number, handed_in in enumerate([folder, zipped_folder(folder, tmp_path / "ada.zip")]):
        private = tmp_path / f"private {number}"
        private.mkdir()
        intake = take_in(handed_in, private, LAB)
        assert intake.notebook.read_bytes() == files[WORK], intake
        assert intake.notebook.name == Path(hand_in.right).name
        assert sorted(intake.others) == sorted(hand_in.others)


def test_the_choice_does_not_depend_on_the_order_in_which_a_folder_is_listed(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    hand_in = HandIn({f"{name}/lab.ipynb": WORK for name in "fbcade"}, "")
    write(tmp_path, hand_in, files)
    for path in tmp_path.rglob("*.ipynb"):
        os.utime(path, (1, 1))
    assert one(tmp_path, LAB).path == tmp_path / "a" / "lab.ipynb"


def test_a_link_is_not_taken_where_there_is_a_file(files: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "secret.ipynb").write_bytes(files[OTHER_WORK])
    folder = write(tmp_path / "ada", HandIn({"lab-Copy1.ipynb": WORK}, ""), files)
    (folder / "lab.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "more").symlink_to(tmp_path)
    os.mkfifo(folder / "lab (1).ipynb")
    assert one(folder, LAB).path == folder / "lab-Copy1.ipynb"
    (tmp_path / "private").mkdir()
    assert take_in(folder, tmp_path / "private", LAB).notebook.read_bytes() == files[WORK]


@pytest.mark.parametrize(
    "names", [["a\x1b[31m.ipynb"], ["=1+1.ipynb"], ["../lab.ipynb"], ["x" * 200 + ".ipynb"]]
)
def test_names_of_others_are_fit_to_be_shown(
    names: list[str], files: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "private").mkdir()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as zip:
        zip.writestr("lab.ipynb", files[WORK])
        for name in names:
            zip.writestr(f"sub/{name}", files[OTHER_WORK])
    intake = take_in(tmp_path / "x.zip", tmp_path / "private", LAB)
    assert intake.notebook.read_bytes() == files[WORK]
    assert all(other.isprintable() and len(other) <= 60 for other in intake.others)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["private", "x.zip"]


def test_a_huge_folder_is_not_searched_to_its_end_and_its_notebook_is_found(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    for number in range(HAND_IN_ENTRIES):
        (tmp_path / "ada" / "venv" / f"{number}").mkdir(parents=True)
    write(tmp_path / "ada", HandIn({"lab.ipynb": WORK, "venv/7/lab.ipynb": OTHER_WORK}, ""), files)
    row = one(tmp_path / "ada", LAB)
    assert row.path == tmp_path / "ada" / "lab.ipynb" and row.others == ()


def test_of_many_notebooks_only_some_are_read(files: dict[str, bytes], tmp_path: Path, monkeypatch) -> None:
    names = {f"{number}.ipynb": OTHER_WORK for number in range(200)}
    write(tmp_path, HandIn(names | {"lab_ada.ipynb": WORK}, ""), files)
    read = []
    from gatelab.submission import pick as module

    monkeypatch.setattr(module, "read_bytes", lambda path: read.append(path) or path.read_bytes())
    assert one(tmp_path, LAB).path == tmp_path / "lab_ada.ipynb"
    assert len(read) <= LOOKED_INTO


def test_a_damaged_notebook_in_an_archive_gives_way_to_a_whole_one(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "private").mkdir()
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as zip:
        zip.writestr("lab.ipynb", bytes(range(256)) * 100)
        zip.writestr("lab-Copy1.ipynb", files[WORK])
    data = bytearray((tmp_path / "x.zip").read_bytes())
    data[60:80] = bytes(20)
    (tmp_path / "x.zip").write_bytes(data)
    intake = take_in(tmp_path / "x.zip", tmp_path / "private", LAB)
    assert intake.notebook.read_bytes() == files[WORK]


def test_without_work_in_any_copy_the_right_name_counts(files: dict[str, bytes], tmp_path: Path) -> None:
    write(tmp_path, HandIn({"lab.ipynb": RELEASE, "lab-Copy1.ipynb": RELEASE}, ""), files)
    assert one(tmp_path, LAB).path == tmp_path / "lab.ipynb"


def test_files_in_hidden_folders_are_not_hand_ins(files: dict[str, bytes], tmp_path: Path) -> None:
    write(
        tmp_path / "ada",
        HandIn({".ipynb_checkpoints/lab-checkpoint.ipynb": WORK, "._lab.ipynb": BROKEN}, ""),
        files,
    )
    assert not one(tmp_path / "ada", LAB).gradable


def test_hidden_folders_and_copies_of_macos_are_not_students(files: dict[str, bytes], tmp_path: Path) -> None:
    write(
        tmp_path,
        HandIn(
            {
                "ada.ipynb": WORK,
                "._ada.ipynb": BROKEN,
                ".virtual_documents/ada.ipynb": WORK,
                ".git/x": BROKEN,
            },
            "",
        ),
        files,
    )
    assert [row.name for row in collect(tmp_path, LAB)] == ["ada"]


def test_the_same_notebook_gives_the_same_points_through_every_interface(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The class command, otter with a folder and with an archive, and pytest by hand, each with its real engine."""
    lab = tiny_lab(tmp_path / "kit")
    folder = tmp_path / "class" / "ada"
    (folder / ".virtual_documents").mkdir(parents=True)
    for name in ("lab.ipynb", "Untitled.ipynb", "lab-Copy1.ipynb", ".virtual_documents/lab.ipynb"):
        answers = [RIGHT["q1"], RIGHT["q2"]] if name == "lab.ipynb" else [RIGHT["q1"]]
        write_notebook(folder / name, SETUP, *answers)
    (folder / "._lab.ipynb").write_bytes(b"\0\5\x16\7")
    listed = "Also handed in and not graded: lab-Copy1.ipynb, Untitled.ipynb."

    root = ["--root", str(tmp_path / "kit"), *WAIVED]
    done = gatelab("grade", folder.parent, "-o", tmp_path / "out", *root)
    row = rows_of(tmp_path / "out" / "grades.csv")[0]
    assert done.exit_code == 0, done.output
    assert (row["submission"], row["total"]) == ("ada", "10") and row["reason"].startswith(listed)
    assert listed in (tmp_path / "out" / "feedback" / "ada.html").read_text("utf-8")
    assert listed in (tmp_path / "out" / "index.html").read_text("utf-8")

    source = unpacked(
        build_autograder_zip(lab, tmp_path / "zip", accept_missing=REQUIRED), tmp_path / "source"
    )
    with Engine(lab, accept_missing=REQUIRED) as engine, monkeypatch.context() as patch:
        use_engine(patch, engine)
        for handed_in in (folder, zipped_folder(folder, tmp_path / "ada.zip")):
            results = grade_apart(source, handed_in, tmp_path / "results")
            assert results["score"] == 10 and listed in results["output"].splitlines()

    suite = next(lab.hidden.glob("test_q2_*.py"))
    command = [sys.executable, "-m", "pytest", suite, "--submission", folder, "-q", "-p", "no:cacheprovider"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "Cross-entropy: 6 of 6" in said.stdout, said.stdout + said.stderr
