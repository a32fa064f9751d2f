"""A graded class, for tests of the marks and the tables that come back from people."""

from __future__ import annotations

from helpers.class_fixtures import again, graded, marked  # noqa: F401  (fixtures)
