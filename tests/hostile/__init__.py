"""Submissions that attack the grader of any lab, the doors they go in by, and what must hold of them."""

import pytest

pytest.register_assert_rewrite("hostile.doors", "hostile.checks")
