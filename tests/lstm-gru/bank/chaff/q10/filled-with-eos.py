"""Ended sequences are filled with `eos` instead of `pad`.

Hint: Only the first `eos` is kept. What is everything after it?
"""

credit = 0.8

EDITS = [
    (
        'token.masked_fill(ended, pad)',
        'token.masked_fill(ended, eos)',
    ),
]
