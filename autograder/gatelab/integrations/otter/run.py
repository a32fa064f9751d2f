"""otter, run so that it never sees what was handed in, and always leaves a result.

`otter run` unpacks an archive whole and reads the notebook before it asks any plugin; what it cannot read
ends it with a traceback and no result. Here the notebook is taken out first, otter is given an empty one in a
folder of its own, and the plugin grades the one that was taken out. Two callers: the containers of Gradescope
and `otter grade` (`in_container`), and a person (`python -m gatelab.integrations.otter.run ZIP FILE -o FOLDER`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import traceback
import zipfile
from pathlib import Path
from typing import Any

import nbformat

from gatelab.faults import TOLD
from gatelab.folders import vanishing
from gatelab.integrations.otter.intake import Intake, take_in
from gatelab.integrations.otter.metadata import METADATA, out_of_sight
from gatelab.integrations.otter.plugin import empty_notebook, handed_in, lab_of_the_kit
from gatelab.lab.spec import Lab, LabError
from gatelab.report.gradescope import gradescope_results
from gatelab.report.model import Report

RESULTS = ("results.json", "results.pkl")
NO_RESULT = "otter ended without a result; its traceback stands below."


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

    `source` is the unpacked autograder zip. Writes `results.json` (and otter's `results.pkl`, when otter came to
    its end) into `results` and returns what the first says.
    """
    lab = _lab(source)
    specs = list(lab.questions.values()) if lab else []
    with vanishing("gatelab-otter-") as folder:
        apart, private = folder / "autograder", folder / "private"
        for path in (apart / "submission", apart / "results", private):
            path.mkdir(parents=True)
        (apart / "source").symlink_to(source.resolve())
        (apart / METADATA).write_text(json.dumps(metadata or {}), encoding="utf-8")
        nbformat.write(empty_notebook(), apart / "submission" / (lab.notebook if lab else "lab.ipynb"))
        intake = take_in(submission, private, lab)
        failure = _run_otter(apart, intake, otter_run=not force_python3)
        results.mkdir(parents=True, exist_ok=True)
        if not _is_ours(apart / "results" / "results.json"):
            report = Report(intake.name, "failed", NO_RESULT, TOLD)
            report.hints = [f"The grader itself failed; its traceback:\n{failure}"] if failure else []
            (apart / "results" / "results.json").write_text(
                json.dumps(gradescope_results(report, specs), indent=1), encoding="utf-8"
            )
        for name in RESULTS:
            if (apart / "results" / name).is_file():
                shutil.copy(apart / "results" / name, results / name)
        found: dict[str, Any] = json.loads((apart / "results" / "results.json").read_text(encoding="utf-8"))
        return found


def _is_ours(results: Path) -> bool:
    """Whether the kit's result is there: none, or otter's own of an error of its own (with a 0), is no result."""
    try:
        return "extra_data" in json.loads(results.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def _run_otter(apart: Path, intake: Intake, otter_run: bool) -> str:
    """Run otter in the folder `apart`; returns the traceback of what it ended with, or nothing."""
    from otter.run.run_autograder import main as run_autograder

    try:
        with handed_in(intake):
            run_autograder(str(apart), otter_run=otter_run, logo=False)
    except Exception:
        failure = traceback.format_exc()
        print(failure, file=sys.stderr)
        return failure
    return ""


def _lab(source: Path) -> Lab | None:
    """The lab in the zip; None when the kit in it is broken."""
    try:
        config = json.loads((source / "otter_config.json").read_text(encoding="utf-8"))
        settings = next(iter(config["plugins"][0].values()))
        lab = lab_of_the_kit(source, settings.get("lab", ""))
        return lab if lab.questions and lab.notebook else None
    except Exception:  # the plugin will find the same and say so in the result
        return None


def main(arguments: list[str] | None = None) -> int:
    """`otter run` for anything that was handed in. 0: graded, 1: could not be graded, 2: wrong usage."""
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


def otter_run(autograder: Path, submission: Path, output_dir: Path) -> int:
    """Grade one submission with an autograder zip; `results.json` goes to `output_dir`. Returns the exit code.

    Raises LabError, with one sentence, when the zip is none of the kit's or nothing can be written to `output_dir`.
    """
    with vanishing("gatelab-zip-") as folder:
        _unpack(autograder, folder)
        try:
            output_dir.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=output_dir).close()
        except OSError as error:
            raise LabError(
                f"{output_dir}: cannot be written to ({error.strerror}); choose another -o."
            ) from error
        results = grade_apart(folder, submission, output_dir)
    return 0 if results["extra_data"]["status"] == "graded" else 1


def _unpack(autograder: Path, folder: Path) -> None:
    wanted = "name the zip that `gatelab zip` wrote first, and then what was handed in"
    try:
        with zipfile.ZipFile(autograder) as zip:
            if "otter_config.json" not in zip.namelist():
                raise LabError(f"{autograder}: is no autograder zip; {wanted}.")
            zip.extractall(folder)
    except LabError:
        raise
    except (
        Exception
    ) as error:  # zipfile and its decompressors have a dozen kinds for bytes that are not what they say
        raise LabError(f"{autograder}: is no zip that can be opened ({error}); {wanted}.") from error
    try:
        plugins = json.loads((folder / "otter_config.json").read_text(encoding="utf-8"))["plugins"]
        ours = any(name.startswith("gatelab.") for plugin in plugins for name in plugin)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        ours = False
    if not ours:
        raise LabError(f"{autograder}: is an autograder zip, but not one of this kit; {wanted}.")


if __name__ == "__main__":
    sys.exit(main())
