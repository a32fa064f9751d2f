"""The trusted side of grading one submission: reads the notebook, runs the hidden suites, keeps the expected values."""
