"""What a class report says beyond single submissions: the class compared with its last run, and its members with each other."""

from __future__ import annotations

import hashlib
from typing import Any

from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.report.similar import similar
from gatelab.report.since import LAST, Before, changes
from gatelab.submission.collect import Submission
from gatelab.text import to_bytes


def compared(
    lab: Lab, bank: Bank, submissions: list[Submission], before: Before, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """More entries of class.json: `changes` and `similar`, and what the next run needs to work them out.

    Args:
        submissions: what came in.
        before: what is kept of the existing class.json.
        rows: the entry "submissions" of the one that will take its place.
    """
    of = hashlib.sha256(to_bytes(repr([(came.name, came.sha256) for came in submissions])))
    key = of.hexdigest()
    known = before.similar_of == key  # the same files: the same pairs
    return {
        LAST: before.last,
        "had_last": bool(before.last),
        "changes": changes(before.last, rows) if before.last else [],
        "similar": before.similar if known else similar(lab, bank, submissions),
        "similar_of": key,
    }
