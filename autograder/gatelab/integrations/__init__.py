"""What otter, nbgrader, Gradescope, Canvas and Moodle need of the engine, and nothing more."""
