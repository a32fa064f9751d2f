"""Does anything reach students that no person accepted? Staff's files and words are planted, and the build refuses."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.build import BuildError, contents, prose, snapshot
from gatelab.build.pipeline import build, inspect
from gatelab.build.release import make_release
from gatelab.build.settings import Settings
from gatelab.build.student_zip import check_student_zip, write_student_zip
from gatelab.lab.spec import Lab
from helpers import build_kit
from helpers.build_kit import accept_now
from helpers.command import gatelab
from helpers.files import files_below
from helpers.notebooks import cell_of, load_notebook, save_notebook

pytestmark = pytest.mark.one_in(3, at=1)

NAME = build_kit.NAME
KEY = {"c1": "b", "c2": "dcab", "c3": "a", "c4": "1.60"}
WHY = "A number taken from every logit of a row cancels in the ratio; the largest is the one with which no power overflows."
CONCEPTS = f'''
[c1]
answer = "b"
why = "{WHY}"

[c2]
answer = "dcab"

[c3]
answer = "a"

[c4]
answer = 1.6
'''
WRITTEN = (
    "The differences between the logits of a row decide its probabilities, and their common size does not."
)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return build_kit.make_kit(tmp_path / "kit")


def shipped(kit: Path, name: str) -> Path:
    path = kit / "assignment" / NAME / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def refusal(kit: Path) -> str:
    """What the build says; nothing may have been written."""
    before = files_below(kit)
    with pytest.raises(BuildError) as caught:
        build(kit, execute=False, call=False, accept=True)
    assert files_below(kit) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def rewrapped(text: str) -> str:
    return re.sub(r"\s", "\n", text.upper())


def suite(kit: Path) -> str:
    return next((kit / "tests" / NAME / "hidden").glob("test_q1_*.py")).read_text(encoding="utf-8")


SECRETS = {
    # where it is planted, what, and what the one sentence must say
    "a hidden suite": ("softmax_lab/extra.py", lambda kit: suite(kit), "a copy of test_q1_"),
    "a hidden suite, changed": ("softmax_lab/extra.py", lambda kit: "# for me\n" + suite(kit), "tests/softmax/hidden/test_q1_"),
    "a hidden suite in a text": ("tests/notes.md", lambda kit: suite(kit) + "\n", "tests/softmax/hidden/test_q1_"),
    "a hidden suite in JSON": ("tests/notes.json", lambda kit: json.dumps({"a": [suite(kit)]}), "tests/softmax/hidden/test_q1_"),
    "a hidden suite in a string": ("softmax_lab/extra.py", lambda kit: f"text = {suite(kit)!r}\n", "tests/softmax/hidden/test_q1_"),
    "a reference": (
        "softmax_lab/extra.py",
        lambda kit: (kit / "tests/softmax/hidden/reference/q2.py").read_text(encoding="utf-8"),
        "a copy of q2.py",
    ),
    "a reference, laid out anew": (
        "softmax_lab/extra.py",
        lambda kit: (kit / "tests/softmax/hidden/reference/q2.py").read_text(encoding="utf-8").replace("(", "(\n").replace("'", '"'),
        "of the release shows",
    ),
    "a solution in brackets": (
        "softmax_lab/extra.py",
        lambda kit: "def f(logits):\n    (shifted) = (\n        logits\n        - logits.max(dim=1, keepdim=True).values\n    )\n    powers = (\n        shifted.exp()  # all\n    )\n    return powers\n",
        "a solution line of q1",
    ),
    "a wrong answer of the bank": (
        "softmax_lab/extra.py",
        lambda kit: (kit / "tests/softmax/bank/chaff/q1/over-the-batch.py").read_text(encoding="utf-8"),
        "a copy of",
    ),
    "the key": ("softmax_lab/key.json", lambda kit: json.dumps(KEY), "answers of the concept questions"),
    "the key as code": ("softmax_lab/key.py", lambda kit: "answers = dict(c1='b', c2='dcab', c3='a')\n", "answers of the concept questions"),
    "the key as text": ("tests/key.md", lambda kit: "c1: b\nc3: a\nc4: 1.6\n", "answers of the concept questions"),
    "a number as an example": ("tests/key.md", lambda kit: 'Numbers such as `"0.25"` or `"1.60"`.\n', "answers of the concept questions ('1.6')"),
    "one long answer": ("tests/key.md", lambda kit: "It is dcab.\n", "answers of the concept questions"),
    "a reason of the key": (
        "tests/key.md",
        lambda kit: rewrapped(WHY),
        "concepts.toml",
    ),
    "a written answer": ("tests/notes.md", lambda kit: f"> {rewrapped(WRITTEN)}\n", "a solution line of q3"),
    "the rubric": ("softmax_lab/RUBRIC.md", lambda kit: (kit / "assignment" / NAME / "RUBRIC.md").read_text(encoding="utf-8"), "RUBRIC.md"),
    "the rubric, wrapped anew": (
        "tests/notes.md",
        lambda kit: rewrapped((kit / "assignment" / NAME / "RUBRIC.md").read_text(encoding="utf-8")),
        "words of RUBRIC.md",
    ),
    "the master": ("softmax_lab/more.py", lambda kit: (kit / "assignment" / NAME / "lab.py").read_text(encoding="utf-8"), "a copy of lab.py"),
    "hidden tests by another tool's marker": ("softmax_lab/extra.py", lambda kit: "### BEGIN HIDDEN TESTS\nassert 1\n", "looks like a marker"),
    "a marker in a text": ("tests/notes.md", lambda kit: "# BEGIN SOLUTON\n", "looks like a marker"),
    "a second notebook": ("softmax_lab/solved.ipynb", lambda kit: json.dumps({"cells": [], "nbformat": 4}), "softmax_lab/solved.ipynb"),
    "a notebook under another name": ("softmax_lab/solved.json", lambda kit: json.dumps({"cells": [], "nbformat": 4}), "a notebook under another name"),
    "an editor's checkpoint": ("softmax_lab/extra-checkpoint.py", lambda kit: "x = 1\n", "editor left there"),
    "an archive in a text": ("softmax_lab/extra.py", lambda kit: f"data = '{base64.b64encode(b'PK' + bytes([3, 4, 20]) + b'xx').decode()}'\n", "archive"),
    "binary data": ("softmax_lab/extra.txt", lambda kit: "a\0b", "binary data"),
    "a picture inside of a page": ("softmax_lab/extra.html", lambda kit: "<img src='data:image/png;base64,AAAA' alt=''>\n", "embeds a file"),
    "a solution inside of a page": ("softmax_lab/extra.html", lambda kit: "<pre>\nshifted = logits - logits.max(dim=1, keepdim=True).values\n</pre>\n", "a solution line of q1"),
    "a marker inside of a page": ("softmax_lab/extra.html", lambda kit: "<pre>\n# BEGIN SOLUTON\n</pre>\n", "looks like a marker"),
    "a kind nobody can read": ("softmax_lab/extra.pkl", lambda kit: "x", "of a kind"),
}  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kit = build_kit.make_kit(tmp_path_factory.mktemp("template") / "kit")
    (kit / "assignment" / NAME / "RUBRIC.md").write_text(RUBRIC, encoding="utf-8")
    (kit / "tests" / NAME / "hidden" / "reference" / "concepts.toml").write_text(CONCEPTS, encoding="utf-8")
    return kit


RUBRIC = "# Rubric\n\nOne point for each: says that the same number taken from all logits of a row leaves its probabilities as they were; names a line of the answer that does so.\n"


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.one_in(4)
def test_what_is_planted_in_the_handout_is_refused(template, tmp_path, secret):
    kit = shutil.copytree(template, tmp_path / "kit")
    name, text, sentence = SECRETS[secret]
    shipped(kit, name).write_text(text(kit), encoding="utf-8")
    assert sentence in refusal(kit)


@pytest.mark.parametrize("cell", ["markdown", "code"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("c1: b, c3: a, c4: 1.60", "answers of the concept questions"),
        (f"{WRITTEN} So it is.", "q3"),
        (RUBRIC.split("\n")[2], "words of RUBRIC.md"),
    ],
)
@pytest.mark.one_in(3)
def test_what_is_planted_in_the_notebook_is_refused(template, tmp_path, cell, text, sentence):
    kit = shutil.copytree(template, tmp_path / "kit")
    head = "\n# %% [markdown]\n# " if cell == "markdown" else "\n# %%\n# "
    build_kit.write_master(kit, f"{build_kit.MASTER}{head}{text}\n")
    assert sentence in refusal(kit)


def test_a_number_of_the_key_is_a_leak_only_as_an_example():
    said = {"a.md": 'c_new = 1.6, `x * 1.6` or `1.6`; write `"0.25"`, `"16"` or `"1.61"`.'}
    assert prose.search_key(said, KEY) == []


def test_an_archive_is_refused(template, tmp_path):
    kit = shutil.copytree(template, tmp_path / "kit")
    with zipfile.ZipFile(shipped(kit, "softmax_lab/data.zip"), "w") as zip:
        zip.writestr("solved.py", "x = 1")
    assert "softmax_lab/data.zip of the release is of a kind" in refusal(kit)
    shipped(kit, "softmax_lab/data.zip").rename(shipped(kit, "softmax_lab/data.txt"))
    assert "softmax_lab/data.txt of the release" in refusal(kit)


def test_a_link_to_staff_files_is_refused(template, tmp_path):
    kit = shutil.copytree(template, tmp_path / "kit")
    shipped(kit, "softmax_lab/more.py").symlink_to(
        next((kit / "tests" / NAME / "hidden").glob("test_q1_*.py"))
    )
    assert "softmax_lab/more.py" in refusal(kit)


def test_what_editors_and_tools_leave_is_not_shipped(template, tmp_path):
    kit = shutil.copytree(template, tmp_path / "kit")
    for name in (
        "softmax_lab/.ipynb_checkpoints/lab-checkpoint.ipynb",
        "tests/.OTTER_LOG",
        "softmax_lab/.git/config",
        ".history/lab.py",
    ):
        shipped(kit, name).write_text("secret", encoding="utf-8")
    built = build(kit, execute=False, call=False, engine=NoGrader(), accept=True)
    assert not [name for name in files_below(built.release) if "/." in f"/{name}"]
    assert not [name for name in zipfile.ZipFile(built.zip).namelist() if "/." in name]


class NoGrader:
    """Where only what comes before the grading is tested."""

    def grade(self, path: Path, name: str = ""):
        from gatelab.report.record.model import Report

        return Report(name, "graded", questions=[])


def attach(notebook: dict) -> None:
    notebook["cells"][0]["attachments"] = {"solution.png": {"image/png": "aGVsbG8="}}


def output(notebook: dict) -> None:
    code = next(c for c in notebook["cells"] if c["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "14"}]


def embed(notebook: dict) -> None:
    notebook["cells"][0]["source"] = "![](data:image/png;base64,aGVsbG8=)"


def count(notebook: dict) -> None:
    next(c for c in notebook["cells"] if c["cell_type"] == "code")["execution_count"] = 7


def raw(notebook: dict) -> None:
    notebook["cells"].append({"cell_type": "raw", "id": "raw1", "metadata": {}, "source": "x"})


def history(notebook: dict) -> None:
    notebook["metadata"]["history"] = [{"source": "powers = …"}]


def kernel(notebook: dict) -> None:
    notebook["metadata"]["kernelspec"]["display_name"] = "ada's solutions"


def widgets(notebook: dict) -> None:
    notebook["metadata"]["widgets"] = {"state": {}}


def otter(notebook: dict) -> None:
    notebook["metadata"]["otter"] = {"tests": {"q1": "assert True"}}


def cell_note(notebook: dict) -> None:
    notebook["cells"][1]["metadata"]["solution_source"] = "powers"


def grade_note(notebook: dict) -> None:
    cell_of(notebook, "q1-solution")["metadata"]["nbgrader"]["source"] = "powers"


def odd_id(notebook: dict) -> None:
    cell_of(notebook, "q1-solution")["metadata"]["nbgrader"]["grade_id"] = "shift-then-exp"


def odd_entry(notebook: dict) -> None:
    notebook["worksheets"] = []


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (attach, "attachments"), (output, "outputs"), (embed, "data:"), (count, "execution count"), (raw, "raw cell"), (history, "history"),
        (kernel, "kernel"), (widgets, "widgets"), (otter, "otter"), (cell_note, "solution_source"), (grade_note, "source"),
        (odd_id, "shift-then-exp"), (odd_entry, "worksheets"),
    ],
)  # fmt: skip
def test_a_notebook_holds_nothing_but_its_cells(template, tmp_path, plant, sentence):
    lab = Lab.in_repository(template)
    release = make_release(lab, template, tmp_path)
    listed = Settings.of(Lab.in_repository(template)).release
    contents.check(release, lab, listed)
    notebook = load_notebook(release / "lab.ipynb")
    plant(notebook)
    save_notebook(notebook, release / "lab.ipynb")
    with pytest.raises(BuildError, match=re.escape(sentence)) as caught:
        contents.check(release, lab, listed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "edit",
    [
        lambda s: s.replace('    raise NotImplementedError("q1: not written yet")\n', ""),
        lambda s: s.replace("q1: not written", "q2: not written"),
        lambda s: s.replace("    return rows", "    rows = rows * 2\n    return rows"),
        lambda s: s.replace("    return rows", "    # rows = rows * 2\n    return rows"),
        lambda s: s.replace("    return rows", "    @f\n    def g():\n        pass\n    return rows"),
        lambda s: s.replace("def softmax", "@torch.no_grad()\ndef softmax"),
        lambda s: s + "\nsoftmax = 1",
    ],
)
@pytest.mark.one_in(3)
def test_a_released_cell_holds_stubs_and_what_the_master_gives(template, tmp_path, edit):
    lab = Lab.in_repository(template)
    release = make_release(lab, template, tmp_path)
    inspect(release, lab, template)
    notebook = load_notebook(release / "lab.ipynb")
    cell = cell_of(notebook, "q1-solution")
    source = "".join(cell["source"])
    cell["source"] = edit(source)
    assert cell["source"] != source
    save_notebook(notebook, release / "lab.ipynb")
    with pytest.raises(BuildError, match=r"lab\.ipynb, cell q1-solution, line \d+: "):
        inspect(release, lab, template)


# The snapshot.


def pretend_built(kit: Path) -> Path:
    return build(kit, execute=False, call=False, engine=NoGrader()).release


def test_a_release_that_nobody_accepted_is_refused_with_the_difference(kit):
    old = files_below(pretend_built(kit))
    build_kit.write_master(kit, build_kit.MASTER.replace("# # Two steps", "# # Two small steps"))
    contract = shipped(kit, "CONTRACT.md")
    contract.write_text(contract.read_text(encoding="utf-8") + "Be kind.\n", encoding="utf-8")
    shipped(kit, "softmax_lab/more.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(snapshot.NotAccepted, match=r"gatelab build --accept") as caught:
        pretend_built(kit)
    difference = "\n".join(caught.value.difference)
    assert "-    # Two steps\n+    # Two small steps" in difference
    assert "+Be kind." in difference
    assert "softmax_lab/more.py is new" in difference
    assert "\n" not in str(caught.value)
    assert files_below(kit / "release" / NAME) == old
    accept_now(kit)
    pretend_built(kit)


@pytest.mark.parametrize("text", [None, "", "something else\n"])
def test_without_a_snapshot_nothing_is_released(kit, text):
    path = snapshot.path_of(Lab.in_repository(kit))
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(snapshot.NotAccepted) as caught:
        pretend_built(kit)
    assert any("def softmax" in line for line in caught.value.difference)
    assert not (kit / "release").exists()


def test_the_command_shows_the_difference_and_fails(kit):
    build_kit.write_master(kit, build_kit.MASTER.replace("# # Two steps", "# # Two small steps"))
    done = gatelab("build", "--root", kit, "--no-execute")
    assert done.exit_code == 1
    assert "+    # Two small steps" in done.output
    assert "gatelab build --accept" in done.output
    assert not (kit / "release").exists()


def test_nbgraders_own_command_releases_what_was_accepted_or_nothing(kit):
    command = [Path(sys.executable).with_name("nbgrader"), "generate_assignment", NAME]
    build_kit.write_master(kit, build_kit.MASTER.replace("# # Two steps", "# # Two small steps"))
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True)
    assert done.returncode != 0
    assert "+    # Two small steps" in done.stderr
    assert "gatelab build --accept" in done.stderr
    assert not (kit / "release" / NAME / "lab.ipynb").exists()


def test_the_snapshot_itself_is_not_shipped(kit):
    assert snapshot.NAME not in files_below(pretend_built(kit))


# The student zip.


def test_the_student_zip_is_the_release_and_the_same_bytes_again(kit):
    built = build(kit, execute=False, call=False, engine=NoGrader())
    first = built.zip.read_bytes()
    assert built.zip == kit / "dist" / "softmax.zip"
    with zipfile.ZipFile(built.zip) as zip:
        held = {name: zip.read(name) for name in zip.namelist()}
    assert held == {f"{NAME}/{name}": data for name, data in files_below(built.release).items()}
    digest, name = (kit / "dist" / "softmax.zip.sha256").read_text().split()
    assert (digest, name) == (hashlib.sha256(first).hexdigest(), "softmax.zip")
    (kit / "dist" / "softmax.zip").unlink()
    assert build(kit, execute=False, call=False, engine=NoGrader()).zip.read_bytes() == first


@pytest.mark.parametrize(
    "plant",
    [
        lambda zip: zip.writestr("softmax/RUBRIC.md", "x"),
        lambda zip: zip.writestr("tests/softmax/hidden/test_q1.py", "x"),
        lambda zip: setattr(zip, "comment", b"c1: b"),
    ],
)
def test_an_extra_member_in_the_student_zip_is_refused(template, tmp_path, plant: Callable):
    lab = Lab.in_repository(template)
    release = make_release(lab, template, tmp_path)
    path = write_student_zip(release, lab, tmp_path / "dist")
    files = {f"{NAME}/{name}": data for name, data in files_below(release).items()}
    check_student_zip(path, files)
    with zipfile.ZipFile(path, "a") as zip:
        plant(zip)
    with pytest.raises(BuildError, match="does not hold the release"):
        check_student_zip(path, files)


def test_the_first_build_of_a_lab_says_that_nothing_was_accepted_yet(kit: Path) -> None:
    (kit / "assignment" / NAME / snapshot.NAME).unlink()
    done = gatelab("build", "--no-execute", "--root", kit)
    said = " ".join(done.output.split())
    assert done.exit_code == 1 and "+++ lab.ipynb is new" in done.output
    assert (
        "what students get from this lab was never accepted; read what they would get, then accept it with `gatelab build --accept`."
        in said
    )
    assert "something else" not in said


def test_one_file_that_is_not_the_accepted_one_differs(kit: Path) -> None:
    shipped(kit, "CONTRACT.md").open("a", encoding="utf-8").write("\nOne line more.\n")
    said = " ".join(gatelab("build", "--no-execute", "--root", kit).output.split())
    assert "than what was accepted: 1 of its files differs (CONTRACT.md);" in said
