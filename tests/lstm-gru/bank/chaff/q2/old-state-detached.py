"""No gradient flows back along the path that keeps the old state: it is detached there.

Hint: The values are right. The shortest way back in time is the one through the update gate; is it open in
yours?
"""

credit = 0.5

EDITS = [
    ("kept = z * h", "kept = z * h.detach()"),
]
