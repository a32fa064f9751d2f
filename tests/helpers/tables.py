"""Tables that the command writes, read as a spreadsheet does."""

from __future__ import annotations

import csv
from pathlib import Path


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table, each by its column titles."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def by_submission(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a table that has one for each submission."""
    return {row["submission"]: row for row in rows_of(path)}


def grades(out: Path) -> dict[str, dict[str, str]]:
    """Submission → its row in the grades of an output folder."""
    return by_submission(out / "grades.csv")
