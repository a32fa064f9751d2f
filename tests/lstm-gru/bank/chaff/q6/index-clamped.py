"""The index is the length, cut to the last step: one too far for every sequence that is padded.

Hint: Steps are counted from 0. Which index has the last step of a sequence of length 3?
"""

credit = 0.7

EDITS = [
    (
        'return outputs[rows, lengths - 1]',
        'return outputs[rows, lengths.clamp(max=outputs.shape[1] - 1)]',
    ),
]
