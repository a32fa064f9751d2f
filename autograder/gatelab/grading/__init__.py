"""Grades one submission, on the trusted side: engine, examiner, verdicts, naming of mistakes."""
