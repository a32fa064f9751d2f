"""The logits of a batch of one sequence come without their batch dimension.

Hint: Which dimensions does `squeeze()` take away, and from which shapes?
"""

credit = 0.7

EDITS = [
    (
        'return self.head(summary)  # (N, K)',
        'return self.head(summary).squeeze()',
    ),
]
