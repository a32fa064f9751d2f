"""Decoding makes `max_len` + 1 steps.

Hint: How many tokens may the result have at most, and does your first step count?
"""

credit = 0.75

EDITS = [
    (
        'range(max_len)',
        'range(max_len + 1)',
    ),
]
