"""The tests of the kit's own pages: README, CONTRIBUTING, SECURITY and docs/, which describe the kit and the lab that comes with it."""

from __future__ import annotations

import pytest

from helpers.imported_suites import forget_suites


@pytest.fixture(autouse=True)
def _suites_of_this_test() -> None:
    """Examples of the pages are graded in copies of the tiny lab."""
    forget_suites()
