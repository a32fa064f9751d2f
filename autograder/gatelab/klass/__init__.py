"""The class run: a folder of submissions goes in, a grade book comes out."""
