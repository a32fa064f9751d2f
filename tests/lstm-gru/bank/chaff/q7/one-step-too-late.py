"""The output is read at step `lengths`, one step after the last valid one.

Hint: Steps are counted from 0. At which index is the last of 3 tokens?
"""

credit = 0.6

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'outputs[range(len(outputs)), lengths.clamp(max=outputs.shape[1] - 1)]',
    ),
]
