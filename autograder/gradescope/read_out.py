"""QUESTION: reads out what the kit's grader found. No code of the submission runs here."""

import json
from typing import Any

from otter.test_files import test_case

OK_FORMAT = False

name = "QUESTION"

with open("tests/verdicts.json", encoding="utf-8") as file:
    parts = json.load(file)[name]


def read_out(part: dict[str, Any]) -> test_case:
    def verdict() -> None:
        assert part["passed"], part["message"]

    return test_case(name=part["name"], points=part["max_points"])(verdict)


# otter collects every test case that it finds among the names of this file.
globals().update({f"part_{number}": read_out(part) for number, part in enumerate(parts)})
