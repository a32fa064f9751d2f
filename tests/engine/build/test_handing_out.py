"""`gatelab preview`, `gatelab diff`, `gatelab release`: do they show what students see and get, and hand out nothing else?"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.build import snapshot
from gatelab.build.errors import BuildError
from gatelab.build.pipeline import build
from gatelab.lab.spec import Lab
from gatelab.submission.notebook_sections import sections
from helpers.files import replace_in
from helpers.tiny_class import gatelab
from helpers.tiny_lab import tiny_kit

pytestmark = pytest.mark.one_in(3, at=1)

HUB = "https://github.com/a-course/softmax-for-students"


def git(place: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(["git", "-C", place, *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny lab as a kit, built once, its release committed."""
    kit = tmp_path_factory.mktemp("built") / "kit"
    tiny_kit(kit)
    build(kit, execute=False, accept=True)
    git(kit, "init", "--quiet")
    git(kit, "add", "release", "assignment")
    git(kit, "commit", "--quiet", "-m", "one")
    return kit


@pytest.fixture
def kit(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "kit"))


def said(kit: Path, *words: object, code: int = 0) -> str:
    done = gatelab(*words, "--root", kit)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return done.output


# --- preview ---


def test_a_preview_shows_the_stub_and_not_the_solution(kit: Path) -> None:
    path = Path(said(kit, "preview", "--no-open").strip())
    page = path.read_text(encoding="utf-8")
    assert "Softmax and cross-entropy" in page and "NotImplementedError" in page and "keepdim" not in page
    assert path.parent == kit / "dist"


def test_without_a_build_there_is_nothing_to_preview(kit: Path) -> None:
    shutil.rmtree(kit / "release")
    assert "nothing is built yet; run gatelab build." in said(kit, "preview", "--no-open", code=2)


# --- stopped while writing ---


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("dist/softmax-preview.html", ("preview", "--no-open")),
        ("assignment/softmax/released.snapshot", ("build", "--accept", "--no-execute")),
        ("dist/softmax.zip.sha256", ("build", "--no-execute")),
    ],
)
@pytest.mark.one_in(2, among="long")
def test_a_command_that_is_stopped_leaves_the_file_that_it_replaces_whole(
    kit: Path, monkeypatch: pytest.MonkeyPatch, file: str, words: tuple[str, ...]
) -> None:
    path = kit / file
    path.write_text("of last week\n", encoding="utf-8")
    beside = set(path.parent.iterdir())

    def stops(original: Callable[..., int]) -> Callable[..., int]:
        def write(self: Path, data: str | bytes, *words: object, **more: object) -> int:
            if self.name != path.name:
                return original(self, data, *words, **more)
            original(self, data[:3], *words, **more)
            raise KeyboardInterrupt

        return write

    for method in ("write_text", "write_bytes"):
        monkeypatch.setattr(Path, method, stops(getattr(Path, method)))
    gatelab(*words, "--root", kit)
    assert path.read_text(encoding="utf-8") == "of last week\n"
    assert set(path.parent.iterdir()) == beside


# --- diff ---


def test_what_did_not_change_is_not_reported(kit: Path) -> None:
    assert said(kit, "diff") == "Students get the same.\n"
    assert said(kit, "diff", "HEAD") == "Students get the same.\n"


def test_a_diff_shows_points_cells_and_files(kit: Path) -> None:
    lab, hidden = kit / "assignment" / "softmax", kit / "tests" / "softmax" / "hidden"
    replace_in(lab / "lab.toml", "points = 4", "points = 5")
    replace_in(
        hidden / "test_q1_softmax.py", '@part("q1", "probabilities", 1)', '@part("q1", "probabilities", 2)'
    )
    replace_in(lab / "lab.py", "Large logits must not overflow", "Large numbers must not overflow")
    replace_in(lab / "lab.py", '"""Probabilities (N, K), each', '"""The probabilities (N, K), each')
    replace_in(
        lab / "lab.py", "# %%\nimport torch", "# %% [markdown]\n# Take your time.\n\n# %%\nimport torch"
    )
    replace_in(lab / "CONTRACT.md", "stay finite", "remain finite")
    replace_in(lab / "lab.toml", '"tests"]', '"tests", "NOTES.md"]')
    (lab / "NOTES.md").write_text("A word on it.\n", encoding="utf-8")
    (lab / "tests" / "_more.py").write_text("# more\n", encoding="utf-8")
    for words in (["diff"], ["diff", "HEAD"]):
        text = said(kit, *words, code=1)
        for line in (
            "points of q1: 4 → 5", "points of the lab: 10 → 11", "new file: NOTES.md", "new file: tests/_more.py",
            "file: CONTRACT.md", "(q1-solution) changed:", "(Take your time.) is new:", "    +Take your time.",
        ):  # fmt: skip
            assert line in text, text
        assert '-    """Probabilities' in text and '+    """The probabilities' in text
        assert "keepdim" not in text  # the solution is nothing that students get
        assert "import torch" not in text  # a cell that only moved


def test_a_solution_alone_changes_nothing_for_students(kit: Path) -> None:
    replace_in(
        kit / "assignment" / "softmax" / "lab.py", "powers = shifted.exp()", "powers = torch.exp(shifted)"
    )
    assert said(kit, "diff") == "Students get the same.\n"


@pytest.mark.parametrize(
    ("revision", "sentence"),
    [
        ("v9", "v9: the repository has no such revision"),
        ("--output=x", "o such option"),
        ("HEAD~0^{tree}:tests", "HEAD~0"),
    ],
)
def test_an_unknown_revision_is_reported(kit: Path, revision: str, sentence: str) -> None:
    assert sentence in said(kit, "diff", revision, code=2)


def test_a_diff_with_a_revision_outside_of_git_is_refused(kit: Path) -> None:
    shutil.rmtree(kit / ".git")
    assert "is not a git repository; compare without a revision." in said(kit, "diff", "HEAD", code=2)


# --- release ---


def test_a_release_is_one_commit_of_what_students_get(kit: Path, tmp_path: Path) -> None:
    to = tmp_path / "students"
    text = said(kit, "release", "--to", to, "--address", HUB)
    files = set(git(to, "ls-files").splitlines())
    released = {path.relative_to(kit / "release").as_posix() for path in (kit / "release").rglob("*.*")}
    assert files == {".gatelab-release", "README.md", *released}
    assert {"softmax/lab.ipynb", "softmax/CONTRACT.md", "softmax/tests/q1.py"} <= files
    assert git(to, "log", "--format=%s") == "Softmax and cross-entropy: release 1"
    assert not git(to, "status", "--porcelain")
    colab = (
        "https://colab.research.google.com/github/a-course/softmax-for-students/blob/main/softmax/lab.ipynb"
    )
    notebook = (to / "softmax" / "lab.ipynb").read_text(encoding="utf-8")
    assert colab in text and colab in notebook and colab in (to / "README.md").read_text(encoding="utf-8")
    assert "your-course" not in notebook
    before, now = (
        json.loads((folder / "lab.ipynb").read_text("utf-8"))
        for folder in (kit / "release/softmax", to / "softmax")
    )
    assert [cell["metadata"] for cell in before["cells"]] == [cell["metadata"] for cell in now["cells"]]

    assert "students have this release already." in said(kit, "release", "--to", to, "--address", HUB)
    replace_in(kit / "assignment" / "softmax" / "CONTRACT.md", "stay finite", "remain finite")
    assert "run gatelab build --lab softmax first" in said(
        kit, "release", "--to", to, "--address", HUB, code=2
    )
    build(kit, execute=False, call=False, accept=True)
    (to / "README.md").write_text("# Our course\n", encoding="utf-8")  # staff's own from now on
    git(to, "commit", "--quiet", "--all", "-m", "a word of welcome")
    said(kit, "release", "--to", to, "--address", HUB)
    assert (to / "README.md").read_text(encoding="utf-8") == "# Our course\n"
    assert git(to, "log", "--format=%s").splitlines()[0] == "Softmax and cross-entropy: release 2"
    history = git(to, "log", "--patch", "--all")
    assert "remain finite" in history
    for secret in ("keepdim", "logsumexp", "released.snapshot", "@part", "BEGIN SOLUTION"):
        assert secret not in history


@pytest.mark.one_in(2, among="long")
def test_badges_zip_and_feedback_lead_to_the_notebook_of_a_release(kit: Path, tmp_path: Path) -> None:
    table, to = kit / "assignment" / "softmax" / "lab.toml", tmp_path / "students"
    text = said(kit, "release", "--to", to, "--address", HUB)
    base = "https://colab.research.google.com/github/a-course/softmax-for-students/blob/main"
    there = f"{base}/softmax/lab.ipynb"
    assert there in (to / "softmax" / "lab.ipynb").read_text(encoding="utf-8")

    # The zip and the feedback pages lead where lab.toml says; the command says if that is elsewhere.
    assert f'write colab_base = "{base}" into lab.toml' in " ".join(text.split())
    replace_in(table, "your-course/your-labs", "a-course/softmax-for-students")
    build(kit, execute=False, call=False, accept=True)
    assert there in (kit / "release" / "softmax" / "lab.ipynb").read_text(encoding="utf-8")
    links = {section.address.partition("#")[0] for section in sections(Lab.in_repository(kit)).values()}
    assert links == {there}
    replace_in(table.parent / "CONTRACT.md", "stay finite", "remain finite")
    build(kit, execute=False, call=False, accept=True)
    text = said(kit, "release", "--to", to)
    assert "colab_base" not in text and there in text
    replace_in(table, "a-course/softmax-for-students", "a-course/moved")
    build(kit, execute=False, call=False, accept=True)
    assert "a-course/moved/blob/main/softmax" in said(kit, "release", "--to", to)


def test_a_notebook_that_is_in_no_release_has_no_badge(kit: Path) -> None:
    practice = kit / "assignment" / "softmax" / "practice.py"
    practice.write_text("# %% [markdown]\n# [![Open in Colab](badge.svg)]({{COLAB_URL}})\n", encoding="utf-8")
    with pytest.raises(BuildError, match=r"practice\.py: .* is in no release; take the badge out"):
        build(kit, execute=False, call=False)


@pytest.mark.parametrize("address", ["you/lab", "https://gitlab.com/you/lab", f"{HUB}/tree/main", "nonsense"])
def test_an_address_that_colab_cannot_open_is_refused(kit: Path, tmp_path: Path, address: str) -> None:
    """Its badges would lead to the address in lab.toml, and nobody would notice."""
    sentence = said(kit, "release", "--to", tmp_path / "x", "--address", address, code=2)
    assert f"--address {address}: is not a repository on GitHub, as in" in sentence
    assert not (tmp_path / "x").exists()


def test_the_readme_begins_with_how_to_install_the_lab(kit: Path, tmp_path: Path) -> None:
    to = tmp_path / "students"
    said(kit, "release", "--to", to, "--address", HUB.removeprefix("https://"))
    page = (to / "README.md").read_text(encoding="utf-8")
    assert "go to the folder [`softmax`](softmax) and type `python start.py`" in page
    assert "pip install" not in page and "softmax-for-students/blob" in page
    replace_in(kit / "assignment" / "softmax" / "lab.toml", '"start.py", ', "")
    build(kit, execute=False, call=False, accept=True)
    shutil.rmtree(to)
    said(kit, "release", "--to", to)
    page = (to / "README.md").read_text(encoding="utf-8")
    assert "pip install -r softmax/requirements.txt" in page


def test_a_release_is_pushed_to_an_address(kit: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", bare], check=True)
    text = said(kit, "release", "--to", f"file://{bare}")
    assert "The Open-in-Colab badges lead where lab.toml says" in text
    assert git(bare, "log", "--format=%s", "main") == "Softmax and cross-entropy: release 1"
    assert "students have this release already." in said(kit, "release", "--to", bare)
    assert "git clone failed" in said(kit, "release", "--to", f"file://{tmp_path / 'nowhere.git'}", code=2)


def bare_repository(place: Path, default: str) -> Path:
    subprocess.run(["git", "init", "--quiet", "--bare", f"--initial-branch={default}", place], check=True)
    return place


@pytest.mark.parametrize("by", ["path", "address"])
@pytest.mark.one_in(2, among="long")
def test_a_second_release_follows_the_first_on_whatever_branch_is_the_default(
    kit: Path, tmp_path: Path, by: str
) -> None:
    bare = bare_repository(tmp_path / "bare.git", "master")
    to = bare if by == "path" else f"file://{bare}"
    said(kit, "release", "--to", to)
    assert "students have this release already." in said(kit, "release", "--to", to)
    said(kit, "release", "--to", to, "--address", HUB)
    assert git(bare, "for-each-ref", "--format=%(refname)") == "refs/heads/master"
    assert len(git(bare, "log", "--format=%s", "master").splitlines()) == 2
    git(tmp_path, "clone", "--quiet", bare, "a-student")
    notebook = (tmp_path / "a-student" / "softmax" / "lab.ipynb").read_text(encoding="utf-8")
    assert "a-course/softmax-for-students/blob/master/softmax/lab.ipynb" in notebook


@pytest.mark.parametrize("name", ["main", "trunk"])
def test_a_release_continues_the_existing_branch_if_the_default_is_missing(
    kit: Path, tmp_path: Path, name: str
) -> None:
    """As an earlier version left it: the release on main, and HEAD on a branch that is not there."""
    bare = bare_repository(tmp_path / "bare.git", name)
    said(kit, "release", "--to", bare)
    git(bare, "symbolic-ref", "HEAD", "refs/heads/master")
    text = " ".join(said(kit, "release", "--to", bare, "--address", HUB).split())
    assert f"releasing to the branch {name}: the default branch there, master, does not exist" in text
    assert git(bare, "for-each-ref", "--format=%(refname)") == f"refs/heads/{name}"
    assert len(git(bare, "log", "--format=%s", name).splitlines()) == 2
    git(bare, "branch", "a", name)
    git(bare, "branch", "b", name)
    if name == "trunk":
        before = git(bare, "show-ref")
        text = " ".join(said(kit, "release", "--to", bare, code=2).split())
        assert (
            "its default branch, master, does not exist, and a, b, trunk do; make one of them the default"
            in text
        )
        assert git(bare, "show-ref") == before


def in_the_way(bare: Path, scratch: Path) -> None:
    git(scratch, "clone", "--quiet", bare, "theirs")
    somebodys_repository(scratch / "theirs")
    git(scratch / "theirs", "push", "--quiet", "origin", "HEAD:refs/heads/trunk")


def refuses_by_a_hook(bare: Path, scratch: Path) -> None:
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)


def on_no_branch(bare: Path, scratch: Path) -> None:
    in_the_way(bare, scratch)
    (bare / "HEAD").write_text(git(bare, "rev-parse", "trunk~1") + "\n", encoding="utf-8")


REMOTE = {
    "another's branch": (in_the_way, "its history holds something else"),
    "a hook": (refuses_by_a_hook, "git push failed in BARE: pre-receive hook declined."),
    "no branch": (
        on_no_branch,
        "BARE: is on no branch (its HEAD is a commit); make a branch its HEAD there.",
    ),
}


@pytest.mark.parametrize("case", REMOTE)
def test_a_refused_push_names_the_repository(kit: Path, tmp_path: Path, case: str) -> None:
    bare = bare_repository(tmp_path / "bare.git", "trunk")
    spoil, sentence = REMOTE[case]
    spoil(bare, tmp_path)
    before = git(bare, "for-each-ref")
    text = " ".join(said(kit, "release", "--to", bare, code=2).split())
    assert sentence.replace("BARE", str(bare)) in text
    assert "gatelab-release-" not in text and git(bare, "for-each-ref") == before
    text = " ".join(said(kit, "release", "--to", f"file://{tmp_path / 'nowhere.git'}", code=2).split())
    assert (
        f"git clone failed in file://{tmp_path / 'nowhere.git'}: " in text and "gatelab-release-" not in text
    )


def test_the_address_of_the_first_release_is_kept(kit: Path, tmp_path: Path) -> None:
    to, bare = tmp_path / "students", tmp_path / "bare.git"
    said(kit, "release", "--to", to, "--address", HUB)
    assert "students have this release already." in said(kit, "release", "--to", to)
    git(tmp_path, "clone", "--quiet", "--bare", to, bare)
    assert "students have this release already." in said(kit, "release", "--to", bare)
    assert len(git(to, "log", "--format=%s").splitlines()) == 1
    text = said(kit, "release", "--to", to, "--address", f"{HUB}-2")
    assert "softmax-for-students-2/blob/main/softmax/lab.ipynb" in text


def test_a_changed_title_reaches_the_readme_unless_staff_have_edited_it(kit: Path, tmp_path: Path) -> None:
    to, table = tmp_path / "students", kit / "assignment" / "softmax" / "lab.toml"
    said(kit, "release", "--to", to, "--address", HUB)
    replace_in(table, 'title = "Softmax and cross-entropy"', 'title = "Brand new title"')
    said(kit, "release", "--to", to)
    page = (to / "README.md").read_text(encoding="utf-8")
    assert page.startswith("# Brand new title\n") and "softmax-for-students/blob" in page
    replace_in(to / "README.md", "# Brand new title", "# Our course")
    git(to, "commit", "--quiet", "--all", "-m", "a word of welcome")
    replace_in(table, "Brand new title", "Newer still")
    text = said(kit, "release", "--to", to, "--address", f"{HUB}-2")
    assert "keeping README.md, which was edited since gatelab wrote it" in text
    assert (to / "README.md").read_text(encoding="utf-8").startswith("# Our course\n")


STOPPED = """
import os, shutil, subprocess, sys
from gatelab.cli.app import app
run, rmtree, (at, by) = subprocess.run, shutil.rmtree, sys.argv[1:3]
def ran(words, *more, **given):
    if at == "commit" and "commit" in words:
        os.kill(os.getpid(), int(by))
    return run(words, *more, **given)
def removed(path, *more, **given):
    rmtree(path, *more, **given)
    if at == "move" and str(path).endswith("students/softmax"):
        os.kill(os.getpid(), int(by))
subprocess.run, shutil.rmtree = ran, removed
app(sys.argv[3:])
"""


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("at", ["move", "commit"])
@pytest.mark.one_in(2, among="long")
def test_an_interrupted_release_continues_when_the_command_is_repeated(
    kit: Path, tmp_path: Path, at: str, by: signal.Signals
) -> None:
    to = tmp_path / "students"
    for number, address in enumerate((HUB, f"{HUB}-2"), 1):
        words = ["release", "--to", str(to), "--address", address]
        command = [sys.executable, "-c", STOPPED, at, str(int(by)), *words, "--root", str(kit)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode != 0 and "Traceback" not in done.stderr, done.stderr
        if by == signal.SIGINT:
            assert not git(to, "status", "--porcelain")
        assert not [path.name for path in to.iterdir() if path.name.startswith(".gatelab-release-")]
        assert ": released, commit" in said(kit, *words)
        assert git(to, "log", "--format=%s").splitlines()[0].endswith(f"release {number}")
        assert not git(to, "status", "--porcelain")
        assert set(git(to, "ls-files").split()) >= {".gatelab-release", "README.md", "softmax/lab.ipynb"}
        assert address + "/blob" in (to / "softmax" / "lab.ipynb").read_text("utf-8").replace(
            "colab.research.google.com/github", "github.com"
        )
    assert len(git(to, "log", "--format=%s").splitlines()) == 2


def test_edits_after_a_release_was_stopped_and_committed_are_refused_and_kept(
    kit: Path, tmp_path: Path
) -> None:
    """The advice works: it ends the refusal."""
    to = tmp_path / "students"
    words = ["release", "--to", str(to)]
    said(kit, *words)
    command = [sys.executable, "-c", STOPPED, "move", "9", *words, "--address", HUB, "--root", str(kit)]
    subprocess.run(command, capture_output=True)
    git(to, "add", "--all")
    git(to, "commit", "--quiet", "-m", "half of it")
    (to / "README.md").write_text("# Our course\n", encoding="utf-8")
    git(to, "add", "--all")
    text = said(kit, *words, code=2)
    assert (to / "README.md").read_text(encoding="utf-8") == "# Our course\n"
    advice = "git reset --hard && git clean -fd"
    assert advice in " ".join(text.split())
    subprocess.run(advice, shell=True, cwd=to, check=True, capture_output=True)
    said(kit, *words)
    assert (to / "softmax" / "lab.ipynb").is_file() and not git(to, "status", "--porcelain")


def test_a_release_that_git_refuses_changes_nothing(kit: Path, tmp_path: Path) -> None:
    to = tmp_path / "students"
    said(kit, "release", "--to", to)
    hook = to / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    assert "git commit failed" in said(kit, "release", "--to", to, "--address", HUB, code=2)
    assert not git(to, "status", "--porcelain")
    hook.unlink()
    said(kit, "release", "--to", to, "--address", HUB)


def somebodys_files(place: Path) -> None:
    (place / "thesis.txt").write_text("mine", encoding="utf-8")


def somebodys_repository(place: Path) -> None:
    git(place, "init", "--quiet")
    somebodys_files(place)
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "-m", "mine")
    git(place, "rm", "--quiet", "thesis.txt")
    git(place, "commit", "--quiet", "-m", "all gone, and in the history")


def changed_by_hand(place: Path) -> None:
    git(place, "init", "--quiet")
    (place / ".gatelab-release").write_text("x", encoding="utf-8")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "-m", "ours")
    (place / "README.md").write_text("by hand", encoding="utf-8")


ELSEWHERE = {
    "files": (somebodys_files, "holds something else (thesis.txt)"),
    "history": (somebodys_repository, "its history holds something else"),
    "changes": (changed_by_hand, "holds changes that were not committed"),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_folder_that_holds_something_else_is_left_as_it_is(kit: Path, tmp_path: Path, case: str) -> None:
    fill, sentence = ELSEWHERE[case]
    place = tmp_path / "place"
    place.mkdir()
    fill(place)
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert sentence in said(kit, "release", "--to", place, code=2)
    assert {
        path: path.read_bytes() for path in place.rglob("*") if path.is_file() if path.name != "index"
    } == {path: data for path, data in before.items() if path.name != "index"}


@pytest.mark.parametrize("inside", ["", "release", "students", ".."])
def test_a_release_is_never_written_into_the_kit_or_a_folder_around_it(kit: Path, inside: str) -> None:
    assert "is in the kit" in said(kit, "release", "--to", kit / inside, code=2)


def test_what_is_written_goes_through_the_search_for_leaks(kit: Path, tmp_path: Path) -> None:
    """A person accepted it, and put it into release/ by hand."""
    secret = "\nThink of `return powers / powers.sum(dim=1, keepdim=True)`.\n"
    for place in (kit / "assignment" / "softmax", kit / "release" / "softmax"):
        with open(place / "CONTRACT.md", "a", encoding="utf-8") as file:
            file.write(secret)
    lab = Lab.in_repository(kit)
    snapshot.accept(kit / "release" / "softmax", lab)
    to = tmp_path / "students"
    text = said(kit, "release", "--to", to, code=2)
    assert "of the release shows" in text and not list(to.glob("softmax"))


# --- a question that is not whole ---


def without(name: str) -> Callable[[Path], None]:
    return lambda kit: shutil.rmtree(kit / name) if (kit / name).is_dir() else (kit / name).unlink()


LACKS = {
    "a public check": (without("assignment/softmax/tests/q2.py"), "q2 needs its public check there"),
    "a wheat": (without("tests/softmax/bank/wheat/q2"), "q2 has no wheat; write one there"),
    "a chaff": (without("tests/softmax/bank/chaff/q1"), "q1 has no chaff; write one there"),
    "a bank": (without("tests/softmax/bank"), "q1 has no wheat; write one there"),
    "its name in the contract": (
        lambda kit: replace_in(kit / "assignment" / "softmax" / "CONTRACT.md", "cross_entropy", "crossing"),
        "says nothing of cross_entropy, which q2 asks for",
    ),
    "torch": (
        lambda kit: replace_in(kit / "assignment" / "softmax" / "requirements.txt", "torch==", "# torch=="),
        "requirements.txt: does not name torch, which softmax_lab/checking imports; add it",
    ),
    "otter": (
        lambda kit: replace_in(
            kit / "assignment" / "softmax" / "requirements.txt", "otter-grader==", "otter=="
        ),
        "requirements.txt: does not name otter-grader",
    ),
    "the contract": (without("assignment/softmax/CONTRACT.md"), "says nothing of softmax, which q1 asks for"),
}


@pytest.mark.parametrize("case", LACKS)
def test_a_question_that_lacks_something_is_not_built(kit: Path, case: str) -> None:
    take, sentence = LACKS[case]
    take(kit)
    done = gatelab("build", "--accept", "--root", kit)
    words = " ".join(done.output.split())
    assert done.exit_code in (1, 2) and sentence in words and "Nothing was written." in words
    assert words.count(". ") <= 2, words


def test_the_commands_of_the_page_for_instructors_run(
    kit: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (root / "docs" / "hand-out.md").read_text(encoding="utf-8")
    commands = re.findall(r"^```sh\n(.*?)\n```", page, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(kit)
    assert len(commands) == 3
    for command in commands:
        program, *words = shlex.split(command)
        done = gatelab(*words)
        assert program == "gatelab" and done.exit_code == 0, done.output
    assert (kit.parent / "for-students" / "softmax" / "lab.ipynb").is_file()


# --- what is likely a mistake and stops nothing ---


@pytest.mark.one_in(2, among="long")
def test_a_due_date_that_is_over_is_noted_where_a_person_hands_out(kit: Path, tmp_path: Path) -> None:
    table = kit / "assignment" / "softmax" / "lab.toml"
    replace_in(table, "release =", 'due = "2020-03-01T23:59:59+01:00"\nrelease =')
    note = f"Note: {table}: due is 2020-03-01 23:59, which is over; students would be late from the start."
    assert note in " ".join(said(kit, "build", "--no-execute", "--accept").split())
    assert "which is over" not in said(kit, "build", "--no-execute")
    assert note in " ".join(said(kit, "release", "--to", tmp_path / "students").split())
    replace_in(table, "2020-03", "2120-03")
    assert "Note:" not in said(kit, "build", "--no-execute", "--accept")


@pytest.mark.one_in(2, among="long")
def test_a_heading_with_other_points_than_the_table_is_noted(kit: Path) -> None:
    folder = kit / "assignment" / "softmax"
    rubric = folder / "RUBRIC.md"
    rubric.write_text(
        "# Rubric\n\n## q1: the sum (4 points)\n\n## q2 (4,5 points, marked twice)\n\n"
        "## q1 and q2 (10 points)\n\n### q1, part 2 (2 points)\n\n### q1: level 2 (2 points)\n",
        encoding="utf-8",
    )
    text = " ".join(said(kit, "build", "--no-execute").split())
    assert (
        f"Note: {rubric}, line 5: the heading of q2 says 4.5 points, lab.toml gives it 6; correct one of the two."
        in text
    )
    assert text.count("Note:") == 1


def test_a_heading_of_a_master_with_other_points_is_noted(kit: Path) -> None:
    master = kit / "assignment" / "softmax" / "lab.py"
    text = master.read_text(encoding="utf-8")
    assert "{{POINTS q1}} points" in text
    text = text.replace("{{POINTS q1}} points", "1 point", 1)
    master.write_text(text + "\n# %%\n# q2 gives (1 point)\n", encoding="utf-8")
    text = " ".join(said(kit, "build", "--no-execute", "--accept").split())
    assert "the heading of q1 says 1 point, lab.toml gives it 4; correct one of the two." in text
