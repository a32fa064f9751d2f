"""otter's plugin: the kit's engine grades, otter only reports the verdicts.

The order of a run, and what happens to the submission at each step:

    otter: files unpacked, notebook chosen     nothing of the submission has been run
    before_grading     the notebook is moved away and the submission's folder emptied: no `.OTTER_LOG` for
                       otter to unpickle, no `torch.py` or `ipykernel_launcher.py` on its kernel's path
    before_execution   the engine grades the copy, in its confined workers; all that ran is dead when it returns
    otter: kernel      runs an empty notebook in the emptied folder; the test files read the verdicts out
    after_grading      the report replaces whatever came out of the kernel

A plugin that raises leaves otter without a result, so each step turns its exceptions into a result that says so.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin
from otter.run.run_autograder.utils import OtterRuntimeError

from gatelab.faults import MESSAGE_TO_STUDENT
from gatelab.folders import TemporaryFolder
from gatelab.integrations.otter.intake import Intake, take_in
from gatelab.integrations.otter.late import with_lateness
from gatelab.integrations.otter.metadata import METADATA, out_of_sight
from gatelab.lab.spec import Lab, LabError
from gatelab.lab.table import QuestionSpec
from gatelab.report.record.model import Report
from gatelab.text import encodable

KIT = Path("files", "kit")  # in the unpacked zip
SETTINGS = {"seed", "accept_missing", "lab"}
VERDICTS = Path("tests", "verdicts.json")  # in the submission's directory, read by the zip's test files

DEADLINE = "GATELAB_DEADLINE"  # seconds that the platform allows, from the start of this process
_STARTED = time.monotonic()

Keep = Callable[[Report], None]
_handed_in: ContextVar[tuple[Intake, Keep] | None] = ContextVar("handed_in", default=None)


@contextmanager
def handed_in(intake: Intake, keep: Keep = lambda report: None) -> Iterator[None]:
    """Inside the context the plugin grades `intake`, whatever notebook otter was given to run (see run.py).

    `keep` gets the report as soon as there is one, so that it is not lost if otter fails after that.
    """
    token = _handed_in.set((intake, keep))
    try:
        yield
    finally:
        _handed_in.reset(token)


def until() -> float | None:
    """When the grading must be finished, on the monotonic clock; None if there is no deadline. Raises LabError."""
    seconds = os.environ.get(DEADLINE, "")
    try:
        return _STARTED + float(seconds) if seconds else None
    except ValueError as error:
        raise LabError(f"{DEADLINE}: must be a number of seconds; it is {seconds!r}.") from error


def empty_notebook() -> nbformat.NotebookNode:
    """The notebook for otter's kernel: empty, with the kernel of otter's own environment."""
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


class GatelabPlugin(AbstractOtterPlugin):  # type: ignore[misc]  # otter has no stubs
    """Settings in `otter_config.json`: `lab`, `seed`, `accept_missing` (pieces of protection; none)."""

    def __init__(
        self, submission_path: str, submission_metadata: dict[str, Any], plugin_config: dict[str, Any]
    ) -> None:
        super().__init__(submission_path, submission_metadata, plugin_config or {})
        self.lab: Lab | None = None
        self.specs: list[QuestionSpec] = []
        self.intake = Intake(Path(submission_path or "").name, None)
        self.report: Report | None = None
        self.private = TemporaryFolder("gatelab-")
        self.metadata = Path(METADATA)

    def before_grading(self, config: Any) -> None:
        """Copy the notebook away, empty the submission's folder, find the lab in the zip."""
        # No PDF is made from a submission, because nbconvert, a browser or LaTeX would run in this process.
        config.pdf, config.token = False, None
        config.grade_from_log, config.debug = False, False
        submission = Path(self.submission_path)
        self.metadata = Path(config.autograder_dir) / METADATA
        try:
            lab = lab_of_the_kit(Path(config.autograder_dir) / "source", self.plugin_config.get("lab", ""))
            self.specs = list(lab.questions.values())
            self.lab = lab
            private = self.private.path
            given = _handed_in.get()
            self.intake = given[0] if given else take_in(submission, private, self.lab)
        except Exception as error:
            self._give_up(error)
        empty_folder(submission)

    def before_execution(self, submission: Any) -> nbformat.NotebookNode:
        """Grade, and give otter an empty notebook to run."""
        try:
            if self.report is None:
                with out_of_sight(self.metadata) as metadata:
                    self.report = self._grade()
                if self.lab is not None:
                    self.report = with_lateness(self.report, self.lab.late, metadata)
        except Exception as error:
            self._give_up(error)
        finally:
            self.private.close()
        if given := _handed_in.get():
            given[1](self._reported())
        try:
            self._write_verdicts()
        except Exception as error:
            self._give_up(error)
        return empty_notebook()

    def after_grading(self, results: Any) -> None:
        """Put the report in place of what came out of the kernel."""
        from gatelab.integrations.otter.results import replace_results

        try:
            replace_results(results, self._reported(), self.specs)
        except Exception as error:
            self._give_up(error)
            replace_results(results, self._reported(), self.specs)

    def generate_report(self) -> str:
        """The result for otter's log, with only characters that the log's encoding has."""
        from gatelab.report.outputs.gradescope import plain_text

        try:
            encoding = getattr(sys.stdout, "encoding", None) or "ascii"
            return encodable(plain_text(self._reported(), self.specs), encoding)
        except Exception:  # better a log without these lines than no result
            return ""

    def _grade(self) -> Report:
        if self.intake.notebook is None:
            return (
                self._failed(self.intake.reason)
                if self.intake.machine_fault
                else self._ungradable(self.intake.reason)
            )
        from gatelab.grading.engine import Engine
        from gatelab.sandbox.confine import ProtectionMissing, pieces

        unknown = set(self.plugin_config) - SETTINGS
        if unknown:
            raise LabError(f"otter_config.json: the plugin has no setting {', '.join(sorted(unknown))}.")
        accept_missing = pieces(self.plugin_config.get("accept_missing", ()))
        assert self.lab is not None
        seed = int(self.plugin_config.get("seed", self.lab.settings.seed))
        try:
            with Engine(self.lab, seed=seed, jobs=1, accept_missing=accept_missing) as engine:
                report = engine.grade(
                    self.intake.notebook,
                    name=self.intake.name,
                    until=until(),
                    out_of_time=_too_short(os.environ.get(DEADLINE, "")),
                )
        except ProtectionMissing as error:
            # The engine's message names the command's flag; here it is a setting of the zip.
            setting = json.dumps(sorted({*accept_missing, *error.missing}))
            raise ProtectionMissing(
                f'{error} (In otter_config.json: "accept_missing": {setting}.)'
            ) from error
        report.others = list(self.intake.others)
        return report

    def _reported(self) -> Report:
        """The report, which exists from `before_execution` on."""
        assert self.report is not None
        return self.report

    def _give_up(self, error: Exception) -> None:
        """Report the grader's own fault: the student gets one sentence, staff the details."""
        self.report = self._failed(f"The grader could not work ({type(error).__name__}).")
        trace = "".join(traceback.format_exception(error))
        self.report.hints = [
            f"The grader itself failed ({type(error).__name__}: {error}); its traceback:\n{trace}"
        ]

    def _ungradable(self, reason: str) -> Report:
        return Report(self.intake.name, "ungradable", reason, lab=self.lab.name if self.lab else "")

    def _failed(self, reason: str) -> Report:
        return Report(
            self.intake.name, "failed", reason, MESSAGE_TO_STUDENT, lab=self.lab.name if self.lab else ""
        )

    def _write_verdicts(self) -> None:
        from gatelab.integrations.otter.results import verdicts

        text = json.dumps(verdicts(self._reported(), self.specs))
        (Path(self.submission_path).parent / VERDICTS).write_text(text, encoding="utf-8")


def _too_short(seconds: str) -> str:
    """For staff: which setting gave the grading too little time."""
    return (
        f"The time given for the grading ({DEADLINE}, {seconds} s) was up before anything was graded: set a longer one, "
        "or give the container more processor (`docs/gradescope.md`), and run the autograder again."
    )


def lab_of_the_kit(source: Path, name: str) -> Lab:
    """The lab in the unpacked zip's copy of the kit."""
    return Lab.in_repository(source / KIT, **({"name": name} if name else {}))


def empty_folder(submission: Path) -> None:
    """Empty the submission's folder, except for an empty notebook under the submission's name and otter's own `tests/`.

    otter copied `tests/` from the zip before any plugin ran. Raises what otter reports if something cannot be removed.
    """
    folder = submission.parent
    try:
        for entry in os.scandir(folder):
            if entry.name == "tests" and entry.is_dir(follow_symlinks=False):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
        nbformat.write(empty_notebook(), submission)
        left = sorted(entry.name for entry in os.scandir(folder))
    except Exception as error:
        raise OtterRuntimeError(f"The submission's folder could not be emptied: {error}") from error
    if left != sorted(["tests", submission.name]):
        raise OtterRuntimeError(f"The submission's folder is not empty: {', '.join(left)}")
