"""Compares the cost of one submission with this kit, `otter run` and `nbgrader autograde`: the same file, in one run.

The file contains correct answers to questions that train nothing (policy.toml lists them). The kit grades it confined; the two
others, as installed, run the same hidden checks in their kernel (bench_native.py). CPU seconds are user and system time of all
processes that were started, so a busy machine changes them little; ratios are printed with them.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table

from gatelab.audit.notebooks import SETUP, write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.policy import FILE
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import BENCH_CELL_SECONDS, PROGRAM_END

OTTER_TEST = """from otter.test_files import test_case
OK_FORMAT = False
name = "{id}"
points = {points}

@test_case(points={points})
def test_{id}(env):
    from gatelab.audit.bench_native import check
    check("{id}", env)
"""


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds, and the points given."""

    cpu: float
    wall: float
    points: float


def run_bench(lab: Lab, students: int, console: Console | None = None) -> dict[str, Cost]:
    """Measure, print and return the cost of each further submission: grader → cost."""
    console = console or Console()
    if not lab.policy.bench.part:
        raise LabError(
            f'{lab.hidden / FILE}: names no questions to measure; write them as part = ["q1"] under [bench].'
        )
    os.environ["GATELAB_BENCH_LAB"] = str(lab.assignment.resolve())
    with tempfile.TemporaryDirectory(prefix="gatelab-bench-") as folder:
        place = Path(folder)
        notebook = write_notebook(place / "lab.ipynb", lab, {})
        kit_start, kit = _kit(lab, notebook, students)
        otter = _otter(place, lab, students)
        first, nbgrader = _nbgrader(place, lab, students)
    asked = ", ".join(lab.policy.bench.part)
    table = Table(
        "grader", "start", "one submission, CPU s", "wall s", "points", "times the kit's CPU",
        title=f"{asked}, answered right, {students} submissions · {platform.machine()}, {os.cpu_count()} processors, Python "
        f"{platform.python_version()}",
    )  # fmt: skip
    rows = {
        "gatelab grade": (kit_start, kit),
        "otter run": (0.0, otter),
        "nbgrader autograde": (first, nbgrader),
    }
    for name, (start, cost) in rows.items():
        table.add_row(
            name,
            f"{start:.2f}",
            f"{cost.cpu:.2f}",
            f"{cost.wall:.2f}",
            f"{cost.points:g}",
            f"{cost.cpu / kit.cpu:.1f}",
        )
    console.print(table)
    return {name: cost for name, (_, cost) in rows.items()}


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _measured(work: Callable[[], float]) -> Cost:
    cpu, wall, own_cpu = _children_cpu(), time.monotonic(), time.process_time()
    points = work()
    own_cpu = time.process_time() - own_cpu
    return Cost(_children_cpu() - cpu + own_cpu, time.monotonic() - wall, points)


def _kit(lab: Lab, notebook: Path, students: int) -> tuple[float, Cost]:
    def grade(count: int) -> float:
        with Engine(lab) as engine:
            return [
                engine.grade(notebook, f"s{n}", questions=lab.policy.bench.part).points for n in range(count)
            ][-1]

    return _start_and_each(_measured(lambda: grade(1)), _measured(lambda: grade(1 + students)), students)


def _start_and_each(one: Cost, more: Cost, students: int) -> tuple[float, Cost]:
    each = Cost((more.cpu - one.cpu) / students, (more.wall - one.wall) / students, more.points)
    return one.cpu - each.cpu, each


def _run(command: list[str], folder: Path) -> None:
    tools = Path(sys.executable).parent
    done = subprocess.run(
        [str(tools / command[0]), *command[1:]], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"PATH": f"{tools}:{os.environ.get('PATH', '')}"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} failed:\n{done.stdout[-PROGRAM_END:]}\n{done.stderr[-PROGRAM_END:]}"
        )


def _otter(place: Path, lab: Lab, students: int) -> Cost:
    folder = place / "otter"
    (folder / "results").mkdir(parents=True)
    with zipfile.ZipFile(folder / "autograder.zip", "w") as zip:
        zip.writestr("otter_config.json", '{"pdf": false, "print_summary": false, "logo": false}')
        for id in lab.policy.bench.part:
            zip.writestr(f"tests/{id}.py", OTTER_TEST.format(id=id, points=lab.questions[id].points))
    shutil.copy(place / "lab.ipynb", folder / "lab.ipynb")

    def grade() -> float:
        import json

        for _ in range(students):
            _run(["otter", "run", "-a", "autograder.zip", "-o", "results", "lab.ipynb"], folder)
        found = json.loads((folder / "results" / "results.json").read_text())
        points: float = sum(test.get("score", 0) for test in found["tests"])
        return points

    cost = _measured(grade)
    return Cost(cost.cpu / students, cost.wall / students, cost.points)


def _nbgrader(place: Path, lab: Lab, students: int) -> tuple[float, Cost]:
    course = place / "course"
    source = course / "source" / "bench"
    source.mkdir(parents=True)
    nbformat.write(_gradable(lab), source / "lab.ipynb")
    # The default limit per cell is too short for a slow machine; nothing else is changed.
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'bench'\n"
        f"c.ExecutePreprocessor.timeout = {BENCH_CELL_SECONDS}\n"
    )
    _run(["nbgrader", "generate_assignment", "bench"], course)
    for n in range(1 + students):
        home = course / "submitted" / f"s{n}" / "bench"
        home.mkdir(parents=True)
        shutil.copy(course / "release" / "bench" / "lab.ipynb", home)

    def grade(names: str) -> float:
        _run(["nbgrader", "autograde", "bench", f"--student={names}"], course)
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
            score: float = book.find_submission("bench", "s1" if names != "s0" else "s0").score
            return score

    one = _measured(lambda: grade("s0"))
    more = _measured(lambda: grade("s[1-9]*"))
    # Both runs include one start, so it cancels out.
    each_cpu = (more.cpu - one.cpu) / max(students - 1, 1)
    each = Cost(each_cpu, (more.wall - one.wall) / max(students - 1, 1), more.points)
    return one.cpu - each.cpu, each


def _gradable(lab: Lab) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )

    def add(source: str, id: str, **nbgrader: object) -> None:
        cell = nbformat.v4.new_code_cell(source, id=id)
        if nbgrader:
            cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": id, "task": False, **nbgrader}
        notebook.cells.append(cell)

    add(SETUP, "setup")
    for id in lab.policy.bench.part:
        add(lab.reference(id), f"{id}-solution")
        add(
            f"from gatelab.audit.bench_native import check\ncheck('{id}', globals())", id,
            grade=True, solution=False, locked=True, points=lab.questions[id].points,
        )  # fmt: skip
    return notebook
