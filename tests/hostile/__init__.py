"""Submissions that attack the grader, the doors they go in by, and what must hold of them."""

import pytest

pytest.register_assert_rewrite("hostile.doors", "hostile.checks")
