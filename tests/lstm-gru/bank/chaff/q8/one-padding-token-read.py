"""The encoder reads one token too many of every sequence that is padded.

Hint: Steps are counted from 0. Is step `source_lengths` still valid?
"""

credit = 0.65

EDITS = [
    (
        '(t < source_lengths)',
        '(t <= source_lengths)',
    ),
]
