"""The output at `lengths - 2` is read, and for a sequence of one step the last of the padding.

Hint: A sequence of length 1 has one valid output. Which index does it have?
"""

credit = 0.6

EDITS = [
    ('outputs[rows, lengths - 1]', 'outputs[rows, lengths - 2]'),
]
