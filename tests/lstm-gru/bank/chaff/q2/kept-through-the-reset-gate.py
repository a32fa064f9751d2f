"""The old state is kept by the reset gate instead of the update gate.

Hint: Which gate decides how much of h stays, and which how much of it the candidate sees?
"""

credit = 0.5

EDITS = [
    ('kept = z * h', 'kept = r * h'),
]
