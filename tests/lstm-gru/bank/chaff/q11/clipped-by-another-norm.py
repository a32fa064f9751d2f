"""The wrong norm is clipped: the largest entry (or the sum) instead of the square root of the sum of squares.

Hint: Which norm does clip_grad_norm_ use by default?
"""

credit = 0.75

EDITS = [
    (
        'model.parameters(), clip)',
        'model.parameters(), clip, norm_type=float("inf"))',
    ),
]
