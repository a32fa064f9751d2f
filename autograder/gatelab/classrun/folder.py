"""Reads back what `gatelab grade` wrote into a folder: its class.json, and the reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from gatelab.report.record.model import Report
from gatelab.report.record.schema import is_of_a_class, read_json
from gatelab.report.whole_class.class_json import ClassFile, SubmissionRow, read_class
from gatelab.report.whole_class.class_report import signature
from gatelab.text import visible

SAME = "run the same gatelab grade again."
STAGE = ".regraded"  # in the output folder: regraded, not accepted yet
# There from the first report that a regrade replaces until class.json is written.
REPLACING = f"{STAGE}/replacing"
REPLACED = "a gatelab regrade was cut off while it replaced reports, or is at work here; run the same again."
INTERRUPTED = f"is newer than class.json, because a gatelab grade was cut off or is at work here; {SAME}"


class NoClass(Exception):
    """There is no graded class here, or only part of one; one sentence says which file, what is wrong and what to do."""


def class_table(out: Path) -> ClassFile:
    """class.json of the folder `out`. Raises NoClass."""
    path, name = Path(out) / "class.json", visible(str(out))
    grade = f"name the folder that gatelab grade wrote with -o, or grade the class: gatelab grade FOLDER -o {name}."
    if not Path(out).is_dir():
        what = "is not a folder" if Path(out).exists() else "there is no such folder"
        raise NoClass(f"{name}: {what}; {grade}")
    try:
        return read_class(path)
    except FileNotFoundError as error:
        raise NoClass(f"{name}: there is no graded class in it; {grade}") from error
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise NoClass(f"{visible(str(path))}: is not a table of a graded class; {SAME}") from error


def report_of(out: Path, row: SubmissionRow) -> Report | None:
    """The report of a row of class.json; None if there is none. Raises NoClass if it cannot be read."""
    path = Path(out) / "reports" / f"{row['file']}.json"
    try:
        return read_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoClass(f"{visible(str(path))}: is not a report of this version; {SAME}") from error


def report_needed(out: Path, row: SubmissionRow) -> Report:
    """The same for a row that must have one. Raises NoClass."""
    report = report_of(out, row)
    if report is None:
        raise NoClass(f"{visible(str(Path(out) / 'reports'))}/{row['file']}.json: is missing; {SAME}")
    return report


def require_one_run(out: Path, rows: Iterable[SubmissionRow], reports: Mapping[str, Report]) -> None:
    """Raise NoClass unless these reports, by name, are exactly those from which class.json, with these rows, was written."""
    files = set()
    for row in rows:
        files.add(row["file"])
        report = reports.get(row["name"])
        if report is not None and (newer := newer_than(out, row, report)):
            raise NoClass(newer)
    for path in sorted((Path(out) / "reports").glob("*.json")):
        if path.stem not in files and is_of_a_class(path.read_text("utf-8", "replace")):
            raise NoClass(f"{visible(str(path))}: {INTERRUPTED}")


def require_no_interrupted_regrade(out: Path) -> None:
    """Raise NoClass if some of the reports were replaced after class.json was written."""
    if (Path(out) / REPLACING).exists():
        raise NoClass(f"{visible(str(out))}: {REPLACED}")


def newer_than(out: Path, row: SubmissionRow, report: Report) -> str:
    """A sentence, if the report is not the one from which the row of class.json was made; "" if it is."""
    same_bytes = report.sha256 == row["sha256"] if report.sha256 and row.get("sha256") else True
    # A class.json of an older kit has no signatures.
    same_grading = (row.get("graded_with", signature(report)), row["status"]) == (
        signature(report),
        report.shown_status,
    )
    if same_bytes and (same_grading or (Path(out) / REPLACING).exists()):
        return ""  # a regrade that is replacing reports finishes what it began
    return f"{visible(str(out))}/reports/{row['file']}.json: {INTERRUPTED}"


def _unreadable(path: Path, error: OSError) -> NoClass:
    return NoClass(f"{visible(str(path))}: cannot be read ({error.strerror}); fix its permissions.")
