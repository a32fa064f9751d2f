"""Thin bridges from the one engine to otter, Gradescope and nbgrader."""
