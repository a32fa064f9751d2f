"""The notebooks that a class was graded from, as far as they are still in its folder, unchanged."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from gatelab.lab.spec import Lab
from gatelab.submission.collect import Submission, collect

UNPACKED = "unpacked"  # folder in the output folder, for files from archives


def available_notebooks(
    graded: Collection[Submission], folder: Path, lab: Lab, out: Path
) -> tuple[dict[str, Submission], list[str]]:
    """The graded submissions whose notebook is still here, by name and with its present path; and the names of files with a notebook that
    was not graded. Archives are opened; who handed in what is taken from the grading. Raises CollectError."""
    now = {
        (submission.entry, submission.sha256): submission
        for submission in collect(folder, lab, out, unpack_folder=out / UNPACKED, every_attempt=True)
        if submission.path is not None
    }
    # For an older kit's class.json, which has no entries.
    by_name = {(submission.name, submission.sha256): submission for submission in now.values()}
    found = {}
    for row in graded:
        submission = now.get((row.entry, row.sha256)) if row.entry else by_name.get((row.name, row.sha256))
        if row.sha256 and submission:
            found[row.name] = replace(row, path=submission.path)
    known = {row.entry or row.name for row in graded}
    new = [c.entry for c in now.values() if not c.newest and known.isdisjoint((c.entry, c.name))]
    return found, new
