"""The encoder hands over (c, h) instead of (h, c).

Hint: In which order does `lstm_step` return its two states?
"""

credit = 0.65

EDITS = [
    (
        'return h, c',
        'return c, h',
    ),
]
