"""No gradient flows back into the old cell state: it is detached.

Hint: The values are right. How would the gradient of a late loss get to an early step, if not through c?
"""

credit = 0.5

EDITS = [
    ("kept = f * c", "kept = f * c.detach()"),
]
