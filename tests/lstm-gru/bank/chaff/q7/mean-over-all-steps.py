"""The head reads the mean over all steps, padding included.

Hint: What stands in the steps after `lengths`, and who asked for a mean?
"""

credit = 0.2

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'outputs.mean(dim=1)',
    ),
]
