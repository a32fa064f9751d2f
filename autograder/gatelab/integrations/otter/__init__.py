"""otter-grader and Gradescope."""
