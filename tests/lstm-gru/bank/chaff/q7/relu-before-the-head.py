"""There is a relu between the last valid output and the head.

Hint: `head` is linear in the output itself. What does the relu do to its negative numbers?
"""

credit = 0.6

EDITS = [
    ('return self.head(summary)', 'return self.head(summary.relu())'),
]
