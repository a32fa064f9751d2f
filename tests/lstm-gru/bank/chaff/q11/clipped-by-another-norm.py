"""Another norm than the usual one is clipped: the largest entry (or the sum) instead of the root of the squares' sum.

Hint: Which norm does clip_grad_norm_ take when nothing else is said?
"""

credit = 0.75

EDITS = [
    (
        'model.parameters(), clip)',
        'model.parameters(), clip, norm_type=float("inf"))',
    ),
]
