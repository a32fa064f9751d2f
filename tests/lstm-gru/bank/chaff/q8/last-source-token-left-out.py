"""The encoder stops one token before the end of every source.

Hint: Steps are counted from 0. What is the last valid step of a source of length 1?
"""

credit = 0.65

EDITS = [
    (
        '(t < source_lengths)',
        '(t < source_lengths - 1)',
    ),
]
