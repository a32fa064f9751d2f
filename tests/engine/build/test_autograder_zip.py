"""Is the autograder zip the same at every build, complete, and free of what it must not contain?"""

import json
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.build.pipeline import built_release
from gatelab.build.student_zip import write_student_zip
from gatelab.lab.spec import Lab, LabError
from helpers import build_kit
from helpers.command import gatelab
from helpers.tiny_lab import tiny_kit, tiny_lab

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> Path:
    """The tiny lab with its release, as it is in a repository where it was built."""
    root = build_kit.make_kit(tmp_path_factory.mktemp("kit"))
    with built_release(Lab.in_repository(root), root) as release:
        shutil.copytree(release, root / "release" / build_kit.NAME)
    return root


@pytest.fixture(scope="module")
def lab(kit) -> Lab:
    return Lab.in_repository(kit)


@pytest.fixture(scope="module")
def built(lab, tmp_path_factory):
    return build_autograder_zip(lab, tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="module")
def names(built):
    return zipfile.ZipFile(built).namelist()


def test_building_twice_gives_the_same_bytes(lab, built, tmp_path):
    again = build_autograder_zip(lab, tmp_path)
    assert again.name == built.name == "softmax-autograder-STAFF-ONLY.zip"
    assert again.read_bytes() == built.read_bytes()


STOPPED = """
import os, sys, zipfile
from gatelab.cli.app import app
once, counted = zipfile.ZipFile.writestr, []
def write(*words, **more):
    counted.append(1)
    if len(counted) == 60:
        os.kill(os.getpid(), int(sys.argv[1]))
    return once(*words, **more)
zipfile.ZipFile.writestr = write
app(sys.argv[2:])
"""


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_zip_leaves_the_previous_one_and_nothing_else(by, kit, built, tmp_path):
    place = tmp_path / built.name
    place.write_bytes(built.read_bytes())
    words = [str(int(by)), "zip", "-o", str(tmp_path), "--root", str(kit)]
    done = subprocess.run([sys.executable, "-c", STOPPED, *words], capture_output=True, text=True)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert place.read_bytes() == built.read_bytes()
    until = time.monotonic() + 20
    while list(tmp_path.iterdir()) != [place] and time.monotonic() < until:  # after SIGKILL a shell tidies
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("folder", ["release", "release/softmax", "release/softmax/../softmax/tests"])
def test_it_is_not_written_where_students_get_their_files(kit, lab, folder):
    with pytest.raises(LabError, match="goes to students"):
        build_autograder_zip(lab, kit / folder)
    assert not list((kit / "release").rglob("*.zip"))


def test_it_cannot_be_taken_for_the_students_zip(lab, built, tmp_path):
    theirs = write_student_zip(lab.release, lab, tmp_path)
    assert theirs.name == "softmax.zip"
    assert "STAFF-ONLY" in built.name
    with zipfile.ZipFile(theirs) as students, zipfile.ZipFile(built) as staff:
        assert all(name.startswith("softmax/") for name in students.namelist())
        assert not any(name.startswith("softmax/") for name in staff.namelist())


def test_it_holds_what_gradescope_and_otter_look_for(lab, names):
    wanted = {
        "setup.sh",
        "run_autograder",
        "run_otter.py",
        "environment.yml",
        "requirements.txt",
        "constraints.txt",
        "not_graded.json",
        "otter_config.json",
    }
    assert wanted <= set(names)
    in_lab = [spec.id for spec in lab.questions.values() if not spec.by_hand]
    assert sorted(name for name in names if name.startswith("tests/")) == sorted(
        f"tests/{id}.py" for id in in_lab
    )


def test_its_kit_is_a_whole_lab(lab, built, tmp_path):
    zipfile.ZipFile(built).extractall(tmp_path)
    packed = Lab.in_repository(tmp_path / "files" / "kit")
    assert packed.questions == lab.questions
    assert {path.name for path in packed.hidden.glob("test_*.py")} == {
        path.name for path in lab.hidden.glob("test_*.py")
    }
    assert packed.reference("q1") == lab.reference("q1")
    assert (packed.bank / "chaff" / "q1").is_dir()


def test_masters_and_temporary_files_are_left_out(names):
    """The only notebook in the zip is the release's: the grader needs it to see what a student left untouched."""
    engine, released = "gatelab/lab/spec.py", "release/softmax/lab.ipynb"
    for name in names:
        assert not name.endswith((".pyc", ".ipynb", "/lab.py")) or name.endswith((engine, released)), name
        assert "__pycache__" not in name
        assert "wheat" not in name


def test_its_settings_are_otters_with_one_plugin(lab, built):
    config = json.loads(zipfile.ZipFile(built).read("otter_config.json"))
    assert config["plugins"] == [
        {
            "gatelab.integrations.otter.plugin.GatelabPlugin": {
                "lab": "softmax",
                "seed": lab.settings.seed,
                "accept_missing": [],
            }
        }
    ]
    assert config["pdf"] is False
    assert "token" not in config


def test_the_image_gets_the_pins_of_pyproject_and_torch_for_the_cpu(built):
    zip = zipfile.ZipFile(built)
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lines = [line for line in zip.read("requirements.txt").decode().splitlines() if not line.startswith("#")]
    assert lines[: len(pins)] == pins
    setup = zip.read("setup.sh").decode()
    assert "https://download.pytorch.org/whl/cpu" in setup
    assert "libseccomp2" in setup


def test_the_image_gets_what_the_labs_notebook_imports(tmp_path: Path) -> None:
    lab = tiny_lab(tmp_path / "kit")
    path = lab.assignment / "requirements.txt"
    more = "Names==0.3.0  # 1 MB, 2 MB on the disk\n\nscikit-learn==1.9.1\n"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    zip = zipfile.ZipFile(
        build_autograder_zip(lab, tmp_path / "dist", otter=ROOT / "autograder" / "gradescope")
    )
    lines = zip.read("requirements.txt").decode().splitlines()
    assert lines[-2:] == ["Names==0.3.0", "scikit-learn==1.9.1"]
    assert [line for line in lines if line.lower().startswith("numpy")] == ["numpy==2.4.6"]
    assert zip.read("files/kit/assignment/softmax/requirements.txt") == path.read_bytes()


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_scripts_are_executable(built, script):
    zip = zipfile.ZipFile(built)
    assert zip.getinfo(script).external_attr >> 16 == 0o755
    subprocess.run(["bash", "-n"], input=zip.read(script), check=True)


def test_the_image_has_the_interpreter_of_the_repositorys_environment(built):
    in_image = yaml.safe_load(zipfile.ZipFile(built).read("environment.yml"))["dependencies"]
    assert in_image[0].startswith("python=")
    assert in_image[0] in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]


@pytest.mark.parametrize("place", [".", "assignment/softmax", "tests/softmax/hidden"])
def test_the_zip_goes_to_the_kits_dist_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """In a lab's folder it would be committed with the lab, and in assignment/ it would be handed out."""
    kit = tiny_kit(tmp_path / "kit")
    monkeypatch.chdir(kit / place)
    done = gatelab("zip")
    assert done.exit_code == 0, done.output
    assert [path.parent for path in kit.rglob("*STAFF-ONLY.zip")] == [kit / "dist"]


def test_git_ignores_dist_at_any_depth(root: Path) -> None:
    zip = "assignment/softmax/dist/softmax-autograder-STAFF-ONLY.zip"
    done = subprocess.run(["git", "check-ignore", "-q", "--no-index", zip], cwd=root)
    if done.returncode == 128:
        pytest.skip("no git repository")
    assert done.returncode == 0
