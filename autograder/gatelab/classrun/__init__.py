"""A class: a folder comes in, a grade book goes out."""
