"""The head reads the mean over all steps, padding included.

Hint: What do the steps after `lengths` hold, and who asked for a mean?
"""

credit = 0.2

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'outputs.mean(dim=1)',
    ),
]
