"""A machine without a package that a lab's answers may import grades nothing, by whichever door: right answers would lose points there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatelab.audit.machine_labs import packages
from gatelab.audit.notebooks import write_notebook
from gatelab.audit.result_cache import stamp
from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.integrations.cluster_worker import problem_here
from gatelab.lab.installed import check, found
from gatelab.lab.spec import Lab, LabError
from gatelab.report.record.hashes import grading_hash
from helpers.build_kit import accept_now
from helpers.command import gatelab, succeeded, typed
from helpers.files import files_below
from helpers.tiny_lab import ROOT, tiny_kit

INSTALL = "pip install -r assignment/softmax/requirements.txt"
MISSING = "no-such-package==1.0\nno-such-other==2.0; python_version > '3'\nno-such-system==3.0; sys_platform == 'none'\n"
SAID = (
    "no-such-package 1.0 and no-such-other 2.0: not installed here under these names, and right answers of softmax that import them "
    f"could lose points; in the kit's folder: {INSTALL} (Where another package brings the same module, as opencv-python-headless does "
    "for opencv-python, list that name in assignment/softmax/requirements.txt instead.)"
)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A kit, and in it a class of one."""
    kit = tiny_kit(tmp_path / "kit")
    (kit / "class").mkdir()
    write_notebook(kit / "class" / "ada.ipynb", Lab.in_repository(kit), {})
    return kit


def asks_for(kit: Path, lines: str) -> Lab:
    with (kit / "assignment" / "softmax" / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write(lines)
    return Lab.in_repository(kit)


def record(folder: Path, name: str, version: str) -> None:
    """A package, as pip's records say it."""
    place = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_the_class_command_refuses_and_keeps_the_grades_that_are_there(kit: Path) -> None:
    words = ["grade", kit / "class", "-o", kit / "out", "--root", kit]
    succeeded(*words)
    before = files_below(kit / "out")
    asks_for(kit, MISSING)
    for more in ((), ("--fresh",), ("--cluster", "tcp://127.0.0.1:9")):
        done = gatelab(*words, *more)
        said = " ".join(done.output.split())
        assert done.exit_code == 2 and SAID in said and "Traceback" not in said, said
        assert "graded again" not in said  # nothing is
    after = files_below(kit / "out")
    assert {name: after[name] for name in before if name.endswith((".json", ".csv"))} == {
        name: before[name] for name in before if name.endswith((".json", ".csv"))
    }


@pytest.mark.one_in(2, among="classes")
def test_a_finished_class_is_finished_without_the_packages(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["grade", kit / "class", "-o", kit / "out", "--root", kit]
    record(tmp_path / "more", "no-such-package", "1.0")
    asks_for(kit, "no-such-package==1.0\n")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path / "more")
        succeeded(*words)
    before = files_below(kit / "out" / "reports")
    said = succeeded(*words)
    assert "1 of 1 notebooks are done from an earlier run" in " ".join(said.split()), said
    assert files_below(kit / "out" / "reports") == before
    write_notebook(kit / "class" / "bob.ipynb", Lab.in_repository(kit), {})
    done = gatelab(*words)
    assert done.exit_code == 2 and "no-such-package 1.0: not installed here under this name" in " ".join(
        done.output.split()
    )


@pytest.mark.one_in(2, among="classes")
def test_a_class_is_graded_whatever_the_build_would_refuse(kit: Path) -> None:
    """And what can be told of such lines is asked for."""
    lab = asks_for(
        kit,
        "# \xfc\x0c\neinops\nnames>=0.3\nscikit-learn == 1.9.1\n-r more.txt\n./here\nwords of a person\n"
        "no-such-a==1.0; sys_platform ~= 'linux'\nno-such-b==1.0; 'a' in extras\npyyaml==5.0\n",
    )
    assert {pin.name for pin, _ in found(lab.assignment)} == {"einops", "names", "scikit-learn"}
    succeeded("grade", kit / "class", "-o", kit / "out", "--root", kit)
    assert (
        json.loads((kit / "out" / "reports" / "ada.json").read_text(encoding="utf-8"))["status"] == "graded"
    )
    asks_for(kit, "no-such-package>=1.0\n")
    done = gatelab("grade", kit / "class", "-o", kit / "out", "--root", kit)
    assert done.exit_code == 2 and "no-such-package: not installed here" in " ".join(done.output.split())


def test_what_an_interrupted_pip_left_is_not_taken_for_the_package(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = asks_for(kit, "no-such-package==1.0\n")
    (tmp_path / "left" / "no_such_package-0.9.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "left")
    with pytest.raises(LabError, match=r"no-such-package 1\.0: not installed here"):
        check(lab.assignment)
    assert [one.says for one in packages(kit)] == ["softmax: no-such-package 1.0 is missing"]
    record(tmp_path / "left", "no-such-package", "1.0")  # in the same folder
    check(lab.assignment)
    assert [one.says for one in packages(kit)] == ["softmax: no-such-package 1.0"]


@pytest.mark.parametrize("version", ["1.0.0", "1.0+cpu"])
def test_doctor_compares_versions_and_not_their_texts(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    asks_for(kit, "no-such-package==1.0\n")
    record(tmp_path / "more", "no-such-package", version)
    monkeypatch.syspath_prepend(tmp_path / "more")
    (found,) = packages(kit)
    assert (found.says, found.do) == (f"softmax: no-such-package {version}", "")


def test_results_kept_of_another_version_of_a_labs_package_are_not_taken(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = {stamp(Lab.in_repository(kit))}
    lab = asks_for(kit, "no-such-package==1.0\n")
    for version in ("1.0", "1.1"):
        record(tmp_path / version, "no-such-package", version)
        with monkeypatch.context() as patch:
            patch.syspath_prepend(tmp_path / version)
            stamps.add(stamp(lab))
    assert len(stamps) == 3


@pytest.mark.one_in(2, among="doors")
def test_otter_gives_no_points_and_tells_staff(kit: Path) -> None:
    lab = asks_for(kit, MISSING)
    zip = build_autograder_zip(lab, kit / "dist", otter=ROOT / "autograder" / "gradescope")
    typed(kit, "otter", "run", "-a", zip, "-o", kit, kit / "class" / "ada.ipynb")
    text = (kit / "results.json").read_text(encoding="utf-8")
    results = json.loads(text)
    assert SAID in text and all(not test.get("score") for test in results["tests"])
    assert all(SAID not in test["output"] for test in results["tests"] if test["visibility"] == "visible")


@pytest.mark.one_in(2, among="doors")
def test_nbgrader_stops_before_the_first_submission(kit: Path) -> None:
    asks_for(kit, MISSING)
    place = kit / "submitted" / "ada" / "softmax"
    place.mkdir(parents=True)
    (kit / "class" / "ada.ipynb").rename(place / "lab.ipynb")
    accept_now(kit, "softmax")
    done = typed(kit, "nbgrader", "generate_assignment", "softmax")
    assert done.returncode == 0, done.stderr
    done = typed(kit, "nbgrader", "autograde", "softmax", "--create")
    assert done.returncode and SAID in " ".join(done.stderr.split()) and not (kit / "autograded").exists()


def test_a_worker_of_a_cluster_says_what_it_lacks(kit: Path) -> None:
    lab = asks_for(kit, MISSING)
    job = {"root": str(kit), "lab": "softmax", "seed": 1, "chosen": ["q1"], "grading": "another"}
    assert problem_here(json.dumps(job), grading_hash) == SAID
    assert grading_hash(lab, 1, ["q1"])  # a command that only reads results goes on


def test_doctor_lists_them_and_warns_of_another_version(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = packages(kit)
    assert (found.says, found.do) == ("softmax: none besides the kit's", "")
    asks_for(kit, MISSING + "einops==0.8.2\n")
    monkeypatch.chdir(kit)
    said = gatelab("doctor").output
    assert (
        "softmax: no-such-package 1.0 is missing, no-such-other 2.0 is missing, einops 0.8.2\n" in said
        and INSTALL in said
    )
    record(tmp_path / "more", "no-such-package", "1.1")
    record(tmp_path / "more", "no-such-other", "2.0")
    monkeypatch.syspath_prepend(tmp_path / "more")
    (found,) = packages(kit)
    assert found.says == "softmax: no-such-package is 1.1 and not 1.0, no-such-other 2.0, einops 0.8.2"
    assert found.do == INSTALL
    asks_for(kit, "-r more.txt\n")
    (found,) = packages(kit)
    assert "cannot be read" in found.says and "line 9: -r more.txt" in found.do


def test_a_grade_of_another_version_does_not_hold_and_a_comment_changes_nothing(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0", "1.1"):
        record(tmp_path / version, "no-such-package", version)
    lab = asks_for(kit, "no-such-package==1.0\n")
    hashes = {}
    for version in ("1.0", "1.1"):
        with monkeypatch.context() as patch:
            patch.syspath_prepend(tmp_path / version)
            hashes[version] = grading_hash(lab, 1, ["q1"])
            asks_for(kit, f"# {version}\n")
            assert grading_hash(lab, 1, ["q1"]) == hashes[version]
    assert hashes["1.0"] != hashes["1.1"]
