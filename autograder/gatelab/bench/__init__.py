"""What a grading costs, beside today's graders on the same files in the same run."""
