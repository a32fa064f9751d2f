"""Submissions that attack the grader of any lab, the doors (interfaces) they are graded through, and what must hold for them."""

import pytest

pytest.register_assert_rewrite("hostile.doors", "hostile.checks")
