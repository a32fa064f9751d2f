"""Recognises mistakes in a hidden suite's own code, so that they cost no student a point.

Most exceptions in a suite may be caused by an odd answer, and then the part is lost. Some cannot be: an answer is data, and changes no
name, module or fixture of the suite.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from types import ModuleType

import pytest

from gatelab.faults import GraderFault
from gatelab.testkit.draw import Draw
from gatelab.testkit.student import Reply


def suite_fault(error: BaseException, test: str) -> GraderFault | None:
    """The fault of the suite that this exception shows; None if a student's answer may have caused it."""
    if isinstance(error, pytest.FixtureLookupError):
        return GraderFault(f"The hidden suite fails ({test}: there is no fixture {error.argname!r})")
    if not isinstance(error, NameError | ImportError | SyntaxError) and not _is_suite_mistake(error):
        return None
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{Path(last[0].filename).name}, line {last[0].lineno}" if last else test
    return GraderFault(f"The hidden suite fails ({where}: {type(error).__name__}: {error})")


def _is_suite_mistake(error: BaseException) -> bool:
    """Whether an attribute is missing from a module, or from an object that the kit gives to suites."""
    return isinstance(error, AttributeError) and isinstance(error.obj, ModuleType | Draw | Reply)
