"""The settings by which nbgrader grades here: the engine takes the place of the run of a notebook. nbgrader_config.py applies them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from traitlets.config import Config

FORMGRADER = "nbgrader.server_extensions.formgrader.apihandlers"  # loaded in JupyterLab's server only
ADAPTER = "gatelab.integrations.nbgrader"


def configure_grading(c: Config, root: Path) -> None:
    """Set nbgrader up to grade the labs of the course in `root` with the engine."""
    find_programs()
    if FORMGRADER in sys.modules:
        from gatelab.integrations.nbgrader.server import put_in_place

        put_in_place()
    grading_settings(c, root)


def find_programs() -> None:
    """Put this environment's programs on the path.

    To create a grade book, nbgrader runs `alembic` by its name. If it is called as .venv/bin/nbgrader, without an activated
    environment, it would not find that program, and would leave an incomplete grade book.
    """
    here = str(Path(sys.executable).parent)
    if shutil.which("alembic") is None:
        os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


def grading_settings(c: Config, root: Path) -> None:
    """What `nbgrader autograde`, `generate_feedback`, `export` and `release_feedback` need. Names only: nothing is imported here."""
    c.Autograde.exporter_class = f"{ADAPTER}.preprocessor.SubmissionExporter"
    c.SubmissionExporter.kit = str(root)
    c.Autograde.sanitize_preprocessors = [
        f"{ADAPTER}.cells.RestoreCells",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{ADAPTER}.preprocessor.GradeByEngine",
        "nbgrader.preprocessors.LimitOutput",
        f"{ADAPTER}.preprocessor.SaveGrades",
        f"{ADAPTER}.late.LatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.GenerateFeedback.preprocessors = [
        f"{ADAPTER}.rubric.WithoutStaffCells",
        f"{ADAPTER}.late.PenaltiesUpToDate",
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.ExportApp.plugin_class = f"{ADAPTER}.late.CsvExport"
    c.PenaltiesUpToDate.kit = c.CsvExport.kit = str(root)
    # Otherwise nbgrader skips every page that exists, and marks that were given since then are missing.
    c.GenerateFeedback.force = True
    c.ExchangeFactory.release_feedback = f"{ADAPTER}.exchange.ReleaseFeedback"
