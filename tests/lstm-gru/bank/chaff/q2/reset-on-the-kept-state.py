"""The state that is kept is reset as well: z · (r · h).

Hint: Two gates, two jobs: which of them says how much of h is kept?
"""

credit = 0.5

EDITS = [
    (
        'kept = z * h',
        'kept = z * (r * h)',
    ),
]
