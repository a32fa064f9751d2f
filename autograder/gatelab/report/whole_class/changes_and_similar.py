"""What a class report says about more than one submission: changes since the last run, and similar answers."""

from __future__ import annotations

import hashlib
from typing import Any

from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.report.whole_class.grade_changes import LAST, Before, changes
from gatelab.report.whole_class.similar_answers import similar
from gatelab.submission.collect import Submission
from gatelab.text import to_bytes


def changes_and_similar(
    lab: Lab, bank: Bank, submissions: list[Submission], before: Before, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """Further entries of class.json: `changes` and `similar`, and what the next run needs to compute them.

    Args:
        submissions: what was handed in.
        before: what is kept of the existing class.json.
        rows: the entry "submissions" of the new one.
    """
    files = repr([(submission.name, submission.sha256) for submission in submissions])
    key = hashlib.sha256(to_bytes(files)).hexdigest()
    known = before.similar_of == key  # the same files have the same similar pairs
    return {
        LAST: before.last,
        "had_last": bool(before.last),
        "changes": changes(before.last, rows) if before.last else [],
        "similar": before.similar if known else similar(lab, bank, submissions),
        "similar_of": key,
    }
