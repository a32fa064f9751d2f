"""Candidate and old state are both multiplied with z, so the new state is no mixture of them.

Hint: What do the two shares of a mixture add up to?
"""

credit = 0.5

EDITS = [
    ('fresh = (1 - z) * n', 'fresh = z * n'),
]
