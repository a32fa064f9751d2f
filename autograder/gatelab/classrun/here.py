"""The notebooks that a class was graded from, as far as they are still in its folder, unchanged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from gatelab.lab.spec import Lab
from gatelab.submission.collect import Submission, collect

UNPACKED = "unpacked"  # folder of the output for what was taken out of archives


def here(
    graded: Iterable[Submission], folder: Path, lab: Lab, out: Path
) -> tuple[dict[str, Submission], list[str]]:
    """By name, those of the graded whose notebook is here, with the path that it has now; and the names of files with a notebook that was
    not graded. Archives are opened, and who handed in what stays as it was graded. Raises CollectError."""
    now = {
        (came.entry, came.sha256): came
        for came in collect(folder, lab, out, room=out / UNPACKED, every_attempt=True)
        if came.path is not None
    }
    rows = {(row.entry, row.sha256): row for row in graded if row.sha256}
    found = {row.name: replace(row, path=now[key].path) for key, row in rows.items() if key in now}
    return found, [came.entry for key, came in now.items() if key not in rows and not came.newest]
