"""Forgets a lab's suites that a test has copied and run in this process, so that the next test imports its own copy."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def forget_suites() -> None:
    """Forget the suites that an earlier test imported, because a process imports each name from only one place."""
    for name in [name for name in sys.modules if re.match(r"test_q\d", name)]:
        del sys.modules[name]
    sys.path[:] = [place for place in sys.path if Path(place).name != "hidden"]
