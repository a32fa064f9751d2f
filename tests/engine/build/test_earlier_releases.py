"""A question's text or points are changed after the release: the text of the earlier release does not count as a student's work."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gatelab.build.errors import BuildError
from gatelab.build.pipeline import built_release
from gatelab.build.snapshot import NotAccepted, check
from gatelab.grading.released import released
from gatelab.lab.spec import Lab
from gatelab.submission.earlier_releases import NAME, earlier_releases
from gatelab.submission.written import written
from helpers import build_kit
from helpers.build_kit import accept_now
from helpers.notebooks import load_notebook, save_notebook
from helpers.tiny_lab import RIGHT

ASKED = """# %% [markdown]
# ## q3 · In your own words ({{POINTS q3}} points)
#
# What decides the probabilities of a row?

# %% [markdown] nbgrader"""
REWORDED = ASKED.replace("What decides", "Explain what decides")
MASTER = build_kit.MASTER.replace("# %% [markdown] nbgrader", ASKED)
ANSWER = "Only the differences between the logits."


def release(kit: Path, place: Path) -> dict:
    """Make the release that the master now gives; its notebook."""
    lab = Lab.in_repository(kit)
    with built_release(lab, kit) as made:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(made, place)
    return load_notebook(place / lab.notebook)


def change(kit: Path, master: str, points: int) -> None:
    table = kit / "assignment" / build_kit.NAME / "lab.toml"
    head, _, q3 = table.read_text(encoding="utf-8").partition("[q3]")
    table.write_text(head + "[q3]" + q3.replace("points = 2", f"points = {points}"), encoding="utf-8")
    build_kit.write_master(kit, master)
    accept_now(kit)


@pytest.fixture(scope="module")
def released_twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, dict]:
    """The lab after its second release, and the notebook of the first."""
    kit = build_kit.make_kit(tmp_path_factory.mktemp("kit") / "kit")
    change(kit, MASTER, 2)
    first = release(kit, kit / "first")
    change(kit, MASTER.replace(ASKED, REWORDED).replace("figures go here", "pictures go here"), 3)
    release(kit, kit / "release" / build_kit.NAME)
    return Lab.in_repository(kit), first


def handed_in(notebook: dict, metadata: bool, answer: str = "") -> dict:
    """A copy of it with q1 solved and, perhaps, q3 answered; perhaps as an editor saves it that drops metadata."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook["cells"]:
        id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if id == "q1-solution":
            cell["source"] = RIGHT["q1"]
        if id == "q3" and answer:
            cell["source"] = answer
        if not metadata:
            cell["metadata"] = {}
    return notebook


@pytest.mark.parametrize("metadata", [True, False], ids=["with metadata", "without"])
def test_text_from_an_earlier_release_does_not_count_as_the_students(
    released_twice: tuple[Lab, dict], tmp_path: Path, metadata: bool
) -> None:
    lab, first = released_twice
    found = written(save_notebook(handed_in(first, metadata), tmp_path / "lab.ipynb"), lab)["q3"]
    assert (found.text, found.problem) == ("", "")
    answered = save_notebook(handed_in(first, metadata, ANSWER), tmp_path / "answered.ipynb")
    assert written(answered, lab)["q3"].text == ANSWER


def test_a_cell_copied_from_an_earlier_release_is_not_stray_text(
    released_twice: tuple[Lab, dict], tmp_path: Path
) -> None:
    lab, first = released_twice
    now = load_notebook(lab.release / lab.notebook)
    asked = next(cell for cell in first["cells"] if "What decides" in "".join(cell["source"]))
    now["cells"].append(asked)
    found = written(save_notebook(handed_in(now, metadata=False), tmp_path / "lab.ipynb"), lab)["q3"]
    assert (found.text, found.problem) == ("", "")


def test_the_place_to_look_is_shown_without_escapes(released_twice: tuple[Lab, dict], tmp_path: Path) -> None:
    lab, first = released_twice
    cells = handed_in(first, metadata=False)
    cells["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "My notes\n\non this lab"})
    found = written(save_notebook(cells, tmp_path / "lab.ipynb"), lab)["q3"]
    assert "“My notes on this lab”" in found.problem


def test_stubs_and_experiments_of_an_earlier_release_are_known(released_twice: tuple[Lab, dict]) -> None:
    lab, _ = released_twice
    before = released(lab)
    (lab.assignment / NAME).rename(lab.assignment / "away")
    try:
        released.cache_clear()
        assert released(lab).experiments < before.experiments
    finally:
        (lab.assignment / "away").rename(lab.assignment / NAME)
        released.cache_clear()


def test_only_what_was_replaced_is_kept_and_each_cell_once(tmp_path: Path) -> None:
    kit = build_kit.make_kit(tmp_path / "kit")
    folder = kit / "assignment" / build_kit.NAME
    accept_now(kit)
    assert not (folder / NAME).exists()
    change(kit, MASTER, 2)
    change(kit, MASTER.replace(ASKED, REWORDED), 2)
    first, second = earlier_releases(folder)
    assert len(json.loads((folder / NAME).read_text(encoding="utf-8"))["cells"]) < len(first) + len(second)
    change(kit, MASTER, 2)  # what is handed out again is not an earlier release
    assert len(earlier_releases(folder)) == 2

    (folder / NAME).write_text("<<<<<<< ours\n", encoding="utf-8")
    with pytest.raises(BuildError, match="cannot be read"):
        change(kit, MASTER.replace(ASKED, REWORDED), 2)


def test_the_advice_in_a_refusal_names_the_lab_if_there_are_two(tmp_path: Path) -> None:
    kit = build_kit.make_kit(tmp_path / "kit")
    build_kit.write_master(kit, MASTER)
    lab = Lab.in_repository(kit, build_kit.NAME)
    with built_release(lab, kit) as made, pytest.raises(NotAccepted, match="`gatelab build --accept`"):
        check(made, lab, made)
    shutil.copytree(lab.assignment, kit / "assignment" / "other")
    lab = Lab.in_repository(kit, build_kit.NAME)
    advised = f"`gatelab build --accept --lab {build_kit.NAME}`"
    with built_release(lab, kit) as made, pytest.raises(NotAccepted, match=advised):
        check(made, lab, made)
    done = subprocess.run(
        [Path(sys.executable).with_name("nbgrader"), "generate_assignment", build_kit.NAME],
        cwd=kit, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode and f"run `gatelab build --lab {build_kit.NAME}`" in done.stderr
    assert advised in done.stderr
