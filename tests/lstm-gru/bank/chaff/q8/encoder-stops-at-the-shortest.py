"""The encoder stops at the end of the shortest source of the batch, and the others are cut.

Hint: How many steps does the longest source of a batch need?
"""

credit = 0.5

EDITS = [
    (
        'for t in range(x.shape[1]):',
        'for t in range(int(source_lengths.min())):',
    ),
]
