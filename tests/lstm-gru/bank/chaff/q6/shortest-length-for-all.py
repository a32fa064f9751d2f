"""All sequences are read at the last step of the shortest one.

Hint: Each sequence has a length of its own. How many steps does your code assume for all of them?
"""

credit = 0.4

EDITS = [
    (
        'outputs[rows, lengths - 1]',
        'outputs[:, int(lengths.min()) - 1]',
    ),
]
