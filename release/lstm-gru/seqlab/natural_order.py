# Written by gatelab build from autograder/gatelab/handed_out/natural_order.py; change it there.
"""Makes `grader.check_all()` use the order of the lab; otter would sort the tenth question before the second."""

from __future__ import annotations

import re
import sys
from typing import Any


def install() -> None:
    """From now on otter lists its tests in natural order. Does nothing if otter is not loaded or has changed."""
    module: Any = sys.modules.get("otter.check.notebook")
    theirs = getattr(module, "list_available_tests", None)
    if theirs is None or hasattr(theirs, "instead_of"):
        return

    def listed(*given: Any, **named: Any) -> list[str]:
        return sorted(theirs(*given, **named), key=natural)

    vars(listed)["instead_of"] = theirs
    module.list_available_tests = listed


def natural(name: str) -> list[tuple[int, str]]:
    """A sort key that puts the second before the tenth, and a number before the same number with a letter."""
    return [(int(digits or 0), text) for digits, text in re.findall(r"(\d*)(\D*)", name)]
