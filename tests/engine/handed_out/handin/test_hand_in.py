"""`python -m PACKAGE check` and `submit` in a lab that `gatelab new` made, in the tiny lab, and in one that is marked only by hand."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import venv
import zipfile
from pathlib import Path

import pytest

from gatelab.build.checks import keep_up
from gatelab.build.new import TEMPLATE, new_lab
from gatelab.build.pipeline import build
from gatelab.grading.engine import Engine
from gatelab.handed_out import old_python
from gatelab.handed_out.handin import notebook
from gatelab.lab.spec import Lab
from helpers.package_command import package_command
from helpers.start_py import begin, loaded
from helpers.tiny_class import gatelab
from helpers.tiny_lab import BY_HAND, RIGHT, ROOT, tiny_kit, written_kit

pytestmark = pytest.mark.usefixtures("shared_server")

NEW = "rnn-basics"
CHECK_ALONE = "from softmax_lab.handin import command\nsys.exit(command.main(['check']))"
LABS = {NEW: "rnn_basics_lab", "softmax": "softmax_lab"}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both labs, built."""
    root = tiny_kit(tmp_path_factory.mktemp("kit"))
    shutil.copytree(ROOT / TEMPLATE, root / TEMPLATE)
    new_lab(root, NEW)
    for name in LABS:
        build(root, execute=False, name=name, accept=True, call=False)
    return root


def unzipped(kit: Path, name: str, to: Path) -> Path:
    """The folder of a student who has unpacked the lab's zip."""
    with zipfile.ZipFile(kit / "dist" / f"{name}.zip") as zip:
        zip.extractall(to)
    return to / name


@pytest.fixture
def folder(kit: Path, tmp_path: Path) -> Path:
    """That of the tiny lab."""
    return unzipped(kit, "softmax", tmp_path)


def package(folder: Path, *words: str, name: str = "softmax_lab") -> subprocess.CompletedProcess[str]:
    return package_command(folder, name, *words)


def put(folder: Path, answers: dict[str, str]) -> Path:
    """Write answers into the cells of the notebook, by question."""
    path = folder / "lab.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    for id, text in answers.items():
        ids = (f"{id}-solution", id)  # the answer's cell comes before its check's
        cell = next(c for c in book["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") in ids)
        cell["source"] = text
    path.write_text(json.dumps(book), encoding="utf-8")
    return path


@pytest.mark.one_in(2)
@pytest.mark.parametrize("name", LABS)
def test_a_student_checks_and_hands_in_and_staff_compare_and_grade(
    kit: Path, name: str, tmp_path: Path
) -> None:
    """Stub first, then the reference; the zip of `submit` is what is graded."""
    folder = unzipped(kit, name, tmp_path)
    done = package(folder, "check", name=LABS[name])
    assert done.returncode == 1 and "q1    not written  Softmax" in done.stdout, done.stdout + done.stderr
    assert "0 of 2 checks pass.\nChecks give no points" in done.stdout
    assert "Nothing was packed." in package(folder, "submit", name=LABS[name]).stdout
    path = put(folder, RIGHT)
    done = package(folder, "check", name=LABS[name])
    assert done.returncode == 0 and "2 of 2 checks pass." in done.stdout, done.stdout + done.stderr
    done = package(folder, "submit", name=LABS[name])
    assert done.returncode == 0 and "Not answered: nothing." in done.stdout, done.stdout + done.stderr
    [packed], [receipt] = folder.glob("*.zip"), folder.glob("*.receipt.json")
    content = json.loads(receipt.read_text(encoding="utf-8"))
    assert (content["lab"], content["public"]) == (name, {"q1": "passed", "q2": "passed"})
    assert content["unanswered"] == content["unknown"] == []
    assert gatelab("receipt", packed).exit_code == 0
    assert gatelab("receipt", receipt, path).exit_code == 0
    handed_in = tmp_path / "class" / "ada.zip"
    handed_in.parent.mkdir()
    shutil.copyfile(packed, handed_in)
    done = gatelab(
        "grade", handed_in.parent, "-o", tmp_path / "out", "--root", kit, "--lab", name, "--jobs", "1"
    )
    assert done.exit_code == 0, done.output
    report = tmp_path / "out" / "reports" / "ada.json"
    graded = json.loads(report.read_text(encoding="utf-8"))
    assert [question["points"] for question in graded["questions"]] == [4, 6]
    assert gatelab("receipt", receipt, report).exit_code == 0


@pytest.mark.one_in(3)
def test_a_lab_that_a_person_marks_alone_has_no_checks_and_is_handed_in(tmp_path: Path) -> None:
    kit = written_kit(tmp_path / "kit")
    build(kit, execute=False, accept=True)
    folder = unzipped(kit, "softmax", tmp_path)
    (folder / "requirements.txt").write_text("jupyterlab\n", encoding="utf-8")
    bare = [sys.executable, "-S", "-E", "-m", "softmax_lab", "check"]  # without packages: no check needs any
    done = subprocess.run(bare, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "\n\nNo check was run. q1 is read by a person.\n\nNote: nothing is written" in done.stdout
    done = package(folder, "submit")
    assert done.returncode == 1 and "it is as it was handed out" in done.stdout
    put(folder, {"q1": "The differences between the logits."})
    done = package(folder, "submit")
    assert done.returncode == 0 and "Not answered: nothing." in done.stdout, done.stdout + done.stderr
    [packed] = folder.glob("*.zip")
    with Engine(Lab.in_repository(kit)) as engine, zipfile.ZipFile(packed) as zip:
        (tmp_path / "ada.ipynb").write_bytes(zip.read("lab.ipynb"))
        report = engine.grade(tmp_path / "ada.ipynb")
    assert report.status == "graded" and not report.as_handed_out
    cell = {
        "cell_type": "code",
        "metadata": {},
        "source": "def f(:\n    pass",
        "outputs": [],
        "execution_count": None,
    }
    book = json.loads((folder / "lab.ipynb").read_text(encoding="utf-8"))
    book["cells"].insert(0, cell)
    (folder / "lab.ipynb").write_text(json.dumps(book), encoding="utf-8")
    assert "Note: cell 1 is not valid Python" in package(folder, "submit").stdout


def test_one_written_answer_beside_others_is_read_by_a_person(tmp_path: Path) -> None:
    kit = tiny_kit(tmp_path / "kit", by_hand=True)
    master = kit / "assignment" / "softmax" / "lab.py"
    assert "by_hand = true" in BY_HAND
    text = '\n# %% [markdown] nbgrader={"grade_id": "q3", "grade": true, "solution": true}\n# Why?\n'
    master.write_text(master.read_text(encoding="utf-8") + text, encoding="utf-8")
    lab = Lab.in_repository(kit)
    keep_up(lab)
    folder = lab.assignment
    cell = {
        "cell_type": "code",
        "metadata": {},
        "source": RIGHT["q1"],
        "outputs": [],
        "execution_count": None,
    }
    (folder / "lab.ipynb").write_text(
        json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    assert "q3 is read by a person." in package(folder, "check").stdout


def without_marks(path: Path) -> None:
    """Save a notebook as some programs do, without what tells its cells apart."""
    book = json.loads(path.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        cell["metadata"] = {}
    path.write_text(json.dumps(book), encoding="utf-8")


@pytest.mark.one_in(3)
def test_a_written_answer_whose_mark_is_gone_is_packed_and_called_neither_answered_nor_not(
    tmp_path: Path,
) -> None:
    kit = written_kit(tmp_path / "kit")
    build(kit, execute=False, accept=True)
    folder = unzipped(kit, "softmax", tmp_path)
    path = put(folder, {"q1": "The differences between the logits."})
    without_marks(path)
    done = package(folder, "submit")
    said = " ".join(done.stdout.split())
    assert "whether q1 is answered cannot be seen here" in said and "as it was handed out" not in said
    assert (
        "Not answered: nothing that can be seen. Answered or not: q1 (the note above says why that cannot be seen)."
        in said
    )
    [packed], [receipt] = folder.glob("*.zip"), folder.glob("*.receipt.json")
    content = json.loads(receipt.read_text(encoding="utf-8"))
    assert (content["unanswered"], content["unknown"]) == ([], ["q1"])
    assert gatelab("receipt", packed).exit_code == gatelab("receipt", receipt, path).exit_code == 0


def test_a_lab_without_plots_needs_no_matplotlib_and_one_with_them_does(folder: Path) -> None:
    """`python start.py` installs what the requirements name, and no more."""
    absent = (
        "import importlib.util as u, sys\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'matplotlib' else find(name, *more)\n"
        "from softmax_lab.handin import command\nsys.exit(command.main(['check']))"
    )
    for needs in (False, True):
        if needs:
            with (folder / "requirements.txt").open("a", encoding="utf-8") as file:
                file.write("matplotlib==3.11.2\n")
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", absent], cwd=folder, capture_output=True, text=True
        )
        assert ("matplotlib is not installed for this Python" in done.stderr) is needs, done.stderr
        assert done.returncode == (2 if needs else 1)
    (folder / "start.py").unlink()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", absent], cwd=folder, capture_output=True, text=True
    )
    assert "run `python -m pip install -r requirements.txt` in the handout's folder first" in done.stderr


def test_the_labs_own_python_without_a_package_does_not_lead_in_a_circle(folder: Path) -> None:
    """An environment that was made from a requirements.txt without torch."""
    venv.create(folder / ".venv", with_pip=False, symlinks=os.name != "nt")
    own = folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    said = {}
    for python, bare in ((own, "-I"), (sys.executable, "-IS")):  # neither finds a package
        command = [str(python), bare, "-c", "import sys; sys.path.insert(0, '.')\n" + CHECK_ALONE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 2 and "torch is not installed for this Python" in done.stderr, done.stderr
        said[python] = done.stderr
    assert (
        "ask your teacher whether requirements.txt names it" in said[own]
        and "use the lab's own" not in said[own]
    )
    assert "use the lab's own" in said[sys.executable]


def test_an_incomplete_handout_is_reported_in_one_sentence(folder: Path) -> None:
    (folder / "tests" / "q2.py").unlink()
    done = package(folder, "check")
    assert done.returncode == 2 and "tests/q2.py is missing; unzip the handout again" in done.stderr
    (folder / "softmax_lab" / "questions.json").unlink()
    done = package(folder, "submit")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "questions.json: cannot be read; unzip the handout again, all of it" in done.stderr


def test_an_old_python_is_refused_before_a_newer_form_of_it_is_met(folder: Path) -> None:
    """As `python -m`, and from a notebook's cell."""
    old = "import sys, runpy\nsys.version_info = (3, 10, 2)\nsys.modules['enum'] = None\n"
    for way in ("runpy.run_module('softmax_lab', run_name='__main__')", "import softmax_lab"):
        done = subprocess.run([sys.executable, "-c", old + way], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("This is Python 3.10 (") and "type `python start.py`" in done.stderr
    (folder / "start.py").unlink()
    done = subprocess.run([sys.executable, "-c", old + way], cwd=folder, capture_output=True, text=True)
    assert "or newer: install one from python.org, and" in done.stderr and "start.py" not in done.stderr
    for name in ("__init__", "hooks", "old_python"):
        ast.parse((folder / "softmax_lab" / f"{name}.py").read_text(), feature_version=(3, 7))


def test_the_package_and_its_start_know_the_same_oldest_python(folder: Path) -> None:
    """Neither can import the other; the first version that is new enough is refused by neither."""
    start = loaded(folder)
    assert start.OLDEST == old_python.OLDEST
    for version in ((3, 11), (3, 11, 0, "final", 0)):
        old_python.refuse(version)
        start.check_python(version, "x86_64", "linux", sys.maxsize)
    with pytest.raises(SystemExit, match=r"^This is Python 3\.10 \("):
        old_python.refuse((3, 10, 14, "final", 0))


def test_without_its_package_the_start_does_not_deny_its_commands(folder: Path) -> None:
    shutil.rmtree(folder / "softmax_lab")
    for command in ("check", "submit"):
        done = begin(folder, command)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert (
            f"there is no `{command}`: the lab's own folder of code, which brings it, is not next to"
            in done.stderr
        )


def test_an_indented_answer_is_one(folder: Path) -> None:
    """Jupyter runs it, and so does the grader."""
    put(folder, {"q1": textwrap.indent(RIGHT["q1"], "    ")})
    done = package(folder, "submit")
    assert "defined nowhere" not in done.stdout and re.search(r"^q1 +passed", done.stdout, re.MULTILINE)


def test_an_answer_in_two_cells_is_told_how_to_be_one(folder: Path) -> None:
    """What is left of it in the second is no Python, though the grammar knows a `return` without a function."""
    path = put(folder, {"q1": RIGHT["q1"]})
    book = json.loads(path.read_text(encoding="utf-8"))
    at = next(k for k, cell in enumerate(book["cells"]) if cell["source"] == RIGHT["q1"])
    *_, last = RIGHT["q1"].rstrip().split("\n")
    assert last.startswith("    return")
    book["cells"].insert(at + 1, {**book["cells"][at], "source": last, "id": "second", "metadata": {}})
    path.write_text(json.dumps(book), encoding="utf-8")
    said = " ".join(package(folder, "submit", "--without-checks").stdout.split())
    assert (
        f"cell {at + 2} is not valid Python ('return' outside function, line 1): nothing in it is run."
        in said
    )
    assert "does it belong to the cell above? Then join the two" in said


def test_what_is_written_and_not_found_is_not_called_unwritten(folder: Path) -> None:
    """The state of a misspelt name is not that of a stub, and the check's sentence is shown."""
    name = re.findall(r"def (\w+)", RIGHT["q1"])[0]
    put(folder, {"q1": RIGHT["q1"].replace(f"def {name}", f"def {name}s")})
    said = " ".join(package(folder, "submit").stdout.split())
    assert re.search(rf"q1 not yet .*the notebook defines no `{name}`.* q2 not written", said), said
    assert "as it was handed out" not in said and f"Not answered: q1 (`{name}`), q2." in said


def checked_twice(folder: Path, place: Path, before: str = "") -> str:
    """What is printed where a notebook in a place checks q1 twice."""
    code = (
        f"import os, sys\nsys.path.insert(0, {str(folder)!r})\n{before}\nimport otter, softmax_lab\n"
        f"grader = otter.Notebook(tests_dir={str(folder / 'tests')!r})\nfor _ in range(2):\n    print(grader.check('q1'))"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0 and done.stdout.count("q1 is not written yet") == 2, done.stderr
    return done.stdout


@pytest.mark.parametrize("way", ["a folder", "a link to nowhere"])
def test_where_otters_log_cannot_be_written_the_checks_run_and_only_the_log_is_named(
    folder: Path, way: str
) -> None:
    """otter would end the set-up."""
    log = folder / ".OTTER_LOG"
    if way == "a folder":
        log.mkdir()
    else:
        log.symlink_to(folder / "gone" / "log")
    why = {"a folder": "Is a directory", "a link to nowhere": "No such file or directory"}[way]
    said = checked_twice(folder, folder)
    assert said.count(f"Note: otter cannot write its log {log} ({why}). The checks run without it.") == 1
    assert "nothing can be written" not in said


def test_where_nothing_can_be_written_the_checks_run_and_say_so(folder: Path) -> None:
    said = checked_twice(folder, Path("/proc"))  # where not even root makes a file
    assert said.count("Note: nothing can be written in /proc (") == 1 and "so your work may not" in said


def test_where_the_folder_was_deleted_the_checks_run_and_say_so(folder: Path) -> None:
    """otter has read the tests of its folder by then, and a first product has loaded PyTorch's libraries: MKL ends the process where it
    cannot ask for its folder."""
    loaded = "import torch; torch.ones(2, 2) @ torch.ones(2, 2)"
    said = checked_twice(folder, folder, f"{loaded}; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')")
    assert said.count("Note: nothing can be written in ") == 1


def test_no_zip_is_left_without_its_receipt(folder: Path) -> None:
    put(folder, RIGHT)
    (folder / "mine.receipt.json").mkdir()
    done = package(folder, "submit", "--without-checks", "--out", "mine.zip")
    assert done.returncode == 2 and "it cannot be written" in done.stderr
    assert not list(folder.rglob("*mine.zip*"))


def test_what_a_lab_has_to_explore_is_offered_under_its_own_name(folder: Path) -> None:
    assert "explore" not in package(folder, "--help").stdout
    done = package(folder, "explore")
    assert done.returncode == 2 and "there is no `explore`;" in done.stderr
    page = folder / "softmax_lab" / "explorer.html"
    page.write_text("<!doctype html>\n<title>Map of the logits: where they go</title>", encoding="utf-8")
    assert "explore   open the map of the logits in the browser" in package(folder, "--help").stdout
    done = subprocess.run(
        [sys.executable, "-m", "softmax_lab", "explore"], cwd=folder, capture_output=True, text=True, env=os.environ | {"BROWSER": "/bin/false"}
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (
        0,
        f"No browser could be opened from here; open this file in yours: {page}\n",
    )


def test_a_lab_keeps_a_main_and_a_start_of_its_own(tmp_path: Path) -> None:
    """And one of the engine's that is outdated is replaced."""
    lab = Lab.in_repository(tiny_kit(tmp_path))
    keep_up(lab)
    start, main = lab.assignment / "start.py", lab.package / "__main__.py"
    for path in (start, main):
        path.write_text(path.read_text(encoding="utf-8") + "\n# older\n", encoding="utf-8")
    assert set(keep_up(lab)) == {start, main}
    for path in (start, main):
        path.write_text("print('mine')\n", encoding="utf-8")
    assert keep_up(lab) == [] and start.read_text(encoding="utf-8") == "print('mine')\n"


def test_a_lab_that_does_not_list_start_gets_none(tmp_path: Path) -> None:
    kit = tiny_kit(tmp_path)
    table = kit / "assignment" / "softmax" / "lab.toml"
    table.write_text(table.read_text(encoding="utf-8").replace('"start.py", ', ""), encoding="utf-8")
    lab = Lab.in_repository(kit)
    keep_up(lab)
    assert not (lab.assignment / "start.py").exists() and (lab.package / "handin" / "run.py").is_file()


def test_code_that_cannot_be_interrupted_is_left_to_another_process(folder: Path) -> None:
    """It catches every exception: after the time of grace the caller is asked to end it."""
    text = (
        "import time\nfrom softmax_lab import limits\nfrom softmax_lab.handin import limit\nlimits.GRACE_SECONDS = 0.1\nend = []\n"
        "with limit.limited(0.1, globals(), end.append):\n"
        "    while not end:\n"
        "        try:\n            time.sleep(0.05)\n        except KeyboardInterrupt:\n            pass\n"
        "print(end[0].words())"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert re.search(r"line \d+ of the cell", done.stdout), done.stderr


REFUSED = [  # what is in the folder, the command, and the sentence
    ({}, ["check"], "there is no notebook here"),
    ({"lab.ipynb": ""}, ["check"], "the file is empty; save the notebook"),
    ({"lab.ipynb": "not json"}, ["submit"], "this notebook cannot be read"),
    ({"lab.ipynb": "[" * 100_000}, ["submit"], "this notebook cannot be read"),
    ({"lab.ipynb": "{}"}, ["submit", "mine.ipynb"], "there is no such file"),
    ({"lab.py": "x"}, ["submit", "lab.py"], "it is not a notebook (.ipynb)"),
    ({"lab.ipynb": "{}"}, ["submit", "lab"], "lab: there is no such file; is it lab.ipynb?"),
    (
        {"lab.ipynb": "{}"},
        ["check", "q1"],
        'q1: that is a question, and a notebook was expected; all questions are looked at here. In the notebook, grader.check("q1") checks this one.',
    ),
    *(  # a folder that has the notebook's name
        ({"lab.ipynb/notes.txt": "x"}, words, "lab.ipynb: this is a folder and not a notebook, and none is in it; name the")
        for words in (["submit"], ["check", "lab.ipynb"])
    ),
    *(  # as some programs unpack one
        ({"lab.ipynb/lab.ipynb": "{}"}, words, "lab.ipynb: this is a folder, and the notebook is in it: move lab.ipynb/lab.ipynb out of it, next to")
        for words in (["check"], ["submit", "lab.ipynb"])
    ),
    ({"mine/lab.ipynb": "{}"}, ["submit", "mine"], "mine: this is a folder; is it mine/lab.ipynb?"),
    ({"lab.ipynb/x": "", "lab (1).ipynb": ""}, ["check"], "lab (1).ipynb: the file is empty"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "words", "sentence"), REFUSED, ids=[str(k) for k in range(len(REFUSED))])
def test_a_wrong_folder_gets_one_sentence_and_exit_code_2(
    folder: Path, files: dict[str, str], words: list[str], sentence: str
) -> None:
    (folder / "lab.ipynb").unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    done = package(folder, *words)
    assert done.returncode == 2 and sentence in done.stderr and done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("hand-in", "the file to hand in is a .zip"), ("no/such/x.zip", "(there is no such folder); name another place with"),
        ("lab.ipynb/x.zip", "(there is no such folder); name"), ("there.zip", "(it is a folder); name another place"),
    ],
)  # fmt: skip
def test_an_impossible_place_for_the_zip_is_reported_before_the_checks_run(
    folder: Path, out: str, said: str
) -> None:
    put(folder, {"q1": RIGHT["q1"]})
    (folder / "there.zip").mkdir()
    before = set(folder.rglob("*"))
    done = package(folder, "submit", "--anyway", "--out", out)
    assert (
        done.returncode == 2 and done.stdout == "" and done.stderr.startswith(f"softmax_lab: {Path(out)}: ")
    )
    assert said in done.stderr and done.stderr.count("\n") == 1 and set(folder.rglob("*")) == before


@pytest.mark.parametrize("points", [None, "x", [], 10**400], ids=["null", "text", "list", "large"])
def test_damaged_cell_metadata_does_not_prevent_handing_in(folder: Path, points: object) -> None:
    """nbgrader's mark of an answer; and letters that no file can hold."""
    path = put(folder, {"q1": "def softmax(x):\n    return '\ud800'"})
    book = json.loads(path.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        if mark := cell["metadata"].get("nbgrader"):
            cell["metadata"]["nbgrader"] = mark | {"grade": True, "points": points}
    path.write_text(json.dumps(book), encoding="utf-8")
    done = package(folder, "submit", "--anyway", "--without-checks")
    assert "Hand in" in done.stdout and list(folder.glob("*.zip")), done.stdout + done.stderr


WORDS = [  # the text of an error, and what somebody might take it for
    "q1 is not written yet",
    "NameError: name 'width' is not defined",
    "The last run of the cell that imports `torch` failed",
]


@pytest.mark.parametrize("words", WORDS)
def test_what_a_check_found_is_not_read_from_its_sentence(folder: Path, words: str) -> None:
    """An error of the student's own may speak as the kit or Python does."""
    path = put(folder, {"q1": f"import torch\ndef softmax(x):\n    raise ValueError({words!r})"})
    book = json.loads(path.read_text(encoding="utf-8"))
    drawn = {"cell_type": "code", "metadata": {"tags": ["experiment"]}, "source": "width = len('four')"}
    book["cells"].append(drawn)
    path.write_text(json.dumps(book), encoding="utf-8")
    done = package(folder, "check")
    assert "q1    not yet      Softmax" in done.stdout, done.stdout
    assert f"stopped with ValueError: {words}." in " ".join(done.stdout.split())
    assert "`--all` runs those cells too" not in done.stdout


def test_a_name_that_only_an_experiment_gives_is_reported(folder: Path) -> None:
    path = put(folder, {"q1": "def softmax(x):\n    return x * width"})
    book = json.loads(path.read_text(encoding="utf-8"))
    drawn = {"cell_type": "code", "metadata": {"tags": ["experiment"]}, "source": "width = len('four')"}
    book["cells"].append(drawn)
    path.write_text(json.dumps(book), encoding="utf-8")
    assert "`--all` runs those cells too" in package(folder, "check").stdout


def test_the_line_that_was_stopped_is_shown_as_it_is_written(folder: Path) -> None:
    path = put(folder, {"q2": "while True: words = 'the end of the cell'"})
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    number = next(k for k, cell in enumerate(cells, 1) if "the end of the cell" in cell["source"])
    hasty = (
        "import sys\nfrom softmax_lab import limits\nfrom softmax_lab.handin import command\nlimits.CHECK_CPU = 1\n"
        "sys.exit(command.main(['check']))"
    )
    done = subprocess.run([sys.executable, "-c", hasty], cwd=folder, capture_output=True, text=True)
    said = f"Note: cell {number} did not end and was stopped in line 1: while True: words = 'the end of the cell' Is there"
    assert said in " ".join(done.stdout.split()), done.stdout


@pytest.mark.parametrize("half", [0, 1000])
def test_a_file_that_jupyter_is_writing_is_read_when_it_is_whole(folder: Path, half: int) -> None:
    path = folder / "lab.ipynb"
    whole = path.read_bytes()
    path.write_bytes(whole[:half])
    writer = threading.Timer(0.5, path.write_bytes, [whole])
    writer.start()
    try:
        assert notebook.read(path).data == whole
    finally:
        writer.join()


def test_a_reader_that_has_enough_is_not_an_error(folder: Path) -> None:
    words = f'"{sys.executable}" -u -m softmax_lab submit --anyway --without-checks'
    done = subprocess.run(["bash", "-c", f"{words} | true"], cwd=folder, capture_output=True, text=True)
    assert done.stderr == ""


def test_ctrl_c_ends_a_run_in_one_sentence(folder: Path) -> None:
    put(folder, {"q1": "import time\ntime.sleep(60)"})
    running = subprocess.Popen(
        [sys.executable, "-u", "-m", "softmax_lab", "submit", "--anyway"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout and "as saved" in running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    _, stderr = running.communicate(timeout=60)
    assert running.returncode == 1 and stderr == "\nsoftmax_lab: stopped; nothing was packed.\n"
    assert not list(folder.glob("*.zip"))


@pytest.mark.parametrize("typed", ["sumbit", "sub'mit", "'submit'"])
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(folder: Path, typed: str) -> None:
    done = package(folder, typed)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"there is no `{typed}`; did you mean `python -m softmax_lab submit`?" in done.stderr
