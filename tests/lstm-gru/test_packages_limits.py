"""What the students' package cannot import from the engine's limits, it has with the same numbers."""

from __future__ import annotations

import re

from gatelab import limits
from gatelab.lab.spec import Lab


def test_the_largest_notebook_that_is_taken_is_the_largest_that_is_graded(lab: Lab) -> None:
    package = (lab.package / "handin" / "notebook.py").read_text(encoding="utf-8")
    assert re.search(rf"^LARGEST = {limits.FILE_LIMIT >> 20} << 20\b", package, re.MULTILINE)
