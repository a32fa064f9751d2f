"""Ended sequences are filled with 0, whatever `pad` says.

Hint: `pad` is an argument. What does your function do with it?
"""

credit = 0.8

EDITS = [
    (
        'token.masked_fill(ended, pad)',
        'token.masked_fill(ended, 0)',
    ),
]
