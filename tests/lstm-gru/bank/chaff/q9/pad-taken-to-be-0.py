"""Padding is taken to be token 0, whatever `pad` says.

Hint: `pad` is an argument. What does your function do with it?
"""

credit = 0.7

EDITS = [
    (
        'real = targets != pad',
        'real = targets != 0',
    ),
]
