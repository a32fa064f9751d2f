"""Decoding makes one step fewer than `max_len` allows.

Hint: With `max_len` = 1, how many tokens should come back?
"""

credit = 0.75

EDITS = [
    (
        'for _ in range(max_len):',
        'for _ in range(max(1, max_len - 1)):',
    ),
]
