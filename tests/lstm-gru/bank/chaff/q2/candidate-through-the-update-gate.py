"""The candidate sees the old state through the update gate z instead of the reset gate r.

Hint: Two gates, two tasks: which one decides what the candidate may see?
"""

credit = 0.6

EDITS = [
    (
        'reset = r * h_n',
        'reset = z * h_n',
    ),
]
