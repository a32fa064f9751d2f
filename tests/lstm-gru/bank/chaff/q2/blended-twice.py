"""Old and new state are blended twice: the result of (1 − z) n + z h is blended with h once more.

Hint: With z = 1/2, how much of the old state is in the new one? A half, not three quarters.
"""

credit = 0.5

EDITS = [
    (
        'new_h = fresh + kept',
        'new_h = (1 - z) * (fresh + kept) + z * h',
    ),
]
