"""`step` gives the logits of a batch of one sequence without their batch dimension.

Hint: Which dimensions does `squeeze()` take away, and from which shapes?
"""

credit = 0.7

EDITS = [
    (
        'return self.head(outputs[:, 0]), state',
        'return self.head(outputs).squeeze(), state',
    ),
]
