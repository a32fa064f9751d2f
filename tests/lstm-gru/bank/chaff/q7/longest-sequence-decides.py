"""All sequences are read at the last step of the longest sequence of the batch.

Hint: `lengths` has one entry for every sequence. Does each of them get its own step?
"""

credit = 0.3

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'outputs[:, lengths.max() - 1]',
    ),
]
