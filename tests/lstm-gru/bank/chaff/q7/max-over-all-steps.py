"""The head reads the largest value of each feature over all steps, padding included.

Hint: What do the steps after `lengths` hold, and who asked for a maximum?
"""

credit = 0.2

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'outputs.amax(dim=1)',
    ),
]
