"""How much memory does the command take for a class, small or large? `make memory`, after `make grade`

    python tests/programs/class_memory.py --lab LAB [--sizes 40 400 3000]

For each size, that many students hand in copies of the sample class's notebooks and get copies of their reports, so that nothing
has to be graded. The command's peak is then what it needs for the class. The fork server and the examiners need more memory, but
theirs does not grow with the class. Prints each peak and its difference to the first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gatelab.classrun.store import Store
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import Lab
from gatelab.report.record.hashes import for_store
from gatelab.report.record.schema import read
from gatelab.submission.collect import collect

HERE = Path(__file__).resolve().parents[2]
MIB = 1 << 20


def store_of(lab: Lab, out: Path, folder: Path) -> Store:
    chosen = [id for id, spec in lab.questions.items() if not spec.by_hand]
    grading, parts = for_store(lab, lab.settings.seed, chosen)
    return Store(out, grading, folder, parts)


def grown(lab: Lab, folder: Path, out: Path, base: Path, students: int) -> tuple[Path, Path]:
    """Write a class of this size with its results: copies of the graded notebooks in `folder`."""
    mine, results = base / f"class-{students}", base / f"out-{students}"
    mine.mkdir()
    before, after = store_of(lab, out, folder), store_of(lab, results, mine)
    pairs = [
        (submission.path, before.load(submission)) for submission in collect(folder, lab) if submission.path
    ]
    pairs = [(path, report) for path, report in pairs if report and report.status == "graded"]
    graded = [(path, report.to_dict()) for path, report in pairs if path.parent == folder]
    assert graded, f"{out}: no finished reports; say `make grade` first"
    for number in range(students):
        shutil.copyfile(graded[number % len(graded)][0], mine / f"student{number:04}.ipynb")
    after.open()
    for number, submission in enumerate(collect(mine, lab)):
        report = read(graded[number % len(graded)][1])
        report.submission = submission.name
        after.record_hashes(submission, report)
        after.report_path(submission).write_text(report.to_json(), encoding="utf-8")
    return mine, results


def peak(lab: Lab, folder: Path, out: Path) -> float:
    """The peak of `gatelab grade` in MiB, with nothing to grade."""
    command = Path(sys.executable).with_name("gatelab")
    words = [command, "grade", folder, "-o", out, "--root", HERE, "--lab", lab.name, "--jobs", "1"]
    done = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.stdout is not None
    said = done.stdout.read()
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    students = len(list(folder.iterdir()))
    assert f"{students} of {students} notebooks are done from an earlier run" in said.replace(",", ""), said
    return used.ru_maxrss * 1024 / MIB


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--sizes", type=int, nargs="+", default=[40, 400, 3000])
    options.add_argument("--lab", required=True, help="the lab's folder in assignment/")
    chosen = options.parse_args()
    lab = chosen_lab(HERE, chosen.lab)
    folder, out = HERE / "tests" / lab.name / "sample" / "class", HERE / "out" / "sample"
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as base:
        for students in chosen.sizes:
            grown_class = grown(lab, folder, out, Path(base), students)
            peak(lab, *grown_class)  # writes the feedback pages
            peaks.append(peak(lab, *grown_class))
            more = peaks[-1] - peaks[0]
            print(f"{students:6,} submissions: {peaks[-1]:6.1f} MiB, {more:+.1f} MiB", flush=True)


if __name__ == "__main__":
    main()
