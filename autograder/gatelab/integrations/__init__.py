"""Thin adapters from the engine to otter, nbgrader, Gradescope, Canvas and Moodle."""
