"""The encoder hands over (c, h) where (h, c) is asked for.

Hint: In which order does `lstm_step` give its two states?
"""

credit = 0.65

EDITS = [
    (
        'return h, c',
        'return c, h',
    ),
]
