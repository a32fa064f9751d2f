"""Does every step of the plugin leave an honest result, whatever the submission, the kit or otter do?

Here the kit's engine is replaced by one with fixed answers, and otter runs without its kernel.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from otter.run import AutograderConfig
from otter.test_files import GradingResults

from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.faults import TIMEOUT_MESSAGE_TO_STUDENT
from gatelab.integrations.otter.late import BY_HAND, NO_TIME, with_lateness
from gatelab.integrations.otter.metadata import METADATA
from gatelab.integrations.otter.plugin import GatelabPlugin
from gatelab.integrations.otter.run import grade_apart, main
from gatelab.lab.late import LateRule
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.report.record.model import Kind, Part, Question, Report
from gatelab.sandbox.confine import REQUIRED, ProtectionMissing
from gatelab.submission.notebook import Ungradable, read_bytes, read_cells
from helpers.command import gatelab
from helpers.notebooks import write_notebook
from helpers.otter_in_process import by_question
from helpers.tiny_lab import SETUP, STUB, tiny_lab
from helpers.zips import zipped


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    return build_autograder_zip(tiny_lab(tmp_path_factory.mktemp("lab")), tmp_path_factory.mktemp("zip"))


@pytest.fixture
def engine(monkeypatch):
    """An engine that gives q1 its points for anything that is a notebook, and q2 none."""

    class Known:
        def __init__(self, lab, **settings):
            self.lab = lab

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def grade(self, path, name, until=None, out_of_time=""):
            try:
                read_cells(read_bytes(path), path.name, self.lab)
            except Ungradable as error:
                return Report(name, "ungradable", str(error))
            q1 = Question("q1", "Softmax", 14, [Part("outputs", 14, 14, None)])
            return Report(name, "graded", questions=[q1])

    monkeypatch.setattr("gatelab.grading.engine.Engine", Known)


@pytest.fixture
def otters_folder(source, tmp_path):
    """The folders as otter has prepared them when it builds its plugins."""
    root = tmp_path / "autograder"
    (root / "submission" / "tests").mkdir(parents=True)
    (root / "source").symlink_to(source)
    write_notebook(root / "submission" / "lab.ipynb", SETUP, STUB)
    return root


def run_plugin(root: Path, **settings) -> tuple[dict, GatelabPlugin]:
    """results.json after the plugin's steps, when otter's kernel gave no results at all."""
    config = AutograderConfig({"autograder_dir": str(root)})
    plugin = GatelabPlugin(
        str(root / "submission" / "lab.ipynb"), {}, {"accept_missing": list(REQUIRED), **settings}
    )
    plugin.before_grading(config)
    assert plugin.before_execution(None).cells == []
    results = GradingResults.without_results(RuntimeError("no results"))
    plugin.after_grading(results)
    assert plugin.generate_report()
    return results.to_gradescope_dict(config), plugin


def test_the_verdicts_do_not_come_from_otters_kernel(otters_folder, engine):
    results, _ = run_plugin(otters_folder)
    assert by_question(results)["q1"][0] == 14


def test_the_submissions_folder_is_emptied_before_anything_starts(otters_folder, source, engine, tmp_path):
    submission = otters_folder / "submission"
    (submission / "torch.py").write_text("1/0")
    (submission / ".OTTER_LOG").write_bytes(b"")
    (submission / "link").symlink_to(tmp_path)
    (submission / "folder" / "deep").mkdir(parents=True)
    plugin = GatelabPlugin(str(submission / "lab.ipynb"), {}, {})
    plugin.before_grading(AutograderConfig({"autograder_dir": str(otters_folder)}))
    assert sorted(path.name for path in submission.iterdir()) == ["lab.ipynb", "tests"]
    assert json.loads((submission / "lab.ipynb").read_text())["cells"] == []
    assert tmp_path.exists()


def test_a_setting_that_makes_a_page_of_the_submission_is_taken_back(otters_folder):
    config = AutograderConfig(
        {"autograder_dir": str(otters_folder), "pdf": True, "token": "t", "grade_from_log": True}
    )
    GatelabPlugin(str(otters_folder / "submission" / "lab.ipynb"), {}, {}).before_grading(config)
    assert (config.pdf, config.token, config.grade_from_log) == (False, None, False)


@pytest.mark.parametrize(
    "error", [RuntimeError("STAFF-ONLY"), MemoryError(), OSError(28, "No space left on device")]
)
def test_a_fault_of_the_grader_is_reported_as_one(otters_folder, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("gatelab.grading.engine.Engine", fail)
    results, _ = run_plugin(otters_folder)
    assert "not your notebook's fault" in results["output"]
    *shown, staffs = results["tests"]
    assert "STAFF-ONLY" not in json.dumps(shown)
    assert type(error).__name__ in staffs["output"]
    assert staffs["visibility"] == "hidden"


def test_missing_protection_names_the_setting_to_staff(otters_folder, monkeypatch):
    def refuse(*_, **__):
        raise ProtectionMissing("cannot confine (missing: files).", ["files"])

    monkeypatch.setattr("gatelab.grading.engine.Engine", refuse)
    results, _ = run_plugin(otters_folder, accept_missing=["network"])
    said = 'missing: files). (In otter_config.json: "accept_missing": ["files", "network"].)'
    assert said in results["tests"][-1]["output"]


@pytest.mark.parametrize("all_at_once", [True, "files", ["everything"], ["calls"]])
def test_what_may_be_missing_is_named_piece_by_piece(otters_folder, engine, all_at_once):
    results, _ = run_plugin(otters_folder, accept_missing=all_at_once)
    assert "network, processes, signals" in results["tests"][-1]["output"]
    assert "not your notebook's fault" in results["output"]


def test_an_unknown_setting_is_not_ignored(otters_folder, engine):
    results, _ = run_plugin(otters_folder, accept_missing_protection=True)
    assert "no setting accept_missing_protection" in results["tests"][-1]["output"]


@pytest.mark.parametrize(
    "damage", ["", "not toml", "name = 'x'\nnotebook = 'lab.ipynb'\n[q1]\nno_such_key = 1"]
)
def test_a_broken_kit_is_a_result_too(otters_folder, damage):
    (otters_folder / "source").unlink()
    if damage:
        table = otters_folder / "source" / "files" / "kit" / "assignment" / "softmax" / "lab.toml"
        table.parent.mkdir(parents=True)
        table.write_text(damage)
    results, _ = run_plugin(otters_folder)
    assert "not your notebook's fault" in results["output"]
    assert "lab.toml" in results["tests"][-1]["output"]


# Submissions that otter itself cannot open.


@pytest.fixture
def no_kernel(monkeypatch):
    """otter without its kernel, which gives no results then."""
    monkeypatch.setattr(
        "nbconvert.preprocessors.ExecutePreprocessor.preprocess", lambda self, nb, *_: (nb, {})
    )


STOPS_OTTER = {
    "two.zip": ({"a.ipynb": "{}", "b.ipynb": "{}"}, "a.ipynb: this is JSON but not a notebook"),
    "none.zip": ({"lab.txt": ""}, "No notebook was handed in, only lab.txt: hand in lab.ipynb."),
    "folder.zip": ({"lab.ipynb/x": ""}, "No notebook was handed in, only x: hand in lab.ipynb."),
    "lab.ipynb": ("print('a script')", "lab.ipynb: this is not a readable notebook"),
    "deep.ipynb": ('{"cells":' + "[" * 100_000, "deep.ipynb: this is not a readable notebook"),
    "list.ipynb": ("[]", "list.ipynb: this is JSON but not a notebook"),
    "lab.py": ("x = 1", "lab.py is not a notebook: hand in lab.ipynb."),
    "lab.zip": ("not a zip", "lab.zip cannot be unpacked"),
}


@pytest.mark.parametrize("name", STOPS_OTTER)
def test_what_stops_otter_is_a_result_with_the_reason(source, engine, no_kernel, tmp_path, name):
    content, reason = STOPS_OTTER[name]
    submission = tmp_path / name
    if isinstance(content, dict):
        zipped(submission, content)
    else:
        submission.write_text(content)
    results = grade_apart(source, submission, tmp_path / "results")
    assert results == json.loads((tmp_path / "results" / "results.json").read_text())
    assert results["output"].startswith(f"Not graded. {reason}")
    assert [points for points, _ in by_question(results).values()] == [0, 0]


@pytest.mark.parametrize(
    "beside", [{"tests": ""}, {"__init__.py/x": ""}, {"kit": ""}, {"tests/verdicts.json/x": ""}]
)
@pytest.mark.parametrize("metadata", [{}, {"otter": 5}, {"otter": {"tests": {}}}, {"kernelspec": 7}])
def test_what_otter_trips_over_does_not_keep_the_notebook_from_being_graded(
    source, engine, no_kernel, tmp_path, beside, metadata
):
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, STUB, **metadata)
    submission = zipped(tmp_path / "lab.zip", {"week 5/lab.ipynb": notebook.read_text(), **beside})
    results = grade_apart(source, submission, tmp_path / "results")
    assert results["extra_data"]["status"] == "graded", results["output"]


def test_the_exit_code_tells_graded_from_not(autograder, engine, no_kernel, tmp_path):
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, STUB)
    (tmp_path / "empty.ipynb").touch()
    out = ["-o", str(tmp_path / "results")]
    assert main([str(autograder), str(notebook), *out]) == 0
    assert main([str(autograder), str(tmp_path / "empty.ipynb"), *out]) == 1
    with pytest.raises(SystemExit, match="2"):
        main([str(autograder), str(tmp_path / "nowhere.ipynb"), *out])


@pytest.mark.parametrize(
    ("zip", "said"),
    [
        ("README.md", "README.md: cannot be opened as a zip"),
        ("nothing.zip", "nothing.zip: cannot be opened as a zip"),
        ("cut.zip", "cut.zip: cannot be opened as a zip"),
        ("lab.zip", "lab.zip: is not an autograder zip"),
        ("other.zip", "other.zip: is an autograder zip, but not one of this kit"),
        ("list.zip", "list.zip: is an autograder zip, but not one of this kit"),
    ],
)
def test_a_file_that_is_not_an_autograder_zip_gets_one_sentence(autograder, tmp_path, capsys, zip, said):
    (tmp_path / "README.md").write_text("# Gatelab")
    (tmp_path / "nothing.zip").touch()
    (tmp_path / "cut.zip").write_bytes(autograder.read_bytes()[:20_000])
    zipped(tmp_path / "lab.zip", {"lab.ipynb": "{}"})
    zipped(tmp_path / "other.zip", {"otter_config.json": json.dumps({"plugins": [{"course.Plugin": {}}]})})
    zipped(tmp_path / "list.zip", {"otter_config.json": "[]"})
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, STUB)
    assert main([str(tmp_path / zip), str(notebook), "-o", str(tmp_path / "results")]) == 2
    printed = capsys.readouterr().err
    assert said in printed and printed.count("\n") == 1 and not (tmp_path / "results").exists()
    done = gatelab("otter-run", str(tmp_path / zip), notebook)
    assert done.exit_code == 2 and said in done.output and "Traceback" not in done.output


def test_a_folder_that_cannot_be_written_to_gets_one_sentence(autograder, tmp_path, capsys):
    notebook = write_notebook(tmp_path / "lab.ipynb", SETUP, STUB)
    assert main([str(autograder), str(notebook), "-o", str(notebook)]) == 2
    assert "lab.ipynb: cannot be written to" in capsys.readouterr().err


LATE = "\n[late]\ndue = 2026-11-30T23:59:00+00:00\npercent_per_day = 10\n"
REASON = "Handed in 2026-12-01 12:00:00 +0000, 12 h 1 min after 2026-11-30 23:59:00 +0000; 10 % of the points earned."


@pytest.fixture
def with_late_rule(otters_folder):
    """The same, for a lab with a rule for late work."""
    source = (otters_folder / "source").resolve()
    (otters_folder / "source").unlink()
    shutil.copytree(source, otters_folder / "source")
    table = otters_folder / "source" / "files" / "kit" / "assignment" / "softmax" / "lab.toml"
    table.write_text(table.read_text() + LATE)
    return otters_folder


def test_lateness_costs_what_lab_toml_says_by_gradescopes_time(with_late_rule, engine):
    metadata = {
        "created_at": "2026-12-01T12:00:00.000000+00:00",
        "assignment": {"due_date": "2026-12-02T00:59:00.000000+01:00"},
    }
    (with_late_rule / METADATA).write_text(json.dumps(metadata))
    results, _ = run_plugin(with_late_rule)
    assert results["score"] == 12.6
    assert by_question(results)["q1"][0] == 14
    assert results["output"].splitlines()[1:3] == [REASON, "1.4 points are taken off for lateness."]
    assert (
        "lab.toml, 2026-11-30 23:59:00 +0000; the due date on Gradescope is 2026-12-01 23:59:00 +0000."
        in (results["tests"][-1]["output"])
    )


def test_work_that_is_in_time_loses_nothing_and_nothing_is_said(with_late_rule, engine):
    (with_late_rule / METADATA).write_text('{"created_at": "2026-12-01T00:58:00.000000+01:00"}')
    results, _ = run_plugin(with_late_rule)
    assert results["score"] == 14 and "taken off" not in results["output"]
    assert "late" not in results["tests"][-1]["output"]


@pytest.mark.parametrize(
    "metadata",
    [None, "", "[]", "{}", '{"created_at": 5}', '{"created_at": "2026-12-09"}', '{"created_at": "2026-12-09T12:00:00"}'],
)  # fmt: skip
def test_without_a_time_there_is_no_penalty_and_staff_read_so(with_late_rule, engine, metadata):
    if metadata is not None:
        (with_late_rule / METADATA).write_text(metadata)
    results, _ = run_plugin(with_late_rule)
    assert results["score"] == 14 and "late" not in results["output"]
    assert NO_TIME in results["tests"][-1]["output"]


@pytest.mark.parametrize("parts", [[], [Part("answer", 0, 2, Kind.UNTOUCHED, "Nothing was written here.")]])
def test_marks_by_hand_are_said_to_be_added_without_the_penalty(parts):
    """Also of an answer that nobody wrote: the platform has a question of its own for it."""
    rule = LateRule(datetime(2026, 11, 30, tzinfo=UTC), 10, possible=True)
    questions = [
        Question("q1", "Softmax", 14, [Part("outputs", 14, 14, None)]),
        Question("q3", "In words", 2, parts, by_hand=True),
    ]
    late = with_lateness(
        Report("ada", "graded", questions=questions), rule, {"created_at": "2026-12-01T12:00:00+00:00"}
    )
    assert late.points == 11.2, "10 % a day of the 14 points that are graded here, and two days have begun"
    assert BY_HAND in late.remarks[0]
    results = gradescope_results(late)
    assert list(by_question(results)) == ["q1"] and "q3 (2 points) is marked by hand" in results["output"]
    assert ("Nothing was written for q3" in results["output"]) == bool(parts)


def test_a_time_limit_that_is_too_short_is_reported_as_such_and_not_as_a_fault(
    otters_folder, engine, monkeypatch
):
    monkeypatch.setenv("GATELAB_DEADLINE", "4")

    def late(engine, path, name, until, out_of_time):
        return Report(name, "failed", out_of_time, TIMEOUT_MESSAGE_TO_STUDENT)

    monkeypatch.setattr("gatelab.grading.engine.Engine.grade", late)
    results, _ = run_plugin(otters_folder)
    assert "score" not in results and "itself failed" not in json.dumps(results)
    assert results["output"].startswith("Not graded. The grader's time was up before anything was graded.")
    assert "(GATELAB_DEADLINE, 4 s) was up" in results["tests"][-1]["output"]
