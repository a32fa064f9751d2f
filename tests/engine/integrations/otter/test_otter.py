"""Does otter, as it is installed, give the engine's points and messages, whatever the submission brings along?

`otter run` is run as its users run it where that is the question (some 10 CPU seconds each); where only what
the plugin does with a submission is asked, otter runs in this process on an engine that is started once.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from otter.test_files import GradingResults

from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.faults import TIMEOUT_MESSAGE_TO_STUDENT
from gatelab.grading.engine import Engine
from gatelab.integrations.otter.metadata import out_of_sight
from gatelab.integrations.otter.run import exit_code, grade_apart, in_container
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.sandbox.confine import REQUIRED
from helpers.notebooks import write_notebook
from helpers.otter_in_process import by_question, use_engine
from helpers.tiny_lab import RIGHT, SETUP, STUB, mistake, tiny_lab
from helpers.zips import zipped

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=0)]

OTTER = Path(sys.executable).with_name("otter")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return tiny_lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def autograder(lab, tmp_path_factory):
    """The tiny lab's zip; this machine may be one that confines less."""
    return build_autograder_zip(lab, tmp_path_factory.mktemp("zip"), accept_missing=REQUIRED)


@pytest.fixture(scope="module")
def engine(lab):
    with Engine(lab, accept_missing=REQUIRED) as engine:
        yield engine


@pytest.fixture
def one_engine(engine, monkeypatch):
    """The plugin's engines are this module's one, which stays open."""

    use_engine(monkeypatch, engine)


def otter_run(autograder: Path, submission: Path, folder: Path) -> dict:
    """results.json of the installed `otter run`, started in `folder`."""
    run = subprocess.run(
        [OTTER, "run", "-a", autograder, "-o", folder, submission], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return json.loads((folder / "results.json").read_text())


def test_points_and_messages_are_the_reports(autograder, engine, tmp_path):
    wrong, misconception = mistake("over-the-batch")
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, wrong, RIGHT["q2"])
    report = engine.grade(notebook)
    results = otter_run(autograder, notebook, tmp_path)
    assert by_question(results) == by_question(gradescope_results(report))
    points = {id: points for id, (points, _) in by_question(results).items()}
    assert points["q2"] == 6
    assert 0 < points["q1"] < 4
    assert misconception in by_question(results)["q1"][1]


class Exploit:
    """What unpickling runs."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_nothing_that_a_submission_brings_along_runs_or_counts(autograder, engine, tmp_path):
    """A correct q1 in a zip with everything that otter would load, and a q2 that ends its process."""
    canary = tmp_path / "canary"
    code = f"import pathlib\npathlib.Path({str(canary)!r}).write_text(__name__)\n"
    verdict = 'OK_FORMAT = False\nname = "q2"\npoints = 12\n'
    notebook = write_notebook(
        tmp_path / "lab.ipynb",
        SETUP,
        RIGHT["q1"],
        "def cross_entropy(*args):\n    import os\n    os._exit(0)",
        "import os\nos._exit(0)",
        kernelspec={"name": "brought-along", "display_name": "x", "language": "python"},
        otter={
            "assignment_name": "another",
            "OK_FORMAT": True,
            "tests": {"q2": {"name": "q2", "points": 12}},
        },
    )
    files = {
        "../../../escaped.txt": "x",
        "/tmp/gatelab-absolute-name": "x",
        "../source/otter_config.json": "{}",
        ".OTTER_LOG": pickle.dumps(Exploit(f"touch {canary}")),
        "tests/q2.py": verdict,
        "tests/verdicts.json": '{"q1": [], "q2": [{"name": "x", "max_points": 12, "passed": true, "message": ""}]}',
        "kit/tests/softmax/hidden/test_q2_forged.py": code,
        "files/kit/autograder/gatelab/__init__.py": code,
        "results.json": '{"score": 26}',
        "submission_metadata.json": "[]",
        "kernels/python3/kernel.json": '{"argv": ["false"]}',
    }
    for module in (
        "torch",
        "ipykernel_launcher",
        "otter",
        "json",
        "gatelab",
        "sitecustomize",
        "__init__",
        "q2",
    ):
        files[f"{module}.py"] = code
    for startup in (
        ".ipython/profile_default/startup/00.py",
        "ipython_config.py",
        "jupyter_config.py",
        "conftest.py",
    ):
        files[startup] = code
    submission = zipped(tmp_path / "lab.zip", {"lab.ipynb": notebook.read_text(), **files})
    results = otter_run(autograder, submission, tmp_path)
    assert {id: points for id, (points, _) in by_question(results).items()} == {"q1": 4, "q2": 0}
    assert not canary.exists()
    assert not Path("/tmp/gatelab-absolute-name").exists()
    assert not list(tmp_path.parent.rglob("escaped.txt"))


def test_an_empty_lab_gets_no_points_and_its_pickle_opens_without_the_kit(source, one_engine, tmp_path):
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, STUB)
    results = grade_apart(source, notebook, tmp_path / "results")
    assert results["score"] == 0
    assert "q1: not written yet" in by_question(results)["q1"][1]
    data = (tmp_path / "results" / "results.pkl").read_bytes()
    assert b"gatelab.integrations" not in data
    otters = pickle.loads(data)
    assert type(otters) is GradingResults
    assert (otters.total, otters.possible) == (0, 10)
    assert otters.get_plugin_data("gatelab")["lab"] == "softmax"


# The container's script.


@pytest.fixture
def container(source, tmp_path):
    """/autograder as Gradescope has prepared it."""
    root = tmp_path / "autograder"
    shutil.copytree(source, root / "source")
    for folder in ("submission", "results"):
        (root / folder).mkdir()
    (root / "submission_metadata.json").touch()  # what `otter grade` leaves there
    return root


def run_autograder(root: Path, python: str | Path) -> tuple[int, dict]:
    environment = {**os.environ, "AUTOGRADER_ROOT": str(root), "GATELAB_PYTHON": str(python)}
    run = subprocess.run(
        ["bash", root / "source" / "run_autograder"], env=environment, capture_output=True, text=True
    )
    return run.returncode, json.loads((root / "results" / "results.json").read_text())


def test_the_container_grades_next_to_files_that_stop_otter(container):
    submission = container / "submission"
    write_notebook(submission / "lab.ipynb", SETUP, RIGHT["q1"])
    (submission / "tests").write_text("otter wants a folder of this name")
    (submission / "__init__.py").mkdir()
    code, results = run_autograder(container, sys.executable)
    assert code == 0
    assert {id: points for id, (points, _) in by_question(results).items()} == {"q1": 4, "q2": 0}
    assert (container / "results" / "results.pkl").is_file()
    assert not (container / "source" / "files" / "kit" / "tests").stat().st_mode & 0o077


def test_a_refusal_has_a_code_of_its_own_and_otter_grade_keeps_its_result(container, tmp_path):
    """`otter grade` throws away what a container leaves that ends with anything but 0."""
    (container / "submission" / "essay.txt").write_text("I could not open it.")
    alone = subprocess.run(
        [sys.executable, "-I", container / "source" / "run_otter.py", container], capture_output=True
    )
    written = json.loads((container / "results" / "results.json").read_text())
    assert (alone.returncode, written["extra_data"]["status"]) == (1, "ungradable")
    refused = tmp_path / "python"
    refused.write_text('#!/bin/sh\necho \'{"score": 0}\' > "$3/results/results.json"\nexit 1\n')
    refused.chmod(0o755)
    assert run_autograder(container, refused) == (0, {"score": 0})


def test_a_kit_that_cannot_be_imported_is_a_result_too(container, tmp_path):
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    code, results = run_autograder(container, bare)
    assert code != 0
    assert "could not start" in results["output"]
    assert "No module named 'gatelab'" in results["tests"][-1]["output"]
    has_every_field(results)


@pytest.mark.parametrize(
    ("does", "seconds", "says"),
    [
        ("kill -9 $$", 60, "was killed by the machine, most likely for its memory (exit status 137)"),
        ("kill -15 $$", 60, "was stopped before it had a result (exit status 143)"),
        ("exec sleep 60", 1, "had no result after 1 seconds"),
    ],
)
def test_a_grader_that_is_stopped_is_a_result_too(container, tmp_path, monkeypatch, does, seconds, says):
    monkeypatch.setenv("GATELAB_SECONDS", str(seconds))
    stopped = tmp_path / "python"
    stopped.write_text(f"#!/bin/sh\n{does}\n")
    stopped.chmod(0o755)
    code, results = run_autograder(container, stopped)
    assert code != 0
    assert results["output"].startswith(f"Not graded. The grader {says}")
    assert (
        "This is not the notebook's fault: it will be graded again. Please tell the course staff."
        in results["output"]
    )
    assert "score" not in results
    assert says in results["tests"][-1]["output"]
    has_every_field(results)


def has_every_field(results: dict) -> None:
    """A result without a grade is a whole one: the questions with what they are worth, the note for staff, no markup."""
    *questions, staff = results["tests"]
    assert [(test["name"].split(":")[0], test["max_score"]) for test in questions] == [("q1", 4), ("q2", 6)]
    assert (staff["name"], staff["visibility"]) == ("For staff", "hidden")
    assert results["output_format"] == "text" and results["stdout_visibility"] == "hidden"
    assert all(test["output_format"] == "text" and "score" not in test for test in results["tests"])
    assert results["extra_data"]["status"] == "failed"


def test_a_finished_result_is_kept_when_the_time_is_up_after_it(container, tmp_path, monkeypatch):
    """otter's kernel, which has nothing to run, may hang."""
    monkeypatch.setenv("GATELAB_SECONDS", "1")
    slow = tmp_path / "python"
    slow.write_text('#!/bin/sh\necho \'{"score": 10}\' > "$3/results/results.json"\nexec sleep 60\n')
    slow.chmod(0o755)
    assert run_autograder(container, slow) == (0, {"score": 10})


@pytest.mark.parametrize("where", ["nbconvert.preprocessors.ExecutePreprocessor.preprocess", "dill.dump"])
def test_a_finished_grading_outlives_otter(source, engine, tmp_path, monkeypatch, where):
    """Its kernel cannot be started (no `localhost`, no memory), or its own result cannot be written."""
    use_engine(monkeypatch, engine)

    def dead(*_: object, **__: object) -> None:
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(where, dead)
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, RIGHT["q1"])
    results = grade_apart(source, notebook, tmp_path / "results")
    assert {id: points for id, (points, _) in by_question(results).items()} == {"q1": 4, "q2": 0}
    assert json.loads((tmp_path / "results" / "results.json").read_text()) == results
    otters = pickle.loads((tmp_path / "results" / "results.pkl").read_bytes())
    assert (otters.total, otters.possible) == (4, 10)


def test_what_is_graded_when_time_is_up_counts_and_the_rest_is_not_a_0(source, engine, tmp_path, monkeypatch):
    use_engine(monkeypatch, engine)
    slow = "import time\n" + RIGHT["q2"].replace(
        "    of_the_right", "    time.sleep(60)\n    of_the_right", 1
    )
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, RIGHT["q1"], slow)
    monkeypatch.setattr("gatelab.integrations.otter.plugin.until", lambda: time.monotonic() + 12)
    results = grade_apart(source, notebook, tmp_path / "results")
    q1, q2, staff = results["tests"]
    assert (q1["score"], q1["max_score"], results["score"]) == (4, 4, 4)
    assert "score" not in q2 and q2["max_score"] == 6 and "the grader's time was up" in q2["output"]
    assert results["output"].startswith(
        "Not finished: the grader's time was up before q2 could be graded to the end."
    )
    assert results["extra_data"]["unfinished"] == ["q2"]
    assert "Time was up; not graded to the end: q2." in staff["output"]
    assert exit_code(results) == 3


def test_running_out_of_time_before_anything_is_graded_gives_no_grade(engine, tmp_path):
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, RIGHT["q1"])
    report = engine.grade(notebook, until=time.monotonic())
    assert report.status == "failed" and "was up before anything was graded" in report.reason
    assert (report.student_reason, report.hints) == (TIMEOUT_MESSAGE_TO_STUDENT, [])
    own = engine.grade(notebook, until=time.monotonic(), out_of_time="Set a longer time.")
    assert (own.status, own.reason) == ("failed", "Set a longer time.")


def test_the_container_applies_the_labs_rule_for_late_work(container, one_engine):
    table = container / "source" / "files" / "kit" / "assignment" / "softmax" / "lab.toml"
    table.write_text(f"{table.read_text()}\n[late]\ndue = 2026-11-30T23:59:00+00:00\npercent_per_day = 10\n")
    write_notebook(container / "submission" / "lab.ipynb", SETUP, RIGHT["q1"])
    (container / "submission_metadata.json").write_text('{"created_at": "2026-12-01T12:00:00+00:00"}')
    results = in_container(container)
    assert results["score"] == 3.6
    assert results == json.loads((container / "results" / "results.json").read_text())


LOOKS = """
import json
def softmax(*args):
    seen = []
    for path in {paths}:
        try:
            seen.append(open(path).read())
        except OSError as error:
            seen.append(str(error))
    print("SAW", seen)
    raise ValueError("looked")
"""


def test_submitters_are_hidden_from_a_worker_even_where_files_are_not_confined(source, monkeypatch):
    """Also the copy that otter reads; and Gradescope's own file is afterwards as it was."""
    with tempfile.TemporaryDirectory() as place:  # which, unlike pytest's, others can be let into
        Path(place).chmod(0o755)
        root = Path(place) / "autograder"
        shutil.copytree(source, root / "source")
        (root / "submission").mkdir()
        (root / "results").mkdir()
        beside, metadata = root / "beside.json", root / "submission_metadata.json"
        beside.write_text("what lies beside it")
        secret = json.dumps({"users": [{"name": "Ada Lovelace", "email": "ada@example.org"}]})
        metadata.write_text(secret)
        copies: list[Path] = []

        @contextlib.contextmanager
        def watched(path):
            copies.append(path)
            with out_of_sight(path) as said:
                yield said

        for module in ("plugin", "run"):
            monkeypatch.setattr(f"gatelab.integrations.otter.{module}.out_of_sight", watched)

        class Open(Engine):
            def __init__(self, lab, **_):
                super().__init__(lab, accept_missing=REQUIRED)
                self.simulated_limits = {"landlock": 0, "without": ["namespaces", "seccomp"]}

            def grade(self, path, name, until=None, out_of_time=""):
                assert len(copies) == 2 and {copy.read_text() for copy in copies} == {"{}"}
                paths = [str(path) for path in (beside, *copies)]
                return super().grade(write_notebook(path, SETUP, LOOKS.format(paths=paths)), name)

        monkeypatch.setattr("gatelab.grading.engine.Engine", Open)
        write_notebook(root / "submission" / "lab.ipynb", SETUP)
        said = json.dumps(in_container(root))
        assert "what lies beside it" in said, "it did look"
        assert "Ada" not in said and "example.org" not in said
        assert metadata.read_text() == secret
