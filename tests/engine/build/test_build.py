"""The build: are the release and the solutions made from the master alone, and does the gate hold?"""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from gatelab.build import BuildError, course, master, solved
from gatelab.build.pipeline import build, inspect
from gatelab.build.release import make_release
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Kind, Part, Question, Report
from helpers import build_kit
from helpers.build_kit import accept_now
from helpers.files import files_below
from helpers.notebooks import cell_of, load_notebook

pytestmark = pytest.mark.one_in(3, at=2)

NAME = build_kit.NAME
STUB = 'raise NotImplementedError("q1: not written yet")'


class TextGrader:
    """Replaces the engine where only the gate is tested: a question gets its points once its stub is gone."""

    def __init__(self, lab: Lab, give: Callable[[str, bool], float] | None = None) -> None:
        self.lab = lab
        self.give = give or (lambda id, written: float(written))

    def grade(self, path: Path, name: str = "") -> Report:
        text = path.read_text(encoding="utf-8")
        questions = []
        for spec in self.lab.questions.values():
            share = self.give(spec.id, f"{spec.id}: not written" not in text)
            parts = (
                []
                if spec.by_hand
                else [Part("outputs", share * spec.points, spec.points, None if share == 1 else Kind.WRONG)]
            )
            questions.append(Question(spec.id, spec.title, spec.points, parts, by_hand=spec.by_hand))
        return Report(name, "graded", questions=questions)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return build_kit.make_kit(tmp_path / "kit")


def release_of(kit: Path, execute: bool = False, **grader: Callable[[str, bool], float]) -> Path:
    """Build the kit's release and accept whatever it shows; test_untouched_release.py calls its stubs."""
    engine = TextGrader(Lab.in_repository(kit), **grader)
    return build(kit, engine=engine, execute=execute, accept=True, call=False).release


def test_the_same_master_gives_the_same_bytes(kit):
    first = files_below(release_of(kit))
    assert files_below(release_of(kit)) == first
    assert not list(kit.glob(".gatelab-build-*"))


@pytest.mark.one_in(2, among="slow")
def test_nbgraders_own_command_gives_the_same_release(kit):
    """As typed on a fresh clone, without an activated environment; and once more when the master has changed."""
    command = [Path(sys.executable).with_name("nbgrader"), "generate_assignment", NAME]
    for text in (build_kit.MASTER, build_kit.MASTER.replace("# # Two steps", "# # Two steps, once more")):
        build_kit.write_master(kit, text)
        accept_now(kit)
        done = subprocess.run(command, cwd=kit, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
        assert done.returncode == 0, done.stderr
        typed = files_below(kit / "release" / NAME)
        assert typed == files_below(release_of(kit))
    assert b"once more" in typed["lab.ipynb"]


def test_a_broken_master_stops_nbgrader_and_leaves_no_stale_notebook(kit):
    command = [Path(sys.executable).with_name("nbgrader"), "generate_assignment", NAME]
    course.write_source(Lab.in_repository(kit), kit)
    build_kit.write_master(kit, build_kit.MASTER.replace("# END SOLUTION", "", 1))
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True)
    assert done.returncode != 0
    assert "END SOLUTION" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (kit / "assignment" / NAME / "lab.ipynb").exists()
    assert not (kit / "release").exists()


def test_exactly_what_is_listed_is_shipped(kit):
    (kit / "assignment" / NAME / "softmax_lab" / "__pycache__").mkdir()
    (kit / "assignment" / NAME / "softmax_lab" / "__pycache__" / "check.pyc").write_bytes(b"")
    names = {name.split("/")[0] for name in files_below(release_of(kit))}
    assert names == {"lab.ipynb", *Settings.of(Lab.in_repository(kit)).release}
    assert not [name for name in files_below(kit / "release") if "pyc" in name]


def test_a_stub_names_its_question(kit):
    notebook = load_notebook(release_of(kit) / "lab.ipynb")
    source = "".join(cell_of(notebook, "q1-solution")["source"])
    assert f"    {STUB}\n" in source
    assert "shifted.exp" not in source
    assert source.endswith("return rows")
    assert "".join(cell_of(notebook, "q3")["source"]) == "*Write your answer here.*"


def test_the_points_come_from_the_table_and_others_in_the_notebook_are_refused(kit):
    """nbgrader's Create Assignment panel writes them into the cell; they were dropped without a word."""
    marked = '"grade_id": "q1", "grade": true'
    notebook = load_notebook(release_of(kit) / "lab.ipynb")
    points = {id: cell_of(notebook, id)["metadata"]["nbgrader"]["points"] for id in ("q1", "q2", "q3")}
    assert points == {"q1": 4, "q2": 6, "q3": 2}
    text = course.source_text(Lab.in_repository(kit), kit)
    for same in ("4", "4.0", "null"):
        build_kit.write_master(kit, build_kit.MASTER.replace(marked, f'{marked}, "points": {same}'))
        assert course.source_text(Lab.in_repository(kit), kit) == text
    for other in ("99", "0", "'10'", "-10"):
        typed = other.replace("'", '"')
        build_kit.write_master(kit, build_kit.MASTER.replace(marked, f'{marked}, "points": {typed}'))
        with pytest.raises(BuildError, match=rf"the cell q1 says {other} points, and lab\.toml 4\."):
            course.source_text(Lab.in_repository(kit), kit)


def test_points_changed_in_the_table_reach_a_cell_that_states_its_own(kit):
    marked = '"grade_id": "q1", "grade": true'
    build_kit.write_master(kit, build_kit.MASTER.replace(marked, f'{marked}, "points": 12.5'))
    master = kit / "assignment" / NAME / "lab.py"
    with pytest.raises(BuildError, match="cell q1 says 12"):
        course.source_text(Lab.in_repository(kit), kit)
    accept_now(kit)
    assert f'{marked}, "points": 4' in master.read_text(encoding="utf-8")
    release_of(kit)


def test_every_number_of_points_in_the_text_is_that_of_the_table(kit):
    text = "# # Two steps\n#\n# q1 gives {{POINTS q1}}, q1 and q2 {{POINTS q1 q2}}, all {{POINTS}}."
    build_kit.write_master(kit, build_kit.MASTER.replace("# # Two steps", text))
    first = "".join(load_notebook(release_of(kit) / "lab.ipynb")["cells"][0]["source"])
    total = sum(question.points for question in Lab.in_repository(kit).questions.values())
    assert f"q1 gives 4, q1 and q2 10, all {total:g}." in first


def test_points_of_an_unknown_question_stop_the_build(kit):
    build_kit.write_master(kit, build_kit.MASTER.replace("# # Two steps", "# # Two steps {{POINTS q1 q77}}"))
    with pytest.raises(BuildError, match=r"no question q77 in lab\.toml; correct the ID"):
        release_of(kit)


@pytest.mark.parametrize("under", ["", "[late]\npercent_per_day = 10\n"])
def test_thresholds_and_the_due_date_in_the_text_are_those_of_the_table(kit, under):
    """The date above the questions, or under [late]."""
    table = kit / "assignment" / NAME / "lab.toml"
    text = table.read_text(encoding="utf-8")
    training = "[q1.training]\nthreshold = 0.985\nn = 8\nseconds = 5\n\n[q2]"
    text = text.replace("[q2]", training, 1)
    due = f'{under}due = "2027-03-01T23:59:59+01:00"\n'
    table.write_text(f"{text}\n{due}" if under else f"{due}{text}", encoding="utf-8")
    asked = "# # Two steps\n#\n# {{THRESHOLD q1}} % are needed until {{DUE}}."
    build_kit.write_master(kit, build_kit.MASTER.replace("# # Two steps", asked))
    first = "".join(load_notebook(release_of(kit) / "lab.ipynb")["cells"][0]["source"])
    assert "98.5 % are needed until 1 March 2027, 23:59 (UTC+01:00)." in first


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (
            "{{THRESHOLD q1}}",
            r"is shown, and lab\.toml gives q1 no threshold; write it under \[q1\.training\]",
        ),
        ("{{THRESHOLD q2}}", r"lab\.toml gives q2 no threshold; write it under \[q2\.training\]"),
        ("{{THRESHOLD}}", r"must name one question, as in \{\{THRESHOLD q1\}\}\."),
        ("{{THRESHOLD q77}}", r"no question q77 in lab\.toml; correct the ID"),
        ("{{DUE}}", r"lab\.toml has no due; write it above the questions"),
        ("{{DUE q1}}", r"must be \{\{DUE\}\}; the whole lab has one due date"),
    ],
)
def test_a_placeholder_without_a_value_in_the_table_stops_the_build(kit, mark, said):
    build_kit.write_master(kit, build_kit.MASTER.replace("# # Two steps", f"# # Two steps {mark}"))
    with pytest.raises(BuildError, match=said):
        release_of(kit)


def test_parts_whose_points_add_up_wrongly_stop_the_build_with_a_sentence(kit):
    lab = Lab.in_repository(kit)

    class Shared(TextGrader):
        def grade(self, path: Path, name: str = "") -> Report:
            report = super().grade(path, name)
            for question in report.questions:
                if question.id == "q2":
                    question.max_points += 2
            return report

    with pytest.raises(BuildError, match=r"q2, and passes everything: the parts .* share out 6 points"):
        build(kit, engine=Shared(lab), execute=False, call=False)


def test_the_badge_links_to_the_students_repository(kit):
    """Never to this repository, which holds the solutions; its copy of the notebook is in release/."""
    text = (release_of(kit) / "lab.ipynb").read_text(encoding="utf-8")
    assert Settings.of(Lab.in_repository(kit)).colab_base + f"/{NAME}/lab.ipynb" in text
    assert f"release/{NAME}" not in text
    assert "COLAB_URL" not in text


SOLUTION = "    shifted = logits - logits.max(dim=1, keepdim=True).values\n    powers = shifted.exp()\n"


def leak_in_a_cell(kit: Path) -> None:
    build_kit.write_master(kit, f"{build_kit.MASTER}\n# %%\ndef again(logits):\n{SOLUTION}")


def leak_in_a_comment(kit: Path) -> None:
    build_kit.write_master(
        kit,
        f"{build_kit.MASTER}\n# %% [markdown]\n# shifted = logits-logits.max(dim=1, keepdim=True).values\n# rows = powers/powers.sum(dim=1, keepdim=True)\n",
    )


def leak_of_a_suite(kit: Path) -> None:
    suite = next((kit / "tests" / NAME / "hidden").glob("test_q1_*.py"))
    (kit / "assignment" / NAME / "softmax_lab" / "more.py").write_text("# more\n" + suite.read_text())


def leak_of_a_reference(kit: Path) -> None:
    text = (kit / "tests" / NAME / "hidden" / "reference" / "q2.py").read_text(encoding="utf-8")
    (kit / "assignment" / NAME / "tests" / "q2.py").write_text(text.replace('"', "'"))


def region_outside_of_a_solution_cell(kit: Path) -> None:
    build_kit.write_master(kit, f"{build_kit.MASTER}\n# %%\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION\n")


def region_without_end(kit: Path) -> None:
    build_kit.write_master(kit, build_kit.MASTER.replace("# END SOLUTION", "", 1))


def unknown_question(kit: Path) -> None:
    build_kit.write_master(kit, build_kit.MASTER.replace('"q1"', '"q77"', 1))


def doubled_id(kit: Path) -> None:
    build_kit.write_master(kit, build_kit.MASTER.replace('"q2-solution"', '"q1-solution"'))


def missing_file(kit: Path) -> None:
    (kit / "assignment" / NAME / "requirements.txt").unlink()


def cells_of(master: str) -> list[str]:
    return [f"# %%{cell}" for cell in master.split("# %%")[1:]]


def a_question_above_what_it_builds_on(kit: Path) -> None:
    cells = cells_of(build_kit.MASTER)
    place = next(k for k, cell in enumerate(cells) if '"q1-solution"' in cell)
    build_kit.write_master(
        kit,
        "".join(
            [*cells[:place], *cells[place + 2 : place + 4], *cells[place : place + 2], *cells[place + 4 :]]
        ),
    )


def a_check_above_its_solution(kit: Path) -> None:
    cells = cells_of(build_kit.MASTER)
    place = next(k for k, cell in enumerate(cells) if '"q2-solution"' in cell)
    cells[place : place + 2] = reversed(cells[place : place + 2])
    build_kit.write_master(kit, "".join(cells))


def nothing_written(kit: Path) -> None:
    build_kit.write_master(kit, "\n")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (nothing_written, "lab.py: holds no cell; each begins with a line `# %%`."),
        (leak_in_a_cell, "lab.ipynb of the release shows a solution line of q1"),
        (leak_in_a_comment, "lab.ipynb of the release shows a solution line of q1"),
        (leak_of_a_suite, "softmax_lab/more.py of the release shows a line of tests/softmax/hidden/test_q1_"),
        (leak_of_a_reference, "tests/q2.py of the release shows a"),
        (region_outside_of_a_solution_cell, '"solution": true'),
        (region_without_end, "without # END SOLUTION"),
        (unknown_question, "q77"),
        (doubled_id, "two cells have grade_id q1-solution"),
        (missing_file, "requirements.txt"),
        (
            a_question_above_what_it_builds_on,
            "lab.py: q2 is above q1, whose softmax it builds on (builds_on in lab.toml); put the cells of q1 first.",
        ),
        (
            a_check_above_its_solution,
            "lab.py: the check of q2 is above its solution; put the cell q2 below all solution cells of q2.",
        ),
    ],
)
@pytest.mark.one_in(3)
def test_the_gate_names_the_fault_and_leaves_the_old_release(kit, fault, sentence):
    old = files_below(release_of(kit))
    fault(kit)
    with pytest.raises(BuildError, match=re.escape(sentence)) as caught:
        release_of(kit)
    assert "\n" not in str(caught.value)
    assert files_below(kit / "release" / NAME) == old
    assert not list(kit.glob(".gatelab-build-*"))


@pytest.mark.parametrize(
    ("give", "sentence"),
    [
        (lambda id, written: written * (0.5 if id == "q2" else 1), "The solution earns 3 of 6 points in q2"),
        (lambda id, written: 1.0 if id == "q1" else written, "The untouched release earns 4 points in q1"),
    ],
)
def test_the_gate_demands_full_points_for_the_solution_and_none_for_the_release(kit, give, sentence):
    with pytest.raises(BuildError, match=sentence):
        release_of(kit, give=give)
    assert not (kit / "release").exists()


def test_a_listed_line_may_be_in_a_solution_and_in_the_release(kit):
    leak_in_a_cell(kit)
    with pytest.raises(BuildError):
        release_of(kit)
    text = (kit / "assignment" / NAME / "lab.toml").read_text(encoding="utf-8")
    listed = "".join(f"'{line.strip()}', " for line in SOLUTION.splitlines())
    (kit / "assignment" / NAME / "lab.toml").write_text(
        text.replace("\nrelease = [", f"\nshared_lines = [{listed}]\nrelease = [")
    )
    release_of(kit)


@pytest.mark.one_in(2, among="slow")
def test_the_solutions_are_run_once_and_kept_until_something_changes(kit):
    release_of(kit, execute=True)
    path = kit / "solutions" / NAME / "lab.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert "0.3333333333333333" in path.read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in path.read_text(encoding="utf-8")
    assert not [cell for cell in notebook.cells if "execution" in cell.metadata]

    first = [cell.get("outputs") for cell in copy.deepcopy(notebook.cells)]
    notebook.cells[-1].outputs[0].text = "kept\n"
    path.write_text(master.dumps(notebook), encoding="utf-8")
    release_of(kit, execute=True)
    assert "kept" in path.read_text(encoding="utf-8"), "nothing changed, so nothing is run again"
    (kit / "assignment" / NAME / "softmax_lab" / "__init__.py").open("a").write("\n# changed\n")
    release_of(kit, execute=True)
    anew = nbformat.read(path, as_version=4)
    assert [cell.get("outputs") for cell in anew.cells] == first


def test_a_solution_that_raises_stops_the_build(kit):
    build_kit.write_master(kit, f"{build_kit.MASTER}\n# %%\nsoftmax()\n")
    with pytest.raises(
        BuildError,
        match=r'lab\.ipynb, solved, cell \d+ \("softmax\(\)"\): raised TypeError: .*; fix it in the master',
    ):
        release_of(kit, execute=True)
    assert not (kit / "release").exists()


def test_a_kernel_that_does_not_start_is_reported_in_a_sentence(monkeypatch, tmp_path):
    slow = tmp_path / "slow"  # what a Python imports when it starts
    slow.mkdir()
    (slow / "sitecustomize.py").write_text("import time\ntime.sleep(6)\n", encoding="utf-8")
    monkeypatch.setattr(solved, "ENVIRONMENT", {**solved.ENVIRONMENT, "PYTHONPATH": str(slow)})
    monkeypatch.setattr(solved, "SOLVED_CELL_SECONDS", 1)
    with pytest.raises(BuildError, match=r"lab\.ipynb, solved: Kernel didn't respond"):
        solved.execute(
            "lab.ipynb", nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), tmp_path
        )


def test_a_solved_notebook_shows_text_and_figures_in_their_order(tmp_path: Path) -> None:
    """Text printed after a figure comes after it, a progress bar leaves nothing, and one piece of text is one output."""
    cell = (
        "import sys\nfrom IPython.display import display\nprint('before', flush=True)\n"
        "print(' 10%|#', end='\\r', flush=True)\nprint('and more')\nprint('careful', file=sys.stderr, flush=True)\n"
        "display({'text/plain': 'Figure'}, raw=True)\nprint('after')"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    (done,) = solved.execute("lab.ipynb", notebook, tmp_path).cells
    assert [output.get("text") or output.data["text/plain"] for output in done.outputs] == [
        "before\nand more\n",
        "Figure",
        "after\n",
    ]


def test_a_build_continues_from_the_last_one(tmp_path: Path) -> None:
    """The class notebooks' folder holds copies from the release; they do not make the release a copy of something secret."""
    kit = build_kit.make_kit(tmp_path / "kit")
    beside = kit / "solutions" / NAME / "class" / "softmax_lab"
    beside.mkdir(parents=True)
    lab = Lab.in_repository(kit, NAME)
    release = make_release(lab, kit, tmp_path / "first")
    names = [path for path in sorted((release / "softmax_lab").rglob("*.py")) if path.stat().st_size]
    assert names
    for path in names:
        (beside / path.name).write_bytes(path.read_bytes())
    inspect(release, lab, kit)
    # But a class notebook is not part of it.
    (beside.parent / "demo.ipynb").write_bytes(names[0].read_bytes())
    with pytest.raises(BuildError, match=r"copy of demo\.ipynb"):
        inspect(release, lab, kit)
