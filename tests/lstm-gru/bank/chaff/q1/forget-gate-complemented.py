"""The old cell state is multiplied with 1 - f instead of f.

Hint: What should be left of c where the forget gate is 1: all of it, or nothing?
"""

credit = 0.5

EDITS = [
    ('kept = f * c', 'kept = (1 - f) * c'),
]
