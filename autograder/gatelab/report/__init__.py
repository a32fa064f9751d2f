"""The record of a graded submission, and the outputs made from it."""
