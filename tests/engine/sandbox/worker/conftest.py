"""A solved notebook, which a test changes and grades."""

from __future__ import annotations

from helpers.solved_notebook import graded  # noqa: F401  (a fixture)
