"""The output is read one step before the last valid one.

Hint: Try a sequence of length 2 by hand: which index has its second token?
"""

credit = 0.65

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'outputs[range(len(outputs)), (lengths - 2).clamp(min=0)]',
    ),
]
