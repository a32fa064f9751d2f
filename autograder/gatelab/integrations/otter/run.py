"""Runs otter so that it never sees the submission and always leaves a result.

`otter run` unpacks a whole archive and reads the notebook before it calls any plugin; if it cannot read something,
it ends with a traceback and no result. Here the notebook is extracted first, otter is given an empty one in a
separate folder, and the plugin grades the extracted one. Two callers: the containers of Gradescope
and `otter grade` (`in_container`), and a person (`python -m gatelab.integrations.otter.run ZIP FILE -o FOLDER`).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import pickle
import shutil
import sys
import traceback
import zipfile
from pathlib import Path
from typing import Any

import nbformat

from gatelab.faults import MESSAGE_TO_STUDENT
from gatelab.folders import make_writable, not_writable, temporary_folder
from gatelab.integrations.otter.intake import Intake, take_in
from gatelab.integrations.otter.metadata import METADATA, out_of_sight
from gatelab.integrations.otter.plugin import Keep, empty_notebook, handed_in, lab_of_the_kit
from gatelab.lab.choose import agree
from gatelab.lab.spec import Lab, LabError
from gatelab.lab.table import QuestionSpec
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.report.record.model import Report

RESULTS = ("results.json", "results.pkl")
NO_RESULT = "otter ended without a result; its traceback is below."


def in_container(root: Path) -> dict[str, Any]:
    """Grade `root/submission` with `root/source` into `root/results` (root is /autograder), as a container does."""
    with out_of_sight(root / METADATA) as metadata:
        return grade_apart(
            root / "source", root / "submission", root / "results", metadata, force_python3=True
        )


def grade_apart(
    source: Path,
    submission: Path,
    results: Path,
    metadata: dict[str, Any] | None = None,
    force_python3: bool = False,
) -> dict[str, Any]:
    """Run otter on an empty notebook while its plugin grades `submission` (a notebook, a zip or a folder).

    `source` is the unpacked autograder zip. Writes `results.json` and otter's `results.pkl` into `results` and returns
    the contents of the former, which is written as soon as the grading is done. What otter does after that, with a kernel that
    has nothing to run, may fail or take any time.
    """
    lab = _lab(source)
    specs = list(lab.questions.values()) if lab else []
    with temporary_folder("gatelab-otter-") as folder:
        apart, private = folder / "autograder", folder / "private"
        for path in (apart / "submission", apart / "results", private):
            path.mkdir(parents=True)
        (apart / "source").symlink_to(source.resolve())
        (apart / METADATA).write_text(json.dumps(metadata or {}), encoding="utf-8")
        nbformat.write(empty_notebook(), apart / "submission" / (lab.notebook if lab else "lab.ipynb"))
        intake = take_in(submission, private, lab)
        results.mkdir(parents=True, exist_ok=True)
        graded: list[Report] = []

        def keep(report: Report) -> None:
            graded.append(report)
            with contextlib.suppress(OSError):  # written again below, where an error is reported
                _write(gradescope_results(report, specs), results)

        failure = _run_otter(apart, intake, keep, otter_run=not force_python3)
        if not _is_ours(apart / "results" / "results.json"):
            report = graded[-1] if graded else Report(intake.name, "failed", NO_RESULT, MESSAGE_TO_STUDENT)
            if failure:
                what = (
                    "otter failed after the grading, which counts" if graded else "The grader itself failed"
                )
                report.hints = [*report.hints, f"{what}; its traceback:\n{failure}"]
            _write(gradescope_results(report, specs), apart / "results")
            _pickle(report, specs, apart / "results")
        for name in RESULTS:
            if (apart / "results" / name).is_file():
                shutil.copy(apart / "results" / name, results / name)
        found: dict[str, Any] = json.loads((apart / "results" / "results.json").read_text(encoding="utf-8"))
        return found


def _write(found: dict[str, Any], folder: Path) -> None:
    """Write `results.json` atomically."""
    draft = folder / ".results.json"
    draft.write_text(json.dumps(found, indent=1), encoding="utf-8")
    draft.replace(folder / "results.json")


def _pickle(report: Report, specs: list[QuestionSpec], folder: Path) -> None:
    """Write otter's `results.pkl`, from which `otter grade` makes its table, if otter did not write it itself."""
    with contextlib.suppress(Exception):  # if otter cannot be imported at all
        from otter.test_files import GradingResults

        from gatelab.integrations.otter.results import replace_results

        results = GradingResults([])
        replace_results(results, report, specs)
        (folder / "results.pkl").write_bytes(pickle.dumps(results))


def _is_ours(results: Path) -> bool:
    """Whether the kit's result exists. One that otter wrote after an error of its own (with a 0) does not count."""
    try:
        return "extra_data" in json.loads(results.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def _run_otter(apart: Path, intake: Intake, keep: Keep, otter_run: bool) -> str:
    """Run otter in the folder `apart`; returns its traceback if it failed, or nothing."""
    from otter.run.run_autograder import main as run_autograder

    try:
        with handed_in(intake, keep):
            run_autograder(str(apart), otter_run=otter_run, logo=False)
    except (Exception, SystemExit):
        failure = traceback.format_exc()
        print(failure, file=sys.stderr)
        return failure
    return ""


def _lab(source: Path) -> Lab | None:
    """The lab in the zip; None if the kit in it is broken."""
    try:
        config = json.loads((source / "otter_config.json").read_text(encoding="utf-8"))
        settings = next(iter(config["plugins"][0].values()))
        lab = lab_of_the_kit(source, settings.get("lab", ""))
        return lab if lab.questions and lab.notebook else None
    except Exception:  # the plugin will run into the same error and report it in the result
        return None


def main(arguments: list[str] | None = None) -> int:
    """`otter run` for any submission. 0: graded to the end, 1: nothing in it can be graded, 2: wrong usage, 3: the
    grader or its machine failed, or its time was up: run it again."""
    parser = argparse.ArgumentParser(prog="gatelab otter-run", description=main.__doc__)
    parser.add_argument("autograder", type=Path, help="the autograder zip")
    parser.add_argument("submission", type=Path, help="a notebook, an archive or a folder")
    parser.add_argument("-o", "--output-dir", type=Path, default=Path("."), help="where results.json goes")
    given = parser.parse_args(arguments)
    for path in (given.autograder, given.submission):
        if not path.exists():
            parser.error(f"{path}: there is no such file.")
    try:
        return otter_run(given.autograder, given.submission, given.output_dir)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2


def otter_run(autograder: Path, submission: Path, output_dir: Path, lab_name: str | None = None) -> int:
    """Grade one submission with an autograder zip; `results.json` goes to `output_dir`. Returns the exit code.

    Raises LabError, with one sentence, if the zip is not one of the kit's or is for another lab than `lab_name`, or if
    `output_dir` cannot be written.
    """
    with temporary_folder("gatelab-zip-") as folder:
        _unpack(autograder, folder)
        lab = _lab(folder) if lab_name is not None else None
        agree(lab_name, lab.name if lab else "", autograder)
        try:
            make_writable(output_dir)
        except OSError as error:
            raise LabError(not_writable(output_dir, error)) from error
        results = grade_apart(folder, submission, output_dir)
    return exit_code(results)


def exit_code(results: dict[str, Any]) -> int:
    """0: graded to the end; 1: refused, nothing in it can be graded; 3: the grader's own fault, or its time was up."""
    about = results["extra_data"]
    if about["status"] == "failed" or about["unfinished"]:
        return 3
    return 0 if about["status"] == "graded" else 1


def _unpack(autograder: Path, folder: Path) -> None:
    wanted = "name the zip that `gatelab zip` wrote first, and then what was handed in"
    try:
        with zipfile.ZipFile(autograder) as zip:
            if "otter_config.json" not in zip.namelist():
                raise LabError(f"{autograder}: is not an autograder zip; {wanted}.")
            zip.extractall(folder)
    except LabError:
        raise
    except Exception as error:
        # zipfile and its decompressors have a dozen kinds for bytes that are not what they say.
        raise LabError(f"{autograder}: cannot be opened as a zip ({error}); {wanted}.") from error
    try:
        plugins = json.loads((folder / "otter_config.json").read_text(encoding="utf-8"))["plugins"]
        ours = any(name.startswith("gatelab.") for plugin in plugins for name in plugin)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        ours = False
    if not ours:
        raise LabError(f"{autograder}: is an autograder zip, but not one of this kit; {wanted}.")


if __name__ == "__main__":
    sys.exit(main())
